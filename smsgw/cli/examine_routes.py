"""What the doctor looks at about ways: messages that no link serves, and rates of links that are not there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

from sqlalchemy import func, select

from smsgw.cli.finding import Finding, doubt
from smsgw.config import Config
from smsgw.errors import StoreError
from smsgw.outbound.moving import NOWHERE
from smsgw.store import schema
from smsgw.store.database import Database
from smsgw.store.tables import message, rate


def routes(config: Config) -> Iterator[Finding]:
    """What waits without a way, and what is priced without a link. A store that cannot be read is told elsewhere."""
    names = {link.name for link in config.links}
    try:
        with closing(Database(config.store.full_url)) as database:
            if not schema.suits(schema.revision(database)):
                return
            with database.reading() as conn:
                waits = (message.c.state == "held") & message.c.why.startswith(NOWHERE)
                count, one = conn.execute(select(func.count(), func.max(message.c.recipient)).where(waits)).one()
                priced = set(conn.scalars(select(rate.c.link).where(rate.c.gone_at.is_(None)).distinct()))
    except StoreError:
        return
    if count:
        how_many = "a message waits" if count == 1 else f"{count} messages wait"
        says = f"{how_many} that no link serves, such as to {one}"
        yield doubt("routes", says, "add a link to the configuration, or widen the prefixes of one, and restart")
    for name in sorted(priced - names):
        yield doubt(
            "rates", f"there are rates of {name}, which is no link", f"smsgw rate list --link {name} shows them"
        )
