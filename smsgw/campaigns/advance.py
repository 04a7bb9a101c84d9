"""What the clock does with campaigns: begin those whose time has come, and take running ones a step further.

A step is a piece of the audience frozen, a batch of targets put into the queue, or a wave or the whole ended. What is
due is a column, so two clocks on one store, or one that was killed, do it once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select, update

from ..errors import Conflict
from ..outbound.gate.facts import Facts
from ..outbound.submit import Door
from ..store import history
from ..store.database import Database
from ..store.lifecycle import CAMPAIGN
from ..store.tables import campaign, consent, message
from ..store.tables.types import AnyRow
from . import watching, winning
from .freezing import freeze_some
from .life import pause_in
from .placing import AHEAD, BATCH, Paces, Placed, Placing
from .terms import Terms

log = logging.getLogger(__name__)

LOOKS = timedelta(seconds=5)  # between two looks at how a campaign fares
UNBOUND = 5_000.0  # messages a second that links without a bound are taken to send
FURTHEST = 10  # batches that are looked through for a target whose link has room
BURST = 5.0  # seconds of its own pace that a campaign may make up at once


class Advance:
    """Holds the door, the store, and when each running campaign was looked at last."""

    def __init__(self, database: Database, door: Door, paces: Callable[[], Paces] = dict, ahead: int = AHEAD) -> None:
        """paces: parts a second that each link may send now, None for as many as it takes."""
        self.placing = Placing(database, door, ahead)
        self._paces = paces
        self._database = database
        self._door = door
        self._rules = replace(door.terms.rules, facts=Facts())  # the door's own belong to the writer's thread
        self._seen: dict[str, tuple[datetime, watching.Seen]] = {}

    def begin_due(self, now: datetime) -> None:
        """Begin the campaigns whose time has come; what was missed for too long is over without having begun."""
        c = campaign.c
        with self._database.reading() as conn:
            due = conn.execute(
                select(campaign).where(c.state == "scheduled", c.ended_at.is_(None), c.starts_at <= now)
            ).all()
        for row in due:
            self._database.writer.do(begin, (row.id, now))

    def round(self, now: datetime, batches: int = 1) -> bool:
        """One step of each running campaign, of so many batches; returns whether there is more to do at once."""
        c = campaign.c
        with self._database.reading() as conn:
            rows = conn.execute(
                select(campaign).where(c.state == "running", c.ended_at.is_(None), c.kind.in_(("once", "follow_up")))
            ).all()
        more = [self._step(row, now, batches) for row in rows]
        self._seen = {row.id: self._seen[row.id] for row in rows if row.id in self._seen}
        return any(more)

    def _step(self, row: AnyRow, now: datetime, batches: int) -> bool:
        if row.frozen_at is None:
            freeze_some(self._database, row, self._rules, now)
            return True
        terms = Terms.model_validate(row.terms)
        if row.ends_at is not None and now >= row.ends_at:
            return self._finish(row, "its time was over before all of it had left", now)
        seen = self._look(row, now)
        why = watching.reason_to_pause(seen, terms.limits)
        if why is not None:
            self._pause(row, why, now)
            return False
        pace = _pace(row, terms, watching.share_of_pace(seen, terms.limits), self._paces(), now)
        return self._place(row, terms, pace, now, batches)

    def _place(self, row: AnyRow, terms: Terms, pace: _Pace, now: datetime, batches: int) -> bool:
        """Put the next targets into the queue: without a pace, a batch is read while the writer stores the one before.

        Where their link has enough to do, those behind them may go before.
        """
        after = 0
        room: dict[str, int] | None = None
        storing: Future[Placed] | None = None
        for _ in range(FURTHEST):
            with self._database.reading() as conn:
                some = self.placing.next(conn, row, after)
                if not some and not after:
                    return self._wave_is_over(conn, row, terms, now)
                room = self.placing.room(conn, self._paces(), now) if room is None else room
            some = some[: pace.count]
            if not some or max(room.values(), default=0) <= 0:
                break
            after = some[-1].target_id
            batch = self.placing.read(row, some, room, pace.used(row, len(some), now), now)
            if isinstance(batch, Placed) and batch.crowded:
                continue
            if storing is not None and not self._placed(row, storing.result(60), now):
                return False
            if isinstance(batch, Placed):
                return self._placed(row, batch, now)
            storing, batches = self.placing.store(batch), batches - 1
            if pace.each is not None or batches <= 0:
                break
        return storing is not None and self._placed(row, storing.result(60), now)

    def _placed(self, row: AnyRow, told: Placed, now: datetime) -> bool:
        if told.over_budget:
            self._pause(row, "the next messages would cost more than its budget", now)
        elif told.away:
            why = watching.sick(self._door.network, told.away, now)
            if why is not None:
                self._pause(row, why, now)
        return told.moved > 0 and not told.full

    def _look(self, row: AnyRow, now: datetime) -> watching.Seen:
        """How a campaign fares since it began or was resumed."""
        at, seen = self._seen.get(row.id, (None, None))
        if at is None or seen is None or row.base is None or not timedelta() <= now - at < LOOKS:
            with self._database.reading() as conn:
                seen = watching.look(conn, row)
            if row.base is None:
                self._database.writer.do(_set_base, (row.id, asdict(seen)))
            seen = seen.since(row.base or asdict(seen))
            self._seen[row.id] = (now, seen)
        return seen

    def _pause(self, row: AnyRow, why: str, now: datetime) -> None:
        log.warning("campaign %s pauses by itself: %s", row.name, why)
        with suppress(Conflict):  # somebody was faster
            self._database.writer.do(_pause_itself, (row.id, why, now))

    def _wave_is_over(self, conn: Connection, row: AnyRow, terms: Terms, now: datetime) -> bool:
        """Nothing of this wave is left to put into the queue: what follows?"""
        if row.wave >= 2:
            waits = conn.scalar(
                select(func.count()).where(message.c.campaign_id == row.id, message.c.state.in_(watching.UNDECIDED))
            )
            return False if waits else self._finish(row, "nothing is left to send", now)
        if row.wave == 0 and terms.canary is not None:
            verdict = watching.canary_fares(conn, row, terms, now)
            if verdict != "go":
                if verdict is not None:
                    self._pause(row, verdict, now)
                return False
            return self._next_wave(row, 1 if terms.split and terms.split.share < 100 else 2, None, now)
        assert terms.split is not None
        if not watching.left_long_ago(conn, row, timedelta(minutes=terms.split.decide_after), now):
            return False
        return self._next_wave(row, 2, row.winner or winning.winner(conn, row), now)

    def _next_wave(self, row: AnyRow, wave: int, winner: str | None, now: datetime) -> bool:
        self._database.writer.do(_set_wave, (row, wave, winner, now))
        return True

    def _finish(self, row: AnyRow, why: str, now: datetime) -> bool:
        self._database.writer.do(_finish, (row.id, why, now))
        return False


@dataclass(frozen=True, slots=True)
class _Pace:
    """How many may go now, and how long each of them uses the pace up; None: there is no pace."""

    count: int
    each: timedelta | None = None

    def used(self, row: AnyRow, taken: int, now: datetime) -> datetime | None:
        """Up to when the pace is used once so many went: never far back, so that a stopped machine makes up little."""
        if self.each is None:
            return None
        before = row.paced_at or now
        return max(min(before + self.each * taken, now), now - timedelta(seconds=1))


def _pace(row: AnyRow, terms: Terms, share: float, links: Paces, now: datetime) -> _Pace:
    """By its own pace, and by the replies that wait: then it uses only a share of what it or its links could do."""
    if terms.per_minute is None and share == 1:
        return _Pace(BATCH)
    known = [pace for pace in links.values() if pace is not None]
    own = terms.per_minute / 60 if terms.per_minute else sum(known) or UNBOUND
    if share * own <= 0:
        return _Pace(0, timedelta())
    each = timedelta(seconds=1 / (own * share))
    since = now - row.paced_at if row.paced_at is not None else timedelta(days=1)
    if since < timedelta():  # the clock was set back
        return _Pace(0, timedelta())
    burst = max(1, int(BURST / each.total_seconds()))
    return _Pace(min(since // each, burst, BATCH), each)


def begin(conn: Connection, batch: list[tuple[str, datetime]]) -> list[None]:
    """Writer step: begin campaigns that are due, or end those that are due since too long."""
    for id, now in batch:
        c = campaign.c
        row = conn.execute(select(campaign).where(c.id == id).with_for_update()).one()
        if row.state != "scheduled" or row.starts_at > now:
            continue
        terms = Terms.model_validate(row.terms)
        if terms.kind == "once" and now - row.starts_at > timedelta(minutes=terms.late):
            why = f"it was due at {row.starts_at:%Y-%m-%d %H:%M} UTC, which is too long ago: nothing was sent"
            history.move(conn, CAMPAIGN, "finish", [history.Step(id, why, {"ended_at": now})], by="clock", now=now)
            continue
        values: dict[str, Any] = {"started_at": now, "wave": terms.first_wave, "wave_at": now, "paced_at": None}
        values["ends_at"] = now + timedelta(minutes=terms.within) if terms.kind == "once" else None
        values["consent_from"] = conn.scalar(select(func.coalesce(func.max(consent.c.id), 0)))
        history.move(conn, CAMPAIGN, "start", [history.Step(id, "its time has come", values)], by="clock", now=now)
    return [None] * len(batch)


def _pause_itself(conn: Connection, batch: list[tuple[str, str, datetime]]) -> list[Any]:
    results: list[Any] = []
    for id, why, now in batch:
        try:
            results.append(pause_in(conn, id, "clock", f"paused by itself: {why}", now))
        except Conflict as problem:
            results.append(problem)
    return results


def _set_wave(conn: Connection, batch: list[tuple[AnyRow, int, str | None, datetime]]) -> list[None]:
    for row, wave, winner, now in batch:
        c = campaign.c
        change = update(campaign).where(c.id == row.id, c.wave == row.wave)
        conn.execute(change.values(wave=wave, wave_at=now, winner=winner))
        said = f"wave {wave} goes" + (f": text {winner} wins" if winner else "")
        history.note(conn, CAMPAIGN, "wave", [history.Step(row.id, said)], by="clock", now=now)
    return [None] * len(batch)


def _set_base(conn: Connection, batch: list[tuple[str, dict[str, int]]]) -> list[None]:
    for id, base in batch:
        conn.execute(update(campaign).where(campaign.c.id == id, campaign.c.base.is_(None)).values(base=base))
    return [None] * len(batch)


def _finish(conn: Connection, batch: list[tuple[str, str, datetime]]) -> list[None]:
    for id, why, now in batch:
        history.move(conn, CAMPAIGN, "finish", [history.Step(id, why, {"ended_at": now})], by="clock", now=now)
    return [None] * len(batch)
