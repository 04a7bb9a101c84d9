"""One connection at the front: what was heard on it, whose answers are outstanding, and what is still to be written."""

from __future__ import annotations

import socket
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from .front_head import Head

PIPELINED = 64  # requests of one connection that wait for their answers at a time
READ_AT_ONCE = 65536  # octets
UNSENT = 256 * 1024  # octets that wait for a client who does not read; then no answer is made for it any more
IDLE = 120.0  # seconds without a word after which a connection is closed
SLOW = 300.0  # seconds that a request may take to come


@dataclass(slots=True, eq=False)
class Turn:
    """A request that was taken: its answer goes out when those before it have gone. until: when waiting is over."""

    line: Line
    head: Head
    until: float
    answer: bytes | None = None


@dataclass(slots=True, eq=False)
class Line:
    """A connection. moved: when something last came or went; begun: since when a request is half here (or 0).

    leaving: what was heard is for waitress, as soon as every turn is answered. asking: its key is being looked up.
    ended: the client sends no more. closing: nothing more is read, by our own word. watched: what the loop waits for.
    """

    socket: socket.socket
    address: Any
    listener: int
    moved: float
    begun: float = 0.0
    heard: bytearray = field(default_factory=bytearray)
    turns: deque[Turn] = field(default_factory=deque)
    unsent: bytearray = field(default_factory=bytearray)
    leaving: bool = False
    asking: bool = False
    ended: bool = False
    closing: bool = False
    gone: bool = False
    watched: int = 0

    def receive(self) -> bool:
        """Read what has come; whether there was something. Raises OSError for a broken connection."""
        try:
            octets = self.socket.recv(READ_AT_ONCE)
        except (BlockingIOError, InterruptedError):
            return False
        if not octets:
            self.ended = True
        self.heard += octets
        return True

    def send(self) -> None:
        """Write the answers whose turn it is, as far as the client takes them. Raises OSError."""
        turns = self.turns
        while turns and turns[0].answer is not None and len(self.unsent) < UNSENT:
            self.unsent += turns.popleft().answer or b""
        if not self.unsent:
            return
        try:
            taken = self.socket.send(self.unsent)
        except (BlockingIOError, InterruptedError):
            return
        del self.unsent[:taken]

    @property
    def may_ask(self) -> bool:
        """Whether another request may be taken from what was heard."""
        return not (self.leaving or self.asking or self.closing) and len(self.turns) < PIPELINED

    @property
    def listens(self) -> bool:
        """Whether to wait for more."""
        return self.may_ask and not self.ended and not self.unsent

    @property
    def quiet(self) -> bool:
        """Whether nothing is owed to the client."""
        return not self.turns and not self.unsent and not self.asking

    def is_over(self, now: float) -> bool:
        """Whether the client takes too long: says nothing, does not read, or sends a request too slowly."""
        waits_for_us = not self.unsent and (self.turns or self.asking)
        return bool(now - self.moved > IDLE and not waits_for_us) or 0 < self.begun < now - SLOW
