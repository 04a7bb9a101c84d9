"""The SMPP port against a client that we did not write: node-smpp."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.peers.smsc_side import OURS, PHONE, Smsc, eventually, running
from tests.peers.talking import Talker
from tests.peers.test_smpp_node import SOURCE, installed

GSM = "Grüße an {alle}: 5€ @ £ [x]~ Ünì"
PERSIAN = "سلام دنیا، سفارش شما آماده است 🙂"


@pytest.fixture
def smsc(tmp_path: Path) -> Iterator[Smsc]:
    with running(tmp_path) as made:
        yield made


class Client(Talker):
    """The running client: what it said, and how to tell it what to do."""

    name, patience = "the client", 90.0

    def __init__(self, smsc: Smsc, password: str | None = None) -> None:
        environment = {**os.environ, "NODE_PATH": str(installed())}
        words = ["127.0.0.1", str(smsc.port), smsc.system_id, password or smsc.password]
        super().__init__(["node", SOURCE / "client.js", *words], environment)
        self.hear("connected")

    def bind(self, command: str = "bind_transceiver") -> dict[str, Any]:
        self.do("bind", command=command)
        return self.hear("answer")

    def send(self, command: str = "submit_sm", **fields: Any) -> dict[str, Any]:
        plain = {
            "source_addr": "Shop", "source_addr_ton": 5, "destination_addr": PHONE[1:], "dest_addr_ton": 1,
            "dest_addr_npi": 1, "registered_delivery": 1,
        }  # fmt: skip
        self.do("send", command=command, fields={**plain, **fields})
        return self.hear("answer")


@pytest.fixture
def client(smsc: Smsc) -> Iterator[Client]:
    made = Client(smsc)
    assert made.bind()["status"] == 0
    yield made
    made.close()


@pytest.mark.parametrize("text", ["hello", GSM, PERSIAN])
def test_a_text_arrives_as_it_was_written_and_its_receipt_comes_back(client: Client, smsc: Smsc, text: str) -> None:
    answer = client.send(text=text)
    assert answer["status"] == 0
    assert smsc.shown()[0].text == text
    told = client.hear("deliver")
    assert (told["esm_class"], told["receipted"], told["state"]) == (4, answer["id"], 2)
    assert (told["from"], told["to"]) == (PHONE[1:], "Shop")
    assert told["text"].startswith(f"id:{answer['id']} sub:001 dlvrd:001 ")


def test_parts_with_headers_and_a_payload_arrive_as_one_text_each(client: Client, smsc: Smsc) -> None:
    first, second = "first half, " * 12, "second half " * 12
    client.send(udh="050003070202", text=second, esm_class=0x40)
    client.send(udh="050003070201", text=first, esm_class=0x40)
    client.send(payload="whole " * 50)
    eventually(lambda: len(smsc.stored()) == 2)
    assert {row.text for row in smsc.stored()} == {first + second, "whole " * 50}


def test_a_text_of_a_phone_comes_in(client: Client, smsc: Smsc) -> None:
    smsc.phone.type_text(PHONE, PERSIAN, OURS)
    told = client.hear("deliver")
    assert (told["text"], told["from"], told["to"], told["esm_class"]) == (PERSIAN, PHONE[1:], OURS[1:], 0)


def test_a_long_text_of_a_phone_comes_in_as_parts(client: Client, smsc: Smsc) -> None:
    text = "a long story, " * 20
    smsc.phone.type_text(PHONE, text, OURS)
    parts = sorted((client.hear("deliver") for _ in range(2)), key=lambda told: told["udh"])
    assert "".join(told["text"] for told in parts) == text


def test_it_asks_and_replaces_and_takes_back_and_sends_to_several(client: Client, smsc: Smsc) -> None:
    later = client.send(text="for later", schedule_delivery_time="000001000000000R")
    asked = client.send("query_sm", message_id=later["id"])
    assert (asked["status"], asked["state"]) == (0, 6)
    assert client.send("replace_sm", message_id=later["id"], text="other words")["status"] == 0
    assert [row.text for row in smsc.stored()] == ["other words"]
    assert client.send("cancel_sm", message_id=later["id"])["status"] == 0
    assert client.send("query_sm", message_id=later["id"])["state"] == 4
    places = [{"dest_addr_ton": 1, "dest_addr_npi": 1, "destination_addr": number} for number in (PHONE[1:], "999")]
    several = client.send("submit_multi", text="to several", dest_address=places)
    assert several["status"] == 0
    assert client.send("cancel_sm", message_id="msg_nobody")["status"] == 0x11
    assert client.send("replace_sm", message_id=later["id"], text="too late")["status"] == 0x13


def test_many_at_once_are_all_answered_and_all_arrive(client: Client, smsc: Smsc) -> None:
    client.do("many", count=300, fields={"destination_addr": PHONE[1:], "dest_addr_ton": 1, "registered_delivery": 0})
    answers = [client.hear("answer") for _ in range(300)]
    assert {answer["status"] for answer in answers} == {0}
    assert len({answer["id"] for answer in answers}) == 300
    assert {text.text for text in smsc.shown(300)} == {f"number {number}" for number in range(300)}


def test_a_wrong_password_is_told(smsc: Smsc) -> None:
    client = Client(smsc, "wrong")
    assert client.bind()["status"] == 0x0E
    client.hear("close")
    client.close()
