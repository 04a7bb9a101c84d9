"""A program that is told: a real web server that notes every request and answers as a test says."""

from __future__ import annotations

import hmac
import json
import ssl
import threading
import time
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.emulators.ports import unused


@dataclass(frozen=True)
class Heard:
    """One request. connection: the port at the other side, the same for all requests of one connection."""

    id: str
    timestamp: int
    signatures: tuple[str, ...]
    body: bytes
    headers: dict[str, str]
    connection: int
    at: float

    @property
    def said(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def about(self) -> str:
        """The record that it is about."""
        return str(self.said["data"]["id"])

    @property
    def type(self) -> str:
        """The event's type."""
        return str(self.said["type"])

    def signed_with(self, secret: str) -> bool:
        """Whether one of the signatures is made with this secret (Standard Webhooks, written once more)."""
        key = b64decode(secret.removeprefix("whsec_"))
        words = f"{self.id}.{self.timestamp}.".encode() + self.body
        wanted = "v1," + b64encode(hmac.new(key, words, sha256).digest()).decode()
        return wanted in self.signatures


@dataclass
class Reply:
    """What is answered: a status, headers, a body; `raw` octets in place of them; first of all a pause in seconds."""

    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    raw: bytes | None = None
    pause: float = 0.0


class Receiver:
    """Listens at 127.0.0.1. reply: decides what each request is answered; by default 204. tls: it speaks HTTPS."""

    def __init__(
        self,
        reply: Callable[[Heard], Reply] = lambda heard: Reply(),
        port: int = 0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.reply = reply
        self.heard: list[Heard] = []
        self._server = _Server(("127.0.0.1", port or unused()), _handler_of(self))
        if tls is not None:
            plain = self._server.socket
            self._server.socket = tls.wrap_socket(plain, server_side=True, do_handshake_on_connect=False)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """Its URL."""
        return f"http://127.0.0.1:{self.port}/hook"

    def wait_for(self, count: int, seconds: float = 60.0) -> list[Heard]:
        """The first `count` requests, as soon as there are so many. Fails after `seconds`."""
        deadline = time.monotonic() + seconds
        while len(self.heard) < count:
            told = [one.body[:80] for one in self.heard[-5:]]
            assert time.monotonic() < deadline, f"{len(self.heard)} of {count} requests came, at last {told}"
            time.sleep(0.01)
        return self.heard[:count]

    def close(self) -> None:
        """Stop listening and hang up."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(60)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no fault of a test."""


def _handler_of(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard = Heard(
                self.headers.get("webhook-id", ""),
                int(self.headers.get("webhook-timestamp", "0")),
                tuple(self.headers.get("webhook-signature", "").split(" ")),
                body,
                {name.lower(): value for name, value in self.headers.items()},
                int(self.client_address[1]),
                time.monotonic(),
            )
            reply = receiver.reply(heard)
            receiver.heard.append(heard)
            time.sleep(reply.pause)
            self._answer(reply)

        def _answer(self, reply: Reply) -> None:
            if reply.raw is not None:
                self.wfile.write(reply.raw)
                self.close_connection = True
                return
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            if reply.status != 204:
                self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, *_: Any) -> None:
            pass

    return Handler
