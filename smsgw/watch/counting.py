"""What happened since this process began, counted out of history, refusals and cost entries, to which is only added.

A look counts what came since the look before, so it costs what happened and not what is stored; who never looks pays
nothing. Every process of a store counts everything that happened in it, whoever did it.
"""

from __future__ import annotations

import threading
from collections import Counter
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Float, case, cast, func, literal_column, select

from ..store.database import Database
from ..store.followers import Tail
from ..store.tables import cost_entry, history, inbound, message, refusal

SUBMIT = (0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 3600.0)  # seconds from accepted to sent
DELIVERY = (1.0, 5.0, 15.0, 60.0, 300.0, 1800.0, 3600.0, 21_600.0, 86_400.0)  # and from sent to delivered
STEP = 20_000  # lines of history in one question
MOST = 50  # such questions in one look: a million lines; what is left is counted by the next


class Timing:
    """A histogram of one link: how many took at most so long, by bound and one for more, and all their seconds."""

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.seconds = 0.0


class Counts:
    """The counts of this process. Safe from any thread.

    messages: by direction, state, link and purpose. parts, spent: by link, and by link and currency (millionths).
    decisions: what the gate said, by event and why: the code of what it refused at the door, `withdrawn` for what it
    had let in before, and whether what it holds is `planned` for later or `waits` for something. timings: by "submit"
    or "delivery" and link.
    """

    def __init__(self, database: Database) -> None:
        """Everything before now is not counted."""
        self._database = database
        self._lock = threading.Lock()
        self._tail = Tail(database)
        self.messages: Counter[tuple[str, str, str, str]] = Counter()
        self.parts: Counter[str] = Counter()
        self.spent: Counter[tuple[str, str]] = Counter()
        self.decisions: Counter[tuple[str, str]] = Counter()
        self.timings: dict[tuple[str, str], Timing] = {}
        with database.reading() as conn:
            self._upto = conn.scalar(select(func.max(history.c.id))) or 0
            self._booked = conn.scalar(select(func.max(cost_entry.c.id))) or 0
            self._refused = conn.scalar(select(func.max(refusal.c.id))) or 0

    def look(self) -> None:
        """Count what came since the last look. Raises StoreError."""
        with self._lock, self._database.reading() as conn:
            for _ in range(MOST):
                reach = self._tail.reach(conn, self._upto, STEP)
                if reach == self._upto:
                    break
                self._out(conn, self._upto, reach)
                self._in(conn, self._upto, reach)
                self._timed(conn, self._upto, reach, "submit", "sent", SUBMIT, message.c.created_at)
                self._timed(conn, self._upto, reach, "delivery", "delivered", DELIVERY, message.c.sent_at)
                self._upto = reach
            self._money(conn)
            self._refusals(conn)

    def _out(self, conn: Connection, after: int, upto: int) -> None:
        h, m = history.c, message.c
        planned: ColumnElement[int] = literal_column(
            "CASE WHEN event = 'hold' AND history.why LIKE 'planned for %' THEN 1 ELSE 0 END"
        )
        rows = conn.execute(
            select(h.event, planned, h.now, m.link, m.purpose, func.count(), func.sum(m.parts))
            .join_from(history, message, m.id == h.record_id)
            .where(h.id > after, h.id <= upto, h.record == "message", h.was.is_distinct_from(h.now))
            .group_by(h.event, planned, h.now, m.link, m.purpose)
        )
        for event, later, state, link, purpose, count, parts in rows:
            self.messages["out", state, link or "", purpose] += count
            if event == "hand_over":
                self.parts[link or ""] += int(parts)
            if event in ("admit", "hold", "refuse"):
                why = {"hold": "planned" if later else "waits", "refuse": "withdrawn"}.get(event, "")
                self.decisions[event, why] += count

    def _in(self, conn: Connection, after: int, upto: int) -> None:
        h, i = history.c, inbound.c
        rows = conn.execute(
            select(h.now, i.link, func.count())
            .join_from(history, inbound, i.id == h.record_id)
            .where(h.id > after, h.id <= upto, h.record == "inbound", h.was.is_distinct_from(h.now))
            .group_by(h.now, i.link)
        )
        for state, link, count in rows:
            self.messages["in", state, link, ""] += count

    def _timed(
        self, conn: Connection, after: int, upto: int, what: str, state: str, bounds: tuple[float, ...],
        since: ColumnElement[datetime],
    ) -> None:  # fmt: skip
        h, m = history.c, message.c
        took = _seconds(conn, since, h.at)
        bucket = case(*((took <= bound, place) for place, bound in enumerate(bounds)), else_=len(bounds))
        within = (
            select(m.link.label("link"), bucket.label("bucket"), took.label("took"))
            .join_from(history, message, m.id == h.record_id)
            .where(h.id > after, h.id <= upto, h.record == "message", h.now == state, h.was.is_distinct_from(h.now))
            .where(since.is_not(None))
            .subquery()
        )
        w = within.c
        for link, place, count, seconds in conn.execute(
            select(w.link, w.bucket, func.count(), func.sum(w.took)).group_by(w.link, w.bucket)
        ):
            timing = self.timings.setdefault((what, link or ""), Timing(bounds))
            timing.counts[place] += count
            timing.seconds += max(0.0, float(seconds))

    def _money(self, conn: Connection) -> None:
        c = cost_entry.c
        newest = conn.scalar(select(func.max(c.id)))
        if newest is None or newest <= self._booked:
            return
        rows = conn.execute(
            select(c.link, c.currency, func.sum(c.amount))
            .where(c.id > self._booked, c.id <= newest)
            .group_by(c.link, c.currency)
        )
        for link, currency, amount in rows:
            self.spent[link, currency] += int(amount)
        self._booked = newest

    def _refusals(self, conn: Connection) -> None:
        r = refusal.c
        newest = conn.scalar(select(func.max(r.id)))
        if newest is None or newest <= self._refused:
            return
        some = select(r.code, func.count()).where(r.id > self._refused, r.id <= newest).group_by(r.code)
        for code, count in conn.execute(some):
            self.decisions["refuse", code] += count
        self._refused = newest


def _seconds(conn: Connection, since: ColumnElement[datetime], until: ColumnElement[datetime]) -> ColumnElement[Any]:
    """How long it was between two columns; both engines tell moments in their own way."""
    if conn.dialect.name == "sqlite":
        return cast((func.julianday(until) - func.julianday(since)) * literal_column("86400.0", Float), Float)
    return cast(func.extract("epoch", until - since), Float)
