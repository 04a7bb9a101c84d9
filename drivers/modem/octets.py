"""What comes between the lines of a modem's answers: octets of files, and results that it tells later."""

from __future__ import annotations

import re
import threading

MOST = 16 * 1024 * 1024


class Octets:
    """So many octets behind the line that announces them.

    head: a pattern for that line; its first group is how many they are, unless `count` says so. done: is set when they
    are all there.
    """

    def __init__(self, head: str, count: int | None = None) -> None:
        self.done = threading.Event()
        self.got = bytearray()
        self._head = re.compile(head)
        self._count = count
        self._left = 0
        self._after_return = False

    @property
    def open(self) -> bool:
        """Whether what comes next is theirs."""
        return self._left > 0

    def announces(self, line: str, end: bytes) -> bool:
        """Whether this line announces them; end: what ended it."""
        found = None if self.done.is_set() or self.open else self._head.fullmatch(line)
        if found is None:
            return False
        self._left = min(MOST, self._count if self._count is not None else int(found[1]))
        self._after_return = end == b"\r"  # its other half belongs to the line
        if not self._left:
            self.done.set()
        return True

    def take(self, data: bytes) -> bytes:
        """Take what is theirs from the front; returns what is left."""
        if self._after_return:
            self._after_return = False
            data = data.removeprefix(b"\n")
        mine, rest = data[: self._left], data[self._left :]
        self.got += mine
        self._left -= len(mine)
        if not self._left:
            self.done.set()
        return rest


class Heard:
    """A line that comes some time after the OK of what it tells the result of. pattern: for the whole line."""

    def __init__(self, pattern: str) -> None:
        self.done = threading.Event()
        self.found: re.Match[str] | None = None
        self._pattern = re.compile(pattern)

    def is_it(self, line: str) -> bool:
        """Whether this line is it; only the first counts."""
        if self.done.is_set():
            return False
        self.found = self._pattern.fullmatch(line)
        if self.found is not None:
            self.done.set()
        return self.found is not None
