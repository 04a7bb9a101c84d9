"""The whole road: HTTP request, on disk, submit_sm, receipt, delivered and on disk, through the real daemon.

Every time is taken outside of the gateway: by the load, and by the SMSC, to whom deliver_sm_resp says that the end of
a message is on disk. At the end the store is asked whether every message is delivered.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from benchmarks import bare
from benchmarks.load import SCHEME, Job
from benchmarks.measure import cpu_of, forget_peak, peak_of, percentile, spell, table
from benchmarks.stage import SECRET, Smsc, Stores, gateway, load, smsc
from smsgw.store.tables import message

HEADINGS = (
    "", "accepted/s", "wire/s", "delivered/s", "answer p50", "p99", "wire p50", "p99", "delivered p50", "p99",
    "CPU daemon", "store", "sink", "load", "MB", "x HTTP", "x smpplib",
)  # fmt: skip
STEADY = 20  # requests a second of the shape that shows latency without load


@dataclass(frozen=True, slots=True)
class Shape:
    """How the messages are asked for."""

    name: str
    connections: int = 1
    batch: int = 1
    rate: float = 0
    share: float = 1.0  # of --messages


SHAPES = (
    Shape("single, 1 connection", share=0.5),
    Shape("single, 16 connections", connections=16),
    Shape("batches of 500", batch=500, share=2),
    Shape(f"single, {STEADY} a second", rate=STEADY),
)


def run(stores: Stores, messages: int, seconds: float, sink_options: tuple[str, ...] = ()) -> None:
    """Measure every shape on every store, and the bare floors beside them."""
    with smsc(*sink_options) as sink:
        floors = bare.measure(stores, sink, seconds)
        for kind in stores.kinds:
            with gateway(stores, kind, sink.port) as daemon:
                warm_up(daemon, sink)
                rows = []
                first = 100
                for shape in SHAPES:
                    count = max(1, int(seconds * 3 * STEADY) if shape.rate else int(messages * shape.share))
                    rows.append(_measured(daemon, stores, kind, sink, shape, first, count, floors))
                    first += count
                table(f"(a) HTTP to delivered, on {kind}", HEADINGS, rows)
                _check(daemon, first, "delivered" if sink.receipts else "sent")


def warm_up(daemon: Any, sink: Smsc) -> None:
    """A hundred messages that are not counted: imports, caches, prepared statements."""
    load(Job(daemon.port, SECRET, 0, 100, connections=4))
    sink.wait_for_end(100)
    sink.ask("report")


def _measured(
    daemon: Any, stores: Stores, kind: str, sink: Smsc, shape: Shape, first: int, count: int, floors: bare.Floors
) -> list[str]:
    pid = daemon.process.pid
    forget_peak(pid)
    cpu, store_cpu = cpu_of(pid), stores.cpu(kind)
    job = Job(daemon.port, SECRET, first, count, shape.connections, shape.batch, shape.rate)
    loaded = load(job)
    sink.wait_for_end(count)
    cpu, store_cpu = cpu_of(pid) - cpu, stores.cpu(kind) - store_cpu
    seen = sink.ask("report")
    if seen["count"] != count:
        print(f"{shape.name}: {count} messages made {seen['count']} submit_sm")
    return _row(shape, job, loaded, seen, (cpu, store_cpu), peak_of(pid), floors)


def _row(
    shape: Shape,
    job: Job,
    loaded: dict[str, Any],
    seen: dict[str, Any],
    cpu: tuple[float, float],
    peak: float,
    floors: bare.Floors,
) -> list[str]:
    begun = min(loaded["asked"])
    asked = {SCHEME.format(job.first + i): loaded["asked"][i // job.batch] for i in range(job.messages)}
    asked = {to.removeprefix("+"): at for to, at in asked.items()}
    accepted = job.messages / (max(loaded["answered"]) - begun)
    wire, final = (job.messages / (max(seen[what].values()) - begun) if seen[what] else 0 for what in ("wire", "final"))
    answers = [end - start for start, end in zip(loaded["asked"], loaded["answered"], strict=True)]
    waits = [answers, *([at - asked[to] for to, at in seen[what].items()] for what in ("wire", "final"))]
    latencies = [percentile(wait, share) for wait in waits for share in (0.5, 0.99)]
    costs = [spent / job.messages * 1000 for spent in (*cpu, seen["cpu"], loaded["cpu"])]
    http = floors.http[shape.connections] if not shape.rate and job.batch == 1 else None
    return [
        shape.name,
        *(f"{rate:,.0f}" for rate in (accepted, wire, final)),
        *(spell(None if value is None else value * 1000) for value in latencies),
        *(spell(cost) for cost in costs),
        spell(peak),
        spell(None if http is None else accepted / http),
        spell(None if shape.rate else (final or wire) / floors.smpp),
    ]


def _check(daemon: Any, expected: int, end: str) -> None:
    """Say so when not every message has come to this end."""
    with daemon.looking() as conn:
        states = {
            row.state: row.count
            for row in conn.execute(select(message.c.state, func.count().label("count")).group_by(message.c.state))
        }
    if states != {end: expected}:
        print(f"{expected} messages were asked for, and the store has: {states}")
