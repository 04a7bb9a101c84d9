"""A program that is called back: notes each call with its words, and answers what a test says."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Call:
    """One call. words: of the query and of a form."""

    method: str
    path: str
    words: dict[str, str]
    headers: dict[str, str]
    body: bytes


class Called:
    """Listens at 127.0.0.1. answers: (content type, body) for a path, else 200 and nothing."""

    def __init__(self, answers: dict[str, tuple[str, str]] | None = None) -> None:
        self.calls: list[Call] = []
        self.answers = answers or {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def wait(self, wanted: Callable[[Call], Any], count: int = 1, seconds: float = 90) -> list[Call]:
        """The calls that are wanted, as soon as there are so many."""
        until = time.monotonic() + seconds
        while len(found := [call for call in self.calls if wanted(call)]) < count:
            assert time.monotonic() < until, f"{len(found)} of {count} calls came: {self.calls}"
            time.sleep(0.02)
        return found

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(90)


def _handler(called: Called) -> type[BaseHTTPRequestHandler]:
    class Answer(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._take()

        def do_POST(self) -> None:
            self._take()

        def _take(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            place = urlsplit(self.path)
            words = dict(parse_qsl(place.query, keep_blank_values=True))
            if self.headers.get("Content-Type", "").startswith("application/x-www-form"):
                words |= dict(parse_qsl(body.decode(), keep_blank_values=True))
            called.calls.append(Call(self.command, place.path, words, dict(self.headers.items()), body))
            kind, said = called.answers.get(place.path, ("text/plain", ""))
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(said.encode())))
            self.end_headers()
            self.wfile.write(said.encode())

        def log_message(self, *_: Any) -> None:
            pass

    return Answer
