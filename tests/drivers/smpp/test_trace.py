"""What the console of an SMPP link shows: PDUs decoded, without texts and passwords."""

from __future__ import annotations

import time
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from drivers.smpp import Config, pdu, session_pdus, trace
from drivers.smpp.esme import Esme
from smsgw.link import LinkState, WirePart
from smsgw.link_verbs import Traced, WireLine
from tests.drivers.smpp.conftest import Told
from tests.emulators.smsc import Network


def submit(text: bytes, esm_class: int = 0, coding: int = 0, more: bytes = b"") -> bytes:
    prefix, middle = pdu.submit_prefix("", 5, 0, b"SHOP"), pdu.submit_middle(esm_class, 0, b"", 1, coding)
    return pdu.submit_sm(7, pdu.submit_body(prefix, 1, 1, b"38640111222", middle, text, more))


def deliver(text: bytes, esm_class: int, more: bytes = b"") -> bytes:
    frame = bytearray(submit(text, esm_class, 0, more))
    frame[4:8] = pdu.DELIVER_SM.to_bytes(4, "big")
    return bytes(frame)


def test_a_text_is_its_length_and_its_coding() -> None:
    line = trace.line(">", submit("Živjo".encode("utf-16-be"), coding=8))
    assert (line.way, line.what) == (">", "submit_sm")
    assert line.fields == {
        "sequence": "7", "source_addr_ton": "5", "source_addr": "SHOP", "dest_addr_ton": "1", "dest_addr_npi": "1",
        "destination_addr": "38640111222", "registered_delivery": "1", "data_coding": "0x08",
        "short_message": "‹10 octets UCS-2›",
    }  # fmt: skip


def test_a_part_says_which_of_which_whole_it_is() -> None:
    line = trace.line(">", submit(b"\x05\x00\x03\x11\x03\x02and so on", esm_class=0x40))
    assert line.fields["header"] == "part 2 of 3, reference 17, 6 octets"
    assert line.fields["short_message"] == "‹9 octets, default alphabet›"


def test_a_receipt_is_read_but_for_the_words_of_the_message() -> None:
    said = (
        b"id:0123456789 sub:001 dlvrd:001 submit date:2611260800 done date:2611260801 stat:DELIVRD err:000 "
        b"Text:my dear secret"
    )
    more = pdu.parameter(pdu.RECEIPTED_MESSAGE_ID, b"75BCD15\0") + pdu.parameter(pdu.MESSAGE_STATE, b"\x02")
    line = trace.line("<", deliver(said, 0x04, more + pdu.parameter(pdu.NETWORK_ERROR_CODE, b"\x03\x00\x0c")))
    fields = line.fields
    assert (line.what, fields["id"], fields["stat"], fields["err"]) == ("deliver_sm", "0123456789", "DELIVRD", "000")
    assert (fields["done date"], fields["receipted_message_id"]) == ("2611260801", "75BCD15")
    assert (fields["message_state"], fields["network_error_code"]) == ("2", "network type 3, error 12")
    assert "secret" not in str(line)


def test_a_parameter_that_may_hold_a_text_is_its_length() -> None:
    more = pdu.parameter(pdu.MESSAGE_PAYLOAD, b"a long secret text") + pdu.parameter(0x1401, b"38640111222")
    fields = trace.line(">", submit(b"", more=more)).fields
    assert fields["message_payload"] == "‹18 octets, default alphabet›"
    assert fields["0x1401"] == "‹11 octets›"


def test_a_bind_never_shows_its_password() -> None:
    config = Config.model_validate({"host": "smsc", "system_id": "shop", "password": "s3cr3t-w"})
    line = trace.line(">", session_pdus.bind(config, "transceiver", 1))
    assert (line.what, line.fields["system_id"], line.fields["password"]) == ("bind_transceiver", "shop", "***")
    assert "s3cr3t" not in str(line)


def test_answers_say_their_status_by_its_name() -> None:
    nack, resp = trace.lines("<", pdu.answer(pdu.GENERIC_NACK, 9, 3) + pdu.answer(pdu.SUBMIT_SM_RESP, 7, 0x58))
    assert (nack.what, nack.fields) == ("generic_nack", {"sequence": "9", "status": "ESME_RINVCMDID"})
    assert (resp.what, resp.fields["status"]) == ("submit_sm_resp", "ESME_RTHROTTLED")


def test_what_is_cut_off_is_told_as_such() -> None:
    whole = submit(b"Hello")
    cut = len(whole[:40]).to_bytes(4, "big") + whole[4:40]
    assert trace.line("<", cut).fields["broken"] == "its 40 octets cannot be read to the end"


@given(st.binary(max_size=80), st.sampled_from([0x04, 0x05, 0x09, 0x103, 0x80000004, 0x80000009, 0x102, 0x77]))
def test_no_octets_from_outside_break_it(body: bytes, command: int) -> None:
    frame = pdu.HEADER.pack(16 + len(body), command, 0, 1) + body
    assert trace.line("<", frame).fields["sequence"] == "1"


def test_a_link_tells_what_goes_over_its_wire_while_somebody_looks(
    network: Network, told: Told, a_part: Callable[..., WirePart], soon: Callable[..., None]
) -> None:
    heard: list[WireLine] = []
    settings = network.settings()
    link = Esme("carrier", Config.model_validate(settings), told, time.monotonic, lambda: 0.5)
    assert isinstance(link, Traced)
    link.tap.tell = heard.append
    link.start()
    try:
        soon(lambda: link.health().state is LinkState.UP, 60)
        link.send(a_part("Hello you"))
        soon(lambda: any(line.what == "submit_sm_resp" for line in heard), 60)
        link.tap.tell = None
        before = len(heard)
        link.send(a_part("quietly", 2))
        soon(lambda: told.outcomes == 2, 60)
        assert len(heard) == before
    finally:
        link.stop(time.monotonic() + 5)
    said = {(line.way, line.what) for line in heard}
    assert {(">", "bind_transceiver"), ("<", "bind_transceiver_resp"), (">", "submit_sm")} <= said
    assert "Hello" not in str(heard)
    assert settings["password"] not in str(heard)
