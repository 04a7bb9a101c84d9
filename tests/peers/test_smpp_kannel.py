"""Kannel is a client of our SMSC: a whole daemon that it binds to, with a network of phones behind.

Kannel's HTTP door at one end and the emulated carrier at the other are what is looked at; tshark reads what was said
between Kannel and us.
"""

from __future__ import annotations

import json
import threading
import urllib.parse
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from smsgw.store.tables import message
from tests.emulators.ports import unused
from tests.emulators.smsc import Network, smpp_network
from tests.flows.running import Running, until
from tests.peers.kannel import Kannel
from tests.peers.tshark import read, tap

pytestmark = [pytest.mark.peer, pytest.mark.slow]

PHONE = "+4915112345678"
PERSIAN = "سلام دنیا، سفارش شما آماده است"
DELIVER, DELIVER_RESP, SUBMIT, SUBMIT_RESP = 0x05, 0x80000005, 0x04, 0x80000004


class Receiver:
    """An HTTP server that Kannel calls; `calls` are the words of each call."""

    def __init__(self) -> None:
        calls: list[dict[str, str]] = []

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                place = urllib.parse.urlsplit(self.path)
                octets = dict(urllib.parse.parse_qsl(place.query, keep_blank_values=True, encoding="latin-1"))
                letters = "utf-16-be" if octets.get("coding") == "2" else "utf-8"  # as Kannel got them
                words = {name: value.encode("latin-1") for name, value in octets.items()}
                text = words.pop("text", b"").decode(letters)
                calls.append(
                    {"path": place.path, "text": text, **{name: word.decode() for name, word in words.items()}}
                )
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.calls = calls
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(90)

    def of(self, path: str, **words: str) -> list[dict[str, str]]:
        """The calls of this path with these words."""
        wanted = {"path": path, **words}
        return [call for call in list(self.calls) if wanted.items() <= call.items()]


class Town:
    """A carrier with phones, our daemon bound to it and listening, Kannel bound to that, and whom Kannel calls."""

    def __init__(self, folder: Path, network: Network, receiver: Receiver, **terms: str) -> None:
        self.network, self.receiver, self.folder = network, receiver, folder
        network.automatic_receipts()
        port = unused()
        link = {"name": "carrier", "kind": "smpp", **network.settings()}
        self.gateway = Running(folder / "smsgw", f"sqlite:///{folder / 'smsgw' / 'store.db'}", [link])
        with self.gateway.config.open("a") as config:
            config.write(f'\n[[listen.smpp]]\nlisten = "127.0.0.1:{port}"\n')
        self.gateway.start()
        self.gateway.smsgw("key", "create", "kannel")
        options = [word for name, value in terms.items() for word in (f"--{name.replace('_', '-')}", value)]
        options += ["--system-id", "kannel", "--allow-duplicates", "--json"]
        pair = json.loads(self.gateway.smsgw("key", "smpp", "kannel", *options).stdout)
        self._ends = tap(port)
        self.tap = self._ends.__enter__()
        self.kannel = Kannel(
            folder / "kannel", self.tap.port, pair["system_id"], pair["password"],
            receiver=f"{receiver.url}/text?from=%p&to=%P&text=%b&coding=%c",
        )  # fmt: skip
        try:
            self.kannel.start()
            until(lambda: self.kannel.online, 30, f"Kannel was not let in: {self.kannel.last_words()}")
        except BaseException:
            self.close()
            raise

    def send(self, text: str, to: str = PHONE, **more: Any) -> None:
        """Ask Kannel for a text with a receipt."""
        answer = self.kannel.send(to, text, dlr_mask=31, dlr_url=f"{self.receiver.url}/dlr?to=%p&is=%d&id=%F", **more)
        assert answer.startswith("0: Accepted"), answer

    def arrived(self, text: str, to: str = PHONE) -> bool:
        """Whether the phone has it, letter by letter."""
        return (to, text) in self.network.submitted()

    def close(self) -> None:
        self.kannel.stop()
        self._ends.__exit__(None, None, None)
        self.gateway.kill()


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, receiver: Receiver) -> Iterator[Town]:
    with smpp_network() as network:
        made = Town(tmp_path_factory.mktemp("kannel"), network, receiver, inbound="*")
        yield made
        made.close()


