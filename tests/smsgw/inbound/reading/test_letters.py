"""Folding: what is compared, and where in the original it stood."""

from __future__ import annotations

import pytest

from smsgw.inbound.reading.letters import fold, one_script
from smsgw.inbound.reading.romanised import of_cyrillic, of_persian, of_persian_in_latin, of_russian_in_latin
from smsgw.inbound.reading.tokens import cut

UNITS = frozenset({"kg", "x", "g"})


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Črešnja", "cresnja"),
        ("Straße", "strasse"),
        ("ЁЛКА", "елка"),
        ("Йод", "йод"),
        ("Йод", "йод"),
        ("۲٫۵", "2.5"),
        ("قيچي", "قیچی"),
        ("ｋｇ", "kg"),
        ("áb", "ab"),
        ("дом №5", "дом #5"),
    ],
)
def test_letters_fold(text: str, folded: str) -> None:
    assert fold(text).text == folded


def test_every_letter_knows_where_it_came_from() -> None:
    text = "a\u0301 Straße"
    folded = fold(text)
    assert text[folded.origin[folded.text.index("s")]] == "S"
    assert folded.origin[-1] == len(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2x", ["2", "x"]),
        ("x2", ["x", "2"]),
        ("2kg", ["2", "kg"]),
        ("А4", ["a4"]),
        ("12А", ["12a"]),
        ("4х40", ["4x40"]),
        ("می\u200cخوام", ["میخوام"]),
        ("می خوام", ["میخوام"]),
        ("كتاب ها", ["کتابها"]),
        ("don't", ["dont"]),
    ],
)
def test_tokens(text: str, words: list[str]) -> None:
    assert [token.text for token in cut(text, UNITS)[1]] == words


def test_look_alikes_follow_the_majority() -> None:
    assert one_script("бурекoв") == "буреков"
    assert one_script("pаper") == "paper"


def test_sounds_meet() -> None:
    assert of_cyrillic("ручек") == of_russian_in_latin("ruchek") == of_russian_in_latin("ruček".replace("č", "ch"))
    assert of_persian_in_latin("khodkar") in of_persian("خودکار")
