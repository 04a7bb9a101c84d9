"""What one webhook is to be told next: a window of its pending deliveries, in order for each record.

The store holds the queue; here is what was read of it and is not written down as ended yet. What was never tried is
read once, by its place in history; what was put off is read again when it is due. A record has at most one delivery
on its way: its later ones wait in its line, here or, by their `due_at`, in the store.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic_core import from_json
from sqlalchemy import Connection, bindparam, func, select

from ..store.database import Database
from ..store.history import IDS, chunks
from ..store.prepared import Prepared
from ..store.tables import delivery
from .settle import Behind

WINDOW = 500  # deliveries of a webhook in memory

_d = delivery.c
_PENDING = (_d.webhook_id == bindparam("webhook"), _d.state == "pending")
_READ = (_d.id, _d.record_id, _d.line, _d.body, _d.attempts, _d.request)
_FRESH = Prepared(
    select(*_READ)
    .where(*_PENDING, _d.due_at.is_(None), _d.line > bindparam("after"))
    .order_by(_d.line)
    .limit(bindparam("most"))
)
_DUE = (
    select(*_READ, _d.tries)
    .where(*_PENDING, _d.due_at <= bindparam("now", type_=_d.due_at.type))
    .order_by(_d.due_at, _d.line)
    .limit(bindparam("most"))
)
_SOONEST = select(func.min(_d.due_at)).where(*_PENDING, _d.due_at > bindparam("now", type_=_d.due_at.type))
_HELD_UP = (
    select(_d.record_id, func.min(_d.line).label("line"), func.max(_d.due_at).label("due_at"))
    .where(*_PENDING, _d.due_at.is_not(None), _d.record_id.in_(IDS))
    .group_by(_d.record_id)
)


@dataclass(slots=True)
class Item:
    """A delivery in memory. tries: the failed ones, as they are stored. request: of a dialect, else None."""

    id: str
    record_id: str
    line: int
    body: bytes
    attempts: int
    tries: list[dict[str, Any]]
    request: dict[str, Any] | None = None


def _json(given: Any) -> dict[str, Any] | None:
    """A JSON column as the engine's driver gives it."""
    told: dict[str, Any] | None = from_json(given) if isinstance(given, str | bytes) else given
    return told


class Queue:
    """For one thread. Nothing here waits but `read`, for the store."""

    def __init__(self, database: Database, webhook_id: str) -> None:
        self._database = database
        self._webhook = webhook_id
        self._after = -1  # a history id: what was never tried is read up to here
        self._more = True  # there may be more of it
        self._held: set[str] = set()  # ids of what is here, also of what has ended and is not written down yet
        self._lines: dict[str, deque[Item]] = {}
        self._ready: deque[Item] = deque()
        self._look = True  # what was put off may have changed
        self._more_due = False  # there is more of what is due than had room
        self._soonest: datetime | None = None

    def __len__(self) -> int:
        return len(self._ready)

    def news(self) -> None:
        """There is something that was never tried."""
        self._more = True

    def look(self) -> None:
        """Something in the store was put off, or is to be replayed."""
        self._look = True

    def wants(self, now: datetime) -> bool:
        """Whether it is time to `read`."""
        if self._look or (self._soonest is not None and self._soonest <= now):
            return True
        return (self._more or self._more_due) and len(self._held) <= WINDOW // 2

    def read(self, now: datetime) -> list[Behind]:
        """Read on in the store, and put what is found into line; returns what is to wait for an earlier event."""
        with self._database.reading() as conn:
            self._look = False
            for item in self._due(conn, now):
                self._take(item)
            self._soonest = conn.scalar(_SOONEST, {"webhook": self._webhook, "now": now})
            fresh = self._fresh(conn)
            waits = self._held_up(conn, fresh) if self._more_due or self._soonest is not None else {}
        for item in fresh:
            if item.record_id not in waits:
                self._take(item)
        return list(waits.values())

    def _due(self, conn: Connection, now: datetime) -> list[Item]:
        most = max(1, WINDOW - len(self._held)) + len(self._held)  # those that are here are found again
        rows = conn.execute(_DUE, {"webhook": self._webhook, "now": now, "most": most}).all()
        self._more_due = len(rows) == most
        return [
            Item(row.id, row.record_id, row.line, row.body.encode(), row.attempts, row.tries or [], row.request)
            for row in rows
            if row.id not in self._held
        ]

    def _fresh(self, conn: Connection) -> list[Item]:
        most = WINDOW - len(self._held)
        if not self._more or most <= 0:
            return []
        rows = _FRESH.run(conn, {"webhook": self._webhook, "after": self._after, "most": most})
        self._more = len(rows) == most
        if rows:
            self._after = rows[-1][2]
        return [Item(row[0], row[1], row[2], row[3].encode(), row[4], [], _json(row[5])) for row in rows]

    def _held_up(self, conn: Connection, fresh: list[Item]) -> dict[str, Behind]:
        """The records among these of which an earlier event waits in the store, and none is here."""
        waits: dict[str, Behind] = {}
        for some in chunks([item.record_id for item in fresh if item.record_id not in self._lines]):
            rows = conn.execute(_HELD_UP, {"webhook": self._webhook, "ids": some})
            waits.update((row.record_id, Behind(self._webhook, row.record_id, row.line, row.due_at)) for row in rows)
        return waits

    def _take(self, item: Item) -> None:
        self._held.add(item.id)
        line = self._lines.get(item.record_id)
        if line is None:
            self._lines[item.record_id] = deque((item,))
            self._ready.append(item)
        else:
            line.append(item)

    def next(self) -> Item | None:
        """The next one that may go out now."""
        return self._ready.popleft() if self._ready else None

    def back(self, item: Item) -> None:
        """It did not go out after all: it is the next again."""
        self._ready.appendleft(item)

    def ended(self, item: Item) -> bool:
        """It was told, or given up: whether the next event of its record may go now. It is here until `written`."""
        line = self._lines[item.record_id]
        line.popleft()
        if line:
            self._ready.append(line[0])
            return True
        del self._lines[item.record_id]
        return False

    def written(self, item: Item) -> None:
        """That it ended is on disk."""
        self._held.discard(item.id)

    def put_off(self, item: Item) -> bool:
        """That it is put off is on disk, with what was in line behind it; whether anything was.

        What came into line in the last moment may not have been put off with it: see to that if something was.
        """
        line = self._lines.pop(item.record_id)
        self._held.difference_update(one.id for one in line)
        self._look = True
        return len(line) > 1
