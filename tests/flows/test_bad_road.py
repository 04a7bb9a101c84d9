"""A whole gateway over a road to its SMSC on which everything goes wrong: nothing is lost, and doubled only if unsure.

SMSGW_ROAD_SEED repeats the chance of a run, though not its timing; SMSGW_ROAD_SECONDS=600 goes on for longer.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import Connection

from tests.emulators.smsc_faults import FaultyRoad
from tests.flows import counting
from tests.flows.killing import Siege
from tests.flows.running import Client, Running, environment, until
from tests.flows.wires import Journal, OnWire, Typed

SECONDS = environment("SMSGW_ROAD_SECONDS", 2)
SEED = environment("SMSGW_ROAD_SEED", 7)
PATIENCE = 240
SENDING = {"unsure_wait": 12, "retry_first": 1, "retry_most": 4, "resend_unsure": "resend"}
FAULTS = {
    "latency": 0.002, "jitter": 0.02, "reorder": 0.05, "late": 0.01, "late_by": 1.3, "lose": 0.003, "swallow": 0.003,
    "twice": 0.05, "stranger": 0.05, "throttle": 0.001, "junk": 0.02, "garbage": 0.001, "cut": 0.003, "refuse": 0.2,
    "freeze": 0.001, "unbind": 0.002,
}  # fmt: skip


class BadRoad:
    """A `Wire`: an emulated SMSC as a program of its own, its journal, and a road with faults before it."""

    def __init__(self, folder: Path, texts: int) -> None:
        self._journal = Journal(folder, rate=40, count=texts)
        self.road = FaultyRoad(self._journal.port, SEED, **FAULTS)
        self.types: Callable[[Client, str], None] = self._journal.types
        self.taken: Callable[[], list[OnWire]] = self._journal.taken
        self.typed: Callable[[], list[Typed]] = self._journal.typed
        self.acknowledged: Callable[[], set[Any]] = self._journal.acknowledged
        self.kept: Callable[[Connection], set[Any]] = self._journal.kept
        self.finished: Callable[[], bool] = self._journal.finished

    def link(self) -> dict[str, Any]:
        pauses = {"answer_timeout": 1.0, "enquire_link": 0.5, "refused_pause": 0.5, "throttle_pause": 0.2}
        return {**self._journal.link(), "port": self.road.port, **pauses}

    def close(self) -> None:
        self.road.close()
        self._journal.close()


def test_nothing_is_lost_and_doubled_only_if_unsure(
    fresh_store_url: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    wire = BadRoad(tmp_path, texts=SECONDS * 60)
    gateway = Running(tmp_path / "smsgw", fresh_store_url, [wire.link()], sending=SENDING)
    try:
        gateway.start()
        siege = Siege(gateway, wire, gateway.smsgw("key", "create", "caller").stdout.strip(), Random(SEED))
        load = siege.load("road")
        time.sleep(SECONDS)
        until(lambda: len(siege.book.told) > 40 * SECONDS, PATIENCE, "the gateway takes no messages")
        for thread in load:
            thread.ended.set()
        for thread in load:
            thread.join(180)
            assert not thread.is_alive(), "a caller hangs"
        most = len(siege.book.wanted)  # in more parts than that
        until(lambda: len(wire.taken()) > most, PATIENCE, "the road is too bad", every=0.2)
        wire.road.quiet()
        siege.starts.append(0.0)
        siege.ask_again()
        stored = counting.rest(siege, PATIENCE)
        record_property("figures", f"seed {SEED}, {dict(wire.road.done)}; {counting.figures(siege, stored)}")
        wrong = counting.faults(siege.book, wire, stored)
        assert not wrong, f"{len(wrong)} faults, seed {SEED}:\n" + "\n".join(wrong[:20])
        assert stored.messages, "there was no load"
        assert sum(wire.road.done.values()) > 50, f"the road was not bad: {wire.road.done}"
    finally:
        gateway.kill()
        wire.close()
