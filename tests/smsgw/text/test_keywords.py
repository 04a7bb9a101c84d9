"""STOP, START and HELP, and what only looks like them."""

from __future__ import annotations

import pytest

from smsgw.text.keywords import is_help, is_start, is_stop


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
