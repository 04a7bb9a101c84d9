"""How fast a link may send: a bucket of parts that fills at the link's pace."""

from __future__ import annotations


class Pace:
    """Parts per second for one link. Not safe for several threads: the link's one sender owns it.

    rate: parts per second, None for no bound. burst: how many may go at once after a pause (at least one second's).
    """

    def __init__(self, rate: float | None, now: float, burst: float | None = None) -> None:
        self._rate = rate
        self._most = max(1.0, burst if burst is not None else (rate or 1.0) / 10)
        self._have = self._most
        self._at = now

    def allowed(self, now: float) -> float:
        """How many parts may go now; `now` in monotonic seconds. Infinite without a bound."""
        if self._rate is None:
            return float("inf")
        self._have = min(self._most, self._have + (now - self._at) * self._rate)
        self._at = now
        return self._have

    def spend(self, parts: int) -> None:
        """`parts` went out; a long message may overdraw, which the next ones wait for."""
        if self._rate is not None:
            self._have -= parts

    def wait(self, now: float) -> float:
        """Seconds until one part may go."""
        have = self.allowed(now)
        return 0.0 if have >= 1 else (1 - have) / (self._rate or 1.0)
