"""TLS at the front: handshakes that hold nobody up, and sockets that otherwise are like plain ones to both loops.

The surprise: a record of TLS is read whole or not at all, so nothing of it is left inside where no loop would see it.
"""

from __future__ import annotations

import errno
import selectors
import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Self

from flask import Response

from smsgw.config import WebConfig

READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE
RECORD = 16384  # octets of a record at most (RFC 8446 section 5.1)
SHAKEN_WITHIN = 10.0  # seconds
AT_A_TIME = 500  # handshakes; when another one begins, the oldest is given up, so that those that hang keep nobody out
YEAR = 31_536_000  # seconds
PLAIN = b"this port speaks HTTPS: ask with https://\n"
NOT_PLAIN = (
    f"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: {len(PLAIN)}\r\nConnection: close\r\n\r\n"
).encode() + PLAIN


class TlsSocket(ssl.SSLSocket):
    """A socket of a loop that waits: says "not yet" and "broken" as a plain one does. Its threads take turns."""

    turn: threading.Lock

    def __new__(cls, *given: Any, **named: Any) -> Self:
        made = super().__new__(cls, *given, **named)
        made.turn = threading.Lock()  # one SSL object is not for two threads at once
        return made

    def recv(self, buflen: int = RECORD, flags: int = 0) -> bytes:
        """What has come, perhaps more than `buflen`. Raises BlockingIOError, ConnectionError."""
        with self.turn:
            try:
                return super().recv(max(buflen, RECORD), flags)
            except OSError as problem:
                raise _as_plain(problem) from None

    def send(self, data: Any, flags: int = 0) -> int:
        """How many octets were taken. Raises BlockingIOError (then the next begins with the same), ConnectionError."""
        with self.turn:
            try:
                return super().send(data, flags)
            except OSError as problem:
                raise _as_plain(problem) from None

    def close(self) -> None:
        """Say that nothing more comes, as far as that goes without waiting, and close."""
        with self.turn:
            if self.fileno() >= 0 and self.gettimeout() == 0:
                with suppress(OSError, ValueError):
                    self.unwrap()
            super().close()


def _as_plain(problem: OSError) -> OSError:
    if isinstance(problem, (ssl.SSLWantReadError, ssl.SSLWantWriteError)):
        return BlockingIOError(errno.EWOULDBLOCK, "not yet")
    if isinstance(problem, ssl.SSLError):
        return ConnectionResetError(errno.ECONNRESET, str(problem))
    return problem


def context_of(web: WebConfig) -> ssl.SSLContext | None:
    """What the web server shows, or None when it speaks plain HTTP. Raises BadConfig."""
    made = web.server_context()
    if made is None:
        return None
    made.set_alpn_protocols(["http/1.1"])
    made.sslsocket_class = TlsSocket
    return made


def strict(response: Response) -> Response:
    """Have browsers come by HTTPS only from now on (RFC 6797)."""
    response.headers.setdefault("Strict-Transport-Security", f"max-age={YEAR}")
    return response


@dataclass(frozen=True, slots=True, eq=False)
class _Shake:
    socket: ssl.SSLSocket
    address: Any
    listener: int
    until: float


class Handshakes:
    """Connections whose handshake is not over. All of it runs in the front's loop."""

    def __init__(
        self,
        tls: ssl.SSLContext | None,
        chooser: selectors.BaseSelector,
        opened: Callable[[socket.socket, Any, int], Any],
    ) -> None:
        """tls: None for plain HTTP: there are none then. opened(connection, address, which listener): it is there."""
        self.tls = tls  # another thread may put a newer one here: those that have begun go on with theirs
        self._chooser = chooser
        self._opened = opened
        self._open: dict[_Shake, int] = {}  # the oldest first; and what each waits for

    def __len__(self) -> int:
        return len(self._open)

    def begin(self, connection: socket.socket, address: Any, listener: int) -> None:
        """Somebody has connected."""
        if self.tls is None:
            self._opened(connection, address, listener)
            return
        if len(self._open) >= AT_A_TIME:
            self._end(next(iter(self._open)))
        connection.setblocking(False)
        try:
            wrapped = self.tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        except (OSError, ValueError):  # it has gone already
            connection.close()
            return
        shake = _Shake(wrapped, address, listener, time.monotonic() + SHAKEN_WITHIN)
        self._open[shake] = 0
        self._wait(shake, READ)

    def sweep(self, now: float) -> None:
        """Give up those that take too long."""
        for shake in [one for one in self._open if one.until < now]:
            self._end(shake)

    def end_all(self) -> None:
        """Give all up: nobody was promised anything."""
        self.sweep(float("inf"))

    def _go_on(self, shake: _Shake) -> None:
        """Something can be read or written."""
        if shake not in self._open:
            return
        try:
            shake.socket.do_handshake()
        except ssl.SSLWantReadError:
            self._wait(shake, READ)
        except ssl.SSLWantWriteError:
            self._wait(shake, WRITE)
        except (OSError, ValueError) as problem:
            if getattr(problem, "reason", None) == "HTTP_REQUEST":
                _say_plainly(shake.socket)
            self._end(shake)
        else:
            self._forget(shake)
            self._opened(shake.socket, shake.address, shake.listener)

    def _wait(self, shake: _Shake, wanted: int) -> None:
        if wanted != self._open[shake]:
            change = self._chooser.modify if self._open[shake] else self._chooser.register
            change(shake.socket, wanted, partial(self._go_on, shake))
            self._open[shake] = wanted

    def _forget(self, shake: _Shake) -> None:
        self._chooser.unregister(shake.socket)
        del self._open[shake]

    def _end(self, shake: _Shake) -> None:
        self._forget(shake)
        shake.socket.close()


def _say_plainly(connection: ssl.SSLSocket) -> None:
    """Tell who speaks plain HTTP what this is; what they said is read first, or closing would take our answer back."""
    with suppress(OSError):
        socket.socket.recv(connection, RECORD)
        socket.socket.send(connection, NOT_PLAIN)
