"""Who calls: the key of a request, looked up in the store and remembered for a moment.

A revoked key works for at most `REMEMBERED` seconds longer; in exchange a busy client costs no query per request. Who
tries many wrong keys from one address is not looked up any more for a while; a key that was right before still is, for
behind a proxy all have one address.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

from flask import Request

from smsgw.access import audit, keys
from smsgw.access.keys import Client
from smsgw.clients.limits import neighbourhood
from smsgw.errors import Forbidden, Unauthenticated
from smsgw.store.database import Database

from .quotas import Quotas, RateLimited

REMEMBERED = 1.0
MOST = 1000  # clients remembered at a time


class KnownClients:
    """Finds the client of a request. Safe from any thread."""

    def __init__(self, database: Database, monotonic: Callable[[], float] = time.monotonic, wrong: int = 0) -> None:
        """wrong: keys from an address in a minute that may be wrong; 0 for no bound."""
        self._database = database
        self._monotonic = monotonic
        self._known: dict[bytes, tuple[Client, float]] = {}
        self._wrong = Quotas(wrong, monotonic)
        self._were_right: set[bytes] = set()

    def of(self, request: Request, scope: str) -> Client:
        """The client that sent this request.

        Raises Unauthenticated, RateLimited after many wrong keys, or Forbidden when it lacks the scope.
        """
        client = self.tried(_secret(request), neighbourhood(request.remote_addr or ""))
        if not client.may(scope):
            has = " ".join(sorted(client.scopes))
            raise Forbidden(
                f"this needs the scope {scope}; the key {client.name!r} has {has}",
                hint=f"make another key: smsgw key create NAME --scopes '{has} {scope}'",
            )
        return client

    def remembered(self, name: bytes) -> tuple[Client, float] | None:
        """The client whose secret has this hash, if it was looked up lately, and for how many seconds it is believed.

        Never waits.
        """
        known = self._known.get(name)
        left = 0.0 if known is None else known[1] - self._monotonic()
        return (known[0], left) if known is not None and left > 0 else None

    def tried(self, secret: str, address: str) -> Client:
        """The client with this secret, as somebody at an address says it. Raises Unauthenticated, RateLimited."""
        most = self._wrong.most
        wrong, left = self._wrong.count(address, 0)
        if most and wrong >= most and keys.hashed(secret) not in self._were_right:
            says = f"there were {most} wrong keys from {address} in a minute"
            raise RateLimited(says, retry_after=left, hint="wait; smsgw key ls shows the keys")
        try:
            return self.find(secret)
        except Unauthenticated:
            if self._wrong.count(address)[0] == most:
                says = f"{most} wrong keys were tried in a minute"
                line = audit.Line("nobody", "key.guessed", says, datetime.now(UTC), "key", source=address)
                audit.put(self._database.writer, line)
            raise

    def find(self, secret: str) -> Client:
        """The client with this secret. Raises Unauthenticated."""
        known = self.remembered(keys.hashed(secret))
        return self.look_up(secret) if known is None else known[0]

    def look_up(self, secret: str) -> Client:
        """The client with this secret, as the store says now. Raises Unauthenticated."""
        name, now = keys.hashed(secret), self._monotonic()
        try:
            with self._database.reading() as conn:
                client = keys.authenticate(conn, secret)
        except Unauthenticated:
            self._known.pop(name, None)
            raise
        if len(self._known) >= MOST:
            self._known.clear()
        if len(self._were_right) >= MOST:
            self._were_right.clear()
        self._were_right.add(name)
        self._known[name] = (client, now + REMEMBERED)
        return client


def _secret(request: Request) -> str:
    """The key that a request carries: as a bearer token, or as the user name of Basic."""
    given = request.authorization
    secret = None if given is None else given.token if given.type == "bearer" else given.username
    if not secret or not secret.isascii():
        raise Unauthenticated(
            "this needs an API key, and the request carries none that can be read",
            hint="send the header Authorization: Bearer KEY; smsgw key create NAME makes a key",
        )
    return secret