def test_a_text_of_kannel_reaches_the_phone_and_its_receipt_comes_back(town: Town) -> None:
    town.send("Grüße an {alle}: 5€ @ £", to="+4915110000001")
    until(lambda: town.arrived("Grüße an {alle}: 5€ @ £", "+4915110000001"), 15, town.gateway.last_words())
    until(
        lambda: town.receiver.of("/dlr", to="+4915110000001", **{"is": "1"}), 15, "no receipt came to Kannel's caller"
    )


def test_a_persian_text_of_kannel_arrives_letter_by_letter(town: Town) -> None:
    town.send(PERSIAN, to="+4915110000002", coding=2)
    until(lambda: town.arrived(PERSIAN, "+4915110000002"), 15, town.gateway.last_words())
    until(lambda: town.receiver.of("/dlr", to="+4915110000002", **{"is": "1"}), 15, "no receipt came")


@pytest.mark.parametrize(
    ("text", "coding"),
    [("Piece by piece, one after the other. " * 11, 0), ((PERSIAN + " ") * 6, 2)],
    ids=["gsm", "ucs2"],
)
def test_the_pieces_of_a_long_text_of_kannel_are_one_message_of_ours(town: Town, text: str, coding: int) -> None:
    to = f"+491511000001{coding}"
    town.send(text.strip(), to=to, coding=coding)
    until(lambda: town.arrived(text.strip(), to), 15, town.gateway.last_words())
    until(lambda: town.receiver.of("/dlr", to=to, **{"is": "1"}), 15, "no receipt came")
    with town.gateway.looking() as conn:
        rows = conn.execute(select(message.c.text, message.c.state).where(message.c.recipient == to)).all()
    assert [row.text for row in rows] == [text.strip()]


@pytest.mark.parametrize("text", ["yes please, 5€", PERSIAN, "a long answer, and so on " * 12])
def test_a_text_of_a_phone_comes_to_kannel(town: Town, text: str) -> None:
    sender = f"+4915120{len(text):06d}"
    town.network.phone_sends(sender, text.strip())

    def heard() -> str:
        calls = [call["text"] for call in town.receiver.of("/text", **{"from": sender})]
        return "".join(calls)

    until(lambda: heard() == text.strip(), 20, "Kannel did not call")
    until(lambda: (sender, text.strip()) in town.network.acknowledged(), 15)


def test_a_number_that_cannot_be_is_refused_and_kannel_is_told(town: Town) -> None:
    town.send("to nobody", to="12")
    until(lambda: town.receiver.of("/dlr", to="12", **{"is": "16"}), 20, "Kannel was not told of the refusal")


def test_tshark_finds_nothing_wrong_in_what_kannel_and_we_said(town: Town) -> None:
    pdus = read(list(town.tap.talk), town.folder)
    commands = {pdu.command for pdu in pdus}
    assert {9, 0x80000009, SUBMIT, SUBMIT_RESP, DELIVER, DELIVER_RESP} <= commands
    refused = [pdu.one("smpp.command_status") for pdu in pdus if pdu.command == DELIVER_RESP]
    assert set(refused) == {"0x00000000"}, "Kannel refused what we delivered"


@pytest.fixture
def slow_town(tmp_path: Path, receiver: Receiver) -> Iterator[Town]:
    with smpp_network() as network:
        made = Town(tmp_path, network, receiver, rate="5")
        yield made
        made.close()


def test_kannel_slows_down_when_it_is_told_to_and_nothing_is_lost(slow_town: Town) -> None:
    numbers = [f"+491513000{number:04d}" for number in range(25)]
    for number in numbers:
        slow_town.send("as fast as I can", to=number)
    until(lambda: all(slow_town.arrived("as fast as I can", to) for to in numbers), 60, slow_town.gateway.last_words())
    pdus = read(list(slow_town.tap.talk), slow_town.folder)
    answers = [pdu.one("smpp.command_status") for pdu in pdus if pdu.command == SUBMIT_RESP]
    assert "0x00000058" in answers, "nobody was throttled"
    assert answers.count("0x00000000") == len(numbers)
    assert len(slow_town.network.submitted()) == len(numbers)
