"""data_coding in both directions."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from drivers.smpp import coding
from smsgw.link import Alphabet, WirePart


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
    a_part: Callable[..., WirePart], alphabet: Alphabet, message_class: int | None, expected: int
) -> None:
    part = a_part(alphabet=alphabet, message_class=message_class)
    assert coding.say(part, 0, "gsm7") == (expected, part.user_data)


def test_a_header_stands_before_the_septets(a_part: Callable[..., WirePart]) -> None:
    udh = bytes((5, 0, 3, 9, 2, 1))
    assert coding.say(a_part("Hi", udh=udh), 0, "gsm7") == (0, udh + b"Hi")


def test_latin1_writes_letters_by_their_latin1_octet(a_part: Callable[..., WirePart]) -> None:
    part = a_part(user_data=bytes((0x00, 0x7B, 0x1B, 0x28)))  # @ ä {
    assert coding.say(part, 3, "latin1") == (3, "@ä{".encode("latin-1"))


def test_a_letter_that_latin1_lacks_makes_a_short_part_ucs2(a_part: Callable[..., WirePart]) -> None:
    assert coding.say(a_part(user_data=b"\x1be5"), 0, "latin1") == (8, "€5".encode("utf-16-be"))


def test_a_letter_that_latin1_lacks_in_a_long_part_is_told_with_what_to_do(
    a_part: Callable[..., WirePart],
) -> None:
    with pytest.raises(coding.Unsendable, match=r"'€'.*default_alphabet"):
        coding.say(a_part(user_data=b"\x1be" + b"a" * 100), 0, "latin1")


def test_more_than_smpp_carries_is_refused(a_part: Callable[..., WirePart]) -> None:
    assert len(coding.say(a_part("a" * 254), 0, "gsm7")[1]) == 254
    with pytest.raises(coding.Unsendable, match="255 octets"):
        coding.say(a_part("a" * 255), 0, "gsm7")


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
    assert coding.hear(data_coding, b"\x00A", "gsm7") == coding.Heard(alphabet, b"\x00A", kind)  # type: ignore[arg-type]


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
    heard = coding.hear(data_coding, octets, "gsm7")
    assert (heard.alphabet, heard.user_data.decode("utf-16-be")) == (Alphabet.UCS2, text)


def test_octets_that_are_no_septets_are_latin1_whatever_the_setting() -> None:
    assert coding.hear(0, b"caf\xe9", "gsm7").user_data.decode("utf-16-be") == "café"


def test_ascii_with_control_characters_is_gsm() -> None:
    assert coding.hear(1, b"\x00\x1b(", "gsm7") == coding.Heard(Alphabet.GSM7, b"\x00\x1b(", "text")
    assert coding.hear(1, b"a\r\n", "gsm7").alphabet is Alphabet.UCS2


def test_a_default_of_latin1_is_read_as_latin1() -> None:
    assert coding.hear(0, b"a@b", "latin1").user_data.decode("utf-16-be") == "a@b"


def test_what_cannot_be_read_is_kept_as_data() -> None:
    assert coding.hear(14, b"\xff\xff", "gsm7") == coding.Heard(Alphabet.OCTETS, b"\xff\xff", "data")


@pytest.mark.parametrize("data_coding", range(256))
def test_every_data_coding_means_something(data_coding: int) -> None:
    assert isinstance(coding.hear(data_coding, b"\x1b\xff\x00\x80", "gsm7").alphabet, Alphabet)
