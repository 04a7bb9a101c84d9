"""What clients write is read as they meant it, smpplib's octets too, and nonsense is refused with a status."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from smpplib import consts, smpp

from drivers.smpp.server import requests
from drivers.smpp.server.refusals import BadRequest
from smsgw.link import Alphabet, Concatenation
from smsgw.listener import Submission, Wants
from smsgw.text import parts
from tests.emulators.smpp_client import HEADER, address, cstring, several, submit, tlv

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def pdu(body: bytes, command: int = 4) -> bytes:
    return HEADER.pack(16 + len(body), command, 0, 1) + body


def read(default: Any = "gsm7", **fields: Any) -> Submission:
    return requests.submit_sm(pdu(submit(**fields)), NOW, default)


def text(asked: Submission) -> str:
    return parts.join([parts.Piece(asked.alphabet, asked.user_data, asked.udh)])


def status(body: bytes, read_it: Any = requests.submit_sm) -> int:
    with pytest.raises(BadRequest) as told:
        read_it(pdu(body), NOW, "gsm7")
    return told.value.status


@pytest.mark.parametrize(
    ("data_coding", "octets", "default", "said"),
    [
        (0, b"\x00 \x1be \x02", "gsm7", "@ € $"),  # GSM letters, one in each octet
        (0, b"price: 5 \xa3, \xfcber", "latin1", "price: 5 £, über"),
        (1, b"plain @ ASCII_", "gsm7", "plain @ ASCII_"),
        (3, b"Gr\xfc\xdfe", "gsm7", "Grüße"),
        (8, "سلام 🙂".encode("utf-16-be"), "gsm7", "سلام 🙂"),
        (0x10, b"flash", "gsm7", "flash"),
        (0x18, "č".encode("utf-16-be"), "gsm7", "č"),
        (0xF0, b"flash", "gsm7", "flash"),
    ],
)
def test_each_coding_is_read_as_the_client_means_it(data_coding: int, octets: bytes, default: str, said: str) -> None:
    assert text(read(default, data_coding=data_coding, text=octets)) == said


@pytest.mark.parametrize(
    ("data_coding", "its_class"), [(0, None), (8, None), (0x10, 0), (0x11, 1), (0xF0, 0), (0xF6, 2)]
)
def test_the_message_class_is_read_from_the_coding(data_coding: int, its_class: int | None) -> None:
    assert read(data_coding=data_coding, text=b"ab").message_class == its_class


def test_a_screen_that_is_asked_for_makes_a_flash_message() -> None:
    assert read(parameters=tlv(0x0005, b"\1")).message_class == 0


@pytest.mark.parametrize("data_coding", [2, 4, 0xF4])
def test_eight_bit_data_stays_as_it_is(data_coding: int) -> None:
    asked = read(data_coding=data_coding, text=bytes(range(140)))
    assert (asked.alphabet, asked.user_data) == (Alphabet.OCTETS, bytes(range(140)))


def test_a_header_is_taken_from_the_text_and_says_which_part_it_is() -> None:
    asked = read(esm_class=0x40, text=b"\5\0\3\x2a\3\2half")
    assert (asked.udh, asked.user_data) == (b"\5\0\3\x2a\3\2", b"half")
    assert asked.concatenation == Concatenation(42, 3, 2, wide=False)


def test_parts_are_told_by_parameters_too() -> None:
    sar = tlv(0x020C, b"\x01\x02") + tlv(0x020E, b"\3") + tlv(0x020F, b"\1")
    assert read(parameters=sar).concatenation == Concatenation(258, 3, 1, wide=True)


def test_parameters_that_make_no_sense_of_parts_are_passed_over() -> None:
    assert read(parameters=tlv(0x020C, b"\0\1") + tlv(0x020E, b"\2") + tlv(0x020F, b"\3")).concatenation is None
    assert read(parameters=tlv(0x020C, b"\0\1")).concatenation is None


def test_a_long_text_in_message_payload_is_one_text() -> None:
    asked = read(text=b"", parameters=tlv(0x0424, b"x" * 1000))
    assert text(asked) == "x" * 1000


def test_ports_in_parameters_become_a_header() -> None:
    asked = read(data_coding=4, parameters=tlv(0x020A, b"\x23\xf0") + tlv(0x020B, b"\x0b\x84"))
    assert asked.udh == b"\6\5\4\x0b\x84\x23\xf0"


@pytest.mark.parametrize(
    ("sender", "written"),
    [
        (address("Shop", 5, 0), "Shop"),
        (address("38640111000", 1, 1), "+38640111000"),
        (address("0038640111000", 1, 1), "+38640111000"),
        (address("+38640111000", 1, 1), "+38640111000"),
        (address("38640111000", 0, 1), "38640111000"),
        (address("4477", 3, 0), "4477"),
    ],
)
def test_addresses_are_read_by_their_type(sender: bytes, written: str) -> None:
    found = read(sender=sender).sender
    assert found is not None
    assert found.written == written


def test_no_sender_is_none() -> None:
    assert read(sender=address("", 0, 0)).sender is None


def test_an_echo_gives_the_address_back_as_it_was_written() -> None:
    one = requests.address(5, 0, "A.b#c", b"\x12\x34")
    assert requests.parse_echo(one.echo) == (5, 0, b"A.b#c", b"\x12\x34")
    assert requests.parse_echo("") == (0, 0, b"", b"")


@pytest.mark.parametrize(
    ("flag", "wants"),
    [
        (0, Wants()),
        (1, Wants(success=True, failure=True)),
        (2, Wants(failure=True)),
        (3, Wants(success=True)),
        (0x11, Wants(success=True, failure=True, progress=True)),
        (0x0D, Wants(success=True, failure=True)),  # acknowledgements of the phone's user: nobody gives them
    ],
)
def test_the_receipts_that_are_asked_for(flag: int, wants: Wants) -> None:
    assert read(registered=flag).wants == wants


def test_times_and_priority() -> None:
    asked = read(schedule=b"260301130000000+", validity=b"000000020000000R", priority=3)
    assert asked.deliver_at == NOW + timedelta(hours=1)
    assert asked.valid_until == NOW + timedelta(hours=2)
    assert asked.priority == 9
    assert read().priority is None


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (submit(esm_class=0x08), 0x43),  # an acknowledgement
        (submit(esm_class=0x40, text=b"\x10ab"), 0x43),  # a header longer than the text
        (submit(esm_class=0x40, text=b""), 0x43),
        (submit(priority=4), 0x06),
        (submit(schedule=b"tomorrow"), 0x61),
        (submit(validity=b"000000020000000X"), 0x62),
        (submit(prepared=3), 0x63),
        (submit(to=""), 0x0B),
        (submit(text=b"x" * 255), 0x01),
        (submit(parameters=tlv(0x0424, b"more")), 0x01),  # both texts at once
        (submit(parameters=b"\x04\x24\x00"), 0xC0),
        (submit(parameters=b"\x04\x24\x00\x09short"), 0xC0),
        (submit(text=b"hello")[:-2], 0x01),
        (b"", 0x01),
        (b"a" * 40, 0x01),
        (b"\0\1\1" + b"9" * 70 + b"\0", 0x01),
    ],
)
def test_what_cannot_be_taken_has_its_status(body: bytes, expected: int) -> None:
    assert status(body) == expected


def test_several_numbers_and_no_lists() -> None:
    body = submit(destination=several("38640111222", "38640111333"))
    asked = requests.submit_multi(pdu(body), NOW, "gsm7")
    assert [to.written for to in asked.to] == ["+38640111222", "+38640111333"]
    assert status(submit(destination=b"\1\2friends\0"), requests.submit_multi) == 0x34
    assert status(submit(destination=b"\0"), requests.submit_multi) == 0x33
    assert status(submit(destination=b"\xff" + several(*["38640111222"] * 255)[1:]), requests.submit_multi) == 0x33


def test_a_data_sm_is_a_submit_with_its_text_in_a_parameter() -> None:
    body = cstring("") + address("Shop", 5, 0) + address("38640111222") + bytes((0, 1, 0))
    asked = requests.data_sm(pdu(body + tlv(0x0424, b"hello") + tlv(0x0017, b"\0\0\0\x3c")), NOW, "gsm7")
    assert (text(asked), asked.valid_until) == ("hello", NOW + timedelta(seconds=60))


@given(
    text=st.text(max_size=70),
    to=st.from_regex(r"[1-9][0-9]{6,14}", fullmatch=True),
    sender=st.from_regex(r"[A-Za-z0-9 ]{1,11}", fullmatch=True),
    priority=st.integers(0, 3),
    registered=st.integers(0, 3),
    service=st.from_regex(r"[A-Z]{0,5}", fullmatch=True),
    payload=st.booleans(),
)
def test_what_smpplib_writes_is_read_as_it_was_meant(
    text: str, to: str, sender: str, priority: int, registered: int, service: str, payload: bool
) -> None:
    octets = text.encode("utf-16-be", "replace")
    content: dict[str, Any] = {"message_payload": octets} if payload and octets else {"short_message": octets}
    made = smpp.make_pdu(
        "submit_sm", client=None, sequence=7, service_type=service,
        source_addr_ton=consts.SMPP_TON_ALNUM, source_addr_npi=0, source_addr=sender,
        dest_addr_ton=consts.SMPP_TON_INTL, dest_addr_npi=1, destination_addr=to,
        priority_flag=priority, registered_delivery=registered, data_coding=8, user_message_reference=77, **content,
    )  # fmt: skip
    asked = requests.submit_sm(bytes(made.generate()), NOW, "gsm7")
    assert asked.user_data == octets
    assert asked.alphabet is Alphabet.UCS2
    assert [one.written for one in asked.to] == [f"+{to}"]
    assert requests.parse_echo(asked.to[0].echo)[3] == b"\0\x4d"
    assert asked.sender is not None
    assert asked.sender.echo.endswith(sender)
    assert asked.service == service
    assert (asked.wants.success, asked.wants.failure) == (registered in (1, 3), registered in (1, 2))


READERS = (
    requests.submit_sm,
    requests.submit_multi,
    requests.data_sm,
    requests.replace_sm,
    lambda frame, now, default: requests.cancel_sm(frame),
    lambda frame, now, default: requests.query_sm(frame),
    lambda frame, now, default: requests.bind(frame),
)


@given(start=st.integers(0, 120), noise=st.binary(max_size=300), reader=st.sampled_from(READERS))
def test_no_octets_raise_anything_but_a_refusal(start: int, noise: bytes, reader: Any) -> None:
    whole = submit(text=b"hello there", parameters=tlv(0x0424, b"more") + tlv(0x020B, b"\0\1"))
    for body in (noise, whole[:start] + noise, whole[:start], whole[:start] + noise + whole[start:]):
        try:
            reader(pdu(body), NOW, "gsm7")
        except BadRequest:
            continue
