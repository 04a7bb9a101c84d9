"""Figures say what is in the store, on both engines: what waits, what happened since, what it cost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, insert

from smsgw.config import Config
from smsgw.gateway import Gateway
from smsgw.link import Health, LinkState
from smsgw.outbound.submit import Asked
from smsgw.store import schema
from smsgw.store.tables import cost_entry, history
from smsgw.watch import figures
from smsgw.watch.counting import Counts


@pytest.fixture
def gateway(fresh_store_url: str) -> Iterator[Gateway]:
    """A gateway with a link that is up and sends nothing yet."""
    links = [{"name": name, "kind": "fake", "handsets": ["+38640111222"]} for name in ("one", "other")]
    made = Gateway(Config.model_validate({"store": {"url": fresh_store_url}, "links": links}))
    schema.upgrade(made.database)
    made.heard("one", Health(LinkState.UP))
    made.heard("other", Health(LinkState.DOWN))
    yield made
    made.close()


def write(gateway: Gateway, statement: Any) -> None:
    def step(conn: Connection, batch: list[Any]) -> list[None]:
        for one in batch:
            conn.execute(one)
        return [None] * len(batch)

    gateway.database.writer.do(step, statement)


def test_everything_is_counted_once_and_what_waits_is_told(gateway: Gateway) -> None:
    counts = Counts(gateway.database)
    for number in range(5):
        gateway.door.submit(Asked(f"+3864011122{number}", "Hello", "test", link="one"))
    counts.look()
    counts.look()
    assert counts.messages["out", "queued", "one", "transactional"] == 5
    assert counts.decisions == {("admit", ""): 5}
    with gateway.database.reading() as conn:
        (queued,) = [one for one in figures.waiting(conn) if one.state == "queued"]
        assert figures.store_octets(conn, gateway.config.store.url) > 100_000
    assert (queued.link, queued.count) == ("one", 5)
    assert figures.in_a_line(gateway) == "1 of 2 links up, 5 queued"


def test_money_is_counted_by_link_and_currency(gateway: Gateway) -> None:
    counts = Counts(gateway.database)
    entry = {"message_id": "m", "parts": 1, "currency": "EUR", "event": "submit", "rate_id": 0, "at": gateway.clock()}
    write(gateway, insert(cost_entry).values([entry | {"link": "one", "amount": 42_000}] * 2))
    counts.look()
    counts.look()
    assert counts.spent == {("one", "EUR"): 84_000}


def test_how_long_it_took_is_a_histogram_by_link(gateway: Gateway) -> None:
    counts = Counts(gateway.database)
    id = gateway.door.submit(Asked("+38640111222", "Hello", "test", link="one")).row["id"]
    line = {"record": "message", "record_id": id, "event": "hand_over", "was": "sending", "now": "sent"}
    write(gateway, insert(history).values(line | {"why": "", "by": "one", "at": gateway.clock()}))
    counts.look()
    timing = counts.timings["submit", "one"]
    assert (sum(timing.counts), timing.seconds > 0) == (1, True)
    assert counts.parts == {"one": 1}
