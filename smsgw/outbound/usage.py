"""How many parts a link sent in a time: what the bundle of its SIM and the operator's fair use are counted by.

Nothing is counted while sending: the parts themselves are, by an index of those that a network took, so the figures
survive every restart and are right also for a past month.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from sqlalchemy import Connection, func, select

from ..store.tables import day_total, part

ARRIVING_DAYS, ARRIVING_LEAST = 7, 50  # of how many days, and from how many messages on, a share is known


@dataclass(frozen=True, slots=True)
class Usage:
    """Parts that a link sent today and this month, by the calendar of one zone."""

    today: int
    month: int


def parts_sent(conn: Connection, link: str, since: datetime, until: datetime) -> int:
    """How many parts of texts the network took over this link from `since` to before `until` (aware times).

    The one part of an MMS has no octets of its own, and no bundle of texts pays for it.
    """
    c = part.c
    text = (c.alphabet != "octets") | (func.length(c.user_data) > 0)
    taken = (c.link == link) & (c.answer == "taken") & (c.answered_at >= since) & (c.answered_at < until) & text
    return conn.scalar(select(func.count()).select_from(part).where(taken)) or 0


def usage(conn: Connection, link: str, now: datetime, zone: tzinfo | None = None) -> Usage:
    """What a link sent since midnight and since the first of the month. zone: None for this machine's."""
    here = now.astimezone(zone)
    midnight = here.replace(hour=0, minute=0, second=0, microsecond=0)
    today = parts_sent(conn, link, midnight, now)
    return Usage(today, today + parts_sent(conn, link, midnight.replace(day=1), midnight))


def arriving(conn: Connection, now: datetime) -> dict[str, float]:
    """How much of what each link sent in the last days arrived, 0 to 1, where enough came to an end to know."""
    c = day_total.c
    first = f"{now - timedelta(days=ARRIVING_DAYS):%Y-%m-%d}"
    query = select(c.link, func.sum(c.delivered), func.sum(c.delivered + c.failed)).where(c.day >= first)
    rows = conn.execute(query.group_by(c.link))
    return {link: float(arrived) / float(ended) for link, arrived, ended in rows if ended >= ARRIVING_LEAST}
