"""Recognise STOP, START and HELP: the whole text must say it, with at most two words of courtesy.

Never a part of a text: "Stopalka 3x" orders pedals, and an "end table" is furniture.
"""

from __future__ import annotations

import unicodedata

STOP = frozenset(
    {"stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit", "revoke", "optout", "opt out"}
    | {"remove", "arret"}
)
START = frozenset({"start", "unstop"})
HELP = frozenset({"help", "info"})
COURTESY = frozenset(
    {"please", "pls", "plz", "kindly", "thanks", "thank", "you", "thx", "ty", "now", "sorry", "sir", "madam"}
)

_COURTESY_MOST = 2


def is_stop(text: str) -> bool:
    """Whether the whole text asks to be left alone: `Stop!`, `please STOP`; not `stop by tomorrow?`."""
    return _says(text, STOP)


def is_start(text: str) -> bool:
    """Whether the whole text asks to hear from us again."""
    return _says(text, START)


def is_help(text: str) -> bool:
    """Whether the whole text asks what this number is about."""
    return _says(text, HELP)


def normalise(text: str) -> str:
    """The words of a text, lower case, one space apart, compatibility forms folded (NFKC, casefold).

    Punctuation, symbols and emoji separate words; marks and invisible characters vanish.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    kept = (_KEPT.get(unicodedata.category(letter)[0], letter) for letter in folded)
    return " ".join("".join(kept).split())


_KEPT = {"P": " ", "S": " ", "Z": " ", "C": "", "M": ""}


def _says(text: str, keywords: frozenset[str]) -> bool:
    """Whether the text is a keyword, with courtesy before or behind it, or nothing else."""
    words = normalise(text.replace("\n", " ").replace("\t", " ")).split()
    polite = 0
    while words and words[0] in COURTESY:
        words.pop(0)
        polite += 1
    while words and words[-1] in COURTESY:
        words.pop()
        polite += 1
    return polite <= _COURTESY_MOST and " ".join(words) in keywords
