"""A campaign through a running gateway: planned over the API, sent through the network, booked to the cent, paused."""

from __future__ import annotations

import time

import pytest

from tests.flows.running import Client, Running, until
from tests.flows.wires import Tape

NUMBERS = [f"+38640{n:06d}" for n in range(300)]


def written(client: Client, **more: object) -> str:
    """A campaign that was estimated and approved; returns its path."""
    told = {"name": "News", "audience": {"numbers": NUMBERS}, "texts": {"sl": "Odprti smo do šestih."}} | more
    status, made = client.ask("POST", "/campaigns", told | {"purpose": "service"})
    assert status == 201, made
    path = f"/campaigns/{made['id']}"
    for step in ("estimate", "approve"):
        status, answer = client.ask("POST", f"{path}/{step}", {} if step == "estimate" else None)
        assert status == 200, answer
    return path


@pytest.mark.slow
def test_what_was_estimated_is_booked_to_the_cent(gateway: Running, client: Client, tape: Tape) -> None:
    gateway.smsgw("rate", "set", "net", "+386", "0.0450", "EUR")
    until(lambda: _priced(client), 15, "the rate is not known")
    path = written(client)
    assert client.ask("POST", f"{path}/schedule", {})[0] == 200
    until(lambda: client.get(path)["status"] == "finished", 60, "it did not end", every=0.3)
    until(lambda: client.get(f"{path}/report")["statuses"] == {"delivered": 300}, 30, "not all arrived", every=0.3)
    report = client.get(f"{path}/report")
    assert report["estimated"] == report["planned"] == report["booked"] == [{"amount": "13.5", "currency": "EUR"}]
    assert report["difference"] == ""
    assert sorted(part.to for part in tape.taken()) == NUMBERS


def _priced(client: Client) -> bool:
    """Whether the gateway has read the rate."""
    told = {"to": NUMBERS[0], "text": "x", "purpose": "service"}
    status, answer = client.ask("POST", "/messages/preview", told)
    return status == 200 and answer["price"] is not None


@pytest.mark.slow
def test_a_pause_holds_within_a_second(gateway: Running, client: Client, tape: Tape) -> None:
    path = written(client, terms={"per_minute": 300})
    assert client.ask("POST", f"{path}/schedule", {})[0] == 200
    until(lambda: client.get(path)["placed"] > 20, 30, "nothing was sent", every=0.1)
    status, told = client.ask("POST", f"{path}/pause", {"why": "a wrong price"})
    assert (status, told["campaign"]["status"]) == (200, "paused")
    assert told["left"] + told["wait"] == 300
    until(lambda: len(tape.taken()) >= told["left"], 30, "what had left did not arrive")
    time.sleep(1.5)
    assert len(tape.taken()) == told["left"] < 300
    assert client.ask("POST", f"{path}/stop", {})[0] == 200
