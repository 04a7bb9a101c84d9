"""A day of a stick beside its texts: it rings, is asked for its money, speaks USSD, and is counted; all while it runs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.flows.modem_wire import Stick
from tests.flows.running import Client, Running, until

ANA, BOB = "+4915112345678", "+4915112345679"
ANSWER = "We read texts here."
pytestmark = pytest.mark.slow


@pytest.fixture
def stick(tmp_path: Path) -> Iterator[Stick]:
    one = Stick(tmp_path)
    yield one
    one.modem.close()


@pytest.fixture
def day(stick: Stick, open_gateway: Callable[..., Running]) -> Running:
    """A running gateway whose stick answers calls and knows its balance code."""
    link = stick.link(missed_call_text=ANSWER, balance_code="*100#", balance_every=3600, balance_low=20)
    gateway = open_gateway([link], sending={"region": "SI"})
    gateway.start()
    return gateway


@pytest.fixture
def client(day: Running) -> Iterator[Client]:
    client = day.client()
    until(lambda: client.get("/links")["data"][0]["health"] == "up", 20, "the link does not come up")
    yield client
    client.close()


def submitted(stick: Stick, to: str) -> list[str]:
    return [one["text"] for one in stick.modem.events("submitted") if one["to"] == to]


def test_who_rings_is_kept_and_texted_once_also_over_a_kill(day: Running, client: Client, stick: Stick) -> None:
    stick.modem.do(f"ring {ANA}")
    until(lambda: submitted(stick, ANA) == [ANSWER], 20, "nobody answers the call")
    [call] = client.get("/calls")["data"]
    assert (call["from"], call["link"], call["status"]) == (ANA, "net", "answered")
    assert client.get(f"/messages/{call['answered_by']}")["text"] == ANSWER
    day.kill()
    day.start()
    again = day.client()
    until(lambda: again.get("/links")["data"][0]["health"] == "up", 20, "it does not come back")
    stick.modem.do(f"ring {ANA}")
    stick.modem.do(f"ring {BOB}")
    until(lambda: submitted(stick, BOB) == [ANSWER], 20, "nobody answers the second caller")
    assert ANA in [one["from"] for one in again.get("/calls?limit=2")["data"]]
