"""`smsgw audit`: who did what, and whether that record was tampered with."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import click

from smsgw.access import audit as lines
from smsgw.cli.exits import Failed
from smsgw.cli.moments import duration, moment
from smsgw.cli.office import Office
from smsgw.cli.shell import Group, pass_office

COLUMNS = {"id": "LINE", "at": "WHEN", "name": "WHO", "source": "FROM", "verb": "DID", "says": "WHAT"}
NAMES = ("id", "at", "who", "name", "source", "verb", "record", "record_id", "says", "before", "after")


@click.group("audit", cls=Group)
def group() -> None:
    """Who did what: log-ins, keys, consents, exports, erasures, rules and money."""


@group.command("show")
@click.option("--who", metavar="ID", help="Only what this key or account did.")
@click.option("--verb", metavar="VERB", help='Only this, such as key.created; "login.*" for all of a kind.')
@click.option("--record", metavar="ID", help="Only what was done to this record.")
@click.option("--since", metavar="TIME", help="Only what was done since then: 2h, 3d, or 2026-11-23T18:30.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@pass_office
def show(office: Office, who: str | None, verb: str | None, record: str | None, since: str | None, limit: int) -> None:
    """Show what was done, the newest last."""
    with office.gateway() as gateway, gateway.database.reading() as conn:
        from_then = None if since is None else _moment(since, gateway.clock())
        rows = lines.listing(conn, lines.Wanted(who, verb, record, from_then), limit)[::-1]
    told: list[dict[str, Any]] = [
        {name: row._mapping[name] for name in NAMES} | {"seal": row.seal.hex()} for row in rows
    ]
    office.voice.rows(told, COLUMNS, "Nothing of that kind was done.")


def _moment(written: str, now: datetime) -> datetime:
    if re.fullmatch(r"[0-9]+[smhd]", written):
        return now - timedelta(seconds=duration(written, "/since"))
    return moment(written, now, "/since")


@group.command("verify")
@click.option("--seal", metavar="HEX", help="A seal that you noted earlier: it must still be there.")
@pass_office
def verify(office: Office, seal: str | None) -> None:
    """See whether any line was changed, added or taken away; the first that does not fit is named.

    Lines cut off at the end leave no trace in the rest: note the seal that this prints, elsewhere, and give it with
    --seal the next time.
    """
    with office.gateway() as gateway:
        verdict = lines.verify(gateway.database, seal)
    if verdict.broken is not None:
        hint = "a backup from before has the line as it was; everything from there on is to be doubted"
        raise Failed(verdict.why, code="audit_broken", hint=hint)
    if verdict.found is False:
        says = f"the {verdict.lines} lines fit, but none has the seal {seal}: some that came after it were taken away"
        raise Failed(says, code="audit_cut", hint="a backup from before has them")
    value = {"lines": verdict.lines, "seal": verdict.seal}
    office.voice.data(value, [f"{verdict.lines} lines, and every one fits; the newest seal is {verdict.seal}"])
