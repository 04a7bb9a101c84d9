"""The rules of the gate: from the file once, and the caps and open hours that people set while it runs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from ...config import Config
from ...customers.consent.categories import known
from ...customers.consent.changes import changed
from ...errors import BadInput, Fault
from ...store.tables import frequency_cap, open_hours, refusal
from ...store.tables.types import AnyRow
from ...text.number import is_region
from .facts import Cap, opening
from .terms import Rules

DAYS = (1, 7, 30)


def rules_of(config: Config) -> Rules:
    """What the file says to the gate."""
    told = config.gate
    return Rules(
        duplicate_window=config.sending.duplicate_window,
        countries=frozenset(told.countries),
        quiet=frozenset(told.quiet),
        spread=told.spread,
        soft_opt_in=told.soft_opt_in,
        way_out=told.way_out,
        marketing_parts=told.marketing_parts,
        registered=frozenset(told.registered_names),
        mail=any(link.enabled and link.kind == "mail" for link in config.links),
        region=config.sending.region,
    )


def set_cap(conn: Connection, wanted: Cap, by: str, now: datetime) -> None:
    """Set how many messages a person gets at most in so many days. Raises BadInput."""
    faults: list[Fault] = []
    if wanted.days not in DAYS:
        faults.append(Fault("/days", "value_unknown", f"a cap is for 1, 7 or 30 days, not {wanted.days}"))
    if not 0 <= wanted.most <= 10_000:
        faults.append(Fault("/most", "out_of_range", "a cap is 0 to 10000 messages"))
    if faults:
        raise BadInput(faults)
    if wanted.category != "*":
        known(conn, wanted.category)
    _forget_cap(conn, wanted.category, wanted.days)
    conn.execute(insert(frequency_cap).values(category=wanted.category, days=wanted.days, most=wanted.most))
    what = "all offers" if wanted.category == "*" else wanted.category
    changed(conn, f"at most {wanted.most} of {what} in {wanted.days} days", by, now)


def drop_cap(conn: Connection, category: str, days: int, by: str, now: datetime) -> bool:
    """Take a cap away; returns whether there was one."""
    if not _forget_cap(conn, category, days):
        return False
    changed(conn, f"no cap any more for {category} in {days} days", by, now)
    return True


def _forget_cap(conn: Connection, category: str, days: int) -> int:
    f = frequency_cap.c
    return conn.execute(delete(frequency_cap).where(f.category == category, f.days == days)).rowcount


def caps(conn: Connection) -> list[Cap]:
    """The caps that are set."""
    f = frequency_cap.c
    return [Cap(row.category, row.days, row.most) for row in conn.execute(select(frequency_cap).order_by(*f))]


def set_hours(conn: Connection, region: str, hours: Sequence[str], holidays: bool, by: str, now: datetime) -> None:
    """Set when marketing may arrive in a country ("*": in all others). Raises BadInput."""
    faults: list[Fault] = []
    if region != "*" and not is_region(region):
        faults.append(Fault("/region", "value_unknown", f"{region!r} is no country: two letters, or * for all others"))
    try:
        opening(list(hours), holidays)
    except ValueError as wrong:
        faults.append(Fault("/hours", "wrong_form", str(wrong)))
    if faults:
        raise BadInput(faults)
    conn.execute(delete(open_hours).where(open_hours.c.region == region))
    conn.execute(insert(open_hours).values(region=region, hours=list(hours), holidays=holidays))
    changed(conn, f"open hours of {region}: {', '.join(hours) or 'always'}", by, now)


def drop_hours(conn: Connection, region: str, by: str, now: datetime) -> bool:
    """Go back to the hours that come with smsgw; returns whether there were others."""
    gone = conn.execute(delete(open_hours).where(open_hours.c.region == region)).rowcount
    if gone:
        changed(conn, f"open hours of {region}: as they come with smsgw", by, now)
    return bool(gone)


def hours(conn: Connection) -> list[AnyRow]:
    """The open hours that people set."""
    return list(conn.execute(select(open_hours).order_by(open_hours.c.region)))


def refusals(conn: Connection, limit: int, recipient: str | None = None, before: int | None = None) -> list[AnyRow]:
    """What the gate refused, newest first; before: only those with a smaller id."""
    query = select(refusal).order_by(refusal.c.id.desc()).limit(limit)
    if recipient is not None:
        query = query.where(refusal.c.recipient == recipient)
    if before is not None:
        query = query.where(refusal.c.id < before)
    return list(conn.execute(query))
