"""Side by side with Kannel, and Jasmin where there is one: the same load, SMSC and receiver of calls, in the same run.

All keep what they accept on disk: ours in SQLite with synchronous=FULL, Kannel in its spool. Each round measures one
after the other; the tables show the medians of the rounds, and the ratio to Kannel's. All times are taken outside of
them, by the clock that all processes share.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, Protocol
from urllib.parse import quote

from benchmarks.jasmin import Jasmin
from benchmarks.load import SCHEME, Job
from benchmarks.measure import children_of, cpu_of_family, forget_peak, peak_of, percentile, spell, table
from benchmarks.stage import ROOT, SECRET, Smsc, Stores, from_tests, gateway, load, smsc

WINDOW = 100
STEADY = 20
HEADINGS = ("", "accepted/s", "wire/s", "told/s", "wire p50 ms", "p99", "CPU s/1000", "MB", "x Kannel")


@dataclass(frozen=True, slots=True)
class Shape:
    """How messages are asked for. share: of --messages. told: whoever asked is called when a message is delivered."""

    name: str
    connections: int = 1
    batch: int = 1
    rate: float = 0
    share: float = 1.0
    told: bool = False


PLAIN = (
    Shape("single, 1 connection", share=0.5),
    Shape("single, 16 connections", connections=16),
    Shape("500 in a request", batch=500, share=5),
    Shape(f"single, {STEADY} a second", rate=STEADY),
)
LATE = (Shape("16 connections, SMSC answers after 10 ms", connections=16),)
TOLD = (
    Shape("16 connections, receipts, caller told", connections=16, told=True),
    Shape("1 connection, receipts, caller told", share=0.5, told=True),
)


class Rival(Protocol):
    """A gateway that runs, with a link to an SMSC."""

    name: str
    most: int  # messages of one measurement

    @property
    def pids(self) -> list[int]:
        """Its processes."""

    def job(self, first: int, messages: int, shape: Shape) -> Job:
        """How to ask it for messages."""


@dataclass
class Ours:
    """The daemon."""

    daemon: Any
    name: str = "smsgw"
    most: int = 1_000_000

    @property
    def pids(self) -> list[int]:
        """Its processes."""
        return [self.daemon.process.pid]

    def job(self, first: int, messages: int, shape: Shape) -> Job:
        """A request of the API for each message, or of the batch."""
        return Job(self.daemon.port, SECRET, first, messages, shape.connections, shape.batch, shape.rate)


@dataclass
class Boxes:
    """Kannel's two boxes. calls: port of who is told."""

    boxes: Any
    calls: int
    name: str = "Kannel"
    most: int = 1_000_000

    @property
    def pids(self) -> list[int]:
        """Its processes."""
        return [process.pid for process in self.boxes.processes]

    def job(self, first: int, messages: int, shape: Shape) -> Job:
        """A request of its sendsms for each message, or for a list of numbers with one text."""
        path = "/cgi-bin/sendsms?username=kannel&password=kannel&from=491700000000&to={to}&text={text}"
        if shape.told:
            path += "&dlr-mask=1&dlr-url=" + quote(f"http://127.0.0.1:{self.calls}/delivered?to=%p", safe="")
        return Job(self.boxes.http, "", first, messages, shape.connections, shape.batch, shape.rate, path)


@dataclass
class Whole:
    """Jasmin with its broker and its store. calls: port of who is told."""

    running: Jasmin
    calls: int
    name: str = "Jasmin"
    most: int = 300

    @property
    def pids(self) -> list[int]:
        """Its processes."""
        return [process.pid for process in self.running.processes]

    def job(self, first: int, messages: int, shape: Shape) -> Job:
        """A request of its HTTP API for each message."""
        path = "/send?username=bench&password=bench&from=491700000000&to={to}&content={text}"
        if shape.told:
            path += f"&dlr=yes&dlr-level=2&dlr-method=GET&dlr-url=http://127.0.0.1:{self.calls}/delivered"
        return Job(self.running.http, "", first, messages, shape.connections, 1, shape.rate, path)


class Program(Smsc):
    """A module of the benchmarks as a process that prints its port and answers words with JSON."""

    def __init__(self, module: str) -> None:
        self.options = ()
        self.process = subprocess.Popen(
            [sys.executable, "-m", f"benchmarks.{module}"],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())


