"""Queues of a desk that several people share: mine, nobody's, all that is open, put off, done.

What is somebody's and what waits is little, and sorted whole; what is done grows for ever, so it is read by an index,
in the order in which it was done.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Select, func, or_, select

from ..store.keyset import Ahead
from ..store.tables import call, conversation, inbound, message
from ..store.tables.types import AnyRow
from . import conversations
from .brake import AUTOMATIC
from .conversation_desk import is_away, spoke
from .conversations import END, SAID, Conversation, place

NAMES = ("mine", "nobody", "all", "snoozed", "done")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MARK = re.compile(r"([0-9]{1,17})\.(con_[0-9A-Z]{26})")
CURSOR = re.compile(r"[0-9A-Z]{26}|" + _MARK.pattern)  # where a page of any queue ends

Page = tuple[list[Conversation], str | None]
Edge = str | Ahead
Without = Callable[[list[str]], Collection[str]]


@dataclass(frozen=True, slots=True)
class Asked:
    """Which queue at what time, for whom. name: of NAMES; whose: a person's name, for "mine"."""

    name: str
    now: datetime
    whose: str = ""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many conversations are open and a person's, wait and are nobody's, or are put off."""

    mine: int
    nobody: int
    snoozed: int


def queue(conn: Connection, asked: Asked, limit: int = 50, before: Edge = END) -> Page:
    """A page of a queue, and where the next one begins (None: there is none). before: that cursor; with Ahead the page
    before a place, and where the one before that begins.

    Open ones come with the newest text first, those put off with the one that comes back next, those done with the one
    that was done last.
    """
    return _QUEUES[asked.name](conn, asked, limit, before)


def counts(conn: Connection, whose: str, now: datetime) -> Counts:
    """How full the queues are, for a person."""
    c = conversation.c
    mine = select(func.count()).select_from(conversation).where(c.assigned_to == whose, ~is_away(now))
    nobody = select(func.count()).select_from(_nobodys(now).subquery())
    return Counts(conn.scalar(mine) or 0, conn.scalar(nobody) or 0, put_off(conn, now))


def put_off(conn: Connection, now: datetime) -> int:
    """How many conversations are put off: what changes by the clock alone."""
    c = conversation.c
    return conn.scalar(select(func.count()).select_from(conversation).where(c.snoozed_until > now, ~spoke())) or 0


def place_of(conn: Connection, one: Conversation, name: str = "all") -> str | None:
    """Where a conversation stands in a queue: what a page that ends or begins with it is found by."""
    c = conversation.c
    if name not in ("snoozed", "done"):
        return None if one.last is None else place(one.last.id)
    time = c.snoozed_until if name == "snoozed" else c.closed_at
    row = conn.execute(select(c.id, time.label("at")).where(c.number == one.number)).first()
    return None if row is None or row.at is None else _mark_of(row)


def of_person(conn: Connection, name: str, limit: int, before: Edge, now: datetime | None = None) -> Page:
    """All that is somebody's, the newest text first. now: only what is open then."""
    c = conversation.c
    theirs = select(c.number.label("number")).where(c.assigned_to == name)
    return _newest_first(conn, theirs if now is None else theirs.where(~is_away(now)), limit, before)


def answers_since(conn: Connection, number: str, known: str, mine: str) -> list[AnyRow]:
    """What other people wrote to a number after a message (its id, "" for none): id, text, client, created_at.

    mine: who asks. Texts that went out by themselves, or were taken back, are no answers of people.
    """
    m = message.c
    said = select(m.id, m.text, m.client, m.created_at).where(m.recipient == number, m.id > known)
    by_people = (m.purpose == "conversational") & m.client.not_in((*AUTOMATIC, mine)) & (m.state != "cancelled")
    return list(conn.execute(said.where(by_people).order_by(m.id).limit(5)))


def newest_of_ours(conn: Connection, number: str) -> str:
    """The id of the newest message to a number, or ""."""
    return conn.scalar(select(func.max(message.c.id)).where(message.c.recipient == number)) or ""


def _mine(conn: Connection, asked: Asked, limit: int, before: Edge) -> Page:
    return of_person(conn, asked.whose, limit, before, asked.now)


def _nobody(conn: Connection, asked: Asked, limit: int, before: Edge) -> Page:
    return _newest_first(conn, _nobodys(asked.now), limit, before)


def _all(conn: Connection, asked: Asked, limit: int, before: Edge) -> Page:
    c = conversation.c

    def away(numbers: list[str]) -> set[str]:
        return set(conn.scalars(select(c.number).where(c.number.in_(numbers), is_away(asked.now))))

    return listing(conn, limit, before, away)


