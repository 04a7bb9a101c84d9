"""data_coding in both directions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.smpp import coding
from drivers.smpp.coding import Coding, Heard
from drivers.smpp.contents import Charset, Contents
from smsgw.link import Alphabet, WirePart
from smsgw.text import alphabet as gsm
from smsgw.text.header import write_header

MakePart = Callable[..., WirePart]


def link(**fields: Any) -> Coding:
    """The alphabets of a link with these settings."""
    return Coding(Contents.model_validate(fields))


def say(part: WirePart, **fields: Any) -> tuple[int, bytes]:
    return link(**fields).say(part, part.udh)


def text_of(heard: Heard) -> str:
    if heard.alphabet is Alphabet.UCS2:
        return heard.user_data.decode("utf-16-be")
    return gsm.decode(heard.user_data)


@pytest.mark.parametrize(
    ("alphabet", "message_class", "expected"),
    [
        (Alphabet.GSM7, None, 0x00),
        (Alphabet.GSM7, 0, 0xF0),
        (Alphabet.OCTETS, None, 0x04),
        (Alphabet.OCTETS, 1, 0xF5),
        (Alphabet.UCS2, None, 0x08),
        (Alphabet.UCS2, 0, 0x18),
    ],
)
def test_alphabet_and_class_make_the_data_coding(
    a_part: MakePart, alphabet: Alphabet, message_class: int | None, expected: int
) -> None:
    part = a_part(alphabet=alphabet, message_class=message_class)
    assert say(part) == (expected, part.user_data)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, (0, b"Hi \0")),
        ({"default_alphabet": "latin1"}, (0, b"Hi @")),
        ({"alphabet": "latin1"}, (3, b"Hi @")),
        ({"alphabet": "ascii"}, (1, b"Hi @")),
        ({"default_alphabet": "ascii"}, (0, b"Hi @")),
        ({"alphabet": "ucs2"}, (8, "Hi @".encode("utf-16-be"))),
        ({"alphabet": "latin1", "data_codings": {"latin1": 0xF3}}, (0xF3, b"Hi @")),
        ({"data_codings": {"gsm7": 0xF1}}, (0xF1, b"Hi \0")),
    ],
)
def test_a_text_is_written_in_the_alphabet_and_under_the_number_of_its_link(
    a_part: MakePart, fields: dict[str, Any], expected: tuple[int, bytes]
) -> None:
    assert say(a_part(user_data=gsm.encode("Hi @")), **fields) == expected


@pytest.mark.parametrize(
    ("alphabet", "message_class", "fields", "expected"),
    [
        (Alphabet.UCS2, None, {"data_codings": {"ucs2": 0x19}}, 0x19),
        (Alphabet.OCTETS, None, {"data_codings": {"octets": 0xF5}}, 0xF5),
        (Alphabet.GSM7, 1, {"class_codings": {"gsm7": 0x10}}, 0x11),
        (Alphabet.UCS2, 2, {"class_codings": {"ucs2": 0x18}}, 0x1A),
    ],
)
def test_a_vendor_may_have_numbers_of_its_own(
    a_part: MakePart, alphabet: Alphabet, message_class: int | None, fields: dict[str, Any], expected: int
) -> None:
    assert say(a_part(alphabet=alphabet, message_class=message_class), **fields)[0] == expected


def test_latin1_writes_letters_by_their_latin1_octet(a_part: MakePart) -> None:
    part = a_part(user_data=bytes((0x00, 0x7B, 0x1B, 0x28)))  # @ ä {
    assert say(part, alphabet="latin1") == (3, "@ä{".encode("latin-1"))


@pytest.mark.parametrize(("writes", "letters"), [("latin1", "€ΔΦ"), ("ascii", "€äñ£")])
def test_an_alphabet_says_which_letters_it_lacks_so_that_texts_with_them_go_in_ucs2(writes: str, letters: str) -> None:
    lacking = coding.lacks(Charset(writes))
    assert set(letters) <= lacking
    assert not lacking & set("abc@[]{}~")
    assert not coding.lacks(Charset.GSM7) | coding.lacks(Charset.PACKED) | coding.lacks(Charset.UCS2)


def test_a_short_part_that_was_cut_for_another_link_still_goes_in_ucs2(a_part: MakePart) -> None:
    assert say(a_part(user_data=b"\x1be5"), default_alphabet="latin1") == (8, "€5".encode("utf-16-be"))
    assert say(a_part("ab"), alphabet="ucs2") == (8, b"\0a\0b")


def test_a_long_part_that_was_cut_for_another_link_is_told_with_what_to_do(a_part: MakePart) -> None:
    with pytest.raises(coding.Unsendable, match=r"'€'.*another alphabet"):
        say(a_part(user_data=b"\x1be" + b"a" * 100), alphabet="latin1")
    with pytest.raises(coding.Unsendable, match="so many letters"):
        say(a_part("a" * 100), alphabet="ucs2")


def test_national_letters_that_were_cut_for_another_link_are_not_taken_for_plain_ones(a_part: MakePart) -> None:
    turkish = write_header(1, 1, 0, False, 1, 0)
    assert say(a_part(user_data=b"\x0b", udh=turkish), alphabet="latin1") == (8, "Ğ".encode("utf-16-be"))


@given(st.text(sorted(gsm.letters() - {"@", "\r"}), max_size=160), st.sampled_from([0, 6, 7, 12]))
def test_packed_septets_are_read_back_whatever_their_number_and_header(text: str, header: int) -> None:
    septets = gsm.encode(text)
    octets = coding.packed(septets, header)
    assert len(octets) <= header + (7 * (len(septets) + 1) + 7) // 8
    assert coding.unpacked(octets, header) == septets


def test_packed_septets_are_those_of_the_standard_example() -> None:
    assert coding.packed(b"hellohello", 0).hex() == "e8329bfd4697d9ec37"


@pytest.mark.parametrize("length", [7, 15, 160 - 1])
def test_seven_bits_left_over_show_no_letter(length: int) -> None:
    octets = coding.packed(b"a" * length, 0)
    assert octets[-1] >> 1 == 0x0D
    assert coding.unpacked(octets[:-1] + bytes((octets[-1] & 1,)), 0) == b"a" * length  # filled with zeros by others


def test_packed_texts_go_out_behind_an_aligned_header_and_come_in_the_same_way(a_part: MakePart) -> None:
    udh = write_header(2, 1, 9, False, 0, 0)
    number, octets = say(a_part("Hello", udh=udh), default_alphabet="gsm7-packed")
    assert (number, octets.hex()) == (0, "906536fb0d")
    assert link(default_alphabet="gsm7-packed").hear(0, octets, udh) == Heard(Alphabet.GSM7, b"Hello", "text")
    assert say(a_part("Hello", message_class=0), default_alphabet="gsm7-packed")[0] == 0xF0


@pytest.mark.parametrize(
    ("data_coding", "alphabet", "kind"),
    [
        (0x00, Alphabet.GSM7, "text"),
        (0x02, Alphabet.OCTETS, "data"),
        (0x04, Alphabet.OCTETS, "data"),
        (0x08, Alphabet.UCS2, "text"),
        (0x10, Alphabet.GSM7, "flash"),
        (0x11, Alphabet.GSM7, "text"),
        (0x18, Alphabet.UCS2, "flash"),
        (0xC8, Alphabet.GSM7, "indication"),
        (0xE8, Alphabet.UCS2, "indication"),
        (0xF0, Alphabet.GSM7, "flash"),
        (0xF1, Alphabet.GSM7, "text"),
        (0xF5, Alphabet.OCTETS, "data"),
    ],
)
def test_our_alphabets_come_through_as_they_are(data_coding: int, alphabet: Alphabet, kind: str) -> None:
    assert link().hear(data_coding, b"\x00A") == Heard(alphabet, b"\x00A", kind)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("data_coding", "octets", "text"),
    [
        (0x01, b"a@b", "a@b"),
        (0x03, b"caf\xe9", "café"),
        (0x06, b"\xbf\xe0\xd8\xd2\xd5\xe2", "Привет"),
        (0x07, b"\xf9\xec\xe5\xed", "שלום"),
        (0x0E, b"\xb0\xa1", "가"),
    ],
)
def test_other_alphabets_become_ucs2(data_coding: int, octets: bytes, text: str) -> None:
    heard = link().hear(data_coding, octets)
    assert (heard.alphabet, heard.user_data.decode("utf-16-be")) == (Alphabet.UCS2, text)


@pytest.mark.parametrize(
    ("fields", "data_coding", "octets", "text"),
    [
        ({"default_alphabet": "latin1"}, 0, b"a@\xe9", "a@é"),
        ({"default_alphabet": "ascii"}, 0, b"a@b", "a@b"),
        ({"read_as": {"0": "latin1"}}, 0, b"a@b", "a@b"),
        ({"read_as": {"0xF6": "ucs2"}}, 0xF6, b"\x04\x1f", "П"),
        ({"read_as": {0x20: "utf-8"}}, 0x20, "č€".encode(), "č€"),
        ({"read_as": {"8": "ucs2-le"}}, 8, "č".encode("utf-16-le"), "č"),
        ({"read_as": {"3": "gsm7"}}, 3, b"\0\1", "@£"),
        ({"read_as": {"1": "gsm7-packed"}}, 1, b"\xe8\x32\x9b\xfd\x06", "hello"),
        ({"data_codings": {"latin1": 0xF3}}, 0xF3, b"\xe9", "é"),
        ({"data_codings": {"ucs2": 0x19}}, 0x19, b"\x01\x0d", "č"),
        ({"data_codings": {"latin1": 0}, "read_as": {"0": "gsm7"}}, 0, b"\1", "£"),
    ],
)
def test_a_link_may_mean_something_of_its_own_by_a_number(
    fields: dict[str, Any], data_coding: int, octets: bytes, text: str
) -> None:
    heard = link(**fields).hear(data_coding, octets)
    assert (text_of(heard), heard.kind) == (text, "text")


def test_the_links_own_number_for_an_alphabet_makes_no_flash_of_a_text() -> None:
    assert link().hear(0x18, b"\x01\x0d").kind == "flash"
    assert link(data_codings={"ucs2": 0x18}).hear(0x18, b"\x01\x0d") == Heard(Alphabet.UCS2, b"\x01\x0d", "text")


def test_a_number_that_a_link_reads_otherwise_still_says_flash() -> None:
    assert link(read_as={"0x10": "latin1"}).hear(0x10, b"\xe9").kind == "flash"
    assert link(read_as={"0x10": "octets"}).hear(0x10, b"\xe9") == Heard(Alphabet.OCTETS, b"\xe9", "data")


def test_national_letters_are_gsm_letters_also_where_the_default_is_latin1() -> None:
    turkish = write_header(1, 1, 0, False, 1, 0)
    assert link(default_alphabet="latin1").hear(0, b"\x0b", turkish) == Heard(Alphabet.GSM7, b"\x0b", "text")
    assert link(default_alphabet="latin1").hear(0, b"\x0b").alphabet is Alphabet.UCS2


def test_octets_that_are_no_septets_are_latin1_whatever_the_setting() -> None:
    assert text_of(link().hear(0, b"caf\xe9")) == "café"


def test_ascii_with_control_characters_is_gsm() -> None:
    assert link().hear(1, b"\x00\x1b(") == Heard(Alphabet.GSM7, b"\x00\x1b(", "text")
    assert link().hear(1, b"a\r\n").alphabet is Alphabet.UCS2


def test_what_cannot_be_read_is_kept_as_data() -> None:
    assert link().hear(14, b"\xff\xff") == Heard(Alphabet.OCTETS, b"\xff\xff", "data")


@pytest.mark.parametrize("default", ["gsm7", "gsm7-packed", "latin1", "ascii"])
def test_every_data_coding_means_something(default: str) -> None:
    able = link(default_alphabet=default)
    for data_coding in range(256):
        for udh in (b"", write_header(1, 1, 0, False, 1, 1)):
            assert isinstance(able.hear(data_coding, b"\x1b\xff\x00\x80", udh).alphabet, Alphabet)
