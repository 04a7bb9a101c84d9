"""One node is cut off from the store under load, by a proxy that is silent; by hand: `pytest tests/flows/cut_off.py`.

The surprise: it is no part of CI. To the server such a proxy is alive, so that no timer of TCP ends what the node left
open; a take-over that usually comes after ten seconds did not come in some runs. `python -m benchmarks --only
namespaces` pulls a real cable.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.flows.cutting import Wire
from tests.flows.noding import LEASE, Cluster
from tests.flows.running import until
from tests.flows.wires import Journal

pytestmark = [pytest.mark.slow, pytest.mark.peer]
NAMES = ["alpha", "beta", "gamma"]
TAKEN_OVER = 60  # seconds: four times what docs/several-machines.md promises, for machines with more to do than ours


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """The network that counts."""
    wire = Journal(tmp_path, rate=1, count=1)
    yield wire
    wire.close()


def test_a_node_that_is_cut_off_from_the_store_stops_in_time_and_another_goes_on(
    own_postgres: Any, journal: Journal, tmp_path: Path, record_property: Callable[[str, Any], None]
) -> None:
    wires = {name: Wire(own_postgres.folder / ".s.PGSQL.5432") for name in NAMES}
    urls = {name: f"postgresql+psycopg://smsgw@127.0.0.1:{wire.port}/postgres" for name, wire in wires.items()}
    cluster = Cluster(tmp_path, own_postgres.url("postgres"), journal, NAMES, urls)
    try:
        cluster.start()
        cluster.is_up()
        first, _ = cluster.held("link:net")
        load = cluster.callers(NAMES)
        cluster.asked(100)

        wires[first].cut()
        cut_at = time.monotonic()
        second, after = cluster.held("link:net", not_by=first, seconds=TAKEN_OVER)
        cluster.is_up()
        until(lambda: "stops it" in cluster.nodes[first].last_words(400), 60, "who was cut off did not notice")
        cluster.asked(50)
        until(lambda: time.monotonic() - cut_at > LEASE, LEASE + 1)
        wires[first].heal()
        until(lambda: cluster.lives(first), 60, "who was cut off did not come back")

        for caller in load:
            caller.ended.set()
            caller.join(180)
        cluster.ask_again(second)
        cluster.settle()
        assert cluster.faults() == []
        record_property("figures", f"taken over {after:.1f} s after the cut; {cluster.figures()}")
    finally:
        cluster.kill()
        for wire in wires.values():
            wire.close()
