"""What runs the pages: the commands, ready to run, and a gateway beside which a page's shell works."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.docs.commands import Commands
from tests.docs.shells import Shell
from tests.flows import warm
from tests.flows.running import Running

PHONES = ["+38640111222", "+38640111333", "+38641000002"]
LINKS = ("carrier", "stick", "mms")  # the names that the pages use


@pytest.fixture(scope="session")
def commands(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Commands]:
    """The commands, read in once."""
    folder = tmp_path_factory.mktemp("commands")
    made = Commands(folder)
    with (folder / "warm").open("wb") as log:  # so that no start waits for the program to be read in
        warm.start(["--version"], log.fileno()).wait()
    yield made
    made.close()
    warm.end()


class Content(BaseHTTPRequestHandler):
    """A program that is content with whatever it is told."""

    def do_POST(self) -> None:
        """Take it."""
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="session")
def program() -> Iterator[int]:
    """The port of a program of the reader's that is told things."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Content)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@pytest.fixture
def shell(tmp_path: Path, commands: Commands, program: int) -> Iterator[Callable[[], Shell]]:
    """Make a shell with a gateway of its own, whose links are simulated and have the names that the pages use."""
    opened: list[Running] = []

    def make() -> Shell:
        links = [{"name": name, "kind": "fake", "number": "+38640111000", "handsets": PHONES} for name in LINKS]
        folder = tmp_path / "gateway"
        store = f"sqlite:///{folder / 'store.db'}"
        gateway = Running(folder, store, links[:1] + [{**one, "handsets": []} for one in links[1:]], **SETTINGS)
        opened.append(gateway)
        gateway.start()
        return Shell(tmp_path / "home", commands, gateway, program)

    yield make
    for one in opened:
        one.kill()


SETTINGS = {
    "web": {"public_url": "https://sms.example.com"},
    "sending": {"region": "SI", "duplicate_window": 0},
    "doors": {"open": ["kannel", "twilio", "android", "jasmin"]},
}
