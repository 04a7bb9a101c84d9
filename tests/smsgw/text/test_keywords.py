"""STOP, START and HELP, and what only looks like them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsgw.text.keywords import answer, is_help, is_start, is_stop, names_a_stop, read


@pytest.mark.parametrize(
    "text",
    [
        "STOP",
        "stop",
        "Stop!",
        " STOP. ",
        "“stop”",
        "STOP 🙏🏽",
        "ＳＴＯＰ",
        "s\u200btop",
        "Stop\n\n",
        "S̶TOP",
        "STOPALL",
        "stop all",
        "Unsubscribe",
        "CANCEL",
        "End.",
        "quit",
        "revoke",
        "optout",
        "opt-out",
        "Remove",
        "ARRET",
        "stop please",
        "Please stop",
        "STOP, thank you!",
        "stop now, please",
        "Stop.\nThanks",
    ],
)
def test_a_text_that_says_stop_is_a_stop(text: str) -> None:
    assert is_stop(text)
    assert not is_start(text)
    assert not is_help(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "!!!",
        "Stopalka 3x",
        "end table",
        "stop by tomorrow?",
        "Konec tedna",
        "don't stop",
        "non-stop",
        "bus stop",
        "stop stop",
        "please",
        "thank you",
        "stop thank you very much",
        "please please please stop",
        "cancel order 12",
        "pleasestop",
        "unstoppable",
        "the end",
        "2 x quit",
    ],
)
def test_a_text_that_only_has_such_a_word_in_it_is_no_stop(text: str) -> None:
    assert not is_stop(text)


def test_start_and_help_are_read_by_the_same_rules() -> None:
    assert is_start("Start please")
    assert is_start("UNSTOP")
    assert not is_start("start tomorrow")
    assert not is_start("yes")
    assert is_help("HELP!")
    assert is_help("info, please")
    assert not is_help("info about pens")
    assert not is_stop("start")


@pytest.mark.parametrize(
    ("text", "meaning", "how", "language"),
    [
        ("ODJAVA", "stop", "exact", "sl"),
        ("Odjavi me, prosim", "stop", "courtesy", "sl"),
        ("KÜNDIGEN", "stop", "exact", "de"),
        ("kuendigen bitte", "stop", "courtesy", "de"),
        ("СТОП!", "stop", "exact", "ru"),
        ("لغو۱۱", "stop", "exact", "fa"),
        ("لغو ۱۱ لطفا", "stop", "courtesy", "fa"),
        ("İPTAL", "stop", "exact", "tr"),
        ("DÉSABONNER", "stop", "exact", "fr"),
        ("LEIRATKOZÁS", "stop", "exact", "hu"),
        ("إلغاء", "stop", "exact", "ar"),
        ("s.t.o.p", "stop", "exact", "any"),
        ("do not text me", "stop", "sentence", "en"),
        ("Ne pošiljajte mi več, hvala", "stop", "sentence", "sl"),
        ("stpo", "stop", "slip", "any"),
        ("odjva", "stop", "slip", "sl"),
        ("unsubscrbe please", "stop", "slip", "any"),
        ("PRIJAVA", "start", "exact", "sl"),
        ("strat", "start", "slip", "any"),
        ("ammelden", "probable_stop", "slip", "de"),
        ("please take me off your list of customers", "probable_stop", "phrase", "en"),
        ("не присылайте мне эту ерунду", "probable_stop", "phrase", "ru"),
        ("دیگر پیام نفرستید آقا", "probable_stop", "phrase", "fa"),
        ("pomoč", "help", "exact", "sl"),
        ("status", "status", "exact", "any"),
    ],
)
def test_meaning_is_read_in_many_languages_with_its_proof(text: str, meaning: str, how: str, language: str) -> None:
    found = read(text)
    assert found is not None
    assert (found.meaning, found.how, found.language) == (meaning, how, language)
    assert all(0 <= begin < end <= len(text) for begin, end in found.spans)


@pytest.mark.parametrize(
    "text",
    [
        "shop", "step", "top", "sto", "star", "objava", "oddaja", "pasta", "Stopalka 3x", "Konec tedna",
        "2x stop tabla",
        "Imate STOP znake za kolo?", "endlich da", "der Schrank endet hier", "11", "12", "stol 2x", "2 kg banan",
    ],
)  # fmt: skip
def test_ordinary_texts_say_nothing_about_consent(text: str) -> None:
    assert read(text) is None


def test_a_category_is_found_by_any_of_its_names() -> None:
    named = {"school": "school", "solske potrebscine": "school"}
    for text in ("STOP school", "odjava šolske potrebščine", "Stop school please", "opt out school"):
        found = read(text, categories=named)
        assert found is not None
        assert (found.meaning, found.category, found.how) == ("stop", "school", "category")
    found = read("start school", categories=named)
    assert found is not None
    assert (found.meaning, found.category) == ("start", "school")
    assert read("stop schooling", categories=named) is None


def test_iranian_numbers_count_from_iran_only() -> None:
    assert read("۱۱", sender="+386") is None
    found = read("۱۱", sender="+989121234567")
    assert found is not None
    assert found.meaning == "stop"


def test_a_bare_yes_or_no_is_told_apart_from_other_texts() -> None:
    assert [answer(text) for text in ("DA", "ja, bitte", "بله", "Да!", "si", "yes please")] == [True] * 6
    assert [answer(text) for text in ("ne", "NEIN", "нет", "نه")] == [False] * 4
    assert [answer(text) for text in ("da 2 zvezka", "yesterday", "ne 2 ampak 3", "")] == [None] * 4


@given(st.text(max_size=60))
def test_any_text_can_be_read_and_every_span_lies_in_it(text: str) -> None:
    found = read(text, categories={"school": "school"}, sender="+98")
    answer(text)
    names_a_stop(text)
    if found is not None:
        assert all(0 <= begin < end <= len(text) for begin, end in found.spans)
        assert read(text, categories={"school": "school"}, sender="+98") == found


def test_a_text_of_ours_names_its_stop_word_in_capitals() -> None:
    assert names_a_stop("Sale! STOP to end")
    assert names_a_stop("لغو11")
    assert not names_a_stop("the weekend sale must end")
    assert not names_a_stop("bus stop")
