"""The memory of numbers that could not be reached: learned from history, forgotten at the first sign of life.

A number is left out of campaigns after it failed twice in a row, a day apart or more; what it wrote or took since
takes it out again, and so does time.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Column, Connection, delete, insert, select, update

from ..store import followers
from ..store.database import Database
from ..store.followers import Position
from ..store.history import chunks
from ..store.prepared import Prepared, among
from ..store.tables import inbound, message, unreachable

NAME = "unreachable"  # the follower of history
LINES = 2000  # of history in one look
FAILED = ("undelivered", "failed")
ENOUGH = 2  # failures in a row
APART = timedelta(days=1)
KEPT = timedelta(days=180)  # after so long a number gets another chance
_DEAD = Prepared(
    select(unreachable.c.address).where(among(unreachable.c.address, "addresses"), unreachable.c.failures >= ENOUGH)
)


def dead(conn: Connection, addresses: Collection[str]) -> set[str]:
    """Those of these numbers that could not be reached lately, time after time."""
    return {row[0] for row in _DEAD.run(conn, {"addresses": list(addresses)})} if addresses else set()


def some_dead(conn: Connection) -> bool:
    """Whether any number is remembered so at all."""
    return conn.scalar(select(unreachable.c.address).where(unreachable.c.failures >= ENOUGH).limit(1)) is not None


class Learning:
    """Reads on in history; one for each process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._tail = followers.Tail(database)

    def learn(self, now: datetime) -> bool:
        """Remember what history says about numbers since the last look; returns whether there may be more."""
        upto = followers.begin(self._database.writer, NAME, now)
        with self._database.reading() as conn:
            reach = self._tail.reach(conn, upto, LINES)
            rows = followers.lines(conn, upto, reach, ("message", "inbound"), (*FAILED, "delivered", "received"))
        if reach > upto:
            told = [Told(row.record, row.record_id, row.now, row.at, row.why) for row in rows]
            self._database.writer.do(_learn, (Position(NAME, reach, now), told))
        return reach - upto >= LINES


def forget(conn: Connection, batch: list[datetime]) -> list[None]:
    """Writer step: give those another chance whose last failure is long ago."""
    conn.execute(delete(unreachable).where(unreachable.c.last_at < max(batch) - KEPT))
    return [None] * len(batch)


class Told(NamedTuple):
    """What a line of history says."""

    record: str
    id: str
    state: str
    at: datetime
    why: str


def _learn(conn: Connection, batch: list[tuple[Position, list[Told]]]) -> list[None]:
    for position, told in batch:
        ended = {one.id: one for one in told if one.record == "message"}
        came = [one.id for one in told if one.record == "inbound"]
        numbers = _numbers(conn, message.c.recipient, list(ended))
        alive = {numbers[id] for id, one in ended.items() if one.state == "delivered" and id in numbers}
        alive |= set(_numbers(conn, inbound.c.sender, came).values())
        for some in chunks(sorted(alive)):
            conn.execute(delete(unreachable).where(unreachable.c.address.in_(some)))
        carried = _numbers(conn, message.c.encoding, [id for id, one in ended.items() if one.state in FAILED])
        for id, one in ended.items():
            if carried.get(id) == "mms":
                continue  # that a phone shows no MMS says nothing of whether it can be reached
            if one.state in FAILED and id in numbers and numbers[id] not in alive:
                _failed(conn, numbers[id], one.at, one.why)
        followers.remember(conn, [position])
    return [None] * len(batch)


def _failed(conn: Connection, address: str, at: datetime, why: str) -> None:
    u = unreachable.c
    row = conn.execute(select(unreachable).where(u.address == address)).first()
    if row is None:
        conn.execute(insert(unreachable).values(address=address, failures=1, first_at=at, last_at=at, why=why))
    elif at - row.last_at >= APART:  # three texts on one evening at a phone that is off are one failure
        conn.execute(
            update(unreachable).where(u.address == address).values(failures=row.failures + 1, last_at=at, why=why)
        )


def _numbers(conn: Connection, column: Column[str], ids: Sequence[str]) -> dict[str, str]:
    """What stands in a column for these records, by id."""
    found: dict[str, str] = {}
    for some in chunks(ids):
        query = select(column.table.c.id, column).where(column.table.c.id.in_(some))
        found.update((row[0], row[1]) for row in conn.execute(query))
    return found
