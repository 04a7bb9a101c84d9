"""Tell which languages a text is written in: those that know the most of its words."""

from __future__ import annotations

from collections import Counter

from smsgw.inbound.reading.index import Compiled
from smsgw.inbound.reading.languages import ROMANISED
from smsgw.inbound.reading.lexicon import Mark
from smsgw.inbound.reading.tokens import WORD, Token

_SURE = 0.96
_ROMANISED_LEAST = 2


def languages_of(tokens: list[Token], marks: list[Mark], catalogue: Compiled) -> set[str]:
    """The languages that know the most words of the text; all of them when they know equally many."""
    known: dict[int, set[str]] = {}
    lexicon = catalogue.languages.lexicon
    for mark in marks:
        for place in range(mark.first, mark.last):
            known.setdefault(place, set()).add(mark.entry.language)
    romanised = _romanised(known)
    for place, token in enumerate(tokens):
        if token.kind == WORD:
            fuzzy = place not in known and not lexicon.knows(token.text)
            for hit in catalogue.hits(token.text, fuzzy):
                if (hit.score >= _SURE and len(token.text) > 1) or hit.how == "romanised":
                    of = catalogue.aliases[hit.alias].language
                    if of:
                        of = of + ROMANISED if hit.how == "romanised" else of
                        known.setdefault(place, set()).add(of)
            if romanised and not fuzzy:
                _hear(token.text, place, romanised, known, catalogue)
    counts: Counter[str] = Counter()
    for languages in known.values():
        counts.update(languages)
    if not counts:
        return set()
    most = max(counts.values())
    return {language for language, count in counts.items() if count == most}


def is_romanised(tags: set[str]) -> bool:
    """Whether a text is in no other languages than such as have another alphabet than it is written in."""
    return bool(tags) and all(tag.endswith(ROMANISED) for tag in tags)


def _romanised(known: dict[int, set[str]]) -> set[str]:
    """The languages that several words of a text are written in with the letters of another alphabet."""
    counts = Counter(tag for tags in known.values() for tag in tags if tag.endswith(ROMANISED))
    return {tag for tag, count in counts.items() if count >= _ROMANISED_LEAST}


def _hear(word: str, place: int, romanised: set[str], known: dict[int, set[str]], catalogue: Compiled) -> None:
    """Count a word for a romanised language that it sounds like a product of, though another knows it too."""
    for hit in catalogue.heard(word):
        tag = catalogue.aliases[hit.alias].language + ROMANISED
        if tag in romanised:
            known.setdefault(place, set()).add(tag)
