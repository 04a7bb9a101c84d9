"""A page beside open tabs: how long a conversation takes to come while 0, 8 and 32 tabs hear of what happens.

The server is the real one with its defaults, in a process of its own; messages come in it at a steady pace, so that
each tab has something to hear. The numbers of tabs take turns within one run: what else the machine does meets all.
"""

from __future__ import annotations

import gzip
import http.client
import socket
import subprocess
import sys
import threading
import time
from typing import Any

from benchmarks.measure import cpu_of, percentile, table
from benchmarks.stage import ROOT

TABS = (0, 8, 32)
ROUNDS = 6
REQUESTS = 40  # of a round
PACE = 5  # messages a second meanwhile
TEXTS = 50  # of the conversation that is asked for
HERS = "+38640111222"
HEADINGS = ["tabs", "ms p50", "ms p95", "CPU ms each", "beside none: ms p50", "ms p95", "heard"]


def run(url: str) -> None:
    """Measure and print."""
    command = [sys.executable, "-m", "benchmarks.tabs", url]
    server = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert server.stdin is not None
    assert server.stdout is not None
    try:
        port, link = server.stdout.readline().split()
        browser = Browser(int(port), link)
        took: dict[int, list[float]] = {many: [] for many in TABS}
        cpu, heard = dict.fromkeys(TABS, 0.0), dict.fromkeys(TABS, 0)
        for _ in range(ROUNDS):
            for many in TABS:
                tabs = [browser.tab() for _ in range(many)]
                begun = cpu_of(server.pid)
                took[many] += [browser.get(f"/inbox/{HERS}") * 1000 for _ in range(REQUESTS)]
                cpu[many] += cpu_of(server.pid) - begun
                heard[many] += sum(_heard(tab) for tab in tabs)
    finally:
        server.stdin.close()
        server.wait(60)
    table("(q) a page beside open tabs", HEADINGS, [_row(many, took, cpu[many], heard[many]) for many in TABS])


def _row(many: int, took: dict[int, list[float]], cpu: float, heard: int) -> list[str]:
    figures = [percentile(took[many], share) or 0.0 for share in (0.5, 0.95)]
    alone = [percentile(took[0], share) or 0.0 for share in (0.5, 0.95)]
    more = [f"{one - other:+.1f}" for one, other in zip(figures, alone, strict=True)]
    return [str(many), *(f"{one:.1f}" for one in figures), f"{cpu * 1000 / len(took[many]):.1f}", *more, str(heard)]


class Browser:
    """Somebody who is logged in."""

    def __init__(self, port: int, link: str) -> None:
        self._port = port
        self._asking = http.client.HTTPConnection("127.0.0.1", port)
        self._asking.request("GET", link)
        answer = self._asking.getresponse()
        answer.read()
        self._cookie = str(answer.getheader("Set-Cookie")).partition(";")[0]

    def get(self, path: str) -> float:
        """Seconds that a page takes."""
        begun = time.monotonic()
        self._asking.request("GET", path, headers={"Cookie": self._cookie, "Accept-Encoding": "gzip"})
        answer = self._asking.getresponse()
        body = answer.read()
        took = time.monotonic() - begun
        assert answer.status == 200, answer.status
        assert b"Hello" in gzip.decompress(body)
        return took

    def tab(self) -> socket.socket:
        """An open stream of what happens."""
        one = socket.create_connection(("127.0.0.1", self._port))
        head = f"GET /events?brief=yes HTTP/1.1\r\nHost: x\r\nCookie: {self._cookie}\r\n\r\n"
        one.sendall(head.encode())
        assert one.recv(4096).startswith(b"HTTP/1.1 200")
        return one


def _heard(tab: socket.socket) -> int:
    """How often a tab was told that something happened; it is closed."""
    tab.setblocking(False)
    said = b""
    try:
        while more := tab.recv(1 << 16):
            said += more
    except BlockingIOError:
        pass
    tab.close()
    return said.count(b"\ndata:")


def _serve(url: str) -> None:
    """The server, until standard input ends."""
    from datetime import timedelta

    from smsgw.access import accounts
    from smsgw.config import Config
    from smsgw.gateway import Gateway
    from smsgw.outbound.submit import Asked
    from smsgw.store import schema
    from webadmin import create_app
    from webadmin.server import WebServer

    phones = {"name": "phones", "kind": "fake", "handsets": [HERS]}
    told: dict[str, Any] = {"store": {"url": url}, "links": [phones], "web": {"listen": "127.0.0.1:0"}}
    gateway = Gateway(Config.model_validate(told))
    schema.upgrade(gateway.database)
    for n in range(TEXTS):
        gateway.door.submit(Asked(HERS, f"Hello {n}, your order of {n * 7 % 9 + 1} notebooks is ready.", "bench"))
    now, writer = gateway.clock(), gateway.database.writer
    owner = accounts.add(writer, "tabs", "owner", None, now)
    server = WebServer(gateway, create_app(gateway))
    server.start()
    print(server.port, f"/enter/{accounts.open_session(writer, owner, now, timedelta(hours=1), 'once')}", flush=True)
    ended = threading.Event()

    def happen() -> None:
        count = 0
        while not ended.wait(1 / PACE):
            count += 1
            gateway.door.submit(Asked(f"+38640{count:06}", "Hello", "bench"))

    happens = threading.Thread(target=happen)
    happens.start()
    sys.stdin.read()
    ended.set()
    happens.join()
    server.stop(time.monotonic() + 3)
    gateway.close()


if __name__ == "__main__":
    _serve(sys.argv[1])
