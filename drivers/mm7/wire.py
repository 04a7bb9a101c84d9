"""One connection to an MMSC, kept open between requests; what goes wrong says whether the request was written.

The surprise: a library speaks HTTP, TLS and digest, and tells by its trace when a request begins to be written and
which socket it uses: so a wait can be ended from another thread.
"""

from __future__ import annotations

import logging
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import httpx

from drivers import _http_lines as trace
from drivers._http_ends import NotWritten, Reply, Unanswered
from drivers.mm7.config import Config
from smsgw.link_verbs import Tap

logging.getLogger("httpx").setLevel(logging.WARNING)  # it tells every request

MOST = 1024 * 1024  # octets of an answer that are read
IDLE = 10.0  # seconds after which a connection is not trusted to be open


class Wire:
    """One at a time may ask; `cut` and `cut_late` are for any thread. tap: hears it all. tls: None: plain HTTP."""

    def __init__(self, config: Config, tap: Tap, tls: ssl.SSLContext | None) -> None:
        self._tap = tap
        self.tls = tls
        self._url = config.url
        self._timeout = config.answer_timeout
        secret = config.password.get_secret_value()
        auth: httpx.Auth | None = None
        if config.auth == "basic" and config.user:
            auth = httpx.BasicAuth(config.user, secret)
        elif config.auth == "digest":
            auth = httpx.DigestAuth(config.user, secret)
        self._client = httpx.Client(
            verify=False if tls is None else tls,
            auth=auth,
            timeout=httpx.Timeout(config.answer_timeout, connect=config.connect_timeout),
            limits=httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=IDLE),
            headers={"User-Agent": "smsgw", "Accept": "text/xml, multipart/related", "Accept-Encoding": "identity"},
            trust_env=False,
        )
        self._headers = dict(config.headers)
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._written = False
        self._ended = False
        self._late = float("inf")

    def ask(self, content_type: str, body: bytes) -> Reply:
        """Ask and wait for the answer. Raises NotWritten, Unanswered."""
        if self._ended:
            raise NotWritten("the link is stopping")
        headers = {"Content-Type": content_type, "SOAPAction": '""', **self._headers}
        self._written = False
        self._late = time.monotonic() + self._timeout + self._client.timeout.connect  # type: ignore[operator]
        extensions = {"trace": self._traced}
        if self._tap.tell is not None:
            self._tap.put(trace.request, ">", "POST", self._url, headers, body)
        try:
            with self._client.stream("POST", self._url, content=body, headers=headers, extensions=extensions) as reply:
                said = bytearray()
                for octets in reply.iter_raw():
                    said += octets
                    if len(said) > MOST:
                        break
                told = {name.lower(): value for name, value in reply.headers.items()}
                if self._tap.tell is not None:
                    self._tap.put(trace.answer, "<", reply.status_code, told, bytes(said))
                return Reply(reply.status_code, told, bytes(said[:MOST]))
        except (httpx.HTTPError, httpx.InvalidURL, OSError, RuntimeError) as problem:
            says = str(problem) or type(problem).__name__
            if self._tap.tell is not None:
                self._tap.put(trace.broken, "<", problem)
            raise (Unanswered if self._written else NotWritten)(says) from problem
        finally:
            self._late = float("inf")

    def _traced(self, event: str, info: Mapping[str, Any]) -> None:
        if event.endswith("send_request_headers.started"):
            self._written = True
        elif event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            with self._lock:
                self._socket = info["return_value"].get_extra_info("socket")
            if self._ended:
                self.cut()

    def cut_late(self, now: float) -> None:
        """Hang up if the whole answer takes longer than its time, octet by octet."""
        if now > self._late:
            self.cut()

    def cut(self) -> None:
        """Hang up; whoever waits for an answer is told so."""
        with self._lock:
            handle, self._socket = self._socket, None
        if handle is not None:
            with suppress(OSError):
                handle.shutdown(socket.SHUT_RDWR)

    def end(self) -> None:
        """Hang up for good."""
        self._ended = True
        self.cut()

    def close(self) -> None:
        """Nothing more is asked."""
        self._client.close()
