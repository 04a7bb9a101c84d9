"""Who did what, in sentences, with filters; and whether the chain of its lines is whole."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import request
from flask_babel import get_timezone, gettext
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from smsgw.access import accounts, audit, keys
from smsgw.errors import BadInput, Fault
from smsgw.store.tables.types import AnyRow

from ..auth import person_required
from ..context import the_gateway
from .blueprint import pages
from .sheets import sheet

LIST = 50


@pages.get("/audit", endpoint="audit")
@person_required
def audit_page() -> Response:
    """The newest lines that are wanted."""
    return _shown()


@pages.post("/audit", endpoint="verify_audit")
@person_required
def verify_audit() -> Response:
    """Read the whole chain, and say whether every line fits."""
    gateway = the_gateway()
    return _shown(verdict=audit.verify(gateway.database, request.form.get("seal", "").strip() or None))


def _shown(verdict: audit.Verdict | None = None) -> Response:
    given, gateway, error = request.args, the_gateway(), None
    try:
        wanted = _wanted()
    except BadInput as wrong:
        wanted, error = audit.Wanted(), wrong
    with gateway.database.reading() as conn:
        rows = audit.listing(conn, wanted, LIST + 1)
        names = _names(conn)
    kept = {name: value for name, value in given.items() if name in ("who", "kind", "record", "since", "until")}
    older = None
    if len(rows) > LIST:
        older = "?" + urlencode(kept | {"before": rows[LIST - 1].id})
    return sheet(
        "audit.html", error, rows=rows[:LIST], names=names, kinds=kinds(), typed=given, older=older, verdict=verdict,
        who_says=who_says,
    )  # fmt: skip


def kinds() -> list[tuple[str, str]]:
    """The kinds of deeds that can be asked for, with their names."""
    return [
        ("login", gettext("log-ins")), ("account", gettext("people")), ("session", gettext("sessions ended")),
        ("key", gettext("API keys")), ("webhook", gettext("webhooks")), ("customer", gettext("customers")),
        ("conversation", gettext("conversations")),
        ("consent", gettext("consent")), ("suppressions", gettext("suppressions")),
        ("rules", gettext("rules of the gate")),
        ("campaign", gettext("campaigns")), ("message", gettext("messages")), ("rate", gettext("rates")),
        ("exchange", gettext("rates of exchange")), ("plan", gettext("plans")), ("budget", gettext("budgets")),
        ("money", gettext("money that was let pass")), ("networks", gettext("networks")),
        ("link", gettext("links")), ("settings", gettext("settings")),
    ]  # fmt: skip


def who_says(row: AnyRow) -> str:
    """Who did it, in words: people and keys by the name that they had."""
    parts = {"cli": gettext("the command line"), "nobody": gettext("somebody unknown")}
    return parts.get(row.who) or str(row.name)


def _names(conn: Connection) -> list[tuple[str, str]]:
    """Who may be asked for: people and keys, and who is neither."""
    people = [(row.id, row.name) for row in accounts.listing(conn)]
    programs = [(row.id, gettext("key %(name)s", name=row.name)) for row in keys.listing(conn)]
    others = [("cli", gettext("the command line")), ("nobody", gettext("somebody unknown"))]
    return [*people, *others, *programs[-100:]]


def _wanted() -> audit.Wanted:
    """What the filters say. Raises BadInput."""
    given = request.args
    kind, before = given.get("kind", ""), given.get("before", "")
    since, until = _day("since"), _day("until")
    return audit.Wanted(
        given.get("who") or None,
        f"{kind}.*" if kind else None,
        given.get("record", "").strip() or None,
        since,
        None if until is None else until + timedelta(days=1),
        int(before) if before.isdecimal() and len(before) < 19 else None,
    )


def _day(name: str) -> datetime | None:
    """The beginning of a day, where the reader is."""
    written = request.args.get(name, "")
    if not written:
        return None
    try:
        day = datetime.strptime(written, "%Y-%m-%d")
        return day.replace(tzinfo=ZoneInfo(str(get_timezone())))
    except (ValueError, OverflowError):
        says = f"{written[:20]!r} is no day: write it like 2026-11-26"
        raise BadInput([Fault(f"/{name}", "day_invalid", says)]) from None
