"""The whole road over HTTP: a text goes out and its receipt comes back, a text comes in, and what may come between."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.emulators import smsc_codec
from tests.emulators.smsc import NUMBER, smpp_network
from tests.emulators.smsc_server import Delivery
from tests.flows.running import Client, Running, until
from tests.flows.wires import HANDSETS, Tape

PHONE, OTHER = HANDSETS
Open = Callable[..., Running]


def state(client: Client, id: str) -> str:
    """Where a message is."""
    return str(client.get(f"/messages/{id}")["status"])


def reaches(client: Client, id: str, wanted: str, seconds: float = 10) -> dict[str, Any]:
    """Wait until a message is in a state; returns it."""
    until(lambda: state(client, id) == wanted, seconds, f"{id} was not {wanted} but {state(client, id)}")
    found: dict[str, Any] = client.get(f"/messages/{id}")
    return found


def types(client: Client, text: str, phone: str = PHONE) -> None:
    """Somebody sends us a text from a phone."""
    status, answer = client.ask("POST", f"/simulator/handsets/{phone}/messages", {"text": text})
    assert status == 201, answer


def inbound(client: Client, text: str) -> dict[str, Any]:
    """Wait for a text to come in and to be read; returns it."""

    def read() -> list[dict[str, Any]]:
        return [one for one in client.get("/inbound")["data"] if one["text"] == text and one["status"] != "received"]

    found = until(read, why=f"no {text!r}")
    assert len(found) == 1
    one: dict[str, Any] = found[0]
    return one


def test_a_text_goes_out_and_its_receipt_comes_back(client: Client, tape: Tape) -> None:
    text = "Your order is ready. " * 20
    id = client.send("041 000 001", text, client_ref="order-1042")
    found = reaches(client, id, "delivered")
    assert (found["to"], found["parts"], found["attempts"], found["link"]) == (PHONE, 3, 1, "net")
    events = [(event["event"], event["now"]) for event in client.get(f"/messages/{id}/events")["data"]]
    assert events == [
        ("accept", "accepted"), ("admit", "queued"), ("claim", "sending"), ("hand_over", "sent"),
        ("deliver", "delivered"),
    ]  # fmt: skip
    shown = client.get(f"/simulator/handsets/{PHONE}/messages")["data"]
    assert [one["text"] for one in shown] == [text], "the phone joins the parts and shows the text"
    assert [part.position for part in tape.taken()] == [1, 2, 3]


def test_a_text_that_a_phone_sends_comes_in(client: Client) -> None:
    types(client, "When do you open? " * 10)
    found = inbound(client, "When do you open? " * 10)
    assert (found["from"], found["parts"], found["missing"], found["status"]) == (PHONE, 2, 0, "waiting")

    def ticked() -> bool:
        return bool(client.get(f"/simulator/handsets/{PHONE}/messages")["data"][0]["delivered"])

    until(ticked, why="the gateway did not acknowledge it")


def test_stop_ends_it_and_start_begins_it_again(client: Client) -> None:
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    waiting = client.send(PHONE, "Our offers of tomorrow", send_at=tomorrow)
    assert state(client, waiting) == "held"
    types(client, "Stop.")
    assert inbound(client, "Stop.")["understood_as"] == "optout"
    assert "said 'Stop.'" in reaches(client, waiting, "refused")["why"]
    status, problem = client.ask("POST", "/messages", {"to": PHONE, "text": "One more thing"})
    assert (status, problem["code"]) == (422, "recipient_opted_out")
    reaches(client, client.send(OTHER, "Somebody else said nothing"), "delivered")

    def confirmed() -> list[Any]:
        listed = client.get("/messages?to=%2B" + PHONE[1:])["data"]
        return [one for one in listed if "START" in one["text"] and one["status"] == "delivered"]

    until(confirmed, why="the stop was not confirmed")
    asked = inbound(client, "Stop.")["id"]
    answer = client.send(PHONE, "You get no more from us.", purpose="conversational", reply_to=asked)
    reaches(client, answer, "delivered")
    types(client, "START")
    assert inbound(client, "START")["understood_as"] == "optin"
    reaches(client, client.send(PHONE, "Welcome back"), "delivered")


def test_the_parts_of_a_long_text_are_joined_in_any_order_over_a_stop_and_a_kill(open_gateway: Open) -> None:
    text = "".join(f"{number} green bottles hanging on the wall. " for number in range(10, 0, -1))
    sender = "+4915112345678"
    with smpp_network() as network:
        gateway = open_gateway([{"name": "net", "kind": "smpp", **network.settings()}])
        pieces = smsc_codec.text_bodies(sender, NUMBER, text, 7)
        assert len(pieces) == 3

        def arrives(number: int) -> None:
            said: Delivery = network.do(lambda smsc: smsc.deliver("text", pieces[number - 1]))
            until(lambda: said.done, why=f"piece {number} was not acknowledged")

        gateway.start()
        arrives(3)
        assert gateway.terminate()[0] == 0
        gateway.start()
        arrives(1)
        client = gateway.client()
        assert client.get("/inbound")["data"] == [], "a text with a hole is not shown"
        client.close()
        gateway.kill()
        gateway.start()
        arrives(2)
        client = gateway.client()
        [found] = client.get("/inbound")["data"]
        assert (found["from"], found["text"], found["parts"], found["missing"]) == (sender, text, 3, 0)
        client.close()


def test_what_is_planned_goes_when_its_time_has_come(client: Client, tape: Tape) -> None:
    at = datetime.now(UTC) + timedelta(seconds=5)
    id = client.send(PHONE, "Happy birthday", send_at=at.isoformat())
    reaches(client, id, "delivered")
    events = client.get(f"/messages/{id}/events")["data"]
    held = [(one["now"], one["why"]) for one in events if one["now"] == "held"]
    assert held == [("held", f"planned for {at:%Y-%m-%d %H:%M:%S} UTC")]
    [claimed] = [one for one in events if one["event"] == "claim"]
    assert datetime.fromisoformat(claimed["at"]) >= at


def test_what_is_urgent_overtakes_what_waits(open_gateway: Open, tape: Tape) -> None:
    gateway = open_gateway([{**tape.link(), "rate": 10}])
    gateway.start()
    client = gateway.client()
    client.ask("PATCH", "/simulator/faults", {"disconnected": True})  # until all of them wait
    until(lambda: client.get("/links")["data"][0]["health"] == "down", why="nobody noticed")
    bulk = [{"to": f"+49151{20_000_000 + number}", "text": "News", "priority": 0} for number in range(15)]
    assert client.ask("POST", "/messages/batch", bulk)[1]["accepted"] == 15
    urgent = client.send(PHONE, "Your code is 4711", purpose="otp", priority=9)
    client.ask("PATCH", "/simulator/faults", {"disconnected": False})
    reaches(client, urgent, "delivered")
    client.close()
    order = [part.to for part in tape.taken()]
    assert order.index(PHONE) < 10, "it went out before what had been waiting longer"


def test_what_is_sent_while_the_network_is_away_waits_for_it(client: Client, tape: Tape) -> None:
    client.ask("PATCH", "/simulator/faults", {"disconnected": True})
    until(lambda: client.get("/links")["data"][0]["health"] == "down", why="nobody noticed")
    ids = [client.send(PHONE, f"No. {number}") for number in range(3)]
    time.sleep(1)
    assert [state(client, id) for id in ids] == ["queued"] * 3
    assert tape.taken() == []
    client.ask("PATCH", "/simulator/faults", {"disconnected": False})
    for id in ids:
        assert reaches(client, id, "delivered")["attempts"] == 1
    assert [part.text for part in tape.taken()] == ["No. 0", "No. 1", "No. 2"]


@pytest.mark.slow
def test_what_cannot_go_over_a_link_that_is_gone_goes_over_another(open_gateway: Open, tape: Tape) -> None:
    spare = {"name": "spare", "kind": "fake", "preference": 200, "handsets": HANDSETS}
    gateway = open_gateway([tape.link(), spare], sending={"reroute_after": 1})
    gateway.start()
    client = gateway.client()
    client.ask("PATCH", "/simulator/faults?link=net", {"delay": 5})
    many = [{"to": f"+49151{20_000_000 + number}", "text": "News"} for number in range(300)]
    assert client.ask("POST", "/messages/batch", many)[1]["accepted"] == 300
    client.ask("PATCH", "/simulator/faults?link=net", {"disconnected": True})
    until(
        lambda: not client.get("/messages?status=queued&limit=1")["data"],
        15,
        "some still wait for the one that is gone",
    )
    went = [one["link"] for one in client.get("/messages?limit=200")["data"]]
    client.close()
    assert "spare" in went
