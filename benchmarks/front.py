"""The front alone: HTTP requests for messages, read, checked, cut and answered, with a store that does nothing.

What is left is what a message costs before and after the store. The server is the real one (webadmin.server), in a
process of its own; its door gives every message a row at once.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from benchmarks.load import Job
from benchmarks.measure import HEADINGS, Figure, cpu_of, forget_peak, peak_of, percentile, table
from benchmarks.stage import ROOT, SECRET, Stores, load

CONNECTIONS = (1, 16, 64)


def run(stores: Stores, seconds: float) -> None:
    """Measure and print, about `seconds` for each number of connections."""
    server = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.front", stores.url("sqlite")],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert server.stdin is not None
    assert server.stdout is not None
    try:
        port = int(server.stdout.readline())
        figures = [_measured(server.pid, port, connections, int(8000 * seconds)) for connections in CONNECTIONS]
    finally:
        server.stdin.close()
        server.wait(10)
    table("the front, with nothing stored", HEADINGS[:-1], [figure.cells()[:-1] for figure in figures])


def _measured(pid: int, port: int, connections: int, messages: int) -> Figure:
    load(Job(port, SECRET, 0, 200, connections))
    forget_peak(pid)
    cpu = cpu_of(pid)
    told = load(Job(port, SECRET, 1000, messages, connections))
    cpu = (cpu_of(pid) - cpu) / messages * 1000
    took = [(end - begun) * 1000 for begun, end in zip(told["asked"], told["answered"], strict=True)]
    rate = messages / (max(told["answered"]) - min(told["asked"]))
    name = f"{connections} connection{'s' if connections > 1 else ''}"
    return Figure(name, rate, percentile(took, 0.5), percentile(took, 0.99), cpu, peak_of(pid))


def _serve(url: str) -> None:
    """The server, until standard input ends."""
    from smsgw.access import keys
    from smsgw.config import Config
    from smsgw.gateway import Gateway
    from smsgw.outbound.asked import Accepted, Ready
    from smsgw.store import schema
    from webadmin import create_app
    from webadmin.server import WebServer

    phones = {"name": "phones", "kind": "fake", "handsets": []}
    told = {"store": {"url": url}, "web": {"listen": "127.0.0.1:0"}, "links": [phones]}
    gateway = Gateway(Config.model_validate(told))
    schema.upgrade(gateway.database)
    keys.create(gateway.database.writer, keys.NewKey("bench", ["messages:send"], gateway.clock(), SECRET))

    def store_all(ready: list[Ready], tell: Callable[[list[Accepted]], None]) -> None:
        tell([Accepted({**one.row, "state": "queued", "why": "nothing is done", "sent_at": None}) for one in ready])

    door: Any = gateway.door
    door.store_all = store_all
    server = WebServer(gateway, create_app(gateway))
    server.start()
    print(server.port, flush=True)
    sys.stdin.read()
    server.stop(time.monotonic() + 3)
    gateway.close()


if __name__ == "__main__":
    _serve(sys.argv[1])
