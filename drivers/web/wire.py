"""One connection to a carrier, kept open between requests; what goes wrong says whether the request was written."""

from __future__ import annotations

import http.client
import select
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import urlsplit

from drivers import _http_lines as trace
from drivers._http_ends import NotWritten, Reply, Unanswered
from smsgw.link_verbs import Tap

MOST = 256 * 1024  # octets of an answer that are read
IDLE = 10.0  # seconds after which a connection is not trusted to be open


class Wire:
    """One at a time may ask; `cut` is for any thread. tap: hears what is asked and answered."""

    def __init__(self, url: str, timeout: float, tap: Tap | None = None) -> None:
        split = urlsplit(url)
        self._host, self._tls = split.hostname or "", split.scheme == "https"
        self._port = split.port or (443 if self._tls else 80)
        self._timeout = timeout
        self._tap = tap or Tap()
        self._connection: http.client.HTTPConnection | None = None
        self._lock = threading.Lock()
        self._used = 0.0

    def ask(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Ask and wait for the answer. Raises NotWritten, Unanswered."""
        connection = self._open()
        if self._tap.tell is not None:
            self._tap.put(trace.request, ">", method, path, headers, body)
        try:
            connection.request(method, path, body or None, dict(headers))
            answer = connection.getresponse()
            said = answer.read(MOST)
            told = {name.lower(): value for name, value in answer.getheaders()}
        except (OSError, http.client.HTTPException, ValueError) as problem:
            self.cut()
            if self._tap.tell is not None:
                self._tap.put(trace.broken, "<", problem)
            raise Unanswered(str(problem) or type(problem).__name__) from problem
        if self._tap.tell is not None:
            self._tap.put(trace.answer, "<", answer.status, told, said)
        self._used = time.monotonic()
        if answer.will_close or not answer.isclosed():
            self.cut()
        return Reply(answer.status, told, said)

    def _open(self) -> http.client.HTTPConnection:
        known = self._connection
        if known is not None and known.sock is not None and self._is_open(known.sock):
            return known
        self.cut()
        made: http.client.HTTPConnection
        if self._tls:
            made = http.client.HTTPSConnection(
                self._host, self._port, timeout=self._timeout, context=ssl.create_default_context()
            )
        else:
            made = http.client.HTTPConnection(self._host, self._port, timeout=self._timeout)
        try:
            made.connect()
        except (OSError, ValueError) as problem:
            made.close()
            raise NotWritten(str(problem)) from problem
        with self._lock:
            self._connection = made
        return made

    def _is_open(self, handle: socket.socket) -> bool:
        look = select.poll()
        look.register(handle, select.POLLIN)
        return time.monotonic() - self._used < IDLE and not look.poll(0)

    def cut(self) -> None:
        """Hang up; whoever waits for an answer is told so."""
        with self._lock:
            connection, self._connection = self._connection, None
        if connection is not None:
            if connection.sock is not None:
                with suppress(OSError):
                    connection.sock.shutdown(socket.SHUT_RDWR)
            connection.close()


def reachable(url: str, timeout: float) -> str:
    """Why a carrier cannot be reached now; empty when it can."""
    split = urlsplit(url)
    try:
        port = split.port or (443 if split.scheme == "https" else 80)
        socket.create_connection((split.hostname or "", port), timeout).close()
        return ""
    except OSError as problem:
        return str(problem.strerror or problem)
