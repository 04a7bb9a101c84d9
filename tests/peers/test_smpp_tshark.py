"""tshark reads what our SMPP link says: no malformed PDU, and the same fields as were meant."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from drivers.smpp import Config, open_link
from smsgw.link import Alphabet, LinkState, WirePart
from smsgw.text.parts import count, split
from tests.emulators import smsc_codec as codec
from tests.emulators.smsc import Network, smpp_network
from tests.peers.tshark import Read, Tap, read, tap

pytestmark = pytest.mark.peer

TO, OURS = "4915112345678", "491570000000"
ENQUIRED = b"\0\0\0\x10\x80\0\0\x15"  # the beginning of an enquire_link_resp
SUBMIT, SUBMIT_RESP, DELIVER, DELIVER_RESP = 0x04, 0x80000004, 0x05, 0x80000005


class Told:
    """Events that count outcomes and store everything."""

    def __init__(self) -> None:
        self.outcomes: list[object] = []
        self.came: list[object] = []

    def taken(self, part: WirePart, reference: str) -> None:
        self.outcomes.append(reference)

    def failed(self, part: WirePart, error: object) -> None:
        self.outcomes.append(error)

    def receipt(self, receipt: object) -> Future[None]:
        return self._kept(receipt)

    def inbound(self, piece: object) -> Future[None]:
        return self._kept(piece)

    def content(self, inbound: object) -> Future[None]:
        raise AssertionError("SMPP knows no contents")

    def call(self, call: object) -> Future[None]:
        raise AssertionError("SMPP knows no calls")

    def health(self, health: object) -> None:
        pass

    def _kept(self, what: object) -> Future[None]:
        self.came.append(what)
        kept: Future[None] = Future()
        kept.set_result(None)
        return kept


def until(true: Callable[[], object]) -> None:
    end = time.monotonic() + 90
    while not true():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.005)


class Session:
    """A link through a tap to the emulated SMSC; `end` stops it and has tshark read everything that was said."""

    def __init__(self, network: Network, passed: Tap, folder: Path, **fields: Any) -> None:
        self._network, self._folder, self.talk = network, folder, passed.talk
        self.told = Told()
        config = Config.model_validate(network.settings(port=passed.port, **fields))
        self.link = open_link("tapped", config, self.told)
        self.link.start()
        until(lambda: self.link.health().state is LinkState.UP)

    def send(self, text: str, **more: Any) -> int:
        """Send a text in as many parts as it takes, and wait for their answers and receipts; returns how many."""
        pieces = split(text, self.link.abilities, 77)
        parts = [
            WirePart("m", number, count(pieces), f"+{TO}", None, one.alphabet, one.user_data, udh=one.udh, **more)
            for number, one in enumerate(pieces, 1)
        ]
        for part in parts:
            self.link.send(part)
        until(lambda: len(self.told.outcomes) == len(parts))
        return len(parts)

    def end(self) -> list[Read]:
        """Everything that was said, as tshark reads it."""
        until(lambda: all(d.done for d in self._network.do(lambda smsc: list(smsc.deliveries.values()))))
        self.link.stop(time.monotonic() + 5)
        return read(self.talk, self._folder)

    def submits(self) -> list[codec.Submit]:
        """What the emulated SMSC took, which reads PDUs in its own way."""
        return self._network.do(lambda smsc: list(smsc.submits))


Open = Callable[..., Session]


@pytest.fixture
def open_session(tmp_path: Path) -> Iterator[Open]:
    opened: list[Session] = []
    with smpp_network() as network, tap(network.smsc.port) as passed:
        network.automatic_receipts()

        def make(**fields: Any) -> Session:
            opened.append(Session(network, passed, tmp_path, **fields))
            return opened[-1]

        yield make
        for one in opened:
            one.link.stop(time.monotonic() + 1)


def of(pdus: list[Read], command: int) -> list[Read]:
    return [pdu for pdu in pdus if pdu.command == command]


@pytest.mark.parametrize(
    ("text", "coding"), [("Grüße an {alle}: 5€ @ £", 0), ("سلام دنیا، سفارش شما آماده است 🙂", 8), ("x" * 160, 0)]
)
def test_the_fields_of_a_submit_sm_are_read_as_they_were_meant(open_session: Open, text: str, coding: int) -> None:
    session = open_session()
    session.send(text, validity=3600, priority=9)
    (submit,) = of(session.end(), SUBMIT)
    assert (submit.one("smpp.source_addr"), submit.one("smpp.destination_addr")) == (OURS, TO)
    assert [submit.number(f"smpp.{end}_addr_{kind}") for end in ("source", "dest") for kind in ("ton", "npi")] == [
        1
    ] * 4
    assert (submit.number("smpp.data_coding"), submit.number("smpp.priority_flag")) == (coding, 3)
    assert submit.number("smpp.regdel.receipt") == 1
    assert float(submit.one("smpp.validity_period_r")) == 3600
    octets = text.encode("utf-16-be") if coding else codec.gsm_encode(text)
    assert submit.hex("smpp.message") == (octets or b"").hex()
    assert submit.number("smpp.sm_length") == len(octets or b"")
    if coding:
        assert submit.one("smpp.message_text") == text


def test_the_parts_of_a_long_text_by_header_are_joined_by_tshark_too(open_session: Open) -> None:
    session = open_session()
    text = "Piece by piece, one after the other. " * 11
    assert session.send(text) == 3
    submits = of(session.end(), SUBMIT)
    places = [tuple(one.number(f"gsm_sms.udh.mm.msg_{what}") for what in ("id", "parts", "part")) for one in submits]
    assert places == [(77, 3, 1), (77, 3, 2), (77, 3, 3)]
    assert {one.number("smpp.esm.submit.features") for one in submits} == {1}  # UDHI
    assert submits[-1].number("gsm_sms_ud.reassembled.length") == len(text)


def test_the_parts_of_a_long_text_by_parameters_are_numbered(open_session: Open) -> None:
    session = open_session(long_texts="sar")
    text = "سفارش شما آماده است " * 10
    session.send(text)
    submits = of(session.end(), SUBMIT)
    names = ("sar_msg_ref_num", "sar_total_segments", "sar_segment_seqnum")
    total = len(submits)
    assert [tuple(one.number(f"smpp.{name}") for name in names) for one in submits] == [
        (77, total, number) for number in range(1, total + 1)
    ]
    assert total > 1
    assert "".join(one.one("smpp.message_text") for one in submits) == text


def test_a_long_text_in_one_payload_is_read_whole(open_session: Open) -> None:
    session = open_session(long_texts="payload")
    text = "All of it in one PDU, which the SMSC cuts. " * 20
    session.send(text)
    (submit,) = of(session.end(), SUBMIT)
    assert submit.number("smpp.sm_length") == 0
    assert submit.hex("smpp.message_payload") == text.encode().hex()


def test_a_flash_text_and_data_keep_their_coding(open_session: Open) -> None:
    session = open_session()
    session.send("Look!", message_class=0)
    data = WirePart("d", 1, 1, f"+{TO}", None, Alphabet.OCTETS, bytes(range(100)), udh=b"\x06\x05\x04\x15\x81\x15\x81")
    session.link.send(data)
    until(lambda: len(session.told.outcomes) == 2)
    flash, binary = of(session.end(), SUBMIT)
    assert (flash.number("smpp.dcs.class"), flash.number("smpp.data_coding") & 0x13) == (0, 0x10)
    assert binary.number("smpp.data_coding") == 4
    assert [int(binary.one(f"gsm_sms.{end}_port")) for end in ("destination", "originator")] == [5505, 5505]


def test_receipts_and_texts_are_answered_by_their_numbers(open_session: Open) -> None:
    session = open_session()
    session.send("one")
    pdus = session.end()
    (answer,) = of(pdus, SUBMIT_RESP)
    (receipt,) = of(pdus, DELIVER)
    assert receipt.one("smpp.receipted_message_id") == answer.one("smpp.message_id") == session.told.outcomes[0]
    assert (receipt.number("smpp.esm.submit.msg_type"), receipt.number("smpp.message_state")) == (1, 2)
    (told,) = of(pdus, DELIVER_RESP)
    assert (told.one("smpp.sequence_number"), told.number("smpp.command_status")) == (
        receipt.one("smpp.sequence_number"),
        0,
    )


def test_the_session_itself_is_in_order(open_session: Open) -> None:
    session = open_session(enquire_link=0.1, system_type="VMA")
    until(lambda: any(said.startswith(ENQUIRED) for client, said in session.talk if not client))
    session.send("Hello")
    pdus = session.end()
    bind = pdus[0]
    assert (bind.command, bind.one("smpp.system_id"), bind.one("smpp.system_type")) == (9, "shop", "VMA")
    assert bind.number("smpp.interface_version") == 0x34
    assert {0x15, 0x80000015, 0x06, 0x80000006} <= {pdu.command for pdu in pdus}
    asked = [pdu.number("smpp.sequence_number") for pdu in pdus if pdu.command in (9, 0x15, SUBMIT, 0x06)]
    assert asked == list(range(1, len(asked) + 1))
    assert len(session.submits()) == 1
