"""Texts that the link cuts itself, links that lack letters, and data for a port."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsgw.errors import BadInput
from smsgw.link import Abilities, Alphabet
from smsgw.text.header import concatenation, elements, ports, shifts, without, write_header
from smsgw.text.parts import MAX_PARTS, Piece, count, join, split, split_data
from smsgw.text.preview import preview

EVERY = frozenset(range(1, 14))
PLAIN = Abilities()
WHOLE = Abilities(whole=True)
DATA = Abilities(alphabets=frozenset(Alphabet))
WITHOUT_THE_EURO = Abilities(lacks=frozenset("€Δ"))


@pytest.mark.parametrize("text", ["a" * 161, "a" * 1000, "č" * 71, "č" * 500, "€" * 81])
def test_a_link_that_cuts_itself_gets_the_text_whole_and_it_costs_what_phones_get(text: str) -> None:
    (piece,) = split(text, WHOLE, 7)
    assert (join([piece]), piece.udh) == (text, b"")
    assert count([piece]) == len(split(text, PLAIN, 7)) == preview(text, WHOLE).parts > 1


@pytest.mark.parametrize("text", ["", "a" * 160, "č" * 70])
def test_a_short_text_is_one_part_whoever_cuts(text: str) -> None:
    assert split(text, WHOLE, 7) == split(text, PLAIN, 7)
    assert count(split(text, WHOLE, 7)) == 1


def test_national_tables_are_for_one_part_only_where_the_network_cuts() -> None:
    turkish = Abilities(single_shift=frozenset({1}), locking_shift=frozenset({1}), whole=True)
    (short,) = split("ğ" * 100, turkish, 7)
    assert (short.alphabet, shifts(short.udh)) == (Alphabet.GSM7, (1, 0))
    (long,) = split("ğ" * 200, turkish, 7)
    assert (long.alphabet, long.udh, long.stands_for) == (Alphabet.UCS2, b"", 3)
    assert preview("ğ" * 200, turkish).encoding == "ucs2"


@pytest.mark.parametrize("text", ["5 €", "Δ", "long " * 40 + "€"])
def test_a_letter_that_the_link_lacks_makes_the_text_ucs2(text: str) -> None:
    pieces = split(text, WITHOUT_THE_EURO, 7)
    assert {piece.alphabet for piece in pieces} == {Alphabet.UCS2}
    assert join(pieces) == text
    assert preview(text, WITHOUT_THE_EURO).encoding == "ucs2"
    assert split("plain", WITHOUT_THE_EURO, 7) == split("plain", PLAIN, 7)


def test_a_link_that_lacks_letters_has_no_national_tables() -> None:
    able = Abilities(lacks=frozenset("€"), single_shift=EVERY, locking_shift=EVERY)
    assert split("ğ", able, 7)[0].alphabet is Alphabet.UCS2


def test_the_preview_names_the_letters_that_a_link_lacks_and_offers_no_swap_into_them() -> None:
    seen = preview("5 €, č", WITHOUT_THE_EURO)
    assert seen.forced_by == ["€", "č"]
    assert seen.swaps == [("č", "c")]


def test_a_link_that_can_write_neither_way_names_the_letter() -> None:
    with pytest.raises(BadInput, match="cannot carry €:"):
        split("a€", Abilities(alphabets=frozenset({Alphabet.GSM7}), lacks=frozenset("€")), 7)


def test_data_that_fits_is_one_part_with_its_ports() -> None:
    assert split_data(b"\0\xff", None, DATA, 7) == [Piece(Alphabet.OCTETS, b"\0\xff")]
    (piece,) = split_data(b"\0\xff", (2948, 9200), DATA, 7)
    assert piece.udh.hex() == "0605040b8423f0"
    assert ports(piece.udh) == (2948, 9200)
    assert len(split_data(b"x" * 140, None, DATA, 7)) == len(split_data(b"x" * 133, (1, 2), DATA, 7)) == 1


@given(st.binary(max_size=2000), st.none() | st.tuples(*[st.integers(0, 65535)] * 2), st.booleans())
def test_data_of_any_length_fits_its_parts_and_each_names_ports_and_place(
    data: bytes, where: tuple[int, int] | None, wide: bool
) -> None:
    pieces = split_data(data, where, Abilities(alphabets=frozenset(Alphabet), wide_reference=wide), 0x1234)
    assert b"".join(piece.user_data for piece in pieces) == data
    assert all(len(piece.udh) + len(piece.user_data) <= 140 and ports(piece.udh) == where for piece in pieces)
    if len(pieces) > 1:
        places = [concatenation(piece.udh) for piece in pieces]
        assert [(p.of, p.position, p.wide) for p in places if p] == [
            (len(pieces), number, wide) for number in range(1, len(pieces) + 1)
        ]
        assert len(data) > 140 - len(write_header(1, 1, 0, wide, 0, 0, where))


def test_data_for_a_link_without_it_or_beyond_all_parts_is_refused_in_words() -> None:
    with pytest.raises(BadInput, match="texts only") as refusal:
        split_data(b"x", None, PLAIN, 7)
    assert refusal.value.faults[0].code == "data_unwritable"
    assert len(split_data(b"x" * 134 * MAX_PARTS, None, DATA, 7)) == MAX_PARTS
    with pytest.raises(BadInput, match="256 parts, and 255 are the most") as refusal:
        split_data(b"x" * (134 * MAX_PARTS + 1), None, DATA, 7)
    assert refusal.value.faults[0].code == "data_too_long"


def test_elements_are_taken_out_of_a_header() -> None:
    udh = write_header(2, 1, 9, False, 1, 3, (2948, 0))
    assert list(elements(without(udh, 0))) == [(5, b"\x0b\x84\0\0"), (0x24, b"\3"), (0x25, b"\1")]
    assert without(udh, 0, 5, 0x24, 0x25) == b""
    assert without(udh) == udh
    assert without(b"", 0) == b""
