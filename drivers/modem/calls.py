"""Ringing as calls: one call is told once, however often it rings, and also when the caller hides the number.

A call that the gateway could not keep is told again, with the time at which it rang.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from concurrent.futures import Future
from datetime import UTC, datetime
from functools import partial

from drivers.modem import answers
from smsgw.link import Call, Events

_RINGS_APART = 10.0  # seconds of silence after which ringing is a new call
_CALLER_WITHIN = 5.0  # seconds after the first ring in which +CLIP names the caller
_AGAIN_AFTER = 3.0  # seconds until a call that was not kept is told again
_UNKEPT = 100  # calls that are remembered at most


class Calls:
    """See the module's docstring. Methods belong to the owner's thread. post: puts work into its queue."""

    def __init__(self, events: Events, post: Callable[[Callable[[], None]], None]) -> None:
        self._events = events
        self._post = post
        self._heard_at = -math.inf
        self._began = datetime.now(UTC)
        self._told = True
        self._named: str | None = None  # who is ringing, once it is known
        self._tell_by = math.inf  # when a call whose caller was not named is told (time.monotonic)
        self._unkept: list[Call] = []
        self._again_at = math.inf

    @property
    def next_at(self) -> float:
        """When `look` has something to do (time.monotonic)."""
        return min(self._tell_by, self._again_at)

    def news(self, line: str) -> None:
        """RING, +CRING, +CLIP or NO CARRIER came."""
        if line.startswith("NO CARRIER"):
            self._tell_by = min(self._tell_by, time.monotonic())
            return
        now = time.monotonic()
        caller = answers.caller(line) if line.startswith("+CLIP") else None
        another = caller is not None and self._named not in (None, caller)
        if another or now - self._heard_at >= _RINGS_APART:
            self.look()
            self._named = None
            self._told, self._tell_by, self._began = False, now + _CALLER_WITHIN, datetime.now(UTC)
        self._heard_at = now
        if line.startswith("+CLIP"):
            self._named = caller
            self._tell(caller)

    def look(self) -> None:
        """Tell of a call that nobody named, and of those that were not kept."""
        now = time.monotonic()
        if now >= self._tell_by:
            self._tell(None)
        if now >= self._again_at:
            self._again_at = math.inf
            again, self._unkept = self._unkept, []
            for call in again:
                self._hand_up(call)

    def _tell(self, caller: str | None) -> None:
        self._tell_by = math.inf
        if not self._told:
            self._told = True
            self._hand_up(Call(caller, self._began))

    def _hand_up(self, call: Call) -> None:
        self._events.call(call).add_done_callback(lambda kept: self._post(partial(self._kept, call, kept)))

    def _kept(self, call: Call, kept: Future[None]) -> None:
        if kept.cancelled() or kept.exception() is not None:
            self._unkept = [*self._unkept, call][-_UNKEPT:]
            self._again_at = time.monotonic() + _AGAIN_AFTER
