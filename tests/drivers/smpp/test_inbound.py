"""Texts from phones, and the names that make repeats recognisable."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.smpp import Config, inbound, pdu, receipts
from drivers.smpp.session_pdus import make
from drivers.smpp.spelling import ReceiptIds, Spelling
from smsgw.link import Abilities, Alphabet, Concatenation, InboundPiece
from smsgw.text import alphabet
from smsgw.text.parts import Piece, concatenation, join, split

CONFIG = Config.model_validate({"host": "h", "system_id": "shop"})


def deliver(message: bytes = b"Hi", **fields: Any) -> pdu.DeliverSm:
    given = {"source_addr": "4915112345678", "source_addr_ton": 1, "destination_addr": "4477", **fields}
    return pdu.parse_deliver_sm(make("deliver_sm", 1, short_message=message, **given))


def piece(message: bytes = b"Hi", config: Config = CONFIG, **fields: Any) -> InboundPiece:
    return inbound.Pieces(config).piece(deliver(message, **fields), "r")


def configured(**fields: Any) -> Config:
    return Config.model_validate({"host": "h", "system_id": "shop", **fields})


def test_a_plain_text_comes_with_its_numbers() -> None:
    assert piece() == InboundPiece("r", "+4915112345678", "4477", Alphabet.GSM7, b"Hi", repeats_within=900)


def test_the_header_is_parted_from_the_text() -> None:
    udh = bytes((5, 0, 3, 9, 2, 1))
    got = piece(udh + b"Hi", esm_class=0x40)
    assert (got.udh, got.user_data, got.concatenation) == (udh, b"Hi", None)


@pytest.mark.parametrize("message", [b"\x09abc", b"\xff"])
def test_a_header_longer_than_the_message_is_left_in_it(message: bytes) -> None:
    got = piece(message, esm_class=0x40, data_coding=4)
    assert (got.udh, got.user_data) == (b"", message)


def test_an_empty_text_is_a_text() -> None:
    assert piece(b"", esm_class=0x40).user_data == b""


def test_sar_parameters_make_a_concatenation() -> None:
    got = piece(sar_msg_ref_num=515, sar_total_segments=3, sar_segment_seqnum=2)
    assert got.concatenation == Concatenation(515, 3, 2, wide=True)


@pytest.mark.parametrize("sar", [(1, 3, 4), (1, 0, 0), (1, 1, 1), (1, 3, None), (None, 3, 1)])
def test_sar_parameters_without_sense_make_none(sar: tuple[int | None, int | None, int | None]) -> None:
    fields: dict[str, Any] = dict(
        zip(("sar_msg_ref_num", "sar_total_segments", "sar_segment_seqnum"), sar, strict=True)
    )
    assert piece(**fields).concatenation is None


def test_the_first_reference_of_all_may_be_zero() -> None:
    told = deliver()
    told.parameters.update({0x020C: b"\0\0", 0x020E: b"\2", 0x020F: b"\1"})
    assert inbound.Pieces(CONFIG).piece(told, "r").concatenation == Concatenation(0, 2, 1, wide=True)


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("flash", {"data_coding": 0x10}),
        ("silent", {"protocol_id": 0x40}),
        ("data", {"destination_port": 2948}),
        ("data", {"message": bytes((6, 5, 4, 0x0B, 0x84, 0, 0)) + b"x", "esm_class": 0x40}),
        ("data", {"data_coding": 4}),
        ("indication", {"data_coding": 0xC8}),
    ],
)
def test_what_is_no_ordinary_text_says_so(kind: str, fields: dict[str, Any]) -> None:
    assert piece(**fields).kind == kind


@pytest.mark.parametrize(
    ("ports_told", "udh"),
    [((2948, 9200), "0605040b8423f0"), ((2948, None), "0605040b840000")],
)
def test_ports_in_parameters_come_up_in_the_header(ports_told: tuple[int, int | None], udh: str) -> None:
    dest, source = ports_told
    got = piece(b"\0\xff", data_coding=4, destination_port=dest, source_port=source)
    assert (got.udh.hex(), got.user_data, got.kind) == (udh, b"\0\xff", "data")


def test_ports_in_parameters_stand_beside_what_is_in_the_header() -> None:
    udh = bytes((5, 0, 3, 9, 2, 1))
    got = piece(udh + b"x", data_coding=4, esm_class=0x40, destination_port=1)
    assert (got.udh.hex(), got.user_data) == ("0b0003090201050400010000", b"x")
    assert concatenation(got.udh) == Concatenation(9, 2, 1)
    own = bytes.fromhex("0605040b8423f0")
    assert piece(own + b"x", data_coding=4, esm_class=0x40, destination_port=1).udh == own


@pytest.mark.parametrize("language", [1, 3, 6, 13])
@pytest.mark.parametrize("default", ["gsm7", "latin1"])
def test_texts_with_national_letters_are_read_whole(language: int, default: str) -> None:
    able = Abilities(single_shift=frozenset({language}), locking_shift=frozenset({language}))
    letters = "".join(sorted(alphabet.two_septets(language)))
    cut = split(f"{letters} and so on " * 9, able, 9)
    assert len(cut) > 1
    assert {one.alphabet for one in cut} == {Alphabet.GSM7}
    got = [piece(one.udh + one.user_data, configured(default_alphabet=default), esm_class=0x40) for one in cut]
    assert join([Piece(one.alphabet, one.user_data, one.udh) for one in got]) == f"{letters} and so on " * 9


def test_a_header_may_stand_in_message_payload() -> None:
    udh = bytes((6, 8, 4, 2, 3, 2, 1))
    got = piece(b"", esm_class=0x40, message_payload=udh + b"a" * 300)
    assert (got.udh, got.user_data) == (udh, b"a" * 300)
    assert concatenation(got.udh) == Concatenation(0x203, 2, 1, wide=True)


def test_numbers_and_alphabets_are_read_as_the_link_says() -> None:
    german = configured(country_code="49", national_prefix="0", read_as={"0": "latin1"})
    got = piece(b"\xe9@", german, source_addr="015112345678", source_addr_ton=2)
    assert (got.sender, got.user_data.decode("utf-16-be")) == ("+4915112345678", "é@")


def test_different_messages_have_different_digests_and_equal_ones_equal() -> None:
    variants: list[dict[str, Any]] = [
        {}, {"message": b"Ho"}, {"source_addr": "4915112345679"}, {"destination_addr": "4478"}, {"data_coding": 4},
        {"esm_class": 0x40}, {"sar_msg_ref_num": 1}, {"sar_msg_ref_num": 1, "sar_segment_seqnum": 2},
        {"message": b"", "message_payload": b"Hu"}, {"destination_port": 1}, {"source_port": 1},
    ]  # fmt: skip
    digests = [inbound.digest(deliver(**variant)) for variant in variants]
    assert len(set(digests)) == len(digests)
    assert digests == [inbound.digest(deliver(**variant)) for variant in variants]


def test_equal_texts_in_one_session_have_different_names() -> None:
    names = inbound.Occurrences(certain=30)
    assert [names.name("d"), names.name("d"), names.name("e")] == ["d:0", "d:1", "e:0"]


def test_what_we_could_not_keep_comes_again_under_its_name() -> None:
    names = inbound.Occurrences(certain=30)
    first, second = names.name("d"), names.name("d")
    names.free(first)
    assert second == "d:1"
    assert names.name("d") == first
    assert names.name("d") == "d:2"


def test_what_was_never_acknowledged_comes_again_under_its_name_after_a_new_bind() -> None:
    names = inbound.Occurrences(certain=30)
    names.name("d")
    names.new_session(ended=1000)
    assert names.name("d") == "d:0"


def test_what_was_acknowledged_just_before_the_end_counts_anew() -> None:
    names = inbound.Occurrences(certain=30)
    names.acknowledged(names.name("d"), now=990)
    names.new_session(ended=1000)
    assert names.name("d") == "d:0"


def test_what_was_acknowledged_long_before_the_end_keeps_its_name() -> None:
    names = inbound.Occurrences(certain=30)
    names.acknowledged(names.name("d"), now=900)
    names.new_session(ended=1000)
    assert names.name("d") == "d:1"


def test_names_older_than_any_repeat_are_forgotten() -> None:
    names = inbound.Occurrences(certain=30)
    names.acknowledged(names.name("d"), now=0)
    names.forget(now=inbound.REPEATS_WITHIN - 1)
    assert names.name("d") == "d:1"
    names.acknowledged("d:1", now=10)
    names.forget(now=inbound.REPEATS_WITHIN + 11)
    assert names.name("d") == "d:0"


@given(
    st.binary(max_size=200), st.integers(0, 255), st.integers(0, 255), st.integers(0, 255),
    st.dictionaries(st.sampled_from([0x1E, 0x20A, 0x20B, 0x20C, 0x20E, 0x20F, 0x423, 0x427]), st.binary(max_size=6)),
    st.sampled_from(["gsm7", "gsm7-packed", "latin1", "ascii"]),
)  # fmt: skip
def test_whatever_comes_is_a_piece_or_a_receipt_or_nothing_but_never_an_exception(
    message: bytes, esm_class: int, data_coding: int, protocol_id: int, parameters: dict[int, bytes], default: str
) -> None:
    told = deliver(message, esm_class=esm_class, data_coding=data_coding, protocol_id=protocol_id)
    told.parameters.update(parameters)
    config = configured(default_alphabet=default)
    assert inbound.Pieces(config).piece(told, "r").reference == "r"
    receipts.is_receipt(told)
    found = receipts.read(told, Spelling(ReceiptIds.AUTO), config, ZoneInfo("UTC"))
    assert found is None or found.reference
