"""What the daemon and the process that tells webhooks say to each other: Python values, one after the other, in a pipe.

Both ends are this program, of one version and one user: what comes out of the pipe is trusted as our own memory is.
"""

from __future__ import annotations

import pickle
import struct
import threading
from dataclasses import dataclass
from typing import Any, BinaryIO

from ..config import LogConfig, WebhooksConfig
from .retry import PAUSES

_LENGTH = struct.Struct(">I")


@dataclass(frozen=True)
class Begin:
    """The first word to the teller: the store that it reads, and how it is to work. url: with its password."""

    url: str
    webhooks: WebhooksConfig
    log: LogConfig
    pauses: tuple[float, ...] = PAUSES


@dataclass(frozen=True, slots=True)
class Ports:
    """To the teller: where the gateway itself listens."""

    ports: frozenset[int]


@dataclass(frozen=True, slots=True)
class Stop:
    """To the teller: end what is under way, have it written down, and end."""


@dataclass(frozen=True, slots=True)
class Wish:
    """From the teller: run this step of `settle` over this item. number: by which the result is known."""

    number: int
    step: str
    item: Any


@dataclass(frozen=True, slots=True)
class Done:
    """To the teller: what became of a wish, a result or the exception that it raised."""

    number: int
    result: Any


@dataclass(frozen=True, slots=True)
class Beat:
    """From the teller: it lives and looks at history."""


class Mouth:
    """Says things into a pipe. Safe from any thread."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._lock = threading.Lock()

    def say(self, what: Any) -> None:
        """Raises OSError or ValueError when the other side, or the pipe, is closed."""
        words = pickle.dumps(what, pickle.HIGHEST_PROTOCOL)
        with self._lock:
            self._file.write(_LENGTH.pack(len(words)) + words)
            self._file.flush()


def hear(file: BinaryIO) -> Any:
    """The next thing said. Raises EOFError when the other side is gone."""
    head = file.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    (length,) = _LENGTH.unpack(head)
    words = file.read(length)
    if len(words) < length:
        raise EOFError
    return pickle.loads(words)
