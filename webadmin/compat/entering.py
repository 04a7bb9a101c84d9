"""Who is at a door: an API key, as each dialect carries it. Bad keys are counted, and then not looked at any more.

The surprise: what is searched in the store is the hash of the secret, so the time of a search says nothing of it. Keys
that were good before are looked up however many bad ones come from their address: nobody locks a client out.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from flask import Request

from smsgw.access import keys
from smsgw.access.keys import Client
from smsgw.clients.limits import Attempts, neighbourhood
from smsgw.errors import Forbidden, QueueFull, Unauthenticated

from ..api.clients import KnownClients

TRIES, WITHIN = 30, 60.0  # bad keys from one address, in so many seconds
MOST_GOOD = 10_000
ENSURED = 20.0  # seconds for which the webhook of a host is taken to be there and active


class Entrance:
    """Finds the client of a request to a door. Safe from any thread."""

    def __init__(self, clients: KnownClients, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._clients = clients
        self._bad = Attempts(TRIES, WITHIN, monotonic)
        self._good: set[bytes] = set()
        self._called: dict[tuple[str, str], tuple[str, float]] = {}
        self._monotonic = monotonic
        self._lock = threading.Lock()

    def enter(self, request: Request, scope: str, *secrets: str | None) -> Client:
        """The client with the first of these secrets. Raises Unauthenticated, Forbidden, QueueFull (rate_limited)."""
        given = [one for one in secrets if one]
        address = neighbourhood(request.remote_addr or "")
        for secret in given:
            client = self._find(secret, address)
            if client is not None:
                if not client.may(scope):
                    raise Forbidden(f"this needs the scope {scope}, which the key {client.name!r} does not have")
                return client
        if given:
            self._bad.failed(address)
        raise Unauthenticated("this needs an API key as its user or password")

    def called(self, client: str, url: str, ensure: Callable[[], str]) -> str:
        """The origin of a callback's URL; `ensure` sees to it that it is told, asked once in a while for each host.

        Raises what `ensure` raises.
        """
        place, now = (client, "/".join(url.split("/", 3)[:3])), self._monotonic()
        known = self._called.get(place)
        if known is None or known[1] < now:
            if len(self._called) >= MOST_GOOD:
                self._called.clear()
            known = self._called[place] = (ensure(), now + ENSURED)
        return known[0]

    def _find(self, secret: str, address: str) -> Client | None:
        try:
            name = keys.hashed(secret)
        except UnicodeEncodeError:  # half a letter is in no key
            return None
        if name not in self._good and (wait := self._bad.wait(address)):
            problem = QueueFull("there were too many bad keys from this address", retry_after=max(1, round(wait)))
            problem.code = "rate_limited"
            raise problem
        try:
            client = self._clients.find(secret)
        except Unauthenticated:
            self._good.discard(name)
            return None
        with self._lock:
            if len(self._good) >= MOST_GOOD:
                self._good.clear()
            self._good.add(name)
        return client
