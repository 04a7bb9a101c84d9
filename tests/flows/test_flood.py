"""Phones write 2,000 texts a second to a gateway on SQLite: each is stored once, and answered only when it is.

No time is asserted: the figures at the end of a run say how fast it went. SMSGW_FLOOD_TEXTS=100000 goes on for longer.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from smsgw.store.tables import inbound
from tests.flows.running import Running, environment, until
from tests.flows.wires import Journal

TEXTS = environment("SMSGW_FLOOD_TEXTS", 6000)
RATE = 2000
PATIENCE = 180


@pytest.fixture
def flood(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal(tmp_path, rate=RATE, count=TEXTS, long=10)
    yield journal
    journal.close()


@pytest.fixture
def flooded(flood: Journal, tmp_path: Path) -> Iterator[Running]:
    gateway = Running(tmp_path / "smsgw", f"sqlite:///{tmp_path / 'store.db'}", [flood.link()])
    yield gateway
    gateway.kill()


def all_stored_once(flood: Journal, gateway: Running) -> None:
    """Compare what phones sent with what is stored, when everything was acknowledged."""

    def told() -> bool:
        typed = flood.typed()
        return len(typed) == TEXTS and all(text.told for text in typed)

    until(told, PATIENCE, "not every text was acknowledged", every=0.5)
    with gateway.looking() as conn:
        stored = Counter((row.sender, row.text) for row in conn.execute(select(inbound.c.sender, inbound.c.text)))
    sent = Counter((text.sender, text.text) for text in flood.typed())
    assert stored == sent


def figure(folder: Path) -> str:
    """How fast texts came and were acknowledged, and how long they waited for that, by the SMSC's journal."""
    lines = [json.loads(line) for line in (folder / "journal.jsonl").read_text().splitlines()]
    came = {line["id"]: line["at"] for line in lines if line["event"] == "deliver"}
    answered = {line["id"]: line["at"] for line in lines if line["event"] == "deliver_resp"}
    begun = min(came.values())
    waits = sorted(answered[id] - at for id, at in came.items())
    return (
        f"{len(came):,} deliver_sm came at {len(came) / (max(came.values()) - begun):,.0f}/s and were stored and "
        f"answered at {len(came) / (max(answered.values()) - begun):,.0f}/s; "
        f"answer p50 {waits[len(waits) // 2] * 1000:.0f} ms, longest {waits[-1] * 1000:.0f} ms"
    )


def test_a_flood_of_texts_is_stored_and_answered_whole(
    flood: Journal, flooded: Running, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    flooded.start()
    all_stored_once(flood, flooded)
    record_property("figures", figure(tmp_path))


def test_a_gateway_killed_in_a_flood_has_stored_whatever_it_answered(flood: Journal, flooded: Running) -> None:
    flooded.start()
    for share in (0.2, 0.5):
        until(lambda share=share: sum(text.told for text in flood.typed()) > TEXTS * share, PATIENCE, every=0.05)
        flooded.kill()
        time.sleep(0.1)  # what it answered last is on its way to the journal
        with flooded.looking() as conn:
            assert flood.acknowledged() - flood.kept(conn) == set()
            assert conn.scalar(select(func.count()).select_from(inbound)) > 0
        flooded.start()
    all_stored_once(flood, flooded)
