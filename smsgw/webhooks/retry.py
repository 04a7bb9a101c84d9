"""When a delivery is tried again, and when a receiver that fails is left alone: policies as values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

PAUSES = (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""Seconds after each failed try: 5 s, 5 and 30 min, 2, 5, 10, 14, 20 and 24 h, three days altogether."""
JITTER = 0.2  # the share by which chance lengthens a pause, so that a thousand do not come back at once
LONGEST_WISH = 86_400.0  # seconds that a receiver may ask for with Retry-After
PATIENCE = 3  # failures in a row after which a receiver is asked by one request at a time
LONGEST_REST = 60.0  # seconds between two such requests
LONGEST_WISHED_REST = 3600.0  # the same when the receiver asks for more: what it refused waits as long as it says


@dataclass(frozen=True)
class Retry:
    """pauses: seconds after each failed try; after the last one there is no more. chance: gives 0 to 1."""

    chance: Callable[[], float]
    pauses: tuple[float, ...] = PAUSES

    def next(self, attempts: int, wish: float, now: datetime) -> datetime | None:
        """When to try again after the `attempts`-th try failed; None: never. wish: seconds of Retry-After, or 0."""
        if attempts > len(self.pauses):
            return None
        pause = self.pauses[attempts - 1] * (1 + JITTER * self.chance())
        return now + timedelta(seconds=max(pause, wish))


def rest(failures: int, wish: float) -> float:
    """Seconds for which a receiver is left alone after so many failures in a row."""
    own = 0.0 if failures < PATIENCE else min(LONGEST_REST, 2.0 ** (failures - PATIENCE))
    return max(own, min(wish, LONGEST_WISHED_REST))


def wish_of(header: str | None, now: datetime) -> float:
    """The seconds that Retry-After asks for (RFC 9110 section 10.2.3: a number or a date); 0 without one."""
    if header is None:
        return 0.0
    if header.strip().isascii() and header.strip().isdigit():
        return min(float(header), LONGEST_WISH)
    try:
        then = parsedate_to_datetime(header)
    except (ValueError, TypeError):
        return 0.0
    then = then.replace(tzinfo=UTC) if then.tzinfo is None else then
    return min(max(0.0, (then - now).total_seconds()), LONGEST_WISH)
