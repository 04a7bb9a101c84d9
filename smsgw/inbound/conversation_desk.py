"""What people decide about conversations: whose it is, not before a time, done, or open after all; and how each stands.

What was decided holds until the number writes again: then a conversation that was put off or closed is open once more,
without anybody having to move anything. Whose it is stays.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, exists, func, insert, select, update

from ..access import audit
from ..errors import BadInput, Fault
from ..store import history
from ..store.database import Item, Step, Writer
from ..store.ids import new_id
from ..store.lifecycle import INBOUND
from ..store.tables import conversation, inbound
from ..store.tables.types import AnyRow
from . import conversations
from .conversations import SAID, Seen
from .inquiries import inquiries

WOKEN = 500  # conversations that come back in one transaction
Deed = tuple["Decision", str, str, dict[str, Any]]  # what, why, and the columns that it changes
BY_ITSELF = "clock"  # who brings a conversation back whose time has come


@dataclass(frozen=True, slots=True)
class Decision:
    """Something that is decided about the conversation with a number. why: in words, if there are any.

    upto: the newest of their texts that the person saw (an id of `inbound`); None: whatever there is.
    """

    number: str
    by: str
    at: datetime
    why: str = ""
    upto: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How a conversation stands. status: open, snoozed or closed; since: when it was closed."""

    status: str = "open"
    assigned_to: str | None = None
    snoozed_until: datetime | None = None
    since: datetime | None = None


def spoke() -> ColumnElement[bool]:
    """That a number wrote after its conversation was put off or closed."""
    c, i = conversation.c, inbound.c
    return exists(select(i.id).where(i.sender == c.number, i.id > func.coalesce(c.upto, ""), SAID))


def is_away(now: datetime) -> ColumnElement[bool]:
    """That a conversation is put off or closed at `now`."""
    c = conversation.c
    return ((c.snoozed_until > now) | c.closed_at.is_not(None)) & ~spoke()


def assign(writer: Writer, wish: Decision, to: str | None, *more: Decision) -> None:
    """Give a conversation, or several, to somebody, or to nobody (None). It is in the audit."""
    _each(writer, _decide, [_assigned(one, to) for one in (wish, *more)])


def snooze(writer: Writer, wish: Decision, until: datetime, *more: Decision) -> None:
    """Put a conversation off until a time, or several; a text from there ends that. Raises BadInput for a time that is
    past."""
    if until <= wish.at:
        raise BadInput([Fault("/until", "out_of_range", "must be in the future")])
    _each(writer, _decide, [_snoozed(one, until) for one in (wish, *more)])


def close(writer: Writer, *wishes: Decision) -> None:
    """Conversations are done: what waits in them for a person is handled, in the same transaction."""
    _each(writer, _decide, [_closed(one) for one in wishes])


def reopen(writer: Writer, *wishes: Decision) -> None:
    """Conversations are open after all: what closing them took off the pile waits again. Whatever is open stays so."""
    _each(writer, _reopen, wishes)


def restore(writer: Writer, were: Sequence[tuple[Decision, Standing]]) -> None:
    """Take back that conversations were put off, closed or opened again: each is as it was. Whose they are stays."""
    _each(writer, _restore, were)


def _each(writer: Writer, step: Step[Item, None], items: Sequence[Item]) -> None:
    for told in writer.do_all(step, items):
        if isinstance(told, Exception):
            raise told


def _assigned(wish: Decision, to: str | None) -> Deed:
    why = wish.why or (f"{wish.by} gave it to {to}" if to else f"{wish.by} gave it back")
    return wish, "assigned", why, {"assigned_to": to}


def _snoozed(wish: Decision, until: datetime) -> Deed:
    return wish, "snoozed", wish.why or f"put off by {wish.by}", {"snoozed_until": until, "closed_at": None}


def _closed(wish: Decision) -> Deed:
    return wish, "closed", wish.why or f"closed by {wish.by}", {"closed_at": wish.at, "snoozed_until": None}


def wake(writer: Writer, now: datetime) -> int:
    """Bring back what was put off until `now` at the latest; returns how many conversations that were."""
    return writer.do(_wake, now)


