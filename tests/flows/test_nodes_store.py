"""Two nodes and the way to their store, which is cut for one of them in the middle of a write, and then fails over."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from tests.flows.cutting import Replica, Wire
from tests.flows.noding import Cluster
from tests.flows.running import until
from tests.flows.wires import Journal

pytestmark = [pytest.mark.slow, pytest.mark.peer]
NAMES = ["alpha", "beta"]
TAKEN_OVER = 60  # seconds: four times what docs/several-machines.md promises, for machines with more to do than ours
# A session that has the link's lease locked, and waits for the rest of what its node says.
_IN_THE_MIDDLE = text(
    """SELECT 1 FROM lease JOIN pg_stat_activity ON backend_xid = lease.xmax
    WHERE lease.name = 'link:net' AND state = 'active' AND wait_event = 'ClientRead'"""
)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """The network that counts."""
    wire = Journal(tmp_path, rate=1, count=1)
    yield wire
    wire.close()


def test_a_node_is_cut_off_in_the_middle_of_a_write_and_then_the_store_fails_over_and_nothing_is_lost(
    own_postgres: Any, journal: Journal, tmp_path: Path, record_property: Callable[[str, Any], None]
) -> None:
    replica = Replica(own_postgres)
    wires = {name: Wire(own_postgres.folder / ".s.PGSQL.5432") for name in NAMES}
    urls = {name: replica.url("postgres", wire.port) for name, wire in wires.items()}
    cluster = Cluster(tmp_path, replica.url("postgres"), journal, NAMES, urls)
    try:
        cluster.start()
        cluster.is_up()
        first, _ = cluster.held("link:net")
        load = cluster.callers(NAMES, each=1, pause=0.2)
        cluster.asked(20)

        cut_in_the_middle(wires[first], cluster)
        second, after = cluster.held("link:net", not_by=first, seconds=TAKEN_OVER)
        cluster.is_up()
        until(lambda: "stops it" in cluster.nodes[first].last_words(400), 60, "who was cut off did not notice")
        wires[first].heal()
        until(lambda: cluster.lives(first), 60, "who was cut off did not come back")
        cluster.asked(20)

        own_postgres.stop(signal.SIGQUIT)
        crashed = time.monotonic()
        replica.promote()
        cluster.asked(50, seconds=90)
        again = time.monotonic() - crashed
        cluster.is_up()

        for caller in load:
            caller.ended.set()
            caller.join(180)
        cluster.ask_again(second)
        cluster.settle()
        assert cluster.faults() == []
        told = f"taken over {after:.1f} s after the cut, 50 messages taken {again:.1f} s after the crash"
        record_property("figures", f"{told}; {cluster.figures()}")
    finally:
        cluster.kill()
        replica.remove()
        for wire in wires.values():
            wire.close()


def cut_in_the_middle(wire: Wire, cluster: Cluster) -> None:
    """Cut where it hurts most: PostgreSQL waits without end for the rest of a write, and keeps the lease locked."""
    wire.cut_within()
    while not in_the_middle(cluster):
        wire.heal()
        wire.cut_within()


def in_the_middle(cluster: Cluster) -> bool:
    with cluster.looking() as conn:
        return conn.scalar(_IN_THE_MIDDLE) is not None
