"""How long one request with 1,000 messages takes until all of them are on disk, with nothing else to do.

The SMSC is one that nobody reaches, so that only accepting is measured; the daemon is the real one.
"""

from __future__ import annotations

from benchmarks.load import Job
from benchmarks.measure import cpu_of, percentile, table
from benchmarks.stage import SECRET, Stores, gateway, load

SIZE = 1000
NOBODY = 9  # a port of 127.0.0.1 where no SMSC is: what is accepted waits
HEADINGS = ("", "best ms", "p50 ms", "worst ms", "messages/s", "CPU us each")


def run(stores: Stores, kind: str, rounds: int) -> None:
    """Measure and print; rounds: batches after the first, which warms up."""
    with gateway(stores, kind, NOBODY) as running:
        load(Job(running.port, SECRET, 0, SIZE, 1, SIZE))
        before = cpu_of(running.process.pid)
        told = load(Job(running.port, SECRET, SIZE, SIZE * rounds, 1, SIZE))
        cpu = cpu_of(running.process.pid) - before
    waits = sorted(1000 * (end - begin) for begin, end in zip(told["asked"], told["answered"], strict=True))
    middle = percentile(waits, 0.5) or 0.0
    cells = [f"{SIZE} in a request", waits[0], middle, waits[-1], SIZE * 1000 / middle, cpu / SIZE / rounds * 1e6]
    shown = [cell if isinstance(cell, str) else f"{cell:,.0f}" for cell in cells]
    table(f"(n) a batch, accepted durably, on {kind}", HEADINGS, [shown])
