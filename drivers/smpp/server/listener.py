"""The port: one loop in a thread of its own holds every connection of its clients.

The surprise: what other threads have for the loop goes through one queue with one wake-up, so that the answers of a
whole transaction cost a single turn of the loop, and one write for each client.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from drivers.smpp.server.port import Port
from drivers.smpp.server.session import Session
from smsgw.listener import Reception

log = logging.getLogger(__name__)
TICK = 0.25
FAREWELL = 1.0  # seconds for the answers to our unbind: it is a matter of a round trip


class SmppListener:
    """Implements `smsgw.listener.Listener`."""

    def __init__(self, config: Port, reception: Reception, held: socket.socket | None = None) -> None:
        self.terms = config
        self._held = held  # by systemd, which goes on listening while we start anew
        self.reception = reception
        self.where = f"{config.host}:{config.port}"
        self.name = f"SMPP at {self.where}"
        self.port = config.port
        self._sessions: set[Session] = set()
        self.touched: set[Session] = set()
        self._shown: ssl.SSLContext | None = None
        self._queue: deque[Callable[[], None]] = deque()
        self._rung = False
        self._server: asyncio.Server | None = None
        self._thread = threading.Thread(target=self._run, name=f"smpp-{self.where}", daemon=True)
        self._tick: asyncio.TimerHandle | None = None
        self._full = 0.0
        self._beat = time.monotonic()

    # From other threads

    def start(self) -> None:
        """Listen. Raises OSError when the address is in use, BadConfig when the certificate cannot be used."""
        tls = self._tls()
        self._loop = asyncio.new_event_loop()
        try:
            self._server = self._loop.run_until_complete(self._listen(tls))
        except OSError:
            self._loop.close()
            raise
        self.port = self._server.sockets[0].getsockname()[1]
        host = self.terms.host
        self.where = f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"
        self.name = f"SMPP at {self.where}"
        self._thread.start()

    def read_certificates(self) -> bool:
        """See smsgw.config.certificates.Shows."""
        self._shown = self.terms.server_context()
        return self._shown is not None

    def _tls(self) -> ssl.SSLContext | None:
        """What asyncio begins each handshake with; which certificate is shown is asked in it, so that it may change."""
        first = self._shown = self.terms.server_context()
        if first is not None:
            first.sni_callback = self._show_newest  # called also where a client names no server (OpenSSL 1.1.1)
        return first

    def _show_newest(self, shake: ssl.SSLObject, _name: str | None, _first: ssl.SSLContext) -> None:
        if self._shown is not None:
            shake.context = self._shown

    async def _listen(self, tls: ssl.SSLContext | None) -> asyncio.Server:
        host, port, patience = self.terms.host, self.terms.port, None if tls is None else self.terms.bind_within
        place: dict[str, Any] = {"host": host, "port": port} if self._held is None else {"sock": self._held}
        return await self._loop.create_server(
            lambda: Session(self), **place, backlog=128, ssl=tls, ssl_handshake_timeout=patience
        )

    def stop(self, deadline: float) -> None:
        """Answer what was submitted, part from everybody until `deadline` (monotonic seconds)."""
        if not self._thread.is_alive():
            return
        asyncio.run_coroutine_threadsafe(self._part(deadline), self._loop)
        self._thread.join(max(0.5, deadline + 1.0 - time.monotonic()))

    def alive(self) -> bool:
        """Whether the loop turns."""
        return self._thread.is_alive() and time.monotonic() - self._beat < 60

    def soon(self, what: Callable[[], None]) -> None:
        """From any thread: do it in the loop."""
        self._queue.append(what)
        if not self._rung:  # else the loop is about to look
            self._rung = True
            try:
                self._loop.call_soon_threadsafe(self._turn)
            except RuntimeError:  # the loop is closed: the client is gone, too
                return

    # In the loop

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._tick = self._loop.call_later(TICK, self._ticked)
        try:
            self._loop.run_forever()
        finally:
            self._turn()
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.close()

    def _turn(self) -> None:
        """Do what is in the queue, then write what it made ready."""
        self._rung = False  # before looking: what comes from now on rings again
        queue = self._queue
        for _ in range(len(queue)):
            try:
                queue.popleft()()
            except Exception:  # one client's trouble must not hold up the others
                log.exception("%s", self.name)
        touched, self.touched = self.touched, set()
        for session in touched:
            session.settle()

    def _ticked(self) -> None:
        self._beat = time.monotonic()
        for session in list(self._sessions):
            session.tick()
        self._tick = self._loop.call_later(TICK, self._ticked)

    async def _part(self, deadline: float) -> None:
        assert self._server is not None
        self._server.close()
        while time.monotonic() < deadline - 1.0 and not all(session.settled for session in self._sessions):
            await asyncio.sleep(0.02)
        for session in list(self._sessions):
            session.part()
        farewell = min(deadline, time.monotonic() + FAREWELL)
        while self._sessions and time.monotonic() < farewell:
            await asyncio.sleep(0.02)
        for session in list(self._sessions):
            session.abort("we stop")
        await asyncio.sleep(0)
        if self._tick is not None:
            self._tick.cancel()
        self._loop.stop()

    # What sessions ask

    def now(self) -> float:
        """A steady clock in seconds."""
        return time.monotonic()

    def today(self) -> datetime:
        """The time of day."""
        return datetime.now(UTC)

    def came(self, session: Session) -> bool:
        """A connection; False when there are too many."""
        if len(self._sessions) >= self.terms.connections:
            if self.now() - self._full > 10:
                self._full = self.now()
                log.warning("%s: %d connections, which is the bound: more are closed", self.name, len(self._sessions))
            return False
        self._sessions.add(session)
        return True

    def gone(self, session: Session) -> None:
        """A connection is no more."""
        self._sessions.discard(session)
