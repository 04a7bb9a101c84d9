"""Make ids that sort by time: `msg_01JD9Z…`, a prefix and 26 letters of Crockford's base 32 (the ULID layout).

48 bits of milliseconds, 16 bits that count within this process, 64 bits of chance: ids made one after the other by
one process sort in that order, also within a millisecond, and two processes never meet.
"""

from __future__ import annotations

import itertools
import os
import struct
from datetime import datetime
from functools import lru_cache

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
    return _begun(prefix, at) + "".join([_PAIRS[low >> shift & 1023] for shift in _SHIFTS])


_SHIFTS = range(70, -1, -10)


@lru_cache(maxsize=64)  # the messages of a batch have the same time
def _begun(prefix: str, at: datetime) -> str:
    """The prefix and the time: 48 bits, and two before them that are nought."""
    time = int(at.timestamp() * 1000)
    return f"{prefix}_{''.join([_PAIRS[time >> shift & 1023] for shift in range(40, -1, -10)])}"
