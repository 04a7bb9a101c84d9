"""Everything that a gateway can do with campaigns, in one place: what needs its door, its store and its links."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from ..outbound.submit import Door
from ..store.database import Database
from . import life, series
from .advance import Advance
from .estimate import Estimate, Measure
from .placing import AHEAD, Paces
from .unreachable import Learning, forget

BATCHES = 4  # in one step of the clock: each is read while the writer stores the one before


class Campaigns:
    """One for each gateway. paces: parts a second that each link may send now, None for as many as it takes; ahead: how
    many messages may wait for a link; measure: looks at texts letter by letter."""

    def __init__(
        self,
        database: Database,
        door: Door,
        paces: Callable[[], Paces],
        ahead: int = AHEAD,
        measure: Measure | None = None,
    ) -> None:
        self.database = database
        self.door = door
        self._advance = Advance(database, door, paces, ahead)
        self._estimate = Estimate(database, door, paces, measure)
        self._learning = Learning(database)

    def advance(self, now: datetime, clock: Callable[[], datetime], patience: timedelta) -> None:
        """Begin what is due, and take what runs further, for about as long as `patience`."""
        self._advance.begin_due(now)
        life.take_back_stopped(self.database, now)
        while self._advance.round(clock(), BATCHES) and timedelta() <= clock() - now < patience:
            pass

    def step(self, now: datetime, batches: int = 1) -> bool:
        """Begin what is due, and take what runs one step further; returns whether there is more to do at once."""
        self._advance.begin_due(now)
        return self._advance.round(now, batches)

    def series(self, now: datetime) -> None:
        """Begin the runs of series that are due."""
        series.run_series(self.database, now)

    def follow_ups(self, now: datetime) -> None:
        """Begin what follows campaigns that have ended."""
        series.follow_up(self.database, now)

    def learn(self, now: datetime) -> None:
        """Read on in history which numbers cannot be reached, and forget what is long ago."""
        while self._learning.learn(now):
            pass
        self.database.writer.do(forget, now)

    def estimate(self, id: str, by: str, now: datetime, start: datetime | None = None) -> dict[str, Any]:
        """What a campaign will cost and whom it leaves out, which is kept with it. Raises NotFound, Conflict."""
        with self.database.reading() as conn:
            row = life.get(conn, id)
        life.require(row, "estimate")
        told = self._estimate.of(row, now, start)
        life.estimated(self.database.writer, id, told, row.changed_at, by, now)
        return told
