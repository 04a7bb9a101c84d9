"""How busy an SMSC says it is: the congestion_state of SMPP 5.0 (section 4.8.4.18), read from any response."""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct

CONGESTION_STATE = 0x0428
FRESH = 60.0  # seconds for which a value counts
_TAG = Struct(">HH")


def read(frame: bytes, at: int) -> int | None:
    """The percentage among the optional parameters that begin at `at`, or None: it is absent, or makes no sense."""
    end = len(frame)
    while end - at >= 4:
        tag, length = _TAG.unpack_from(frame, at)
        if tag == CONGESTION_STATE:
            value = int.from_bytes(frame[at + 4 : at + 4 + length], "big")
            return value if length and at + 4 + length <= end and value <= 100 else None
        at += 4 + length
    return None


class Congestion:
    """The last value that was told. now: a steady clock."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._value = 0
        self._until = 0.0
        self._told: int | None = None

    def note(self, percent: int) -> None:
        """The SMSC says so now."""
        self._value = percent
        self._until = self._now() + FRESH

    @property
    def percent(self) -> int | None:
        """What it said last, if that is not too long ago."""
        return self._value if self._now() < self._until else None

    def moved(self) -> bool:
        """Whether it is another ten per cent than when this was last asked: worth telling."""
        band = None if self.percent is None else self.percent // 10
        moved, self._told = band != self._told, band
        return moved