def _decide(conn: Connection, batch: Sequence[Deed]) -> list[None]:
    for wish, what, why, values in batch:
        known = conn.execute(select(conversation).where(conversation.c.number == wish.number)).first()
        row = {**values, "changed_at": wish.at, "by": wish.by}
        if what != "assigned":
            row["upto"] = _newest(conn, wish)
        id = str(known.id) if known else new_id("con", wish.at)
        if known:
            conn.execute(update(conversation).where(conversation.c.id == id).values(row))
        else:
            conn.execute(insert(conversation).values(id=id, number=wish.number, **row))
        history.happened(conn, "conversation", what, [id], why, by=wish.by, now=wish.at)
        if what == "assigned":
            _audit(conn, wish, id, known.assigned_to if known else None, values["assigned_to"])
        elif what == "closed" and row["upto"] is not None:
            conversations.handled(conn, [Seen(wish.number, row["upto"], wish.by, why, wish.at)])
    return [None] * len(batch)


def _newest(conn: Connection, wish: Decision) -> str | None:
    """The newest of their texts that the decision is about."""
    i = inbound.c
    theirs = select(func.max(i.id)).where(i.sender == wish.number)
    newest: str | None = conn.scalar(theirs if wish.upto is None else theirs.where(i.id <= wish.upto))
    return newest


def _audit(conn: Connection, wish: Decision, id: str, was: str | None, now: str | None) -> None:
    says = f"a conversation was given to {now}" if now else "a conversation was given back"
    audit.tell(conn, [audit.Line(wish.by, "conversation.assigned", says, wish.at, "conversation", id, was, now)])


def _reopen(conn: Connection, batch: Sequence[Decision]) -> list[None]:
    for wish in batch:
        row = conn.execute(select(conversation).where(conversation.c.number == wish.number)).first()
        if row is None or (row.closed_at is None and row.snoozed_until is None):
            continue
        values = {"closed_at": None, "snoozed_until": None, "changed_at": wish.at, "by": wish.by}
        conn.execute(update(conversation).where(conversation.c.id == row.id).values(values))
        why = wish.why or f"opened again by {wish.by}"
        history.happened(conn, "conversation", "reopened", [row.id], why, by=wish.by, now=wish.at)
        if row.closed_at is not None:
            _wait_again(conn, wish, row, why)
    return [None] * len(batch)


def _restore(conn: Connection, batch: Sequence[tuple[Decision, Standing]]) -> list[None]:
    for wish, was in batch:
        if was.status == "closed":
            _decide(conn, [_closed(wish)])
            continue
        _reopen(conn, [wish])
        if was.snoozed_until is not None and was.snoozed_until > wish.at:
            _decide(conn, [_snoozed(wish, was.snoozed_until)])
    return [None] * len(batch)


def _wait_again(conn: Connection, wish: Decision, row: AnyRow, why: str) -> None:
    """What closing a conversation handled waits for a person again, and so do its questions."""
    i = inbound.c
    theirs = select(i.id).where(i.sender == wish.number, i.id <= (row.upto or ""), i.state == "handled")
    ids = list(conn.scalars(theirs.where(i.handled_at == row.closed_at)))
    steps = [history.Step(id, why, {"handled_at": None}) for id in ids]
    history.move(conn, INBOUND, "reopen", steps, by=wish.by, now=wish.at)
    inquiries.texts_wait_again(conn, ids, row.closed_at, why, wish.by, wish.at)


def _wake(conn: Connection, batch: list[datetime]) -> list[int]:
    counts = []
    for now in batch:
        c = conversation.c
        due = select(c.id, spoke().label("spoke")).where(c.snoozed_until <= now).order_by(c.snoozed_until).limit(WOKEN)
        rows = conn.execute(due).all()
        ids = [str(row.id) for row in rows]
        if ids:
            conn.execute(update(conversation).where(c.id.in_(ids)).values(snoozed_until=None))
        back = [str(row.id) for row in rows if not row.spoke]  # the others are back since the number wrote
        history.happened(conn, "conversation", "returned", back, "its time has come", by=BY_ITSELF, now=now)
        counts.append(len(ids))
    return counts


def standings(conn: Connection, numbers: Collection[str], now: datetime) -> dict[str, Standing]:
    """How the conversations with these numbers stand; those about which nothing was decided are missing."""
    c = conversation.c
    rows = conn.execute(select(conversation, spoke().label("spoke")).where(c.number.in_(list(numbers)))).all()
    return {row.number: _standing(row, now) for row in rows}


def _standing(row: AnyRow, now: datetime) -> Standing:
    if row.spoke:
        return Standing("open", row.assigned_to)
    if row.snoozed_until is not None and row.snoozed_until > now:
        return Standing("snoozed", row.assigned_to, row.snoozed_until)
    if row.closed_at is not None:
        return Standing("closed", row.assigned_to, since=row.closed_at)
    return Standing("open", row.assigned_to)
