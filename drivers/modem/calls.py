"""Ringing as calls: one call is told once, however often it rings, and also when the caller hides the number."""

from __future__ import annotations

import math
import time
from datetime import UTC, datetime

from drivers.modem import answers
from smsgw.link import Call, Events

_RINGS_APART = 10.0  # seconds of silence after which ringing is a new call
_CALLER_WITHIN = 5.0  # seconds after the first ring in which +CLIP names the caller


class Calls:
    """See the module's docstring. Methods belong to the owner's thread."""

    def __init__(self, events: Events) -> None:
        self._events = events
        self._heard_at = -math.inf
        self._told = True
        self.tell_by = math.inf
        """When a call whose caller was not named is told (time.monotonic); `look` does it."""

    def news(self, line: str) -> None:
        """RING, +CRING, +CLIP or NO CARRIER came."""
        if line.startswith("NO CARRIER"):
            self.tell_by = min(self.tell_by, time.monotonic())
            return
        now = time.monotonic()
        if now - self._heard_at >= _RINGS_APART:
            self.look()
            self._told, self.tell_by = False, now + _CALLER_WITHIN
        self._heard_at = now
        if line.startswith("+CLIP"):
            self._tell(answers.caller(line))

    def look(self) -> None:
        """Tell of a call that nobody named."""
        if time.monotonic() >= self.tell_by:
            self._tell(None)

    def _tell(self, caller: str | None) -> None:
        self.tell_by = math.inf
        if not self._told:
            self._told = True
            self._events.call(Call(caller, datetime.now(UTC)))
