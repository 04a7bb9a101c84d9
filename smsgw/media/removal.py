"""Let go of a medium because somebody says so: its octets go at once, that it was there stays known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, exists, or_, select, update

from ..errors import Conflict, NotFound
from ..store.lifecycle import CAMPAIGN, MESSAGE
from ..store.tables import campaign, medium, message, message_medium


@dataclass(frozen=True, slots=True)
class Unwanted:
    """A medium whose octets are to go."""

    id: str
    at: datetime


def remove(conn: Connection, batch: list[Unwanted]) -> list[Exception | None]:
    """Writer step: take octets away; NotFound for what is not there, Conflict while what may still go carries it."""
    return [_remove(conn, one) for one in batch]


def _remove(conn: Connection, wish: Unwanted) -> Exception | None:
    m, mm = medium.c, message_medium.c
    if conn.scalar(select(m.sha256).where(m.sha256 == wish.id, m.octets.is_not(None))) is None:
        return NotFound(f"there is no medium {wish.id[:64]}, or no longer")
    open_message = (
        select(mm.message_id)
        .join(message, message.c.id == mm.message_id)
        .where(or_(mm.sha256 == wish.id, mm.original == wish.id), message.c.state.not_in(sorted(MESSAGE.final)))
    )
    if conn.scalar(select(exists(open_message))):
        return Conflict("a message that has not ended carries it: take that back first, or wait")
    live = select(campaign.c.name, campaign.c.terms).where(campaign.c.state.not_in(sorted(CAMPAIGN.final)))
    for name, terms in conn.execute(live):
        if wish.id in str(terms):
            return Conflict(f"the campaign {name!r} names it: stop that first, or wait")
    conn.execute(update(medium).where(m.sha256 == wish.id).values(octets=None, purged_at=wish.at))
    return None
