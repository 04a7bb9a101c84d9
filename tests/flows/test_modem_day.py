"""A day of a stick beside its texts: it rings, is asked for its money, speaks USSD, is counted; all while it runs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

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
    [call] = until(
        lambda: [one for one in client.get("/calls")["data"] if one["status"] == "answered"], 20, "the call stays open"
    )
    assert (call["from"], call["link"]) == (ANA, "net")
    assert client.get(f"/messages/{call['answered_by']}")["text"] == ANSWER
    day.kill()
    day.start()
    with closing(day.client()) as again:
        until(lambda: again.get("/links")["data"][0]["health"] == "up", 20, "it does not come back")
        stick.modem.do(f"ring {ANA}")
        stick.modem.do(f"ring {BOB}")
        until(lambda: submitted(stick, BOB) == [ANSWER], 20, "nobody answers the second caller")
        assert {one["from"] for one in again.get("/calls?limit=2")["data"]} == {ANA, BOB}
    assert submitted(stick, ANA) == [ANSWER]


def test_the_money_is_asked_for_by_the_clock_and_low_money_is_told(day: Running, client: Client) -> None:
    [kept] = until(lambda: client.get("/links/net/balance")["data"], 40, "nobody asks for the money")
    assert (kept["amount"], kept["currency"], kept["trouble"]) == ("12.34", "EUR", None)
    facts = until(lambda: "balance low" in (told := client.get("/links")["data"][0]["facts"]) and told, 20)
    assert facts["balance"].startswith("12.34 EUR")
    assert facts["balance low"] == "below 20: top it up"
    until(lambda: "the balance is low: 12.34 EUR, below 20" in day.last_words(200), why="nobody says it")
    assert "12.34 EUR" in day.smsgw("link", "show", "net").stdout
    assert day.smsgw("modem", "balance", "net").stdout == "12.34 EUR\n"
    assert len(client.get("/links/net/balance")["data"]) == 2


def test_ussd_goes_through_the_daemon_that_has_the_modem(day: Running, client: Client, stick: Stick) -> None:
    until(lambda: client.get("/links/net/balance")["data"], 40)  # the clock's own code is through
    assert day.smsgw("modem", "ussd", "net", "*123#", "2", "1").stdout == "100 SMS added\n"
    said = json.loads(day.smsgw("modem", "ussd", stick.modem.device, "*123#", "--json").stdout)
    assert (said["text"].splitlines()[0], said["expects_reply"]) == ("1 Balance", True)
    status, refused = client.ask("POST", "/links/net/ussd", {"reply": "1"})  # the command ended its session
    assert (status, refused["code"]) == (409, "ussd_closed")
    status, first = client.ask("POST", "/links/net/ussd", {"code": "*123#"})
    assert (status, first["expects_reply"]) == (200, True)
    assert client.ask("POST", "/links/net/ussd", {"reply": "3"}) == (200, {"text": "Goodbye", "expects_reply": False})
    assert client.ask("DELETE", "/links/net/ussd")[0] == 200
    status, unknown = client.ask("POST", "/links/net/ussd", {"code": "*999#"})
    assert (status, unknown["code"]) == (502, "ussd_failed")
    failed = day.smsgw("modem", "ussd", "net", "*999#", check=False)
    assert (failed.returncode, "does not support this code" in failed.stderr) == (1, True)


def test_what_was_sent_is_counted_also_after_a_restart(day: Running, client: Client) -> None:
    sent = client.send(ANA, "x" * 200)
    until(lambda: client.get(f"/messages/{sent}")["status"] == "delivered", 20)
    assert client.get("/links/net/usage") == {"link": "net", "today": 2, "month": 2}
    day.terminate()
    day.start()
    with closing(day.client()) as again:
        assert again.get("/links/net/usage")["month"] == 2
    assert json.loads(day.smsgw("link", "show", "net", "--json").stdout)["parts_this_month"] == 2
