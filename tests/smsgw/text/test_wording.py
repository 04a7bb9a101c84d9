"""The gateway's own sentences."""

from __future__ import annotations

import string

import pytest

from smsgw.link import Abilities
from smsgw.text.keywords import is_start, is_stop
from smsgw.text.parts import split
from smsgw.text.wording import LANGUAGES, wording


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_stop_is_confirmed_in_one_part_that_says_how_to_return(language: str) -> None:
    sentence = wording("stop_confirmation", language)
    assert len(split(sentence, Abilities(), 1)) == 1
    assert any(is_start(word) for word in sentence.split())
    assert not is_stop(sentence)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_missing_part_says_which_of_how_many(language: str) -> None:
    mark = wording("part_missing", language)
    assert {field for _, field, _, _ in string.Formatter().parse(mark) if field} == {"position", "of"}
    assert mark.startswith("[")
    assert mark.endswith("]")


def test_languages_are_found_by_their_tags_and_english_stands_in() -> None:
    assert wording("part_missing", "en").format(position=2, of=3) == "[part 2 of 3 missing]"
    assert wording("part_missing", "sl-SI") == wording("part_missing", "sl") != wording("part_missing", "en")
    assert wording("part_missing", "FA_ir") == wording("part_missing", "fa")
    assert wording("part_missing", "xx") == wording("part_missing", "") == wording("part_missing", "en")


def test_every_language_has_its_own_words() -> None:
    for key in ("stop_confirmation", "part_missing"):
        assert len({wording(key, language) for language in LANGUAGES}) == len(LANGUAGES)


def test_a_sentence_that_nobody_wrote_is_our_mistake() -> None:
    with pytest.raises(KeyError):
        wording("greeting", "en")
