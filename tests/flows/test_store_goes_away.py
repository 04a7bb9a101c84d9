"""A PostgreSQL that crashes under load and comes back: callers wait, and nothing is lost, doubled or stuck."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.flows import counting
from tests.flows.killing import Siege
from tests.flows.running import Running, environment, until
from tests.flows.wires import Tape

CRASHES = environment("SMSGW_STORE_CRASHES", 2)
SEED = environment("SMSGW_KILL_SEED", int(time.time()))


@pytest.mark.slow
@pytest.mark.peer
def test_a_store_that_crashes_and_comes_back_costs_nothing(own_postgres: Any, tmp_path: Path) -> None:
    with own_postgres.connect() as admin:
        admin.execute("CREATE DATABASE store")
    wire = Tape(tmp_path, SEED, delay=0.02, receipt_delay=0.1, window=30, repeat_after=0.5)
    gateway = Running(tmp_path / "smsgw", own_postgres.url("store"), [wire.link()], sending={"retry_first": 1})
    chance = Random(SEED)
    try:
        gateway.start()
        siege = Siege(gateway, wire, gateway.secret, chance)
        load = siege.load("while the store goes and comes")
        for _ in range(CRASHES):
            time.sleep(chance.uniform(0.2, 1.0))
            before = siege.book.put_off
            own_postgres.stop(signal.SIGQUIT)
            until(lambda before=before: siege.book.put_off > before, why="nobody noticed")  # type: ignore[misc]
            time.sleep(chance.uniform(0.2, 1.0))
            own_postgres.start()
        time.sleep(1)
        for thread in load:
            thread.ended.set()
            thread.join(180)
            assert not thread.is_alive(), "a caller hangs"
        siege.ask_again()
        stored = counting.rest(siege, 60)
        wrong = counting.faults(siege.book, wire, stored)
        assert not wrong, f"{len(wrong)} faults, seed {SEED}:\n" + "\n".join(wrong[:10])
    finally:
        gateway.kill()
