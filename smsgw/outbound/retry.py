"""When again, or never: the retry policy as a value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Retry:
    """How often and how far apart a message is tried.

    attempts: tries altogether. first: seconds before the second try; each further pause is `factor` times longer, up
    to `most` seconds. jitter: the share by which chance lengthens a pause, so that a thousand do not come back at once.
    """

    attempts: int = 8
    first: float = 5.0
    factor: float = 3.0
    most: float = 1800.0
    jitter: float = 0.25

    def pause(self, attempts: int, chance: Callable[[], float]) -> timedelta | None:
        """How long to wait after the `attempts`-th try failed; None: never again.

        chance: returns a number from 0 to 1.
        """
        if attempts >= self.attempts:
            return None
        seconds = min(self.most, self.first * self.factor ** max(0, attempts - 1))
        return timedelta(seconds=seconds * (1 + self.jitter * chance()))
