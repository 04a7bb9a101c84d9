"""A carrier over HTTP that takes what Kannel's clients send (sendsms), for the driver `web` and its contract.

The surprise: it has no name for a part, so receipts come to the address that was given with the part; and as no web
server of ours runs here, it hands its calls to the link itself, again and again until they are taken.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from smsgw.link import Alphabet, Link
from smsgw.link_verbs import Notice, TakesNotices
from smsgw.text.alphabet import encode_plain
from smsgw.text.parts import Piece
from tests.emulators.ports import unused

TOKEN = "the-carrier-proves-itself-with-this"
HOOK = "http://gateway.test"


class Carrier:
    """The carrier; `link` is whom it calls."""

    def __init__(self) -> None:
        self.link: Any = None
        self.pieces: list[tuple[str, Piece]] = []
        self.next: list[tuple[int, str]] = []
        self.silent = threading.Event()
        self.reached = 0  # requests that came, also those that it is silent about
        self.closing = threading.Event()
        self.down = False
        self._taken = self._session = 0
        self._number = 0
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self.port = unused()  # where it can listen again
        self._listen()

    def settings(self, **more: Any) -> dict[str, Any]:
        """What a link needs to reach it."""
        return {
            "profile": "kannel", "url": f"http://127.0.0.1:{self.port}", "user": "shop", "password": "secret",
            "hook": HOOK, "secret": TOKEN, "probe_every": 0.05, **more,
        }  # fmt: skip

    def attach(self, link: Link) -> None:
        """This is whom to call."""
        assert isinstance(link, TakesNotices)
        self.link = link

    def _listen(self) -> None:
        self._server = _Server(("127.0.0.1", self.port), _handler(self))
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def disconnect(self) -> None:
        """Cut every connection and allow no new one."""
        self.down = True
        self._server.shutdown()
        self._server.server_close()
        with self._lock:
            for handle in list(self._open):
                with suppress(OSError):
                    handle.shutdown(socket.SHUT_RDWR)

    def reconnect(self) -> None:
        """Allow connections again."""
        self.down = False
        self._session += 1
        self._listen()

    def go_silent(self) -> None:
        """Answer nothing more."""
        self.silent.set()

    def recover(self) -> None:
        """Answer again."""
        self.silent.clear()
        self.next.clear()

    def refuse_next(self) -> None:
        """Refuse the next part for good."""
        self.next.append((400, "Number(s) has/have been denied by white- and/or black-lists."))

    def throttle_next(self) -> None:
        """Say "too fast" to the next part."""
        self.next.append((429, "too fast"))

    def submitted(self) -> list[tuple[str, str]]:
        """(to, text) of every whole text that it took."""
        from tests.drivers.networks import whole_texts

        return whole_texts(list(self.pieces))

    def take(self, words: dict[str, bytes]) -> tuple[int, str]:
        """Take a part: status and body of the answer."""
        if self.next:
            return self.next.pop(0)
        octets, coding = words.get("text", b""), words.get("coding", b"0")
        alphabet = {b"1": Alphabet.OCTETS, b"2": Alphabet.UCS2}.get(coding, Alphabet.GSM7)
        if alphabet is Alphabet.GSM7:
            octets = encode_plain(octets.decode()) or b""
        self.pieces.append((words["to"].decode(), Piece(alphabet, octets, words.get("udh", b""))))
        url = words["dlr-url"].decode().replace("%d", "1").replace("%A", "ok")
        threading.Thread(target=self._call, args=(url,), daemon=True).start()
        return 202, "0: Accepted for delivery"

    def phone_sends(self, sender: str, text: str) -> None:
        """A phone sends us a text."""
        self._number += 1
        words = {"token": TOKEN, "from": sender, "to": "+38641000000", "text": text, "id": f"mo-{self._number}"}
        url = f"{HOOK}/carriers/contract?{urlencode(words)}"
        threading.Thread(target=self._call, args=(url, True), daemon=True).start()

    def acknowledged(self) -> int:
        """How many texts of phones were taken."""
        return self._taken

    def _call(self, url: str, counts: bool = False) -> None:
        while not self.closing.is_set():
            if not self.down and self.link is not None:
                if self.link.notice(Notice("GET", url, {}, b"")).status == 200:
                    self._taken += counts
                    return
                session = self._session
                while session == self._session and not self.closing.is_set() and counts:
                    time.sleep(0.02)  # it tries again only over a new connection
            time.sleep(0.02)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that is cut is no fault of a test."""


def _handler(carrier: Carrier) -> type[BaseHTTPRequestHandler]:
    class Answer(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            carrier._open.add(self.connection)

        def finish(self) -> None:
            carrier._open.discard(self.connection)
            with suppress(OSError):
                super().finish()

        def do_GET(self) -> None:
            query = parse_qsl(urlsplit(self.path).query, keep_blank_values=True, encoding="latin-1")
            carrier.reached += 1
            while carrier.silent.is_set() and not carrier.closing.is_set() and not carrier.down:
                time.sleep(0.01)
            if carrier.closing.is_set() or carrier.down:
                self.close_connection = True
                return
            status, said = carrier.take({name: value.encode("latin-1") for name, value in query})
            self.send_response(status)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said.encode())

        def log_message(self, *_: Any) -> None:
            pass

    return Answer


@contextmanager
def web_network() -> Iterator[Carrier]:
    """A carrier that runs."""
    carrier = Carrier()
    try:
        yield carrier
    finally:
        carrier.closing.set()
        if not carrier.down:
            carrier.disconnect()
