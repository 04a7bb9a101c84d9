"""Make ids that sort by time: `msg_01JD9Z…`, a prefix and 26 letters of Crockford's base 32 (the ULID layout).

48 bits of milliseconds, 16 bits that count within this process, 64 bits of chance: ids made one after the other by
one process sort in that order, also within a millisecond, and two processes never meet.
"""

from __future__ import annotations

import itertools
import os
import struct
from datetime import datetime

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = [a + b for a in LETTERS for b in LETTERS]
_count = itertools.count()
_chance: list[int] = []


def new_id(prefix: str, at: datetime) -> str:
    """Return a fresh id, such as `new_id("msg", now)`; `at` is an aware time and gives the id its place in order."""
    return _spell(prefix, at, (next(_count) & 0xFFFF) << 64 | _by_chance())


def first_id(prefix: str, at: datetime, place: int = 0) -> str:
    """Return the smallest id that `new_id` could have made at `at`: every id made later is greater.

    place: behind how many others of that moment, for what has a time and a number but no id of this kind.
    """
    return _spell(prefix, at, place)


def _by_chance() -> int:
    """64 bits of chance. They are fetched for many ids at a time: each call of the system lets another thread in."""
    try:
        return _chance.pop()
    except IndexError:
        first, *others = struct.unpack("256Q", os.urandom(256 * 8))
        _chance.extend(others)
        return int(first)


os.register_at_fork(after_in_child=_chance.clear)  # two processes must not share any


def _spell(prefix: str, at: datetime, low: int) -> str:
    """The prefix, 48 bits of time with two before them that are nought, and 80 bits: ten to each pair of letters.

    Written out: each message has two ids, and a loop takes twice as long.
    """
    time, p = int(at.timestamp() * 1000), _PAIRS
    high, middle = low >> 50, low >> 20 & 0x3FFFFFFF
    return (
        f"{prefix}_{p[time >> 40]}{p[time >> 30 & 1023]}{p[time >> 20 & 1023]}{p[time >> 10 & 1023]}{p[time & 1023]}"
        f"{p[high >> 20]}{p[high >> 10 & 1023]}{p[high & 1023]}"
        f"{p[middle >> 20]}{p[middle >> 10 & 1023]}{p[middle & 1023]}{p[low >> 10 & 1023]}{p[low & 1023]}"
    )
