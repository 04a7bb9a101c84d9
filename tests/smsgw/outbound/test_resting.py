"""Links of a running gateway that may not send: out of their hours, at rest, or slowed down."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from schedules import paces, prices
from smsgw.config import Config
from smsgw.gateway import Gateway
from smsgw.link import Alphabet, Misconfigured, Throttled, WirePart
from smsgw.money import pricelist
from smsgw.outbound.standing import Fitness
from smsgw.outbound.submit import Asked
from smsgw.store import links, schema
from smsgw.store.tables import message

EVENING = datetime(2026, 3, 2, 19, 59, tzinfo=UTC)  # a Monday
PART = WirePart("msg_0", 1, 1, "+38640111222", None, Alphabet.GSM7, b"hello")


class Turned:
    """A clock that the test turns."""

    now = EVENING

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Turned:
    return Turned()


@pytest.fixture
def opened(tmp_path: Path, clock: Turned) -> Iterator[Callable[..., Gateway]]:
    """Open a gateway with a quick simulated link `a`; it is given keys of its own, and started."""
    running: list[Gateway] = []

    def open_gateway(**more: Any) -> Gateway:
        link = {"name": "a", "kind": "fake", "delay": 0, "receipt_delay": 0, "handsets": ["+38640111222"], **more}
        store = {"url": f"sqlite:///{tmp_path / 'x.db'}"}
        gateway = Gateway(Config.model_validate({"store": store, "links": [link]}), clock)
        running.append(gateway)
        schema.upgrade(gateway.database)
        gateway.start_links()
        return gateway

    yield open_gateway
    for gateway in running:
        gateway.stop_links(time.monotonic() + 10)
        gateway.close()


def eventually(true: Callable[[], bool], seconds: float = 60) -> bool:
    deadline = time.monotonic() + seconds
    while not (found := true()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return found


def state(gateway: Gateway, id: str) -> str:
    with gateway.database.reading() as conn:
        return str(conn.scalar(select(message.c.state).where(message.c.id == id)))


def listed(gateway: Gateway) -> list[Any]:
    with gateway.database.reading() as conn:
        return links.listing(conn)


def test_out_of_its_hours_a_link_keeps_what_waits_and_sends_it_when_it_opens(
    opened: Callable[..., Gateway], clock: Turned
) -> None:
    gateway = opened(hours=["Mo-Su 08:00-20:00"])
    first = str(gateway.door.submit(Asked("+38640111222", "still open", "test")).row["id"])
    assert eventually(lambda: state(gateway, first) == "delivered")
    clock.now = EVENING + timedelta(minutes=1)
    late = gateway.door.submit(Asked("+38640111222", "closed", "test")).row
    assert late["trace"][0] == "a serves every number and is closed until Tu 08:00 (UTC)"
    time.sleep(1.2)  # two looks of the sender into its queue: it must not send
    assert state(gateway, str(late["id"])) == "queued"
    clock.now = EVENING + timedelta(hours=12, minutes=1)
    assert eventually(lambda: state(gateway, str(late["id"])) == "delivered")


def test_a_link_that_a_person_must_set_right_rests_for_routing_too(
    opened: Callable[..., Gateway], clock: Turned
) -> None:
    gateway = opened()
    assert eventually(lambda: gateway.network.able("a", clock.now))
    gateway.senders["a"].failed(PART, Misconfigured("no service centre", rest=60))
    assert gateway.network.fitness("a", clock.now)[0] is Fitness.RESTING
    assert gateway.network.able("a", clock.now + timedelta(seconds=60))


def test_a_complaint_slows_the_link_and_the_store_is_told(opened: Callable[..., Gateway], clock: Turned) -> None:
    gateway = opened(rate=1000)
    assert gateway.senders["a"].pace.reading(time.monotonic()).allowed == 1000
    gateway.senders["a"].failed(PART, Throttled("too fast"))
    assert gateway.network.fitness("a", clock.now)[0] is not Fitness.RESTING
    assert eventually(lambda: bool(listed(gateway)))
    paces.run(gateway, clock.now)
    [row] = listed(gateway)
    assert row.pace["throttled"] == 1
    assert row.pace["allowed"] < 1000


def test_the_clock_reads_rates_that_somebody_changed(opened: Callable[..., Gateway], clock: Turned) -> None:
    gateway = opened()
    assert gateway.door.submit(Asked("+38640111222", "one", "test")).row["price"] is None
    line = pricelist.Line("a", "", clock.now, 12_000, "EUR")
    pricelist.store(gateway.database.writer, [line], clock.now)
    prices.run(gateway, clock.now)
    row = gateway.door.submit(Asked("+38640111222", "two", "test")).row
    assert (row["price"], row["currency"]) == (12_000, "EUR")
