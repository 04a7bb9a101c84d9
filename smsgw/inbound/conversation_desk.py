"""What people decide about conversations: whose it is, not before a time, done; and how each stands.

What was decided holds until the number writes again: then a conversation that was put off or closed is open once more,
without anybody having to move anything.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from ..errors import BadInput, Fault
from ..store import history
from ..store.database import Writer
from ..store.ids import new_id
from ..store.tables import conversation, inbound
from ..store.tables.types import AnyRow
from . import conversations
from .conversations import Seen


@dataclass(frozen=True, slots=True)
class Decision:
    """Something that is decided about the conversation with a number. why: in words, if there are any."""

    number: str
    by: str
    at: datetime
    why: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a conversation stands. status: open, snoozed or closed."""

    status: str = "open"
    assigned_to: str | None = None
    snoozed_until: datetime | None = None


def assign(writer: Writer, wish: Decision, to: str | None) -> None:
    """Give a conversation to somebody, or to nobody (None)."""
    why = wish.why or (f"{wish.by} gave it to {to}" if to else f"{wish.by} gave it back")
    writer.do(_decide, (wish, "assigned", why, {"assigned_to": to}))


def snooze(writer: Writer, wish: Decision, until: datetime) -> None:
    """Put a conversation off until a time; a text from there ends that. Raises BadInput for a time that is past."""
    if until <= wish.at:
        raise BadInput([Fault("/until", "out_of_range", "must be in the future")])
    values = {"snoozed_until": until, "closed_at": None}
    writer.do(_decide, (wish, "snoozed", wish.why or f"put off by {wish.by}", values))


def close(writer: Writer, wish: Decision) -> None:
    """A conversation is done: what waits in it for a person is handled, in the same transaction."""
    values = {"closed_at": wish.at, "snoozed_until": None}
    writer.do(_decide, (wish, "closed", wish.why or f"closed by {wish.by}", values))


def _decide(conn: Connection, batch: list[tuple[Decision, str, str, dict[str, Any]]]) -> list[None]:
    for wish, what, why, values in batch:
        c = conversation.c
        known = conn.scalar(select(c.id).where(c.number == wish.number))
        row = {**values, "changed_at": wish.at, "by": wish.by}
        id = str(known) if known else new_id("con", wish.at)
        if known:
            conn.execute(update(conversation).where(c.id == id).values(row))
        else:
            conn.execute(insert(conversation).values(id=id, number=wish.number, **row))
        history.happened(conn, "conversation", what, [id], why, by=wish.by, now=wish.at)
        newest = conn.scalar(select(func.max(inbound.c.id)).where(inbound.c.sender == wish.number))
        if what == "closed" and newest is not None:
            conversations.handled(conn, [Seen(wish.number, newest, wish.by, why, wish.at)])
    return [None] * len(batch)


def standings(conn: Connection, numbers: Collection[str], now: datetime) -> dict[str, Standing]:
    """How the conversations with these numbers stand; those about which nothing was decided are missing."""
    c = conversation.c
    rows = conn.execute(select(conversation).where(c.number.in_(list(numbers)))).all()
    last = select(inbound.c.sender, func.max(inbound.c.received_at).label("at"))
    spoke: dict[str, datetime] = {
        row.sender: row.at
        for row in conn.execute(
            last.where(inbound.c.sender.in_([row.number for row in rows])).group_by(inbound.c.sender)
        )
    }
    return {row.number: _standing(row, spoke.get(row.number), now) for row in rows}


def _standing(row: AnyRow, spoke: datetime | None, now: datetime) -> Standing:
    if spoke is not None and spoke > row.changed_at:
        return Standing("open", row.assigned_to)
    if row.snoozed_until is not None and row.snoozed_until > now:
        return Standing("snoozed", row.assigned_to, row.snoozed_until)
    return Standing("open" if row.closed_at is None else "closed", row.assigned_to)
