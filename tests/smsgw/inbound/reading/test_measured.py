"""Readings on texts with labels: the thresholds of the product, and what must never come out of foreign texts."""

from __future__ import annotations

import pytest

from smsgw.inbound.reading.lines import prediction
from tests.smsgw.inbound.reading.measured import Score, labelled, reading_of

SPOKEN = ("sl", "en", "ru", "fa", "de", "hr", "it")


def measured(name: str, language: str | None = None) -> Score:
    score = Score()
    for row in labelled(name):
        if language is None or row["lang"] == language:
            score.add(row, prediction(row["id"], row["text"], reading_of(row)))
    return score


def test_the_open_texts_are_read_as_well_as_was_promised() -> None:
    score = measured("open.jsonl")
    assert score.wrong == []
    assert (score.confirmed, score.optouts_lost, score.optouts_false) == ([], [], [])
    assert score.coverage >= 0.95
    assert score.review <= 0.16
    assert score.accuracy >= 0.98
    assert score.macro_f1 >= 0.97


@pytest.mark.parametrize("language", SPOKEN)
def test_every_language_is_read_as_well(language: str) -> None:
    score = measured("open.jsonl", language)
    assert (score.wrong, score.coverage >= 0.93, score.accuracy >= 0.97) == ([], True, True)


def test_nothing_but_a_yes_confirms_an_order() -> None:
    score = measured("clinc-confirm.jsonl.gz")
    assert (score.confirmed, score.wrong) == ([], [])
    assert len(score.optouts_false) <= 2


@pytest.mark.slow
@pytest.mark.parametrize(("name", "optouts"), [("clinc-notorders", 2), ("uci-sms", 1), ("ud-natural", 0)])
def test_no_order_comes_out_of_texts_that_are_none(name: str, optouts: int) -> None:
    score = measured(f"{name}.jsonl.gz")
    assert score.wrong == []
    assert len(score.optouts_false) <= optouts
