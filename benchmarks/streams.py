"""Open streams of events beside requests: how long a ping takes while 0, 8, 32 and 128 clients listen to everything.

The server is the real one (webadmin.server) with its defaults, in a process of its own, over a store of its own. While
it is measured messages are sent at a steady pace, so that every stream has something to hear; that each heard all of
it is checked.
"""

from __future__ import annotations

import http.client
import json
import selectors
import socket
import subprocess
import sys
import time
from typing import Any

from benchmarks.measure import cpu_of, percentile, table
from benchmarks.stage import ROOT, SECRET, Stores

LISTENERS = (0, 8, 32, 128)
PACE = 50  # messages a second, each three events or more
HEADINGS = ["listeners", "GET p50 ms", "GET p99 ms", "POST p50 ms", "POST p99 ms", "events/s written", "CPU %"]


def run(stores: Stores, seconds: float) -> None:
    """Measure and print, about `seconds` for each number of listeners."""
    server = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.streams", stores.url("sqlite")],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert server.stdin is not None
    assert server.stdout is not None
    try:
        port = int(server.stdout.readline())
        rows = [_measured(server.pid, port, many, max(1.0, seconds)) for many in LISTENERS]
    finally:
        server.stdin.close()
        server.wait(20)
    table("requests beside open streams of events", HEADINGS, rows)


def _measured(pid: int, port: int, many: int, seconds: float) -> list[str]:
    ears = Ears(port, many)
    asking = http.client.HTTPConnection("127.0.0.1", port)
    sending = http.client.HTTPConnection("127.0.0.1", port)
    took: dict[str, list[float]] = {"GET": [], "POST": []}
    cpu, begun, sent = cpu_of(pid), time.monotonic(), 0
    while (now := time.monotonic()) < begun + seconds:
        if sent < (now - begun) * PACE:
            sent += 1
            body = json.dumps({"to": "+38640111222", "text": f"{many} {sent}", "allow_duplicate": True})
            took["POST"].append(_asked(sending, "POST", "/api/v1/messages", body))
        took["GET"].append(_asked(asking, "GET", "/api/v1/links"))
        ears.hear(0.0)
        time.sleep(0.002)
    cpu = (cpu_of(pid) - cpu) / (time.monotonic() - begun) * 100
    ears.hear_all(sent, 20.0)
    events = ears.events / seconds
    ears.close()
    figures = [(percentile(took[verb], share) or 0.0) * 1000 for verb in ("GET", "POST") for share in (0.5, 0.99)]
    return [str(many), *(f"{one:.1f}" for one in figures), f"{events:,.0f}", f"{cpu:.0f}"]


def _asked(connection: http.client.HTTPConnection, method: str, path: str, body: str | None = None) -> float:
    headers = {"Authorization": f"Bearer {SECRET}", "Content-Type": "application/json"}
    begun = time.monotonic()
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    answer.read()
    assert answer.status in (200, 202), answer.status
    return time.monotonic() - begun


class Ears:
    """Clients that listen to everything, read by one loop."""

    def __init__(self, port: int, many: int) -> None:
        self.events = 0
        self._chooser = selectors.DefaultSelector()
        self._heard = [0] * many
        self._sockets = []
        for place in range(many):
            one = socket.create_connection(("127.0.0.1", port))
            one.sendall(f"GET /api/v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {SECRET}\r\n\r\n".encode())
            assert one.recv(4096).startswith(b"HTTP/1.1 200")
            self._chooser.register(one, selectors.EVENT_READ, place)
            self._sockets.append(one)

    def hear(self, seconds: float) -> None:
        """Read what is there."""
        for key, _ in self._chooser.select(seconds) if self._sockets else ():
            said = key.fileobj.recv(1 << 20)  # type: ignore[union-attr]
            self.events += said.count(b"\nevent: ")
            self._heard[key.data] += said.count(b"\nevent: message.queued\n")

    def hear_all(self, sent: int, within: float) -> None:
        """Until everybody heard of every message."""
        deadline = time.monotonic() + within
        while any(heard < sent for heard in self._heard):
            assert time.monotonic() < deadline, f"of {sent} messages only {min(self._heard)} were heard of"
            self.hear(0.1)

    def close(self) -> None:
        """Hang up."""
        for one in self._sockets:
            one.close()


def _serve(url: str) -> None:
    """The server, until standard input ends."""
    from smsgw.access import keys
    from smsgw.config import Config
    from smsgw.gateway import Gateway
    from smsgw.store import schema
    from webadmin import create_app
    from webadmin.server import WebServer

    phones = {"name": "phones", "kind": "fake", "handsets": ["+38640111222"]}
    told: dict[str, Any] = {"store": {"url": url}, "links": [phones]}
    told["web"] = {"listen": "127.0.0.1:0", "requests_per_minute": 0, "event_streams": 400}
    gateway = Gateway(Config.model_validate(told))
    schema.upgrade(gateway.database)
    keys.create(gateway.database.writer, keys.NewKey("bench", ["admin:*"], gateway.clock(), SECRET))
    app = create_app(gateway)
    app.extensions["smsgw"].streams._each = 400
    server = WebServer(gateway, app)
    server.start()
    print(server.port, flush=True)
    sys.stdin.read()
    server.stop(time.monotonic() + 3)
    gateway.close()


if __name__ == "__main__":
    _serve(sys.argv[1])
