"""What is seen in a text before its kind is decided: times in words, units that are products, phrases in phrases."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

import pytest

from smsgw.inbound.reading.read import Compiled, compile_catalogue, read
from smsgw.inbound.reading.terms import Open, Product, Reading
from tests.smsgw.inbound.reading.measured import catalogue

SCALE = Open("csat", "survey", age=1, scale=(1, 5))


@cache
def bakery() -> Compiled:
    """A small catalogue; made when a test runs, for to read the languages in takes a second."""
    return compile_catalogue(
        [
            Product("ROLL", names={"en": "bread roll", "de": "Semmel"}, aliases={"en": ("roll",)}),
            Product("RYE", names={"en": "rye bread", "it": "pane di segale"}),
        ]
    )


def quantities(found: Reading) -> dict[str, Fraction | None]:
    assert (found.kind, found.reasons) == ("order", ()), found
    return {item.sku: item.quantity for item in found.items}


@pytest.mark.parametrize("text", ["10 Semmeln bitte, hol ich um halb acht", "10 rolls please, will collect at half 12"])
def test_half_an_hour_before_or_after_a_named_one_is_a_time(text: str) -> None:
    assert quantities(read(text, bakery())) == {"ROLL": 10}


def test_a_number_in_words_behind_until_is_a_time_when_something_is_counted_already() -> None:
    assert quantities(read("can you save me two rye breads till five", bakery())) == {"RYE": 2}


def test_a_unit_that_is_a_product_is_one_unless_something_is_named_behind_it() -> None:
    assert quantities(read("2 dozen rolls for saturday please", bakery())) == {"ROLL": 24}
    assert quantities(read("2 rolls of rye bread please", bakery())) == {"RYE": 2}


@pytest.mark.parametrize(
    "text",
    [
        "I do not want any more messages from you",
        "I'd rather not get these texts any longer",
        "non contattatemi mai più",
        "genug mit der Werbung",
    ],
)
def test_no_longer_phrase_hides_a_wish_to_be_left_alone(text: str) -> None:
    assert read(text, catalogue()).kind == "optout"


def test_an_article_before_a_rating_is_no_rating() -> None:
    assert read("a solid four", catalogue(), SCALE).answer == "4"


def test_a_question_beside_a_wish_is_looked_at_by_a_person() -> None:
    assert read("si può avere il pane di segale già affettato", bakery()).needs_review
