"""What the doctor looks at in webhooks: which are switched off, which fail, and for how many events wait."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

from smsgw.cli.finding import Finding, doubt, good
from smsgw.cli.voice import local
from smsgw.config import Config
from smsgw.errors import StoreError
from smsgw.store import schema
from smsgw.store.database import Database
from smsgw.webhooks import deliveries, hooks


def webhooks(config: Config) -> Iterator[Finding]:
    """A finding for each webhook; none where there is no store yet, which the doctor has said already."""
    try:
        with closing(Database(config.store.full_url)) as database:
            if not schema.suits(schema.revision(database)):
                return
            with database.reading() as conn:
                known, waiting = hooks.listing(conn), deliveries.waiting(conn)
    except StoreError:
        return
    for row in known:
        what = f"webhook {row.id}"
        if row.state != "active":
            yield doubt(what, f"{row.url} is switched off: {row.why}", f"smsgw webhook enable {row.id}")
        elif row.failing_since is not None:
            count = waiting.get(row.id, 0)
            says = f"{row.url} has failed since {local(row.failing_since)}, {count} events wait"
            yield doubt(what, says, f"smsgw webhook test {row.id}")
        else:
            yield good(what, row.url)
