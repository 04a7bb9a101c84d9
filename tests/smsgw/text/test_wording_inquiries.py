"""The sentences about questions and surveys: in every language, with the same fields, and short."""

from __future__ import annotations

import string

import pytest

from smsgw.link import Abilities
from smsgw.text.parts import split
from smsgw.text.wording import LANGUAGES
from smsgw.text.wording_inquiries import INQUIRIES


def fields(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


@pytest.mark.parametrize("key", INQUIRIES)
def test_a_sentence_is_there_in_every_language_with_the_same_fields(key: str) -> None:
    told = INQUIRIES[key]
    assert set(told) == set(LANGUAGES)
    assert len({frozenset(fields(sentence)) for sentence in told.values()}) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_stands_alone_fits_one_part_and_the_way_to_a_person_is_named(language: str) -> None:
    for key in ("to_a_person", "survey_thanks", "survey_scale_again"):
        assert len(split(INQUIRIES[key][language].format(low=1, high=10), Abilities(), 1)) == 1
    assert INQUIRIES["was_that_it"][language].startswith(" ")
    assert "0" in INQUIRIES["was_that_it"][language].replace("۰", "0")
