"""How much more several nodes take than one: 1, 2 and 4 daemons on one PostgreSQL, each with a link of its own.

Whatever a node takes goes over any of the links, so with several most messages leave at another node than the one that
took them. All of it shares this machine's cores with the server and the load: where there are fewer cores than nodes,
look at the CPU for each message rather than at the ratio.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any

from benchmarks.load import Job
from benchmarks.measure import cpu_of_family, table
from benchmarks.stage import ROOT, SECRET, Smsc, Stores, from_tests, load, smsc

COUNTS = (1, 2, 4)
CONNECTIONS = 4  # of the load to each node
HEADINGS = ("nodes", "messages/s", "to one", "node CPU s per 1,000", "server CPU s per 1,000")


def run(stores: Stores, messages: int) -> None:
    """Measure and print; messages: of each measurement."""
    rows: list[list[str]] = []
    first = 0.0
    for count in COUNTS:
        pace, nodes_cpu, server_cpu = _measured(stores, count, messages)
        first = first or pace
        rows.append([str(count), f"{pace:,.0f}", f"{pace / first:.2f}", f"{nodes_cpu:.2f}", f"{server_cpu:.2f}"])
    table("(r) nodes on one PostgreSQL, single requests with receipts", HEADINGS, rows)


def _measured(stores: Stores, count: int, messages: int) -> tuple[float, float, float]:
    """Messages a second from the first request until the last receipt is on disk; CPU seconds for 1,000 messages."""
    with ExitStack() as ends:
        sinks = [ends.enter_context(smsc()) for _ in range(count)]
        running = [*ends.enter_context(_nodes(stores, sinks))]
        each = messages // count
        _load(running, 0, 50)  # warms up, and every node has heard of every link
        _wait(sinks, 50 * count)
        for sink in sinks:
            sink.ask("report")
        pids = [node.process.pid for node in running]
        cpu, server = sum(map(cpu_of_family, pids)), stores.cpu("postgresql")
        begun = time.monotonic()
        _load(running, 1000, each)
        _wait(sinks, each * count)
        took = time.monotonic() - begun
        cpu, server = sum(map(cpu_of_family, pids)) - cpu, stores.cpu("postgresql") - server
    sent = each * count
    return sent / took, cpu / sent * 1000, server / sent * 1000


@contextmanager
def _nodes(stores: Stores, sinks: list[Smsc]) -> Iterator[list[Any]]:
    """A daemon for each sink, all on one store."""
    make, url = from_tests("flows/running.py").Running, stores.url("postgresql")
    made = [
        make(
            stores.folder(), url,
            [{"name": f"carrier-{number}", "kind": "smpp", "host": "127.0.0.1", "port": sink.port,
              "system_id": "bench", "window": 100}],
            sending={"sender": "+491700000000"}, log={"level": "warning"}, node={"name": f"node-{number}"},
        )
        for number, sink in enumerate(sinks)
    ]  # fmt: skip
    try:
        for node in made:
            node.start(patience=120)
        subprocess.run(
            made[0].command("key", "create", "bench", "--secret", "-"),
            cwd=ROOT, input=SECRET, text=True, check=True, capture_output=True,
        )  # fmt: skip
        time.sleep(5)  # each node hears of the links of the others within two seconds
        yield made
    finally:
        for node in made:
            node.kill()


def _load(running: list[Any], first: int, each: int) -> None:
    """Ask all nodes at the same time."""
    jobs = [Job(node.port, SECRET, first + number * 100_000, each, CONNECTIONS) for number, node in enumerate(running)]
    with ThreadPoolExecutor(len(jobs)) as at_once:
        list(at_once.map(load, jobs))


def _wait(sinks: list[Smsc], messages: int) -> None:
    """Wait until so many are final in all."""
    deadline = time.monotonic() + 300
    while sum(int(sink.ask("progress")["final"]) for sink in sinks) < messages:
        if time.monotonic() > deadline:
            raise RuntimeError(f"only {[sink.ask('progress') for sink in sinks]} of {messages} messages ended")
        time.sleep(0.05)
