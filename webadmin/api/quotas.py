"""How many requests a client may make in a minute: counted in memory, told in every answer, refused with 429.

The header fields are those of draft-ietf-httpapi-ratelimit-headers: `RateLimit-Policy: "requests";q=6000;w=60` and
`RateLimit: "requests";r=5999;t=60`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from flask import Flask, Response, g

from smsgw.access.keys import Client
from smsgw.errors import SmsgwError

WINDOW = 60  # seconds
_MANY = 10_000  # clients remembered


class RateLimited(SmsgwError):
    """A client asked too often: `retry_after` seconds of rest."""

    code = "rate_limited"

    def __init__(self, says: str, *, retry_after: int, hint: str = "") -> None:
        super().__init__(says, hint=hint)
        self.retry_after = retry_after


@dataclass(slots=True)
class _Window:
    begun: float
    taken: int = 0


class Quotas:
    """Counts requests of clients, or wrong keys of addresses, in windows of a minute. Safe from any thread."""

    def __init__(self, most: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        """most: in a minute; 0 for no bound."""
        self.most = most
        self._monotonic = monotonic
        self._lock = Lock()
        self._windows: dict[str, _Window] = {}

    def take(self, name: str) -> None:
        """Count a request, and let the answer tell what is left. Raises RateLimited."""
        if not self.most:
            return
        taken, left = self.count(name)
        g.quota = ("requests", self.most, max(0, self.most - taken), left)
        if taken > self.most:
            says = f"this key made {self.most} requests in a minute, which is the bound"
            raise RateLimited(says, retry_after=left, hint="wait; [web] requests_per_minute sets the bound")

    def send(self, client: Client, messages: int = 1) -> None:
        """Count messages of a key that may send so many in a minute. Raises RateLimited, and then counts none."""
        if client.per_minute is None:
            return
        name = f"messages {client.id}"
        taken, left = self.count(name, messages)
        over = taken > client.per_minute
        if over:
            taken, left = self.count(name, -messages)
        g.quota = ("messages", client.per_minute, max(0, client.per_minute - taken), left)
        if over:
            says = f"this key may send {client.per_minute} messages in a minute, and {taken} of them are sent"
            raise RateLimited(says, retry_after=left, hint="wait, or send fewer in a batch; smsgw key sets the bound")

    def count(self, name: str, by: int = 1) -> tuple[int, int]:
        """How many were taken in the present window, `by` more now; and the seconds until it ends."""
        now = self._monotonic()
        with self._lock:
            window = self._windows.get(name)
            if window is None or now >= window.begun + WINDOW:
                window = self._begin(name, now)
            window.taken += by
            return window.taken, max(1, int(window.begun + WINDOW - now + 0.999))

    def _begin(self, name: str, now: float) -> _Window:
        """A new window; of more names than are remembered the one that began first is forgotten."""
        self._windows.pop(name, None)
        if len(self._windows) >= _MANY:
            del self._windows[next(iter(self._windows))]
        window = self._windows[name] = _Window(now)
        return window


def install(app: Flask) -> None:
    """Tell on every answer what its client has left."""

    @app.after_request
    def tell(response: Response) -> Response:
        if "quota" in g:
            what, most, left, seconds = g.quota
            response.headers["RateLimit-Policy"] = f'"{what}";q={most};w={WINDOW}'
            response.headers["RateLimit"] = f'"{what}";r={left};t={seconds}'
        return response
