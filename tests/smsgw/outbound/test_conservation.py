"""Whatever networks do, in any order: what a link took is booked once, nothing is lost, and no step is stuck."""

from __future__ import annotations

import tempfile
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from smsgw.link import (
    Health,
    LinkDown,
    LinkState,
    NoAnswer,
    ReceiptState,
    RejectedForGood,
    RejectedForNow,
    Throttled,
    WirePart,
)
from smsgw.outbound.handover import Handover
from smsgw.outbound.receipts import Receipts
from smsgw.outbound.retry import Retry
from smsgw.outbound.routing import Moves, Served
from smsgw.outbound.sequel import Sequel
from smsgw.outbound.silence import Silence
from smsgw.outbound.unsure import Due
from smsgw.outbound.waiting import Waiting
from smsgw.store import schema
from smsgw.store.database import Database
from smsgw.store.lifecycle import MESSAGE
from smsgw.store.tables import cost_entry, message, rate
from tests.smsgw.desk import START, Desk

ERRORS = (
    RejectedForGood("no"), RejectedForNow("busy"), Throttled("slow"), LinkDown("gone"), NoAnswer("lost"),
)  # fmt: skip
LINKS = ("a", "b", "c")
PURPOSES = ("otp", "transactional")


class World:
    """Three links with rates and a network that is played by chance."""

    def __init__(self, database: Database) -> None:
        served = [Served(name, "fake", moves=Moves(silence=120)) for name in LINKS]
        self.desk = desk = Desk(database, links=served)
        desk.waiting = Waiting(desk.network, desk.terms.rules, desk.door.next_reference, frozenset({"otp"}))
        retry = Retry(4, 10, 2, 100, 0, sequel=Sequel(desk.waiting.moving))
        desk.receipts = Receipts(retry, lambda: 0.0)
        desk.handover = Handover(desk.receipts, retry, lambda: 0.0)
        self.silence = Silence(desk.waiting.moving)
        with database.exclusive() as conn:
            for name in LINKS:
                values = {"link": name, "prefix": "", "valid_from": START, "amount": 1, "currency": "EUR"}
                conn.execute(rate.insert().values(**values, charged="submit"))
            desk.network.rates.read(conn)
        self.air: list[tuple[str, WirePart]] = []  # handed over, not answered
        self.taken: list[tuple[str, str, str]] = []  # message, link, reference

    def step(self, what: int, which: int) -> None:
        desk, link = self.desk, LINKS[which % 3]
        if what <= 1:
            self.air += [(name, wire) for name in LINKS for wire in desk.claim(name, most=3)]
        elif what <= 3 and self.air:
            link, wire = self.air.pop(which % len(self.air))
            reference = f"r{len(self.taken)}"
            desk.taken(wire, reference, link)
            self.taken.append((wire.message_id, link, reference))
        elif what <= 5 and self.air:
            link, wire = self.air.pop(which % len(self.air))
            desk.failed(wire, ERRORS[which % len(ERRORS)], link)
        elif what == 6 and self.taken:
            _, link, reference = self.taken[which % len(self.taken)]
            desk.receipt(reference, (ReceiptState.DELIVERED, ReceiptState.UNDELIVERABLE)[which % 2], link=link)
        elif what == 7:
            desk.network.heard(link, Health((LinkState.UP, LinkState.DOWN)[which // 3 % 2]), desk.now)
        else:
            desk.later(seconds=(10, 70, 130)[which % 3])
            desk.database.writer.do(desk.waiting.reroute, (desk.now, timedelta(seconds=60)))
            desk.database.writer.do(desk.unsure.look, Due(desk.now, wait=60))
            desk.database.writer.do(self.silence.look, desk.now)

    def end(self) -> None:
        """Everybody answers, all links come up, and time goes by until nothing moves any more."""
        for name in LINKS:
            self.desk.network.heard(name, Health(LinkState.UP), self.desk.now)
        for _ in range(12):
            while self.air:
                self.step(2, 0)
            for name in LINKS:
                self.air += [(name, wire) for wire in self.desk.claim(name, most=100)]
            self.step(8, 1)
        while self.air:
            self.step(2, 0)

    def rows(self, table: Any) -> list[Any]:
        with self.desk.database.reading() as conn:
            return list(conn.execute(select(table)))


@pytest.mark.slow
@settings(max_examples=30)
@given(
    st.lists(st.tuples(st.integers(1, 4), st.sampled_from(PURPOSES)), min_size=1, max_size=4),
    st.lists(st.tuples(st.integers(0, 8), st.integers(0, 29)), min_size=20, max_size=60),
)
def test_what_links_took_is_booked_once_and_every_message_comes_to_rest(
    texts: list[tuple[int, str]], steps: list[tuple[int, int]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'x.db'}", synchronous="NORMAL")
        schema.upgrade(database)
        world = World(database)
        for number, (parts, purpose) in enumerate(texts):
            world.desk.submit(text=f"{number}" * (150 * parts), purpose=purpose)
        for what, which in steps:
            world.step(what, which)
        world.end()
        ended = {row.id: row.state for row in world.rows(message)}
        assert set(ended.values()) <= MESSAGE.final | {"sent"}
        booked: Counter[tuple[str, str]] = Counter()
        for row in world.rows(cost_entry):
            booked[row.message_id, row.link] += row.parts
        took = Counter((id, link) for id, link, _ in world.taken)
        assert booked == took
        database.close()
