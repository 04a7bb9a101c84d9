"""A part as each configuration writes it, and read back by smpplib and by ourselves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from smpplib import smpp

from drivers.smpp import Config, inbound, pdu
from drivers.smpp.coding import Unsendable
from drivers.smpp.submits import Submits
from smsgw.link import Abilities, Alphabet, InboundPiece, WirePart
from smsgw.text.header import concatenation, ports
from smsgw.text.parts import Piece, count, join, split, split_data

MakePart = Callable[..., WirePart]
NOW = datetime(2026, 11, 26, 3, 5, tzinfo=UTC)
TO = "+4915112345678"


def config(**fields: Any) -> Config:
    return Config.model_validate({"host": "h", "system_id": "shop", **fields})


def submits(**fields: Any) -> Submits:
    return Submits(config(**fields), lambda: NOW)


def read(part: WirePart, **fields: Any) -> Any:
    """The part's submit_sm as smpplib reads it."""
    return smpp.parse_pdu(pdu.submit_sm(1, submits(**fields).body(part)), client=None, sequence=0)


def heard(part: WirePart, **fields: Any) -> InboundPiece:
    """What a link with the same settings would make of it if a phone had sent it."""
    told = pdu.parse_deliver_sm(pdu.submit_sm(1, submits(**fields).body(part)))
    return inbound.Pieces(config(**fields)).piece(told, "r")


def wire(pieces: list[Piece]) -> list[WirePart]:
    of = count(pieces)
    return [
        WirePart("m", position, of, TO, "4477", piece.alphabet, piece.user_data, udh=piece.udh)
        for position, piece in enumerate(pieces, 1)
    ]


WAYS: list[dict[str, Any]] = [
    {},
    {"wide_references": True},
    {"long_texts": "sar"},
    {"long_texts": "payload"},
    {"default_alphabet": "gsm7-packed"},
    {"default_alphabet": "gsm7-packed", "long_texts": "sar"},
    {"default_alphabet": "gsm7-packed", "long_texts": "payload"},
    {"default_alphabet": "latin1", "long_texts": "payload"},
    {"alphabet": "latin1", "long_texts": "sar"},
    {"alphabet": "ascii", "wide_references": True},
    {"alphabet": "ucs2"},
    {"data_codings": {"gsm7": 0xF1, "ucs2": 0x19}},
    {"country_code": "49", "national_prefix": "0", "ports": "parameters"},
]


@given(st.text("abc @£€[Δäéč😀\n", max_size=700), st.sampled_from(WAYS), st.integers(0, 65535))
def test_a_text_is_read_back_letter_by_letter_whatever_the_way(text: str, how: dict[str, Any], reference: int) -> None:
    if how.get("default_alphabet") == "gsm7-packed":
        text = text.replace("@", "a")  # at the very end of whole octets it looks like filling: see test_coding
    pieces = split(text, submits(**how).abilities, reference)
    got = [heard(part, **how) for part in wire(pieces)]
    assert join([Piece(piece.alphabet, piece.user_data, piece.udh) for piece in got]) == text
    places = [piece.concatenation or concatenation(piece.udh) for piece in got]
    if len(pieces) > 1:
        assert [(place.position, place.of) for place in places if place] == [
            (number, len(pieces)) for number in range(1, len(pieces) + 1)
        ]
    assert {(piece.sender, piece.to) for piece in got} == {("4477", TO)}


@given(st.binary(max_size=500), st.none() | st.tuples(*[st.integers(0, 65535)] * 2), st.sampled_from(WAYS))
def test_data_is_read_back_octet_by_octet_with_its_ports(
    data: bytes, where: tuple[int, int] | None, how: dict[str, Any]
) -> None:
    for ways in ("udh", "parameters"):
        settings = {**how, "ports": ways}
        pieces = split_data(data, where, submits(**settings).abilities, 99)
        got = [heard(part, **settings) for part in wire(pieces)]
        assert b"".join(piece.user_data for piece in got) == data
        assert {ports(piece.udh) for piece in got} == {where}
        assert {piece.kind for piece in got} == {"data"}


@given(
    st.sampled_from(["Bakery", "4477", "+38640111222"]), st.text("ab@€č", max_size=60), st.integers(0, 9),
    st.none() | st.integers(1, 10**6), st.booleans(), st.none() | st.integers(0, 3),
)  # fmt: skip
def test_smpplib_reads_every_field_as_it_was_meant(
    sender: str, text: str, priority: int, validity: int | None, receipt: bool, message_class: int | None
) -> None:
    (piece,) = split(text, Abilities(), 1)
    part = WirePart(
        "m", 1, 1, TO, sender, piece.alphabet, piece.user_data, validity=validity, receipt=receipt,
        message_class=message_class, priority=priority,
    )  # fmt: skip
    seen = read(part)
    assert seen.source_addr.decode() == sender.removeprefix("+")
    assert (seen.dest_addr_ton, seen.dest_addr_npi, seen.destination_addr) == (1, 1, TO[1:].encode())
    assert (seen.short_message or b"") == piece.user_data
    assert (seen.priority_flag or 0) == (0, 0, 0, 0, 0, 0, 1, 1, 2, 3)[priority]
    assert (seen.registered_delivery or 0) == int(receipt)
    assert bool(seen.validity_period) == (validity is not None)


