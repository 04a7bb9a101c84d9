"""Nodes and the way to their store, which fails over to its replica under load."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.flows.cutting import Replica
from tests.flows.noding import Cluster
from tests.flows.wires import Journal

pytestmark = [pytest.mark.slow, pytest.mark.peer]
NAMES = ["alpha", "beta", "gamma"]


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """The network that counts."""
    wire = Journal(tmp_path, rate=1, count=1)
    yield wire
    wire.close()


def test_the_store_fails_over_to_its_replica_under_load_and_nothing_is_lost(
    own_postgres: Any, journal: Journal, tmp_path: Path, record_property: Callable[[str, Any], None]
) -> None:
    replica = Replica(own_postgres)
    cluster = Cluster(tmp_path, replica.url("postgres"), journal, NAMES[:2])
    try:
        cluster.start()
        cluster.is_up()
        load = cluster.callers(NAMES[:2])
        cluster.asked(100)

        own_postgres.stop(signal.SIGQUIT)
        crashed = time.monotonic()
        replica.promote()
        cluster.asked(50, seconds=90)
        again = time.monotonic() - crashed
        cluster.is_up()

        for caller in load:
            caller.ended.set()
            caller.join(180)
        cluster.ask_again("alpha")
        cluster.settle()
        assert cluster.faults() == []
        record_property("figures", f"50 messages taken {again:.1f} s after the crash; {cluster.figures()}")
    finally:
        cluster.kill()
        replica.remove()
