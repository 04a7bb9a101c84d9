"""Send the link where an MMS was not fetched: once, by what the network said or when nothing was heard for too long.

Whether it is due is a column of `message_content`; the text with the link and the mark that it went out are stored
together. What has not left yet when its time is over is cancelled first, so that it cannot come as well.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, or_, select, update

from ..errors import BadInput, QueueFull, RefusedByPolicy
from ..media import capability
from ..media.capability import Says, Sign
from ..store import history
from ..store.lifecycle import MESSAGE
from ..store.tables import message, message_content
from ..store.tables.types import AnyRow
from .asked import Accepted
from .carrying import Carrying
from .submit import Door

log = logging.getLogger(__name__)

AT_ONCE = 200
LOST = ("failed", "undelivered", "expired")
OVER = ("refused", "cancelled", "delivered")
AGAIN = timedelta(minutes=1)


class Fallback:
    """The step; holds the door, and what reads contents."""

    def __init__(self, door: Door, carrying: Carrying) -> None:
        self._door = door
        self._carrying = carrying

    def waits(self, conn: Connection, now: datetime) -> bool:
        """Whether there is anything to decide: a look that writes nothing, for the many times when there is not."""
        return conn.execute(_looked_for(now).with_only_columns(message.c.id).limit(1)).first() is not None

    def run(self, conn: Connection, batch: list[datetime]) -> list[int]:
        """Writer step: for each `now`, send the links that are due; returns how many went out."""
        return [self._run(conn, now) for now in batch]

    def _run(self, conn: Connection, now: datetime) -> int:
        return sum(self._settle(conn, row, now) for row in _due(conn, now))

    def _settle(self, conn: Connection, row: AnyRow, now: datetime) -> bool:
        """Decide about one message; returns whether a link went out."""
        patience = self._carrying.terms.patience
        if row.state in OVER:
            _mark(conn, row.id, fallback_at=None)
            return False
        if not self._carrying.links(row.policy):  # it was looked at for a smaller one alone
            _mark(conn, row.id, fallback_at=None if row.state in LOST else max(row.due_at, now) + patience)
            return False
        if row.state in LOST:
            return self._send(conn, row, f"the MMS did not arrive: {row.why}", now)
        if row.state == "sent":
            return self._overdue(conn, row, max(row.sent_at, row.deliver_at or row.sent_at) + patience, now)
        if row.state in ("queued", "accepted") and row.due_at + patience <= now:
            why = f"no link took it within {_minutes(patience)}: a link to its page goes out instead"
            if history.move(
                conn, MESSAGE, "cancel", [history.Step(row.id, why, {"final_at": now})], by="clock", now=now
            )[0]:
                return self._send(conn, row, why, now)
        _mark(conn, row.id, fallback_at=max(row.due_at, now) + patience)
        return False

    def _overdue(self, conn: Connection, row: AnyRow, due: datetime, now: datetime) -> bool:
        """A message that was handed over: its phone may still fetch it, until its time is over."""
        if due > now:
            _mark(conn, row.id, fallback_at=due)
            return False
        capability.hear(conn, [Sign(row.recipient, Says.SILENT, row.link, now, row.id, row.digest)])
        why = f"nothing was heard of the phone within {_minutes(self._carrying.terms.patience)}"
        return self._send(conn, row, why, now)

    def _send(self, conn: Connection, row: AnyRow, why: str, now: datetime) -> bool:
        try:
            ready = self._carrying.instead(self._door, conn, row, why, now)
            [stored] = self._door.store(conn, [ready])
        except (BadInput, RefusedByPolicy) as no:
            stored = no
        if isinstance(stored, QueueFull):
            _mark(conn, row.id, fallback_at=now + AGAIN)
            return False
        if isinstance(stored, Accepted):
            _mark(conn, row.id, fallback_at=None, fallback_id=str(stored.row["id"]))
            told = f"{why}: the link goes out as {stored.row['id']}"
            history.note(conn, MESSAGE, "fallback", [history.Step(row.id, told)], by="clock", now=now)
            return stored.created
        if isinstance(stored, RefusedByPolicy | BadInput):
            _mark(conn, row.id, fallback_at=None)
            told = f"{why}; no link goes out: {stored}"
            history.note(conn, MESSAGE, "fallback", [history.Step(row.id, told)], by="clock", now=now)
            return False
        raise stored


def _due(conn: Connection, now: datetime) -> Sequence[AnyRow]:
    """Those whose time is over, and those that came to a bad end before."""
    query = _looked_for(now).order_by(message_content.c.fallback_at).limit(AT_ONCE)
    return conn.execute(query.with_for_update(skip_locked=True)).all()


def _looked_for(now: datetime) -> Select[Any]:
    c, m = message_content.c, message.c
    return (
        select(message, *(column for column in message_content.c if column.name not in ("why", "message_id")))
        .join_from(message_content, message, m.id == c.message_id)
        .where(c.fallback_at.is_not(None), c.fallback_id.is_(None), c.shown_at.is_(None))
        .where(or_(c.fallback_at <= now, m.state.in_(LOST)))
    )


def _mark(conn: Connection, id: str, **values: Any) -> None:
    conn.execute(update(message_content).where(message_content.c.message_id == id).values(**values))


def _minutes(span: timedelta) -> str:
    return f"{span.total_seconds() / 60:g} minutes"
