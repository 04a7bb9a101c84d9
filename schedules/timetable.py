"""Every job and when it runs: the whole clock on one page.

The clock holds no data: what is due is a column, so a restart loses nothing, and every job may run twice. Once a
second it sees which jobs have their turn, asks the store in one look which of the frequent ones have something to do
(`waits`), and runs these, each in a thread of its own, and the others of one period together, one after the other.

The surprise: turns go by the clock that never jumps. When the time of day is set back, what was to come by the time of
before would come late; so the two are compared, and everything runs at once then.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

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
    (retention.run, 900),
)
EVERYWHERE: frozenset[Job] = frozenset(  # what each of several nodes does for its own links, clients and memory
    job.run for job in (asking, balances, paces, prices, revoked, strangers, usage)
)
STUCK_AFTER = 120.0  # seconds without a look
LOOK = 1.0  # seconds between two looks at who has its turn, and whether the time of day was set back
SET_BACK = 3.0  # seconds by which it must be; less is how clocks are kept right
THREADS = 10  # that jobs run in at the same time


class Clock:
    """Runs the timetable: a part of the daemon. Of several nodes one runs it, and each what concerns itself alone."""

    name = "clock"

    def __init__(self, gateway: Gateway, time_of_day: Callable[[], float] = time.time) -> None:
        self._gateway = gateway
        self._time_of_day = time_of_day
        self._periods = dict(TIMETABLE)
        self._turns = dict.fromkeys(self._periods, 0.0)  # when each runs next, by the clock that never jumps
        self._running: set[Job] = set()
        self._waits = Waits()
        self._beats = time.monotonic()
        self._ended = threading.Event()
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="job")
        self._thread = threading.Thread(target=self._run, name=self.name, daemon=True)

    def start(self) -> None:
        """Begin to run jobs; each for the first time at once."""
        self._thread.start()

    def stop(self, deadline: float) -> None:
        """Run no further job; one that runs now has bounded batches and ends soon."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()
        self._threads.shutdown(wait=True)

    def alive(self) -> bool:
        """Whether it still looks."""
        return time.monotonic() - self._beats < STUCK_AFTER

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
        """Have those run whose turn it is; who still runs has the next one. Raises StoreError: then all keep theirs."""
        turn = [job for job, due in self._turns.items() if due <= at + LOOK / 2 and job not in self._running]
        here = [job for job in turn if job in EVERYWHERE or self._gateway.holdings.holds(self.name)]
        wanted = self._waits.of(self._gateway, here, self._gateway.clock())
        for job in turn:
            self._turns[job] = at + self._periods[job]
        self._running.update(wanted)
        for jobs in self._together([job for job in here if job in wanted]):
            self._threads.submit(self._tick, jobs)

    def _together(self, jobs: Sequence[Job]) -> list[list[Job]]:
        """What one thread runs: a job that was asked for alone, the others by their period."""
        groups: dict[object, list[Job]] = {}
        for job in jobs:
            groups.setdefault(job if job in self._waits else self._periods[job], []).append(job)
        return list(groups.values())

    def _was_set_back(self, by: timedelta) -> None:
        log.warning("the time of day was set back by %s: what is due by the clock of before runs now", by)
        try:
            self._gateway.set_back(by)
        except SmsgwError as problem:
            log.error("what waits for the time of before is not due yet: %s", problem)
        self._turns = dict.fromkeys(self._turns, 0.0)

    def _tick(self, jobs: Sequence[Job]) -> None:
        for job in jobs:
            try:
                if not self._ended.is_set():
                    self._do(job)
            finally:
                self._running.discard(job)

    def _do(self, job: Job) -> None:
        held = self._gateway.holdings
        try:
            with under(None if job in EVERYWHERE else held.guard(self.name)):
                job(self._gateway, self._gateway.clock())
        except Fenced as problem:
            log.warning("%s: %s", job.__module__, problem)
        except SmsgwError as problem:
            log.error("%s: %s", job.__module__, problem)
        except Exception:  # one job's mistake must not end the clock: it is logged and tried again
            log.exception("%s failed", job.__module__)
