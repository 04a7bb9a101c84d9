"""Texts with variables: filled in, told what they need, and no more powerful than that."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsgw.errors import BadInput
from smsgw.text import template

TEXT = 'Pozdravljeni, {{ first_name|default:"spoštovani" }}! Kot po navadi {{usual}} za {{ usual_cost }}?'


def test_values_stand_where_the_holes_were() -> None:
    read = template.read(TEXT)
    filled, missing = read.fill({"first_name": "Ana", "usual": "kruh", "usual_cost": "2,40 €"})
    assert (filled, missing) == ("Pozdravljeni, Ana! Kot po navadi kruh za 2,40 €?", [])


def test_a_fallback_stands_for_whoever_has_no_value() -> None:
    for nothing in ({}, {"first_name": None}, {"first_name": ""}, {"first_name": " \n "}):
        filled, missing = template.read("Hi {{ first_name|default:'friend' }}").fill(nothing)
        assert (filled, missing) == ("Hi friend", [])


def test_what_has_neither_is_named() -> None:
    read = template.read(TEXT)
    assert read.names == {"first_name", "usual", "usual_cost"}
    assert read.needed == {"usual", "usual_cost"}
    assert read.fill({"usual": "kruh"})[1] == ["usual_cost"]


def test_an_empty_fallback_is_a_fallback() -> None:
    assert template.read('Hi{{ first_name|default:"" }}!').fill({}) == ("Hi!", [])


def test_a_value_can_be_written_in_three_ways() -> None:
    read = template.read("{{ a|upper }} {{ a|lower }} {{ a|title }} {{ b|default:'x y'|title }}")
    assert read.fill({"a": "ana NOVAK"}) == ("ANA NOVAK ana novak Ana NOVAK X y", [])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Hi {{ name", "without its other half"),
        ("Hi name }}", "without its other half"),
        ("Hi {{ }}", "names no variable"),
        ("Hi {{ Name }}", "names no variable"),
        ("Hi {{ name.upper() }}", "cannot be read"),
        ("Hi {{ name|reverse }}", "cannot be read"),
        ("Hi {{ name|default:Ana }}", "cannot be read"),
        ("Hi {{ 7*7 }}", "names no variable"),
        ("Hi {{ ''.__class__ }}", "names no variable"),
        ("Hi {{ a.b.c }}", "cannot be read"),
    ],
)
def test_what_is_no_hole_is_told_with_how_to_write_one(text: str, says: str) -> None:
    with pytest.raises(BadInput, match=r"write \{\{ name \}\}") as wrong:
        template.read(text)
    assert says in str(wrong.value)


def test_every_fault_is_told_with_its_line() -> None:
    with pytest.raises(BadInput) as wrong:
        template.read("a {{ 1 }}\nb {{ ok }}\nc {{ x|y }}")
    assert [fault.detail.split(":")[0] for fault in wrong.value.faults] == ["line 1", "line 3"]


def test_a_value_that_looks_like_a_template_is_words() -> None:
    assert template.read("Hi {{ name }}").fill({"name": "{{ secret }}"}) == ("Hi {{ secret }}", [])


def test_a_value_is_one_short_line() -> None:
    filled, _ = template.read("{{ name }}").fill({"name": "Ana\r\n\u2028Novak\x1b[2J" + "a" * 500})
    assert "\n" not in filled
    assert "\x1b" not in filled
    assert len(filled) == template.LONGEST_VALUE


def test_an_unknown_variable_is_told_with_the_nearest_one() -> None:
    [fault] = template.check(template.read("{{ frist_name }}"), ["first_name", "usual"])
    assert (fault.code, "did you mean first_name?" in fault.detail) == ("variable_unknown", True)


@given(st.text())
def test_any_text_is_read_or_told_and_what_has_no_braces_stays_as_it_is(text: str) -> None:
    try:
        read = template.read(text)
    except BadInput:
        assert "{{" in text or "}}" in text
        return
    if "{{" not in text:
        assert read.fill({})[0] == text


@given(st.dictionaries(st.sampled_from(["first_name", "usual", "usual_cost"]), st.text()))
def test_whatever_the_values_are_the_words_around_them_stand(values: dict[str, str]) -> None:
    filled, _ = template.read(TEXT).fill(values)
    assert filled.startswith("Pozdravljeni, ")
    assert filled.endswith("?")
