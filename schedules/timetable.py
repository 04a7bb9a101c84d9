"""Every job and when it runs: the whole clock on one page (APScheduler).

The clock holds no data: what is due is a column, so a restart loses nothing, and every job may run twice. The jobs of
one period run together, one after the other. Those of which `waits` can ask beforehand are asked for in one look, and
only those that have something to do are given to the scheduler, each alone.

The surprise: the scheduler plans by the time of day. When that is set back, nothing would run until the hour has come
once more; so it is watched against the clock that never jumps, and everything runs at once then.
"""

from __future__ import annotations

import logging
import threading
import time
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from smsgw.errors import Fenced, SmsgwError
from smsgw.gateway import Gateway
from smsgw.store.fences import under

from . import (
    asking,
    back_up,
    balances,
    calls,
    campaigns,
    close_day,
    consent,
    expire,
    fallback,
    follow_ups,
    forget,
    imports,
    incomplete,
    learning,
    letters,
    media,
    message_pages,
    months,
    orders,
    paces,
    prices,
    release,
    remote,
    replies,
    reroute,
    retention,
    revoked,
    series,
    silence,
    snoozed,
    strangers,
    submitted_parts,
    surveys,
    troubles,
    unreachable,
    unsure,
    usage,
    vacuum,
)
from .waits import Job, Waits

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from apscheduler.jobstores.base import JobLookupError
    from apscheduler.schedulers.background import BackgroundScheduler

log = logging.getLogger(__name__)

TIMETABLE: tuple[tuple[Job, float], ...] = (  # the job, and the seconds between two runs
    (release.run, 1),
    (replies.run, 1),
    (campaigns.run, 1),
    (imports.run, 1),
    (calls.run, 2),
    (consent.run, 2),
    (revoked.run, 2),
    (remote.run, 2),
    (fallback.run, 3),
    (surveys.run, 2),
    (snoozed.run, 2),
    (unsure.run, 5),
    (reroute.run, 5),
    (silence.run, 5),
    (strangers.run, 5),
    (paces.run, 5),
    (prices.run, 5),
    (expire.run, 10),
    (asking.run, 10),
    (submitted_parts.run, 10),
    (letters.run, 5),
    (orders.run, 15),
    (balances.run, 15),
    (troubles.run, 15),
    (series.run, 15),
    (incomplete.run, 60),
    (usage.run, 60),
    (vacuum.run, 60),
    (close_day.run, 60),
    (learning.run, 60),
    (follow_ups.run, 60),
    (unreachable.run, 60),
    (back_up.run, 600),
    (media.run, 600),
    (message_pages.run, 600),
    (forget.run, 3600),
    (months.run, 3600),
    (retention.run, 900),
)
EVERYWHERE: frozenset[Job] = frozenset(  # what each of several nodes does for its own links, clients and memory
    job.run for job in (asking, balances, paces, prices, revoked, strangers, usage)
)
STUCK_AFTER = 120.0  # seconds without a look
LOOK = 1.0  # seconds between two looks at what is due, and whether the time of day was set back
SET_BACK = 3.0  # seconds by which it must be; less is how clocks are kept right


class Clock:
    """Runs the timetable: a part of the daemon. Of several nodes one runs it, and each what concerns itself alone."""

    name = "clock"

    def __init__(self, gateway: Gateway, time_of_day: Callable[[], float] = time.time) -> None:
        self._gateway = gateway
        self._time_of_day = time_of_day
        self._scheduler = BackgroundScheduler(timezone="UTC")
        self._waits = Waits()
        self._asked = {job: seconds for job, seconds in TIMETABLE if job in self._waits}
        self._turns = dict.fromkeys(self._asked, 0.0)  # when each is asked for next, by the clock that never jumps
        self._running: set[Job] = set()  # of those
        self._beats = self._ticked = time.monotonic()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name=self.name, daemon=True)

    def start(self) -> None:
        """Begin to run jobs; each for the first time at once."""
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        for seconds in sorted({seconds for _, seconds in TIMETABLE}):
            jobs = [job for job, every in TIMETABLE if every == seconds and job not in self._asked]
            if jobs:
                self._scheduler.add_job(
                    self._tick, "interval", args=[jobs], seconds=seconds, next_run_time=self._now(),
                    max_instances=1, coalesce=True, misfire_grace_time=None,
                )  # fmt: skip
        self._scheduler.start()
        self._thread.start()

    def stop(self, deadline: float) -> None:
        """Run no further job; one that runs now has bounded batches and ends soon."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=True)

    def alive(self) -> bool:
        """Whether it still looks, and the scheduler runs what it is given."""
        return time.monotonic() - min(self._beats, self._ticked) < STUCK_AFTER

    def _now(self) -> datetime:
        return datetime.now(self._scheduler.timezone)

    def _run(self) -> None:
        """Look, and see whether the time of day was set back meanwhile."""
        ahead = self._time_of_day() - time.monotonic()
        while not self._ended.is_set():
            self._beats = time.monotonic()
            before, ahead = ahead, self._time_of_day() - self._beats
            if before - ahead > SET_BACK:
                self._was_set_back(timedelta(seconds=before - ahead + LOOK))  # it was still right at the last look
            try:
                self._look(self._beats)
            except SmsgwError as problem:
                log.error("the store cannot be asked what is due: %s", problem)
            except Exception:  # as below
                log.exception("what is due could not be seen")
            self._ended.wait(max(0.0, self._beats + LOOK - time.monotonic()))

    def _look(self, at: float) -> None:
        """Have those run that have something to do; who still runs has the next turn. Raises StoreError."""
        turn = [job for job, due in self._turns.items() if due <= at + LOOK / 2 and job not in self._running]
        here = [job for job in turn if job in EVERYWHERE or self._gateway.holdings.holds(self.name)]
        wanted = self._waits.of(self._gateway, here, self._gateway.clock())
        for job in turn:
            self._turns[job] = at + self._asked[job]
        for job in here:
            if job in wanted:
                self._running.add(job)
                self._scheduler.add_job(self._tick, args=[[job]], misfire_grace_time=None)

    def _was_set_back(self, by: timedelta) -> None:
        log.warning("the time of day was set back by %s: what is due by the clock of before runs now", by)
        try:
            self._gateway.set_back(by)
        except SmsgwError as problem:
            log.error("what waits for the time of before is not due yet: %s", problem)
        self._turns = dict.fromkeys(self._turns, 0.0)
        for planned in self._scheduler.get_jobs():
            with suppress(JobLookupError):  # it had its only run meanwhile
                planned.modify(next_run_time=self._now())

    def _tick(self, jobs: Sequence[Job]) -> None:
        self._ticked = time.monotonic()
        for job in jobs:
            try:
                if not self._ended.is_set():
                    self._do(job)
            finally:
                self._running.discard(job)

    def _do(self, job: Job) -> None:
        held = self._gateway.holdings
        if job not in EVERYWHERE and not held.holds(self.name):
            return
        try:
            with under(None if job in EVERYWHERE else held.guard(self.name)):
                job(self._gateway, self._gateway.clock())
        except Fenced as problem:
            log.warning("%s: %s", job.__module__, problem)
        except SmsgwError as problem:
            log.error("%s: %s", job.__module__, problem)
        except Exception:  # one job's mistake must not end the clock: it is logged and tried again
            log.exception("%s failed", job.__module__)