@contextmanager
def program(module: str) -> Iterator[Program]:
    """A program for a block."""
    running = Program(module)
    try:
        yield running
    finally:
        running.close()


def run(stores: Stores, messages: int, seconds: float, rounds: int, jasmin: Path | None = None) -> None:
    """Measure every shape with each, and print a table for each kind of SMSC. jasmin: a Python that has it."""
    starts: list[Start] = [_ours, _boxes, *([partial(_whole, jasmin)] if jasmin else [])]
    for title, options, shapes in (
        ("an SMSC that answers at once, no receipts", ["--no-receipts"], PLAIN),
        ("an SMSC that takes 10 ms, no receipts", ["--no-receipts", "--answer-ms=10"], LATE),
        ("receipts", [], TOLD),
    ):
        with ExitStack() as ends:
            sink, calls = ends.enter_context(smsc(*options)), ends.enter_context(program("calls"))
            event = "message.delivered" if sink.receipts else ""
            rivals = [start(ends, stores, sink.port, calls.port, event) for start in starts]
            first = 100
            rows: list[list[str]] = []
            for shape in shapes:
                count = max(20, int(seconds * 3 * STEADY) if shape.rate else int(messages * shape.share))
                found: dict[str, list[Figures]] = {rival.name: [] for rival in rivals}
                for _ in range(rounds):
                    for rival in rivals:
                        own = min(count, rival.most)
                        found[rival.name].append(_measured(rival, sink, calls, shape, first, own))
                        first += own
                rows += _rows(f"{shape.name} ({count:,})", found)
            table(f"(e) {title}", HEADINGS, rows)
    _inbound(starts, stores, messages, rounds)


def _ours(ends: ExitStack, stores: Stores, smsc_port: int, calls_port: int, event: str) -> Rival:
    daemon = ends.enter_context(gateway(stores, "sqlite", smsc_port, WINDOW))
    if event:  # as nobody gives Kannel a dlr-url either
        daemon.smsgw("webhook", "add", f"http://127.0.0.1:{calls_port}/ours", "--event", event)
    return Ours(daemon)


def _boxes(ends: ExitStack, stores: Stores, smsc_port: int, calls_port: int, event: str) -> Rival:
    receiver = f"http://127.0.0.1:{calls_port}/came?from=%p&text=%b"
    window: dict[str, Any] = {"max-pending-submits": WINDOW}
    boxes = from_tests("peers/kannel.py").Kannel(
        stores.folder(), smsc_port, "bench", "x", receiver, log_level=3, **window
    )
    ends.callback(boxes.stop)
    boxes.start()
    until = time.monotonic() + 20
    while not boxes.online and time.monotonic() < until:
        time.sleep(0.1)
    return Boxes(boxes, calls_port)


def _whole(python: Path, ends: ExitStack, stores: Stores, smsc_port: int, calls_port: int, event: str) -> Rival:
    free_port = from_tests("peers/kannel.py").free_port
    running = Jasmin(python, stores.folder(), smsc_port, f"http://127.0.0.1:{calls_port}/came", free_port)
    ends.callback(running.stop)
    running.start()
    time.sleep(3)  # nothing says when it is bound
    return Whole(running, calls_port)


Start = Callable[[ExitStack, Stores, int, int, str], Rival]


@dataclass
class Figures:
    """What one measurement of one gateway gave. Rates are messages a second, waits seconds, CPU seconds per 1,000."""

    accepted: float = 0.0
    wire: float = 0.0
    told: float = 0.0
    waits: list[float] = field(default_factory=list)
    cpu: float = 0.0
    memory: float = 0.0