def test_a_long_text_goes_out_with_sar_parameters_and_no_header() -> None:
    settings = {"long_texts": "sar"}
    parts = wire(split("long text " * 40, submits(**settings).abilities, 0x1234))
    seen = [read(part, **settings) for part in parts]
    assert [(p.sar_msg_ref_num, p.sar_total_segments, p.sar_segment_seqnum) for p in seen] == [
        (0x34, 3, 1), (0x34, 3, 2), (0x34, 3, 3),
    ]  # fmt: skip
    assert b"".join(p.short_message for p in seen) == b"long text " * 40
    assert {p.esm_class for p in seen} == {0}
    wide = {"long_texts": "sar", "wide_references": True}
    assert read(wire(split("a" * 161, submits(**wide).abilities, 0x1234))[0], **wide).sar_msg_ref_num == 0x1234


def test_national_tables_stay_in_the_header_beside_sar_parameters(a_part: MakePart) -> None:
    udh = bytes.fromhex("08" + "0003090201" + "250101")
    seen = read(a_part("Hi", udh=udh), long_texts="sar")
    assert (seen.sar_msg_ref_num, seen.short_message, seen.esm_class) == (9, bytes.fromhex("03250101") + b"Hi", 0x40)


@pytest.mark.parametrize(("text", "size"), [("a" * 1000, 1000), ("č" * 300, 600)])
def test_a_long_text_goes_out_whole_in_message_payload(text: str, size: int) -> None:
    settings = {"long_texts": "payload"}
    (part,) = wire(split(text, submits(**settings).abilities, 7))
    seen = read(part, **settings)
    assert (seen.sm_length, len(seen.message_payload), seen.esm_class) == (0, size, 0)
    assert part.of == len(split(text, Abilities(), 7))


def test_a_short_text_needs_no_message_payload(a_part: MakePart) -> None:
    assert read(a_part("a" * 160), long_texts="payload").short_message == b"a" * 160


def test_a_text_that_was_given_whole_goes_out_whole_although_the_link_now_cuts(a_part: MakePart) -> None:
    part = replace(a_part("a" * 400), of=3)
    assert len(read(part).message_payload) == 400


def test_ports_go_into_parameters_where_nothing_else_needs_the_header() -> None:
    able = submits(ports="parameters").abilities
    (short,) = wire(split_data(b"\0\xff", (2948, 9200), able, 7))
    seen = read(short, ports="parameters")
    assert (seen.destination_port, seen.source_port, seen.short_message) == (2948, 9200, b"\0\xff")
    assert (seen.esm_class, seen.data_coding) == (0, 4)
    long = wire(split_data(b"x" * 300, (2948, 9200), able, 7))[0]
    assert read(long, ports="parameters").short_message[:12].hex() == "0b0003070301" + "05040b8423f0"
    both = read(long, ports="parameters", long_texts="sar")
    assert (both.destination_port, both.sar_total_segments, both.short_message) == (2948, 3, b"x" * 128)


@pytest.mark.parametrize(
    ("fields", "name", "value"),
    [
        ({"protocol_id": 0x41}, "protocol_id", 0x41),
        ({"replace_if_present": True}, "replace_if_present_flag", 1),
        ({"service_type": "CMT"}, "service_type", b"CMT"),
        ({"messaging_mode": "datagram"}, "esm_class", 1),
        ({"messaging_mode": "forward"}, "esm_class", 2),
        ({"messaging_mode": "store", "reply_path": True}, "esm_class", 0x83),
        ({"receipts": "failures"}, "registered_delivery", 2),
        ({"receipts": "none"}, "registered_delivery", 0),
        ({"acknowledgements": "delivery"}, "registered_delivery", 0x05),
        ({"acknowledgements": "user"}, "registered_delivery", 0x09),
        ({"acknowledgements": "both", "intermediate": True}, "registered_delivery", 0x1D),
        ({"validity": "absolute"}, "validity_period", b"261126040500000+"),
        ({"validity": "relative"}, "validity_period", b"000000010000000R"),
        ({"validity": "none"}, "validity_period", b""),
        ({"priority_flags": [3] * 10}, "priority_flag", 3),
    ],
)
def test_each_setting_stands_in_its_field(a_part: MakePart, fields: dict[str, Any], name: str, value: object) -> None:
    assert (getattr(read(a_part(validity=3600), **fields), name) or type(value)()) == value


def test_a_message_without_a_receipt_asks_for_nothing(a_part: MakePart) -> None:
    assert not read(a_part(receipt=False), acknowledgements="both", intermediate=True).registered_delivery


def test_a_header_is_marked_beside_the_mode(a_part: MakePart) -> None:
    assert read(a_part(udh=bytes((5, 0, 3, 9, 2, 1))), messaging_mode="store").esm_class == 0x43


def test_the_smsc_keeps_a_message_until_its_time_and_not_when_that_is_past(a_part: MakePart) -> None:
    later = a_part(deliver_at=NOW + timedelta(days=1))
    assert read(later, schedule="smsc").schedule_delivery_time == b"261127030500000+"
    assert not read(a_part(deliver_at=NOW - timedelta(seconds=1)), schedule="smsc").schedule_delivery_time


def test_what_a_link_carries_follows_from_its_settings() -> None:
    assert submits().abilities == Abilities(alphabets=frozenset(Alphabet))
    assert submits(alphabet="ucs2").abilities.alphabets == {Alphabet.UCS2, Alphabet.OCTETS}
    assert "€" in submits(alphabet="latin1").abilities.lacks
    assert submits(long_texts="payload").abilities.whole
    assert submits(schedule="smsc").abilities.optional == {"schedule"}
    assert submits(receipts="failures").abilities.reports == "failures"
    assert submits(wide_references=True).abilities.wide_reference


def test_more_than_smpp_carries_is_refused(a_part: MakePart) -> None:
    assert len(read(a_part("a" * 254)).short_message) == 254
    with pytest.raises(Unsendable, match="255 octets"):
        read(a_part("a" * 255))
