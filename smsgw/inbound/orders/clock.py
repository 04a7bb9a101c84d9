"""What time does to orders: one reminder when half of it has passed, in the end they lapse; it never confirms one."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, or_, select

from ...errors import SmsgwError, StoreError
from ...outbound.submit import Door
from ...store.database import Database
from ...store.tables import order
from ...store.tables.types import AnyRow
from .. import expectations
from ..dialogue.saying import tell
from . import orders
from .rules import Rules
from .words import about, number

log = logging.getLogger(__name__)

AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class _Due:
    id: str
    now: datetime


class Waiting:
    """The steps about orders that wait for a yes."""

    def __init__(self, door: Door, rules: Rules) -> None:
        self._door = door
        self._rules = rules

    def run(self, database: Database, now: datetime) -> int:
        """Remind and lapse what is due at `now`; returns how many orders that were."""
        hours = self._rules.remind_hours
        awake = hours is None or hours.open_at(now)
        o = order.c
        due = o.lapses_at <= now
        with database.reading() as conn:
            asked = select(o.id).where(o.state == "asked", or_(due, o.remind_at <= now) if awake else due)
            ids = list(conn.scalars(asked.order_by(o.lapses_at).limit(AT_ONCE)))
        for id, future in zip(ids, database.writer.put_all(self._pass, [_Due(id, now) for id in ids]), strict=True):
            try:
                future.result(60)
            except StoreError:
                raise
            except SmsgwError as problem:
                log.error("order %s: %s", id, problem)
        return len(ids)

    def _pass(self, conn: Connection, batch: list[_Due]) -> list[None]:
        for due in batch:
            row = orders.get(conn, due.id)
            if row.state != "asked":
                continue  # answered between the look and now
            if row.lapses_at <= due.now:
                self._lapse(conn, row, due.now)
            elif row.remind_at is not None and row.remind_at <= due.now:
                self._remind(conn, row, due.now)
        return [None] * len(batch)

    def _remind(self, conn: Connection, row: AnyRow, now: datetime) -> None:
        text = about("order_reminder", row, orders.lines_of(conn, row.id, row.revision))
        told = tell(conn, self._door, row.address, text, f"order:{row.id}:{row.revision}:reminder", now)
        why = "reminded once" if isinstance(told, str) else f"could not be reminded: {told}"
        orders.note(conn, row, "remind", why, "clock", now, remind_at=None)

    def _lapse(self, conn: Connection, row: AnyRow, now: datetime) -> None:
        """Nothing is ordered; a yes within some days is still understood, and asks about it again."""
        orders.lapse(conn, row, now, "nobody said yes in time")
        lines = orders.lines_of(conn, row.id, row.revision)
        text = about("order_lapsed", row, lines)
        told = tell(conn, self._door, row.address, text, f"order:{row.id}:{row.revision}:lapsed", now)
        until = now + self._rules.times.renew_within
        payload = expectations.payload_of(text, pending=orders.items_of(lines), order=number(row))
        wanted = expectations.Expected(
            row.address, "confirm", now, until, payload, row.recipient, row.id, row.campaign, row.revision,
            told if isinstance(told, str) else None,
        )  # fmt: skip
        expectations.open(conn, [wanted])
