"""Read history from a position on, and remember the position: so that history is the outbox of whoever tells others.

A follower (a webhook, an SMPP client) has a name and a position, the id of the last line of history that is told.
It reads what came after, tells it, and then moves its position through the writer. Killed in between, it tells the
last lines again: at least once. A new follower begins at the end: it is told nothing of what was before it.

    tail = Tail(database)                                     # one for each thread that reads
    upto = followers.begin(writer, "webhook:wh_01", now)      # where it stands, over restarts
    while True:
        with database.reading() as conn:
            reach = tail.reach(conn, upto, 2000)              # how far it is safe to read now; upto: nothing new
            rows = followers.lines(conn, upto, reach, ("message",), ("delivered", "undelivered"))
        ...                                                   # tell them
        writer.put(followers.remember, Position("webhook:wh_01", reach, now))   # once they are told; may be batched
        upto = reach

The surprise: ids do not always become visible in their order. On SQLite they do, for there is one writer at a time.
On PostgreSQL a transaction draws its ids before it commits, so of two processes the later id may be seen first; a
reader that moved past it would never see the earlier one. `Tail` therefore stops before a gap in the ids, which is
either a transaction still open or one that was undone (a sequence takes nothing back), until every transaction that
was open when the gap was seen has ended. This holds because a transaction has a number before it draws an id of
history: it has written or locked its records by then (see `history`). Without a gap nothing waits.

Nobody may take away the newest line of history: SQLite would give its id once more.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select, text, update

from .database import Database, Writer
from .tables import follower, history
from .tables.types import AnyRow

_OPEN = text(
    "SELECT pg_snapshot_xmin(s)::text::bigint, pg_snapshot_xmax(s)::text::bigint FROM pg_current_snapshot() AS s"
)


@dataclass(frozen=True, slots=True)
class Position:
    """A follower's wish to be remembered: everything up to history id `upto` is told."""

    name: str
    upto: int
    now: datetime


class Tail:
    """Says how far history can be read without leaving a line behind. For one thread; keeps nothing on disk."""

    def __init__(self, database: Database) -> None:
        self._in_order = database.url.startswith("sqlite")
        self._sure = 0  # every id up to here is decided: seen, or undone
        self._doubt: tuple[int, int] | None = None  # newest id when a gap was seen, and the transaction begun next

    def reach(self, conn: Connection, upto: int, most: int) -> int:
        """The last id, at most `most` lines after `upto`, before which no line can appear any more."""
        oldest_open = None if self._in_order else conn.execute(_OPEN).one()[0]  # asked before the ids are read
        ids = conn.scalars(select(history.c.id).where(history.c.id > upto).order_by(history.c.id).limit(most)).all()
        if not ids:
            return upto
        if oldest_open is None or ids[-1] - upto == len(ids):
            return int(ids[-1])
        if self._doubt is not None and oldest_open >= self._doubt[1]:
            self._sure, self._doubt = self._doubt[0], None
        if self._doubt is None and ids[-1] > self._sure:
            self._doubt = (ids[-1], conn.execute(_OPEN).one()[1])  # asked after the ids were read
        sure = max(self._sure, _without_gap(ids, upto))
        return max((id for id in ids if id <= sure), default=upto)


def _without_gap(ids: Sequence[int], upto: int) -> int:
    """The last of the ids that follow `upto` without a gap."""
    low, high = 0, len(ids)
    while low < high:
        middle = (low + high) // 2
        if ids[middle] == upto + 1 + middle:
            low = middle + 1
        else:
            high = middle
    return upto + low


def lines(
    conn: Connection, after: int, upto: int, records: Collection[str], states: Collection[str] | None = None
) -> list[AnyRow]:
    """The lines of history with `after` < id <= `upto`, oldest first, about these kinds of records ("message",
    "inbound"); states: only those that led to one of these.
    """
    h = history.c
    query = select(history).where(h.id > after, h.id <= upto, h.record.in_(list(records))).order_by(h.id)
    if states is not None:
        query = query.where(h.now.in_(list(states)))
    return list(conn.execute(query))


def begin(writer: Writer, name: str, now: datetime) -> int:
    """Where the follower of this name stands; a new one stands at the end of history from now on."""
    return writer.do(_begin, (name, now))


def _begin(conn: Connection, batch: list[tuple[str, datetime]]) -> list[int]:
    results: list[int] = []
    for name, now in batch:
        upto = conn.scalar(select(follower.c.upto).where(follower.c.name == name))
        if upto is None:
            upto = conn.scalar(select(func.max(history.c.id))) or 0
            conn.execute(insert(follower).values(name=name, upto=upto, updated_at=now))
        results.append(upto)
    return results


def remember(conn: Connection, batch: list[Position]) -> list[None]:
    """Writer step: move followers on. One that was forgotten meanwhile, or that would move back, stays as it is."""
    newest = {one.name: one for one in sorted(batch, key=lambda one: one.upto)}
    for one in newest.values():
        conn.execute(
            update(follower)
            .where(follower.c.name == one.name, follower.c.upto < one.upto)
            .values(upto=one.upto, updated_at=one.now)
        )
    return [None] * len(batch)


def forget(conn: Connection, batch: list[str]) -> list[None]:
    """Writer step: followers that are no more (a webhook taken away, a key revoked)."""
    conn.execute(delete(follower).where(follower.c.name.in_(batch)))
    return [None] * len(batch)