def listing(conn: Connection, limit: int, before: Edge, without: Without = lambda numbers: ()) -> Page:
    """Conversations, the one with the newest text first: see `conversations.listing` and its way back."""
    if isinstance(before, Ahead):
        return conversations.ahead(conn, limit, str(before.id), without)
    return conversations.listing(conn, limit, before, without)


def _snoozed(conn: Connection, asked: Asked, limit: int, before: Edge) -> Page:
    c = conversation.c
    return _by_time(conn, c.snoozed_until, c.snoozed_until > asked.now, limit, before)


def _done(conn: Connection, asked: Asked, limit: int, before: Edge) -> Page:
    c = conversation.c
    return _by_time(conn, c.closed_at, c.closed_at.is_not(None), limit, before, last_first=True)


_QUEUES: dict[str, Callable[[Connection, Asked, int, Edge], Page]] = {
    "mine": _mine, "nobody": _nobody, "all": _all, "snoozed": _snoozed, "done": _done,
}  # fmt: skip


def _nobodys(now: datetime) -> Select[tuple[str]]:
    """The numbers of which a text waits for a person, and whose conversation is nobody's and not away."""
    c = conversation.c
    pile = select(inbound.c.sender.label("number")).where(inbound.c.state == "waiting").distinct().subquery()
    taken = select(c.id).where(c.number == pile.c.number, or_(c.assigned_to.is_not(None), is_away(now)))
    return select(pile.c.number).where(~taken.exists())


def _newest_first(conn: Connection, numbers: Select[tuple[str]], limit: int, before: Edge) -> Page:
    """A page of these conversations, which are looked at whole."""
    order = sorted(_newest(conn, numbers).items(), key=lambda one: place(one[1]))
    if isinstance(before, Ahead):
        order = [one for one in order if place(one[1]) > str(before.id)]
    else:
        order = [one for one in order if place(one[1]) < before][::-1]
    following = place(order[limit - 1][1]) if len(order) > limit else None
    page = order[:limit]
    return conversations.told(conn, dict(page[::-1] if isinstance(before, Ahead) else page)), following


def _newest(conn: Connection, numbers: Select[tuple[str]]) -> dict[str, str]:
    """The id of what was said last, by number; with whom nothing was said is missing."""
    n = numbers.subquery().c.number
    ends = [
        select(message.c.id).where(message.c.recipient == n).order_by(message.c.id.desc()).limit(1),
        select(inbound.c.id).where(inbound.c.sender == n, SAID).order_by(inbound.c.id.desc()).limit(1),
        select(call.c.id).where(call.c.caller == n).order_by(call.c.id.desc()).limit(1),
    ]
    rows = conn.execute(select(n, *(end.scalar_subquery() for end in ends))).all()
    return {row[0]: max((id for id in row[1:] if id), key=place) for row in rows if any(row[1:])}


def _by_time(
    conn: Connection, time: ColumnElement[datetime], which: ColumnElement[bool], limit: int, before: Edge, *,
    last_first: bool = False,
) -> Page:  # fmt: skip
    """A page of decisions in the order of their time; those that a text ended since are left out."""
    id, is_back = conversation.c.id, isinstance(before, Ahead)
    descends = last_first is not is_back
    query = select(conversation.c.number, id, time.label("at")).where(which, ~spoke())
    if mark := _MARK.fullmatch(str(before.id) if isinstance(before, Ahead) else before):
        at = _EPOCH + timedelta(microseconds=int(mark[1]))
        behind = (time < at) | ((time == at) & (id < mark[2])) if descends else (
            (time > at) | ((time == at) & (id > mark[2]))
        )  # fmt: skip
        query = query.where(behind)
    order = (time.desc(), id.desc()) if descends else (time, id)
    rows = conn.execute(query.order_by(*order).limit(limit + 1)).all()
    numbers = [str(row.number) for row in rows[:limit]]
    newest = _newest(conn, select(conversation.c.number.label("number")).where(conversation.c.number.in_(numbers)))
    said = {one.number: one for one in conversations.told(conn, newest)}
    shown = [said.get(number) or Conversation(number, None, 0) for number in numbers]
    following = _mark_of(rows[limit - 1]) if len(rows) > limit else None
    return shown[::-1] if is_back else shown, following


def _mark_of(row: AnyRow) -> str:
    """Where a decision stands among others; row: at, id."""
    return f"{(row.at - _EPOCH) // timedelta(microseconds=1)}.{row.id}"
