"""Two links over the whole road: one refuses or is too fast for its network, and what was said of it all is there."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from tests.flows.running import Client, Running, until

PHONE, OTHER = "+38641000001", "+38641000002"  # a phone of link a's network, and one of b's
Open = Callable[..., Running]
Start = Callable[..., tuple[Running, Client]]


def link(name: str, **more: Any) -> dict[str, Any]:
    """A simulated network that is quick; it knows one phone, and delivers to all."""
    own = ord(name) - ord("a")
    table = {"name": name, "kind": "fake", "number": f"+3864000000{own}", "handsets": [(PHONE, OTHER)[own]]}
    return table | {"delay": 0.01, "receipt_delay": 0.02} | more


@pytest.fixture
def started(open_gateway: Open) -> Iterator[Start]:
    """Start a gateway with these links and wait until they are up; `rates` are lines of `smsgw rate set`."""
    clients: list[Client] = []

    def start(*links: dict[str, Any], rates: Sequence[str] = (), **more: Any) -> tuple[Running, Client]:
        gateway = open_gateway(list(links), **more)
        for line in rates:
            gateway.smsgw("rate", "set", *line.split())
        gateway.start()
        clients.append(gateway.client())
        until(lambda: {one["health"] for one in clients[-1].get("/links")["data"]} == {"up"}, 30)
        return gateway, clients[-1]

    yield start
    for client in clients:
        client.close()


def reaches(gateway: Running, client: Client, id: str, wanted: str) -> dict[str, Any]:
    """Wait until a message is in a state; everything that `smsgw log` knows of it."""
    until(lambda: client.get(f"/messages/{id}")["status"] == wanted, 30, f"{id} was not {wanted}")
    found: dict[str, Any] = json.loads(gateway.smsgw("log", id, "--json").stdout)
    return found


def test_what_one_link_refuses_arrives_over_the_other_and_both_are_told_and_booked(started: Start) -> None:
    rates = ["a * 0.01 EUR --from 2026-01-01", "b +386 0.02 EUR --from 2026-01-01"]
    gateway, client = started(link("a", rejection=1.0), link("b", preference=200), rates=rates)
    found = reaches(gateway, client, client.send(PHONE, "hello " * 40), "delivered")
    assert (found["link"], found["price"]) == ("b", {"amount": "0.04", "currency": "EUR"})
    assert found["trace"][:2] == ["a refused it", "b serves every number and is up"]
    [moved] = [line["why"] for line in found["history"] if line["event"] == "reroute"]
    assert moved.startswith("a refused it: ")
    [charged] = found["charged"]
    assert (charged["link"], charged["parts"], charged["event"]) == ("b", 2, "submit")
    assert charged["cost"] == {"amount": "0.04", "currency": "EUR"}
    assert "charged:     0.04 EUR for 2 parts over b" in gateway.smsgw("log", found["id"]).stdout


def test_an_answer_leaves_by_the_number_that_the_customer_wrote_to(started: Start) -> None:
    gateway, client = started(link("a"), link("b", preference=200))
    assert client.ask("POST", f"/simulator/handsets/{OTHER}/messages", {"text": "are you open?"})[0] == 201
    came = until(lambda: client.get("/inbound")["data"], 30)[0]
    id = client.send(OTHER, "until six", purpose="conversational", reply_to=came["id"])
    found = reaches(gateway, client, id, "delivered")
    assert (found["link"], found["from"]) == ("b", came["to"])
    assert found["trace"][0] == "b is where they wrote what this answers, so this goes the same way"
    assert reaches(gateway, client, client.send(OTHER, "a parcel"), "delivered")["link"] == "a"


def test_a_network_that_is_too_slow_slows_its_link_and_no_try_is_charged_for_it(started: Start) -> None:
    gateway, client = started(link("a", throttle=10), sending={"duplicate_window": 0, "attempts": 2})
    wanted = [{"to": PHONE, "text": f"text {n}"} for n in range(100)]  # in one request: faster than any network
    status, told = client.ask("POST", "/messages/batch", wanted)
    assert status == 202, told
    ids = [one["id"] for one in told["data"]]
    pace = until(lambda: (now := client.get("/links")["data"][0]["pace"])["throttled"] and now, 30)
    assert pace["configured"] is None
    assert 0 < pace["allowed"] < 200
    assert "too fast" in pace["why"]
    for id in (ids[0], ids[-1]):
        assert reaches(gateway, client, id, "delivered")["attempts"] == 1
    until(lambda: "throttled" in gateway.smsgw("link", "show", "a").stdout, 30)  # the clock writes it down
