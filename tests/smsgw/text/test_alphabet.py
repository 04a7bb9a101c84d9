"""Letters to septets and back, with all tables of the standard."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smsgw.text.alphabet import LOCKING, NAMES, SINGLE, decode, encode, encode_plain, letters, one_septet
from smsgw.text.national import BLANK

MANY = settings(max_examples=200)


def test_the_whole_default_table_is_its_own_inverse() -> None:
    septets = bytes(range(0x1B)) + bytes(range(0x1C, 0x80))
    assert encode(decode(septets)) == septets
    assert len(set(decode(septets))) == 127


@pytest.mark.parametrize(
    ("letter", "septets"),
    [
        ("@", "00"),
        ("£", "01"),
        ("$", "02"),
        ("Ç", "09"),
        ("_", "11"),
        ("§", "5f"),
        ("¿", "60"),
        ("à", "7f"),
        ("€", "1b65"),
        ("\f", "1b0a"),
        ("^", "1b14"),
        ("{", "1b28"),
        ("|", "1b40"),
        ("\\", "1b2f"),
        ("~", "1b3d"),
    ],
)
def test_letters_that_others_get_wrong_have_their_places(letter: str, septets: str) -> None:
    assert encode(letter) == bytes.fromhex(septets)
    assert encode_plain(letter) == bytes.fromhex(septets)
    assert decode(bytes.fromhex(septets)) == letter


@pytest.mark.parametrize("letter", ["`", "ç", "\t", "\x1b", "\0", "\xa0", "č", "’", "😀", "Α", "\x7f"])
def test_letters_that_are_not_in_the_default_alphabet_are_refused(letter: str) -> None:
    assert encode_plain("abc" + letter) is None
    with pytest.raises(UnicodeEncodeError) as refusal:
        encode("abc" + letter)
    assert refusal.value.start == 3


@MANY
@given(st.text(st.sampled_from(sorted(letters())), max_size=200))
def test_the_fast_way_and_the_general_way_agree(text: str) -> None:
    assert encode_plain(text) == encode(text)


def test_an_escape_before_an_unknown_septet_shows_the_letter_of_the_main_table() -> None:
    assert decode(b"a\x1b\x61b") == "aab"  # 23.038 section 6.2.1.1
    assert decode(b"\x1b\x0b", locking=1) == "Ğ"


def test_an_escape_before_an_escape_or_at_the_end_shows_a_space() -> None:
    assert decode(b"a\x1b\x1be") == "a e"
    assert decode(b"a\x1b") == "a "


@MANY
@given(st.binary(max_size=200), st.integers(0, 255), st.integers(0, 255))
def test_reading_never_raises_whatever_the_octets_and_languages(septets: bytes, locking: int, single: int) -> None:
    text = decode(septets, locking, single)
    assert len(septets) / 2 <= len(text) <= len(septets)
    assert BLANK not in text


def test_an_octet_that_is_no_septet_is_shown_as_unreadable() -> None:
    assert decode(b"a\x80b") == "a\ufffdb"


@pytest.mark.parametrize("language", sorted(set(LOCKING) - {0}))
def test_every_letter_of_a_locking_table_survives_the_way_there_and_back(language: int) -> None:
    text = "".join(sorted(one_septet(language)))
    septets = encode(text, locking=language)
    assert len(septets) == len(text)
    assert decode(septets, locking=language) == text


@pytest.mark.parametrize("language", sorted(set(SINGLE) - {0}))
def test_every_letter_of_a_single_shift_table_survives_the_way_there_and_back(language: int) -> None:
    text = "".join(sorted(SINGLE[language]))
    assert decode(encode(text, single=language), single=language) == text
    assert len(set(SINGLE[language].values())) == len(SINGLE[language])


@pytest.mark.parametrize(
    ("language", "place", "letter"),
    [
        (1, 11, "Ğ"),
        (1, 7, "ı"),
        (1, 96, "ç"),
        (3, 18, "ª"),
        (3, 24, "€"),
        (3, 125, "`"),
        (4, 0, "\u0981"),
        (4, 96, "\u09ce"),
        (5, 127, "\u0af1"),
        (6, 0, "\u0901"),
        (6, 60, "\u0929"),
        (6, 40, ")"),
        (6, 127, "\u097f"),
        (7, 1, "\u0c82"),
        (8, 72, "\u0d34"),
        (8, 127, "\u0d79"),
        (9, 73, "\u0b35"),
        (10, 71, "\u0a33"),
        (11, 96, "\u0bd0"),
        (12, 0, "\u0c01"),
        (13, 0, "\u0627"),
        (13, 85, "\u06d5"),
        (13, 127, "\u0670"),
    ],
)
def test_locking_tables_have_the_letters_of_annex_a(language: int, place: int, letter: str) -> None:
    assert decode(bytes((place,)), locking=language) == letter


@pytest.mark.parametrize(
    ("language", "place", "letter"),
    [
        (1, 103, "ğ"),
        (1, 83, "Ş"),
        (2, 9, "ç"),
        (2, 97, "á"),
        (3, 97, "Â"),
        (3, 127, "â"),
        (4, 25, "\u09e6"),
        (4, 52, "\u09fa"),
        (6, 25, "\u0964"),
        (6, 58, "\u0971"),
        (7, 42, "\u0cf2"),
        (8, 52, "\u0d7f"),
        (9, 44, "\u0b71"),
        (10, 45, "\u0a75"),
        (11, 46, "\u0bfa"),
        (12, 50, "\u0c7f"),
        (13, 25, "\u0600"),
        (13, 63, "\u06d4"),
        (5, 21, "¡"),
        (5, 24, "*"),
        (5, 65, "A"),
        (5, 101, "€"),
    ],
)
def test_single_shift_tables_have_the_letters_of_annex_a(language: int, place: int, letter: str) -> None:
    assert decode(bytes((0x1B, place)), single=language) == letter


def test_spanish_has_no_locking_table_and_is_read_with_the_default_one() -> None:
    assert 2 not in LOCKING
    assert decode(b"a\x0b", locking=2) == "aØ"


def test_the_tables_are_those_that_were_compared_with_two_other_implementations() -> None:
    """A slip of the keyboard in a table hurts readers of one language only, whom nobody here would hear."""
    told = repr([(n, LOCKING.get(n), sorted(SINGLE[n].items())) for n in sorted(NAMES)])
    assert hashlib.sha256(told.encode()).hexdigest()[:16] == "2132c4273d618103"
