"""The store alone: accept, claim, hand over and deliver through the one writer, by the size of the batch.

Beside it the same rows in SQL written by hand (benchmarks/rawmoves.py): the ratio is what gate, history, compare-and-
set, matching of receipts and SQLAlchemy cost together.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from concurrent.futures import Future
from datetime import UTC, datetime
from functools import partial
from typing import Any, Protocol

from sqlalchemy import func, select

from benchmarks.measure import forget_peak, peak_of, percentile, spell, table
from benchmarks.rawmoves import Raw
from benchmarks.stage import Stores
from smsgw.link import Receipt, ReceiptState, WirePart
from smsgw.outbound.handover import Answer, Claim, Handover
from smsgw.outbound.receipts import Receipts, Told
from smsgw.outbound.retry import Retry
from smsgw.outbound.routing import Network, Served
from smsgw.outbound.submit import Accepted, Asked, Door, Terms
from smsgw.store import schema
from smsgw.store.database import Database
from smsgw.store.tables import message

STEPS = ("accept", "claim", "hand_over", "deliver")
SIZES = {1: 0.1, 20: 0.5, 100: 1.0, 500: 1.0}  # batch: the share of --messages
HEADINGS = (
    "batch", *(f"{step}/s" for step in STEPS), "moves/s", "whole way/s", "p50 ms", "p99 ms", "CPU s/1000", "server",
    "MB", "x raw", "CPU x raw",
)  # fmt: skip


class Way(Protocol):
    """Four steps, each over the messages from `start` on; they return when it is on disk."""

    def accept(self, start: int, batch: int) -> None: ...
    def claim(self, start: int, batch: int) -> None: ...
    def hand_over(self, start: int, batch: int) -> None: ...
    def deliver(self, start: int, batch: int) -> None: ...
    def close(self) -> None: ...


class Ours:
    """The gateway's own steps, through its writer."""

    def __init__(self, url: str) -> None:
        self.database = Database(url)
        retry, chance = Retry(), random.Random(1).random
        self._receipts = Receipts(retry, chance)
        self._handover = Handover(self._receipts, retry, chance)
        network = Network([Served("carrier", "smpp", sender="+491700000000")], _now())
        self._door = Door(self.database.writer, network, Terms(), _now)
        self._wire: list[WirePart] = []

    def accept(self, start: int, batch: int) -> None:
        """Through the door, gate and routing included."""
        asked = [
            Asked(f"+49171{n:07d}", "Your parcel comes today at noon.", "key_1") for n in range(start, start + batch)
        ]
        for told in self._door.submit_many(asked):
            assert isinstance(told, Accepted), told

    def claim(self, start: int, batch: int) -> None:
        """As a link's sender does."""
        wire = self.database.writer.do(self._handover.claim, Claim("carrier", batch, _now()))
        assert len(wire) == batch
        self._wire += wire

    def hand_over(self, start: int, batch: int) -> None:
        """As a driver's answers do."""
        now = _now()
        answers = [
            Answer("carrier", part.message_id, part.position, now, f"r{number}", of=part.of)
            for number, part in enumerate(self._wire[start : start + batch], start)
        ]
        _wait(self.database.writer.put_all(self._handover.record, answers))

    def deliver(self, start: int, batch: int) -> None:
        """As a driver's receipts do."""
        now = _now()
        told = [Told("carrier", Receipt(f"r{start + n}", ReceiptState.DELIVERED), now) for n in range(batch)]
        _wait(self.database.writer.put_all(self._receipts.store, told))

    def close(self) -> None:
        """Close the store."""
        self.database.close()


def _now() -> datetime:
    return datetime.now(UTC)


def _wait(futures: list[Future[Any]]) -> None:
    for future in futures:
        future.result(60)


def run(stores: Stores, messages: int) -> None:
    """Every size of batch on every store, ours and raw."""
    for kind in stores.kinds:
        rows = []
        for size, share in SIZES.items():
            count = max(size, int(messages * share) // size * size)
            raw, floor, least = _measured(stores, kind, partial(Raw, total=count), count, size)
            ours, rate, cpu = _measured(stores, kind, Ours, count, size)
            rows.append([f"{size} smsgw", *ours, spell(rate / floor), spell(cpu / least)])
            rows.append([f"{size} raw SQL", *raw, "1", "1"])
        title = f"(c) the store, on {kind}; a message's whole way has 5 moves, latency is of a batch's step"
        table(title, HEADINGS, rows)


def _measured(
    stores: Stores, kind: str, make: Callable[[str], Way], count: int, size: int
) -> tuple[list[str], float, float]:
    """The cells of a line, whole ways a second, and CPU seconds of ours and the server's for 1,000."""
    url = stores.url(kind)
    fresh = Database(url)
    schema.upgrade(fresh)
    fresh.close()
    way = make(url)
    forget_peak(os.getpid())
    took: dict[str, list[float]] = {step: [] for step in STEPS}
    cpu, server = time.process_time(), stores.cpu(kind)
    for step in STEPS:
        do = getattr(way, step)
        for start in range(0, count, size):
            begun = time.perf_counter()
            do(start, size)
            took[step].append(time.perf_counter() - begun)
    cpu, server = time.process_time() - cpu, stores.cpu(kind) - server
    way.close()
    _check(url, count)
    whole = sum(map(sum, took.values()))
    every = [seconds * 1000 for listed in took.values() for seconds in listed]
    rates = [count / sum(took[step]) for step in STEPS]
    numbers = (percentile(every, 0.5), percentile(every, 0.99), cpu / count * 1000, server / count * 1000)
    cells = [f"{rate:,.0f}" for rate in (*rates, 5 * count / whole, count / whole)]
    return (
        [*cells, *(spell(number) for number in numbers), spell(peak_of(os.getpid()))],
        count / whole,
        (cpu + server) / count * 1000,
    )


def _check(url: str, count: int) -> None:
    """Fail when not every message is delivered: a figure about work that was not done is worth nothing."""
    database = Database(url)
    with database.reading() as conn:
        done = conn.scalar(select(func.count()).select_from(message).where(message.c.state == "delivered"))
    database.close()
    assert done == count, f"{done} of {count} are delivered"
