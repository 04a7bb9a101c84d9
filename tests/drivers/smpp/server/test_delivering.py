"""Receipts and texts go to the client as deliver_sm, and are told when the client acknowledged them, not before."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from smpplib import smpp

from drivers.smpp.receipts import fields
from drivers.smpp.server import answers
from smsgw.errors import BadConfig
from smsgw.link import Alphabet, ReceiptState
from smsgw.listener import NotTaken, Octets, Outcome, Outlet, ReceiptParcel, TextParcel
from smsgw.reload import show_again
from smsgw.text import alphabet as gsm
from tests.emulators import smpp_client
from tests.emulators.authority import Authority
from tests.emulators.smpp_client import RESP, SmppClient

Listening = Callable[..., Any]
Wait = Callable[[Callable[[], Any]], Any]
AT = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
RECEIPT = ReceiptParcel("msg_1", "1.1..38640111222", "5.0..Shop", ReceiptState.DELIVERED, AT, AT, text="hello č world")
SMPPLIB = SimpleNamespace(next_sequence=lambda: 1)  # it counts PDUs also when it reads them
TEXT = TextParcel("in_1", "+38640111222", "4477", (Octets(Alphabet.GSM7, b"yes"),))


@pytest.fixture
def outlet(client: SmppClient, desk: Any, wait: Wait) -> Outlet:
    """The way to the bound client."""
    made: Outlet = wait(lambda: desk.outlets)[0]
    return made


def test_a_receipt_says_what_became_of_which_message_in_both_forms(client: SmppClient, outlet: Outlet) -> None:
    done = outlet.push(RECEIPT)
    told = client.deliver(status=None)
    assert (told.source, told.dest, told.esm_class) == ((1, 1, b"38640111222"), (5, 0, b"Shop"), 0x04)
    assert told.message == (
        b"id:1 sub:001 dlvrd:001 submit date:2603011230 done date:2603011230 stat:DELIVRD err:000 text:hello ? world"
    )
    assert (told.parameters[0x001E], told.parameters[0x0427]) == (b"1\0", b"\2")
    assert not done.done()
    client.send(smpp_client.DELIVER_SM | RESP, b"\0", sequence=told.sequence)
    done.result(90)


@pytest.mark.parametrize(
    ("state", "number", "word"),
    [
        (ReceiptState.ENROUTE, 1, "ENROUTE"),
        (ReceiptState.DELIVERED, 2, "DELIVRD"),
        (ReceiptState.EXPIRED, 3, "EXPIRED"),
        (ReceiptState.DELETED, 4, "DELETED"),
        (ReceiptState.UNDELIVERABLE, 5, "UNDELIV"),
        (ReceiptState.ACCEPTED, 6, "ACCEPTD"),
        (ReceiptState.UNKNOWN, 7, "UNKNOWN"),
        (ReceiptState.REJECTED, 8, "REJECTD"),
    ],
)
def test_each_state_has_its_number_and_its_word(state: ReceiptState, number: int, word: str) -> None:
    [body] = answers.deliveries(replace(RECEIPT, state=state), "gsm7")
    read = smpplib_read(body)
    assert fields(read.short_message.decode())["stat"] == word
    assert int(read.message_state) == number


def test_an_error_and_the_clients_own_reference_come_along_and_what_is_on_its_way_is_a_notification() -> None:
    parcel = replace(RECEIPT, state=ReceiptState.ENROUTE, progress=True, error="27", to="1.1.004d.38640111222")
    read = smpplib_read(answers.deliveries(parcel, "gsm7")[0])
    assert fields(read.short_message.decode())["err"] == "027"
    assert read.network_error_code == b"\x03\x00\x1b"
    assert int(read.user_message_reference) == 77
    assert int(read.esm_class) == 0x20


def test_a_receipt_reads_the_same_in_ascii_and_in_gsm_letters() -> None:
    parcel = replace(RECEIPT, id="msg_01ABC.2", text="5$ @ [x] _ ok")
    said = smpplib_read(answers.deliveries(parcel, "gsm7")[0]).short_message
    assert gsm.decode(said) == said.decode("ascii")
    assert fields(said.decode())["id"] == "01ABC.2"


def smpplib_read(body: bytes) -> Any:
    return smpp.parse_pdu(answers.deliver_sm(5, body), client=SMPPLIB, allow_unknown_opt_params=True)


def test_our_responses_are_read_by_smpplib_as_they_are_meant() -> None:
    read = smpp.parse_pdu(answers.bind_resp(9, 3, "smsgw", 0x34), client=SMPPLIB, allow_unknown_opt_params=True)
    assert (read.command, read.system_id, read.sequence) == ("bind_transceiver_resp", b"smsgw", 3)
    read = smpp.parse_pdu(answers.submit_resp(4, 3, "msg_1"), client=SMPPLIB, allow_unknown_opt_params=True)
    assert (read.command, read.message_id) == ("submit_sm_resp", b"1")
    octets = answers.query_resp(3, "msg_1", Outcome(ReceiptState.DELIVERED, AT, "0"))
    read = smpp.parse_pdu(octets, client=SMPPLIB, allow_unknown_opt_params=True)
    assert (read.message_id, read.final_date, int(read.message_state)) == (b"1", b"260301123000000+", 2)


@pytest.mark.parametrize(
    ("alphabet", "text", "coding", "octets"),
    [
        ("gsm7", "5€ @", 0, b"5\x1be \x00"),
        ("latin1", "grüß @", 0, "grüß @".encode("latin-1")),
        ("latin1", "5€", 8, "5€".encode("utf-16-be")),
    ],
)
def test_a_text_is_written_in_what_the_client_understands(alphabet: Any, text: str, coding: int, octets: bytes) -> None:
    parcel = replace(TEXT, pieces=(Octets(Alphabet.GSM7, gsm.encode(text)),))
    read = smpplib_read(answers.deliveries(parcel, alphabet)[0])
    assert (int(read.data_coding), read.short_message) == (coding, octets)
    assert (read.source_addr, int(read.source_addr_ton)) == (b"38640111222", 1)
    assert (read.destination_addr, int(read.dest_addr_ton)) == (b"4477", 0)


def test_a_long_text_is_told_when_every_part_is_acknowledged(client: SmppClient, outlet: Outlet) -> None:
    pieces = tuple(Octets(Alphabet.UCS2, b"\0x" * 60, b"\5\0\3\7\3" + bytes((place,))) for place in (1, 2, 3))
    done = outlet.push(replace(TEXT, pieces=pieces))
    came = [client.deliver(status=None) for _ in range(3)]
    assert [told.message[:6] for told in came] == [piece.udh for piece in pieces]
    assert {(told.esm_class, told.data_coding) for told in came} == {(0x40, 8)}
    for told in came:
        assert not done.done()
        client.send(smpp_client.DELIVER_SM | RESP, b"\0", sequence=told.sequence)
        if told is not came[-1]:
            client.ask(smpp_client.ENQUIRE_LINK)  # what was sent before it has been read
    done.result(90)


def test_more_octets_than_a_short_message_has_go_in_a_parameter() -> None:
    parcel = replace(TEXT, pieces=(Octets(Alphabet.OCTETS, b"x" * 300),))
    read = smpplib_read(answers.deliveries(parcel, "gsm7")[0])
    assert (read.message_payload, int(read.data_coding)) == (b"x" * 300, 4)


@pytest.mark.parametrize(("status", "for_good"), [(0x14, False), (0x64, False), (0x65, True), (0x66, True)])
def test_what_the_client_refuses_was_not_taken(client: SmppClient, outlet: Outlet, status: int, for_good: bool) -> None:
    done = outlet.push(RECEIPT)
    client.deliver(status=status)
    problem = done.exception(90)
    assert isinstance(problem, NotTaken)
    assert problem.for_good is for_good


def test_what_is_not_answered_was_not_taken(listening: Listening, desk: Any, wait: Wait) -> None:
    with SmppClient(listening(answer_timeout=0.3).port) as client:
        client.bind("shop", "secret08")
        done = wait(lambda: desk.outlets)[0].push(RECEIPT)
        client.deliver(status=None)
        assert isinstance(done.exception(90), NotTaken)


def test_what_was_on_its_way_when_the_client_went_was_not_taken(client: SmppClient, outlet: Outlet) -> None:
    done = outlet.push(RECEIPT)
    client.deliver(status=None)
    client.close()
    assert isinstance(done.exception(90), NotTaken)
    assert isinstance(outlet.push(RECEIPT).exception(90), NotTaken)


def test_a_port_may_speak_tls(listening: Listening, tmp_path: Path) -> None:
    authority = Authority(tmp_path, "ours")
    certificate, key = authority.sign("smsgw", "IP:127.0.0.1")
    context = ssl.create_default_context(cafile=str(authority.file))
    listener = listening(tls_certificate=certificate, tls_key=key)
    with SmppClient(listener.port, lambda plain: context.wrap_socket(plain, server_hostname="127.0.0.1")) as client:
        assert client.bind("shop", "secret08").status == 0
        assert client.ask(smpp_client.SUBMIT_SM, smpp_client.submit()).status == 0
    with SmppClient(listener.port) as plain:  # who does not speak it is closed, and nothing else happens
        plain.send(smpp_client.ENQUIRE_LINK)
        assert plain.closed()


def test_a_new_certificate_is_shown_when_it_is_read_again_and_who_is_bound_stays(
    listening: Listening, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    authorities = Authority(tmp_path, "one"), Authority(tmp_path, "two")
    first, second = (authority.sign("smsgw", "IP:127.0.0.1") for authority in authorities)
    trusts_one, trusts_two = (ssl.create_default_context(cafile=str(authority.file)) for authority in authorities)
    shown = tmp_path / "shown.pem", tmp_path / "shown.key"

    def place(pair: tuple[Path, Path]) -> None:
        for source, to in zip(pair, shown, strict=True):
            to.write_bytes(source.read_bytes())

    def client(context: ssl.SSLContext) -> SmppClient:
        return SmppClient(listener.port, lambda plain: context.wrap_socket(plain, server_hostname="127.0.0.1"))

    place(first)
    listener = listening(tls_certificate=shown[0], tls_key=shown[1])
    with client(trusts_one) as bound:
        assert bound.bind("shop", "secret08").status == 0
        place(second)
        show_again([listener])
        with client(trusts_two) as new:
            assert new.bind("shop", "secret08").status == 0
        with pytest.raises(ssl.SSLCertVerificationError):
            client(trusts_one)
        place((second[0], first[1]))
        show_again([listener])
        assert "tls_key" in caplog.text
        assert "does not belong to tls_certificate" in caplog.text
        with client(trusts_two) as new:
            assert new.bind("shop", "secret08").status == 0
        assert bound.ask(smpp_client.SUBMIT_SM, smpp_client.submit()).status == 0


def test_a_certificate_that_cannot_be_read_is_told_at_the_start(listening: Listening, tmp_path: Path) -> None:
    (tmp_path / "bad.pem").write_text("nonsense")
    with pytest.raises(BadConfig, match="holds no certificate"):
        listening(tls_certificate=tmp_path / "bad.pem")
