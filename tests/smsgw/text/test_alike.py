"""A text in the place of another: in its coding, behind its header, or not at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsgw.errors import BadInput
from smsgw.link import Abilities, Alphabet
from smsgw.text.parts import Piece, alike, join, split
from tests.smsgw.text.test_parts import MANY, PLAIN, TURKISH, on_the_air


def wrong(text: str, old: Piece, lacks: frozenset[str] = frozenset()) -> str:
    with pytest.raises(BadInput) as refused:
        alike(text, old, lacks)
    return refused.value.faults[0].code


@pytest.mark.parametrize(
    ("first", "abilities"), [("plain", PLAIN), ("Kraljevič žal", PLAIN), ("İyi günler şef", TURKISH), ("a €", PLAIN)]
)
def test_a_text_stands_in_the_place_of_another_in_its_coding_and_behind_its_header(
    first: str, abilities: Abilities
) -> None:
    [old] = split(first, abilities, 1)
    for text in ("price 12 EUR", first.upper() if old.alphabet is Alphabet.UCS2 else first):
        new = alike(text, old)
        assert (new.alphabet, new.udh, join([new])) == (old.alphabet, old.udh, text)
        assert on_the_air(new) <= 140


def test_what_needs_another_coding_or_more_room_cannot_stand_there() -> None:
    [septets] = split("plain", PLAIN, 1)
    [units] = split("žal", PLAIN, 1)
    assert join([alike("x" * 160, septets)]) == "x" * 160
    assert wrong("x" * 161, septets) == wrong("[" * 81, septets) == "text_too_long"
    assert join([alike("x" * 70, units)]) == "x" * 70
    assert wrong("x" * 71, units) == wrong("😀" * 36, units) == "text_too_long"
    assert wrong("žal", septets) == wrong("a €", septets, frozenset("€")) == "coding_differs"
    assert wrong("a\0b", septets) == wrong("\ud83d", septets) == wrong("\ud83d", units) == "text_undecodable"


def test_a_header_takes_room_from_what_stands_behind_it() -> None:
    [old] = split("ş", TURKISH, 1)
    assert len(alike("x" * 155, old).user_data) == 155
    assert wrong("x" * 156, old) == "text_too_long"


@MANY
@given(st.text(max_size=200), st.sampled_from(["plain", "žal", "İyi günler şef"]))
def test_whatever_can_stand_there_reads_as_it_was_written(text: str, first: str) -> None:
    [old] = split(first, TURKISH, 1)
    try:
        new = alike(text, old)
    except BadInput:
        return
    assert join([new]) == text
    assert on_the_air(new) <= 140
