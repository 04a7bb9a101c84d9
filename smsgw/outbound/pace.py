"""How fast a link may send: a bucket of parts that fills at the link's pace, which a network that is full slows down.

Additive increase, multiplicative decrease (Chiu and Jain, 1989), as TCP shares a line: when the network says "too
fast" the allowed speed falls to a share of what was really flowing, once for all complaints about the same second;
every quiet second raises it by a step until it is there again, and from there on, where nobody complained, by a tenth:
up to the configured rate, or until it is far above what was ever throttled: then there is no bound again.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

CUT = 0.5  # what is left of the flow after a complaint
STEPS = 20  # each quiet second a twentieth of the flow that was complained about comes back
GROWTH = 1.1  # above that flow, each quiet second: how little it was may say nothing about what the network takes
FREE = 4.0  # times the flow that was complained about: from there on, without a configured rate, there is no bound
LEAST = 0.1  # parts a second that are always tried: else nobody would see that the network is well again
HOLD = 1.0  # seconds after a cut in which further complaints are about what was sent before it
MINUTE = 60
FULL, NEARLY = 100, 90  # congestion_state of SMPP 5.0 section 4.8.4.4: 90 to 99 is nearing congestion


@dataclass(frozen=True, slots=True)
class Reading:
    """How fast a link sends, in numbers that can be drawn.

    configured: parts a second, None for as many as it takes. allowed: the present bound, None for none. sent_second:
    parts in the last whole second; sent_minute: in the last sixty. throttled: complaints since the start.
    throttled_minute: of these, in the last sixty seconds. why: what bounds it, in words.
    """

    configured: float | None
    allowed: float | None
    sent_second: int
    sent_minute: int
    throttled: int
    throttled_minute: int
    why: str

    def as_json(self) -> dict[str, Any]:
        """The same as plain values."""
        return asdict(self)


class _Tally:
    """Counts by the second, of the last minute and a bit."""

    def __init__(self) -> None:
        self._counts = [0] * (MINUTE + 4)
        self._seconds = [-1] * (MINUTE + 4)

    def add(self, now: float, count: int) -> None:
        second = int(now)
        place = second % len(self._counts)
        if self._seconds[place] != second:
            self._seconds[place], self._counts[place] = second, 0
        self._counts[place] += count

    def of(self, first: int, last: int) -> int:
        """What was counted in these seconds, both included."""
        pairs = zip(self._seconds, self._counts, strict=True)
        return sum(count for second, count in pairs if first <= second <= last)


class Pace:
    """Parts per second for one link. Safe from any thread: the sender spends, the driver's threads complain.

    rate: parts per second, None for no bound. burst: how many may go at once after a pause; by default what the rate
    allows in a tenth of a second, and at least one. Every `now` is in monotonic seconds.
    """

    def __init__(self, rate: float | None, now: float, burst: float | None = None) -> None:
        self._rate = rate
        self._burst = burst
        self._bound = rate  # parts a second at this moment
        self._flow = 0.0  # what was flowing when the network complained last
        self._cut_at: float | None = None
        self._raised_at = now
        self._why = ""
        self._have = self._most()
        self._at = now
        self._sent, self._complaints = _Tally(), _Tally()
        self._throttled = 0
        self._lock = threading.Lock()

    def allowed(self, now: float) -> float:
        """How many parts may go now. Infinite without a bound."""
        if self._bound is None:  # the hot path: nothing to reckon
            self._at = now
            return float("inf")
        with self._lock:
            self._fill(now)
            return float("inf") if self._bound is None else self._have

    def spend(self, parts: int) -> None:
        """`parts` went out when `allowed` was asked; a long message may overdraw, which the next ones wait for."""
        with self._lock:
            self._sent.add(self._at, parts)
            if self._bound is not None:
                self._have -= parts

    def wait(self, now: float) -> float:
        """Seconds until one part may go."""
        with self._lock:
            self._fill(now)
            return 0.0 if self._bound is None or self._have >= 1 else (1 - self._have) / self._bound

    def throttled(self, now: float, why: str = "the network says that it is too fast") -> None:
        """The network did not take a part, because too many came: slow down."""
        with self._lock:
            self._throttled += 1
            self._complaints.add(now, 1)
            self._cut(now, why)

    def congested(self, level: int, now: float) -> None:
        """The network tells how full it is, 0 to 100 (SMPP 5.0 section 4.8.4.4), beside answers to what it took."""
        with self._lock:
            if level >= FULL:
                self._cut(now, "the network says that it is congested")
            elif level >= NEARLY and self._cut_at is not None:
                self._raised_at = now  # no complaint, but no time to hurry either

    def heard(self, facts: Mapping[str, str], now: float) -> None:
        """What a link's driver tells of it: `congestion` is how full its network is."""
        level = facts.get("congestion", "").removesuffix("%").strip()
        if level.isdecimal():
            self.congested(int(level), now)

    def reading(self, now: float) -> Reading:
        """How fast it goes at this moment."""
        with self._lock:
            self._fill(now)
            last = int(now) - 1
            return Reading(
                self._rate,
                None if self._bound is None else round(self._bound, 3),
                self._sent.of(last, last),
                self._sent.of(last - MINUTE + 1, last),
                self._throttled,
                self._complaints.of(last - MINUTE + 2, last + 1),
                self._words(),
            )

    def _words(self) -> str:
        if self._cut_at is not None:
            return f"{self._why}; {self._flow:g} parts a second were flowing then"
        return "as many as it takes" if self._rate is None else "the configured rate"

    def _most(self) -> float:
        bound = self._bound or 1.0
        if self._burst is None or (self._cut_at is not None and self._burst > bound):
            return max(1.0, bound / 10)
        return max(1.0, self._burst)

    def _cut(self, now: float, why: str) -> None:
        self._why = why
        if self._cut_at is not None and now - self._cut_at < HOLD:
            return
        self._fill(now)
        second = int(now)
        # A whole second and the begun one; of the parts in them, those that were complained about did not flow.
        span = 1.0 + (now - second)
        flow = (self._sent.of(second - 1, second) - self._complaints.of(second - 1, second)) / span
        if self._bound is not None:
            flow = min(flow, self._bound)
        self._flow = round(max(flow, LEAST / CUT), 3)
        self._bound = self._flow * CUT
        self._cut_at = self._raised_at = now
        self._have = min(self._have, self._most()) if self._have > 0 else self._have

    def _fill(self, now: float) -> None:
        """Let time go by: the bound rises while it is quiet, and the bucket fills."""
        if self._cut_at is not None and now - self._raised_at > 0:
            quiet = now - max(self._raised_at, self._cut_at + HOLD)
            if quiet > 0 and self._bound is not None:
                self._raised_at = now
                self._raise(quiet)
        if self._bound is not None:
            self._have = min(self._most(), self._have + max(0.0, now - self._at) * self._bound)
        self._at = max(self._at, now)

    def _raise(self, seconds: float) -> None:
        assert self._bound is not None
        flow = max(self._flow, 1.0)
        if self._bound < flow:
            back = min(seconds, (flow - self._bound) / (flow / STEPS))
            self._bound += back * flow / STEPS
            seconds -= back
        self._bound *= GROWTH**seconds
        if self._rate is not None and self._bound >= self._rate:
            self._bound, self._cut_at = self._rate, None
        elif self._rate is None and self._bound >= max(self._flow, 1.0) * FREE:
            self._bound, self._cut_at = None, None
