"""How fast a client is told: a text that came in to its webhook, and a message's receipt to its webhook.

The receiver (`hooksink`) and the SMSCs (`texter`, whose phones write; `sink`, which says delivered) are processes of
their own and cost next to nothing. The daemon's CPU is told beside that of the process which tells webhooks for it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from benchmarks.load import Job
from benchmarks.measure import children_of, cpu_of, percentile, spell, table
from benchmarks.stage import ROOT, SECRET, Stores, gateway, load, smsc

HEADINGS = ("", "told/s", "on disk/s", "CPU us: daemon", "teller", "receiver", "SMSC", "wait p50 ms", "p99")
CONNECTIONS = 16
PATIENCE = 30.0  # seconds without anything new, after which it is given up


class Tool:
    """One of the small programs, asked by words over its standard input."""

    def __init__(self, name: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", f"benchmarks.{name}"],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())

    def ask(self, word: str) -> dict[str, Any]:
        """What it answers."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{word}\n")
        self._process.stdin.flush()
        told: dict[str, Any] = json.loads(self._process.stdout.readline())
        return told

    def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)


@contextmanager
def tool(name: str) -> Iterator[Tool]:
    """A small program for a block."""
    made = Tool(name)
    try:
        yield made
    finally:
        made.close()


def run(stores: Stores, messages: int) -> None:
    """Measure both on every store."""
    for kind in stores.kinds:
        rows = [_inbound(stores, kind, messages, told=False), _inbound(stores, kind, messages, told=True)]
        rows.append(_receipts(stores, kind, messages))
        table(f"(f) webhooks, on {kind}", HEADINGS, rows)


def _inbound(stores: Stores, kind: str, messages: int, *, told: bool) -> list[str]:
    with ExitStack() as ends:
        phones, receiver = ends.enter_context(tool("texter")), ends.enter_context(tool("hooksink"))
        daemon = ends.enter_context(gateway(stores, kind, phones.port))
        if told:
            _set_up(daemon, receiver, "inbound.received")
        while not phones.ask("progress")["bound"]:
            time.sleep(0.05)
        for count in (200, messages):  # the first are not counted: imports, caches, prepared statements
            receiver.ask("report")
            cpu, teller, begun = cpu_of(daemon.process.pid), _teller_cpu(daemon), time.monotonic()
            phones.ask(f"texts {count}")
            on_disk = _until(lambda count=count: phones.ask("progress")["answered"] >= count)  # type: ignore[misc]
            done = _until(lambda count=count: receiver.ask("progress")["count"] >= count) if told else on_disk  # type: ignore[misc]
        cpu, teller = cpu_of(daemon.process.pid) - cpu, _teller_cpu(daemon) - teller
        seen, smsc_cpu = receiver.ask("report"), phones.ask("progress")["cpu"]
    costs = [1e6 * spent / messages for spent in (cpu, teller, seen["cpu"], smsc_cpu)]
    name = "texts, to the webhook" if told else "texts, nobody is told"
    rates = [f"{messages / (done - begun):,.0f}" if told else "-", f"{messages / (on_disk - begun):,.0f}"]
    return [name, *rates, *(spell(cost) for cost in costs), "-", "-"]


def _receipts(stores: Stores, kind: str, messages: int) -> list[str]:
    with ExitStack() as ends:
        sink, receiver = ends.enter_context(smsc()), ends.enter_context(tool("hooksink"))
        daemon = ends.enter_context(gateway(stores, kind, sink.port))
        _set_up(daemon, receiver, "message.delivered")
        first = 0
        for count in (200, messages):
            receiver.ask("report")
            sink.ask("report")
            cpu, teller, begun = cpu_of(daemon.process.pid), _teller_cpu(daemon), time.monotonic()
            load(Job(daemon.port, SECRET, first, count, CONNECTIONS))
            first += count
            sink.wait_for_end(count)
            done = _until(lambda count=count: receiver.ask("progress")["count"] >= count)  # type: ignore[misc]
        cpu, teller = cpu_of(daemon.process.pid) - cpu, _teller_cpu(daemon) - teller
        told, seen = receiver.ask("report"), sink.ask("report")
    waits = _waits(told, seen)
    final = messages / (max(seen["final"].values()) - begun)
    costs = [1e6 * spent / messages for spent in (cpu, teller, told["cpu"], seen["cpu"])]
    shown = [spell(None if wait is None else wait * 1000) for wait in (percentile(waits, 0.5), percentile(waits, 0.99))]
    name = f"single requests x{CONNECTIONS}, receipts to the webhook"
    return [name, f"{messages / (done - begun):,.0f}", f"{final:,.0f}", *(spell(cost) for cost in costs), *shown]


def _waits(told: dict[str, Any], seen: dict[str, Any]) -> list[float]:
    """Seconds from a receipt being on disk to the webhook, by the numbers that both saw."""
    return [at - seen["final"][to] for to, at in told["by_number"].items() if to in seen["final"]]


def _set_up(daemon: Any, receiver: Tool, event: str) -> None:
    """A webhook, and the process that tells it, which the first event finds ready."""
    daemon.smsgw("webhook", "add", f"http://127.0.0.1:{receiver.port}/", "--event", event)
    deadline = time.monotonic() + PATIENCE
    while _teller_cpu(daemon) < 0.2 and time.monotonic() < deadline:
        time.sleep(0.1)  # it starts when it is needed, and has used some CPU when it is ready
    time.sleep(1)


def _teller_cpu(daemon: Any) -> float:
    """CPU seconds of the process that tells webhooks; 0 while there is none."""
    return sum(map(cpu_of, children_of(daemon.process.pid)))


def _until(what: Any) -> float:
    """When it has become true (CLOCK_MONOTONIC). Raises RuntimeError when it does not."""
    deadline = time.monotonic() + 20 * PATIENCE
    while not what():
        if time.monotonic() > deadline:
            raise RuntimeError("it does not come to an end")
        time.sleep(0.01)
    return time.monotonic()
