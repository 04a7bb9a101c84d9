"""The SMPP port against the client that most Python programs use: smpplib."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from smpplib import consts, gsm
from smpplib.client import Client
from smpplib.exceptions import PDUError

from tests.peers.smsc_side import OURS, PHONE, Smsc, eventually, running

GSM = "Grüße an {alle}: 5€ @ £ [x]~ Ünì"
PERSIAN = "سلام دنیا، سفارش شما آماده است"


@pytest.fixture
def smsc(tmp_path: Path) -> Iterator[Smsc]:
    with running(tmp_path) as made:
        yield made


class Program:
    """A program on smpplib: notes what it hears."""

    def __init__(self, smsc: Smsc) -> None:
        self.client = Client("127.0.0.1", smsc.port, timeout=90, allow_unknown_opt_params=True)
        self.sent: list[str] = []
        self.received: list[Any] = []
        self.client.set_message_sent_handler(lambda pdu: self.sent.append(pdu.message_id.decode()))
        self.client.set_message_received_handler(self._receive)
        self.client.connect()

    def _receive(self, pdu: Any) -> int:
        self.received.append(pdu)
        return consts.SMPP_ESME_ROK

    def send(self, text: str) -> list[str]:
        """Submit a text as smpplib cuts and codes it, part by part; returns the ids."""
        parts, coding, kind = gsm.make_parts(text)
        before = len(self.sent)
        for part in parts:
            self.client.send_message(
                source_addr_ton=consts.SMPP_TON_ALNUM, source_addr="Shop", dest_addr_ton=consts.SMPP_TON_INTL,
                dest_addr_npi=1, destination_addr=PHONE[1:], short_message=part, data_coding=coding, esm_class=kind,
                registered_delivery=True,
            )  # fmt: skip
            before += 1
            self.until(partial(self._answered, before))
        return self.sent[-len(parts) :]

    def _answered(self, many: int) -> bool:
        return len(self.sent) == many

    def until(self, what: Any) -> Any:
        """Read until something is true."""

        def look() -> Any:
            self.client.poll()
            return what()

        return eventually(look)


@pytest.fixture
def program(smsc: Smsc) -> Iterator[Program]:
    made = Program(smsc)
    made.client.bind_transceiver(system_id=smsc.system_id, password=smsc.password)
    yield made
    made.client.unbind()
    made.client.disconnect()


@pytest.mark.parametrize("text", ["hello", GSM, PERSIAN, GSM * 10, PERSIAN * 8])
def test_a_text_arrives_whole_and_every_part_has_its_receipt(program: Program, smsc: Smsc, text: str) -> None:
    ids = program.send(text)
    assert smsc.shown()[0].text == text
    program.until(lambda: len(program.received) == len(ids))
    assert [pdu.receipted_message_id.decode() for pdu in program.received] == ids
    assert {int(pdu.message_state) for pdu in program.received} == {consts.SMPP_MESSAGE_STATE_DELIVERED}
    assert [row.id for row in smsc.stored()] == [f"msg_{ids[0]}"]


def test_a_text_of_a_phone_comes_in(program: Program, smsc: Smsc) -> None:
    smsc.phone.type_text(PHONE, PERSIAN, OURS)
    [pdu] = program.until(lambda: program.received)
    assert pdu.short_message.decode("utf-16-be") == PERSIAN
    assert (pdu.source_addr.decode(), pdu.destination_addr.decode()) == (PHONE[1:], OURS[1:])


def test_it_asks_how_a_message_is(program: Program, smsc: Smsc) -> None:
    [id] = program.send("hello")
    program.until(lambda: program.received)
    asked: list[Any] = []
    program.client.set_query_resp_handler(asked.append)
    program.client.query_message(message_id=id, source_addr="Shop", source_addr_ton=consts.SMPP_TON_ALNUM)
    program.until(lambda: asked)
    assert (asked[0].message_id.decode(), int(asked[0].message_state)) == (id, 2)


def test_a_wrong_password_is_told(smsc: Smsc) -> None:
    program = Program(smsc)
    with pytest.raises(PDUError, match="Password"):
        program.client.bind_transceiver(system_id=smsc.system_id, password="wrong")
    program.client.disconnect()
