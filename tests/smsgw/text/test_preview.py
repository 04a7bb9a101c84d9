"""What a person is shown before a text is sent."""

from __future__ import annotations

import pytest

from smsgw.errors import BadInput
from smsgw.link import Abilities, Alphabet
from smsgw.text.alphabet import letters
from smsgw.text.parts import preview
from smsgw.text.preview import Preview, plainer

PLAIN = Abilities()
TURKISH = Abilities(single_shift=frozenset({1}), locking_shift=frozenset({1}))


def test_a_plain_text_needs_nothing() -> None:
    assert preview("a" * 150 + "€", PLAIN) == Preview("gsm7", 151, 1, 8, [], [], 1)


def test_the_letters_that_make_a_text_dear_are_named_once_in_their_order() -> None:
    seen = preview("Naročilo “12” je… pripravljeno – čaka 😀", PLAIN)
    assert seen.encoding == "ucs2"
    assert seen.forced_by == ["č", "“", "”", "…", "–", "😀"]
    assert seen.swaps == [("č", "c"), ("“", '"'), ("”", '"'), ("…", "..."), ("–", "-")]


def test_what_swaps_would_save_is_told() -> None:
    seen = preview("Naročilo je pripravljeno. " * 6, PLAIN)
    assert (seen.parts, seen.parts_after_swap, seen.left_in_part) == (3, 1, 3 * 67 - 156)


def test_swaps_save_nothing_while_another_letter_stays() -> None:
    seen = preview("č" * 71 + "😀", PLAIN)
    assert (seen.parts, seen.parts_after_swap) == (2, 2)


def test_national_tables_are_named() -> None:
    assert preview("İğne", TURKISH).encoding == "gsm7+turkish"
    everything = Abilities(single_shift=frozenset({6, 13}), locking_shift=frozenset({6, 13}))
    assert preview("नमस्ते १२३", everything).encoding == "gsm7+hindi"
    assert preview("नमस्ते ۱۲۳", everything).encoding == "gsm7+hindi+urdu"


def test_the_room_left_counts_what_the_alphabet_counts() -> None:
    assert preview("", PLAIN).left_in_part == 160
    assert preview("č😀", PLAIN).left_in_part == 67
    assert preview("a" * 161, PLAIN).left_in_part == 145
    assert preview("ğ", TURKISH).left_in_part == 154 - 1 + 1


def test_a_text_that_cannot_go_is_refused_as_when_it_is_sent() -> None:
    with pytest.raises(BadInput) as refusal:
        preview("č" * 20000, PLAIN)
    assert refusal.value.faults[0].code == "text_too_long"
    with pytest.raises(BadInput) as refusal:
        preview("č", Abilities(alphabets=frozenset({Alphabet.GSM7})))
    assert refusal.value.faults[0].code == "text_unwritable"


@pytest.mark.parametrize(
    ("letter", "other"),
    [
        ("č", "c"),
        ("Š", "S"),
        ("đ", "d"),
        ("ç", "c"),
        ("á", "a"),
        ("ő", "ö"),
        ("ł", "l"),
        ("’", "'"),
        ("`", "'"),
        ("\xa0", " "),
        ("\u202f", " "),
        ("\t", " "),
        ("—", "-"),
        ("…", "..."),
        ("™", "(TM)"),
        ("\u200b", ""),
        ("ﬁ", "fi"),
        ("Ａ", "A"),
        ("½", "1/2"),
        ("²", "2"),
        ("ế", "e"),
        ("№", "No."),
    ],
)
def test_letters_have_a_plainer_spelling_where_the_text_reads_the_same(letter: str, other: str) -> None:
    assert plainer(letter) == other
    assert letters().issuperset(other)


@pytest.mark.parametrize("letter", ["😀", "ж", "ن", "漢", "\u0301", "\u200d", "₺"])
def test_letters_without_a_plainer_spelling_have_none(letter: str) -> None:
    assert plainer(letter) is None


def test_every_swap_can_be_written_in_plain_gsm() -> None:
    for code in range(0x3000):
        other = plainer(chr(code)) if chr(code) not in letters() else ""
        assert other is None or letters().issuperset(other)