def _measured(rival: Rival, sink: Smsc, calls: Program, shape: Shape, first: int, count: int) -> Figures:
    job = rival.job(first, count, shape)
    sink.ask("report")
    calls.ask("report")
    cpu = _begin(rival)
    loaded = load(job)
    sink.wait_for("wire", count)
    if shape.told:
        _wait(calls, "different", count)
    cpu = sum(map(cpu_of_family, rival.pids)) - cpu
    seen, called = sink.ask("report"), calls.ask("report")
    wire = seen["wire"]
    if seen["count"] != count or len(wire) != count:
        print(f"{rival.name}, {shape.name}: {count} messages made {seen['count']} submit_sm to {len(wire)} numbers")
    if shape.told and called["different"] != count:
        print(f"{rival.name}, {shape.name}: {count} were delivered, {called['different']} were told")
    begun = min(loaded["asked"])
    asked = {SCHEME.format(first + i).removeprefix("+"): loaded["asked"][i // job.batch] for i in range(count)}
    return Figures(
        count / (max(loaded["answered"]) - begun),
        count / (max(wire.values()) - begun),
        called["different"] / (called["last"] - begun) if shape.told and called["different"] else 0.0,
        [at - asked[to] for to, at in wire.items() if to in asked],
        cpu / count * 1000,
        sum(peak_of(pid) for pid in _family(rival)),
    )


def _family(rival: Rival) -> list[int]:
    """Its processes with their children."""
    found, ahead = [], list(rival.pids)
    while ahead:
        pid = ahead.pop()
        found.append(pid)
        ahead += children_of(pid)
    return found


def _begin(rival: Rival) -> float:
    for pid in _family(rival):
        forget_peak(pid)
    return sum(map(cpu_of_family, rival.pids))


def _wait(of: Program, what: str, count: int, patience: float = 20) -> None:
    """Wait until it has seen so many, or nothing more for `patience` seconds."""
    before, changed = -1, time.monotonic()
    while (now := int(of.ask("progress")[what])) < count and time.monotonic() - changed < patience:
        if now != before:
            before, changed = now, time.monotonic()
        time.sleep(0.02)


def _inbound(starts: list[Start], stores: Stores, messages: int, rounds: int) -> None:
    """Texts of phones, as fast as they are acknowledged, until the receiver has been called for each."""
    found: dict[str, list[Figures]] = {}
    for start in starts:  # one after the other: these phones know one gateway
        with ExitStack() as ends:
            phones, calls = ends.enter_context(program("texter")), ends.enter_context(program("calls"))
            rival = start(ends, stores, phones.port, calls.port, "inbound.received")
            _until_bound(phones)
            found[rival.name] = [_heard(rival, phones, calls, min(messages, rival.most)) for _ in range(rounds)]
    table("(e) texts of phones told to a program", HEADINGS, _rows(f"inbound ({messages:,})", found))


def _until_bound(phones: Program) -> None:
    phones.ask("texts 1")
    while not phones.ask("progress").get("answered"):
        time.sleep(0.1)
        phones.ask("texts 1")


def _heard(rival: Rival, phones: Program, calls: Program, count: int) -> Figures:
    calls.ask("report")
    cpu = _begin(rival)
    begun = phones.ask(f"texts {count}")["begun"]
    _wait(phones, "answered", count)
    answered = time.monotonic()
    _wait(calls, "different", count)
    cpu = sum(map(cpu_of_family, rival.pids)) - cpu
    called = calls.ask("report")
    if called["different"] < count:
        print(f"{rival.name}: {count} texts came, {called['different']} were told")
    return Figures(
        count / (answered - begun), 0.0, count / (called["last"] - begun), [], cpu / count * 1000,
        sum(peak_of(pid) for pid in _family(rival)),
    )  # fmt: skip


def _rows(name: str, found: dict[str, list[Figures]]) -> list[list[str]]:
    """A row for each gateway; the ratio is that of what matters: told, else on the wire."""
    rows, rates = [[name, *[""] * (len(HEADINGS) - 1)]], {}
    for rival, figures in found.items():
        told, wire = (median(getattr(one, what) for one in figures) for what in ("told", "wire"))
        rates[rival] = told or wire
        waits = [wait for one in figures for wait in one.waits]
        rows.append(
            [
                f"  {rival}",
                f"{median(one.accepted for one in figures):,.0f}",
                *(f"{rate:,.0f}" if rate else "-" for rate in (wire, told)),
                *(spell(None if not waits else (percentile(waits, share) or 0) * 1000) for share in (0.5, 0.99)),
                spell(median(one.cpu for one in figures)),
                spell(max(one.memory for one in figures)),
                "",
            ]
        )
    for row, rival in zip(rows[1:], found, strict=True):
        row[-1] = spell(rates[rival] / rates["Kannel"]) if rival != "Kannel" else ""
    return rows
