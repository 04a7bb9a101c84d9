"""Read the language data: a language is one TOML file in this folder, and nothing else.

docs/reading.md says what each table of the file means.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache, cached_property
from importlib import resources
from importlib.resources.abc import Traversable
from itertools import product
from typing import Any

from smsgw.inbound.reading.forms import stems
from smsgw.inbound.reading.letters import fold, script_of
from smsgw.inbound.reading.lexicon import Entry, Lexicon
from smsgw.inbound.reading.romanised import of_cyrillic
from smsgw.inbound.reading.tokens import NUMBER, WORD, cut

ROMANISED = "-Latn"
"""What the tag of a language ends in when its words are written in Latin letters though it has others."""

_SOUND_LEAST = 4
_REMEMBERED_MOST = 50_000
_NAME_LEAST, _TALE_LEAST = 3, 3
_MEASURES = frozenset({"x", "х", "h", "am", "pm"})


@dataclass(frozen=True)
class Language:
    """What the words of a language are like; its phrases are in the lexicon.

    endings: what a noun or an adjective may end in. plural: endings that may be a plural; singular: those of
    a singular that the name in the catalogue does not have, where that ends in one of feminine. living: endings that a
    being has in the accusative, as has its adjective ("plišastega medvedka"); of anything else they mean some of it.
    fleeting: vowels that come and go before the last consonant. alternations: pairs of consonants that change before an
    ending. digraphs: how a marked letter is typed without its mark. implied: whether a product in the singular means
    one. not_after: whether a
    negation stands behind what it denies. slash: whether 1/5 is one and a half. nouns: whether every noun has a
    capital. attributive: endings of an adjective that its singular has too, except behind one of the words `many`.
    receivers: endings of a noun behind "for" that is no brand ("for hampers").
    definite: words behind a noun that say which one, where a bare noun does not mean one.
    partitive: words before a noun that say some of it, or several, but not how many ("dei cerotti"). bare: endings of a
    noun that is a plural where no word of single stands before it ("Tulpen", but "den Besen").
    dates: what the days of a month begin with ("восьм" of "восьмое марта").
    inverted: whether a number behind its unit is a guess ("штук пять"). cases: whether given names have endings.
    """

    tag: str
    name: str
    script: str
    endings: frozenset[str] = frozenset()
    plural: tuple[str, ...] = ()
    singular: tuple[str, ...] = ()
    feminine: tuple[str, ...] = ()
    living: tuple[str, ...] = ()
    fleeting: str = ""
    alternations: tuple[tuple[str, str], ...] = ()
    digraphs: dict[str, str] = field(default_factory=dict)
    implied: bool = True
    not_after: bool = False
    slash: bool = False
    nouns: bool = False
    attributive: tuple[str, ...] = ()
    many: frozenset[str] = frozenset()
    definite: frozenset[str] = frozenset()
    receivers: tuple[str, ...] = ()
    partitive: frozenset[str] = frozenset()
    dates: tuple[str, ...] = ()
    bare: tuple[str, ...] = ()
    single: frozenset[str] = frozenset()
    inverted: bool = False
    cases: bool = False

    @cached_property
    def longest(self) -> int:
        """The letters of the longest ending."""
        return max(map(len, self.endings), default=0)


@dataclass(frozen=True)
class Languages:
    """All languages that are read. measures: the units of all of them. given: stems of the given names of
    each; tales: stems of the nouns that stories are told with; beings: of those that live, or are made to look so.
    """

    by_tag: dict[str, Language]
    lexicon: Lexicon
    measures: frozenset[str]
    phrases: dict[tuple[str, str], tuple[str, ...]]
    negations: frozenset[str]
    given: dict[str, frozenset[str]] = field(default_factory=dict)
    tales: dict[str, frozenset[str]] = field(default_factory=dict)
    beings: dict[str, frozenset[str]] = field(default_factory=dict)
    _told: dict[str, frozenset[str]] = field(default_factory=dict)

    @cached_property
    def _by_script(self) -> dict[str, tuple[Language, ...]]:
        return {
            script: tuple(one for one in self.by_tag.values() if one.script == script)
            for script in ("latin", "cyrillic", "arabic")
        }

    def written_like(self, word: str) -> tuple[Language, ...]:
        """The languages of the alphabet of a word."""
        return self._by_script[script_of(word)]

    def tells(self, word: str, tags: Iterable[str]) -> bool:
        """Whether a folded word is a form of a noun that one of the languages tells stories with ("to grandmother")."""
        known = self._told.get(word)
        if known is None:
            if len(self._told) >= _REMEMBERED_MOST:
                self._told.clear()
            known = self._told[word] = frozenset(
                one.tag for one in self.written_like(word) if not self.tales[one.tag].isdisjoint(stems(word, one))
            )
        return not known.isdisjoint(tags)

    def is_given(self, word: str) -> bool:
        """Whether a folded word is a given name, in any case of the languages of its alphabet."""
        return any(
            not self.given[one.tag].isdisjoint(stems(word, one) if one.cases else {word})
            for one in self.written_like(word)
        )

    def is_being(self, word: str, language: Language) -> bool:
        """Whether a folded word is a being in the accusative: "medvedka", "зайца"."""
        lives = word.endswith(language.living or ("?",))
        return lives and not self.beings[language.tag].isdisjoint(stems(word, language))

    def slash_is_point(self, tags: Iterable[str]) -> bool:
        """Whether one of these languages writes 1/5 for one and a half."""
        return any(tag in self.by_tag and self.by_tag[tag].slash for tag in tags)

    def of(self, tag: str, sort: str) -> tuple[str, ...]:
        """The phrases of one sort in one language, as the file spells them (`of("sl", "optout_word")`)."""
        return self.phrases.get((tag, sort), ())


@cache
def load(*folders: Traversable) -> Languages:
    """The languages of this package, and those of further folders.

    Raises ValueError for a file that is no language, with its name.
    """
    files = [
        entry
        for folder in (resources.files(__name__), *folders)
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name)
        if entry.name.endswith(".toml")
    ]
    tables = {}
    for entry in files:
        try:
            tables[entry.name] = tomllib.loads(entry.read_text(encoding="utf-8"))
            tables[entry.name]["tag"]
        except (tomllib.TOMLDecodeError, KeyError) as wrong:
            raise ValueError(f"{entry.name} is no language: {wrong}") from wrong
    measures = _MEASURES | {
        word for table in tables.values() for words in table.get("units", {}).values() for word in words
    }
    measures |= {word for table in tables.values() for word in _begun_with_digit(table)}
    lexicon = Lexicon()
    by_tag = {}
    phrases = {}
    for table in tables.values():
        language = _language(table)
        by_tag[language.tag] = language
        for sort, words in table.get("words", {}).items():
            phrases[language.tag, sort] = tuple(words)
        for phrase, meaning in _entries(table, language.tag):
            for spelling in _spellings(phrase, language):
                _add(lexicon, spelling, meaning, language, measures)
    negations = frozenset(word for (_, sort), words in phrases.items() if sort == "not" for word in words)
    given = {
        tag: _named(table.get("people", {}).get("given", []), by_tag[tag])
        for tag, table in ((table["tag"], table) for table in tables.values())
    }
    tales = {tag: _stemmed(phrases.get((tag, "story"), ()), language, _TALE_LEAST) for tag, language in by_tag.items()}
    beings = {
        table["tag"]: _stemmed(table.get("people", {}).get("beings", ()), by_tag[table["tag"]], _NAME_LEAST)
        for table in tables.values()
    }
    return Languages(by_tag, lexicon, measures, phrases, negations, given, tales, beings)


def _named(names: list[str], language: Language) -> frozenset[str]:
    """Given names, and their stems where a language puts them in cases."""
    if language.cases:
        return _stemmed(names, language, _NAME_LEAST)
    return frozenset(fold(name).text for name in names)


def _stemmed(words: Iterable[str], language: Language, least: int) -> frozenset[str]:
    """What may be left of single words when an ending is taken off, if it is long enough to tell."""
    single = [fold(word).text for word in words if word.isalpha()]
    return frozenset(stem for word in single for stem in stems(word, language) if len(stem) >= least)


def _begun_with_digit(table: dict[str, Any]) -> Iterator[str]:
    """Words such as "2moro", which are no number with a unit."""
    for words in table.get("words", {}).values():
        yield from (word for word in words if word[0].isdigit() and word.isalnum() and not word.isdigit())


def _language(table: dict[str, Any]) -> Language:
    forms = table.get("forms", {})
    return Language(
        tag=table["tag"],
        name=table.get("name", table["tag"]),
        script=table.get("script", "latin"),
        endings=frozenset(forms.get("endings", "").split()),
        plural=tuple(forms.get("plural", "").split()),
        singular=tuple(forms.get("singular", "").split()),
        feminine=tuple(forms.get("feminine", "").split()),
        living=tuple(forms.get("living", "").split()),
        fleeting=forms.get("fleeting", ""),
        alternations=tuple((pair[0], pair[1]) for pair in forms.get("alternations", [])),
        digraphs=dict(forms.get("digraphs", {})),
        implied=forms.get("implied", True),
        not_after=forms.get("not_after", False),
        slash=forms.get("slash", False),
        nouns=forms.get("nouns", False),
        attributive=tuple(forms.get("attributive", "").split()),
        many=frozenset(forms.get("many", "").split()),
        receivers=tuple(forms.get("receivers", "").split()),
        definite=frozenset(forms.get("definite", "").split()),
        dates=tuple(fold(word).text for word in forms.get("dates", "").split()),
        partitive=frozenset(forms.get("partitive", "").split()),
        bare=tuple(forms.get("bare", "").split()),
        single=frozenset(forms.get("single", "").split()),
        inverted=forms.get("inverted", False),
        cases=table.get("people", {}).get("cases", False),
    )


def _entries(table: dict[str, Any], tag: str) -> Iterator[tuple[str, Entry]]:
    """Every phrase of a file, with what it is."""
    for sort, words in table.get("words", {}).items():
        for phrase in words:
            yield phrase, Entry(sort, tag)
    for key, words in table.get("units", {}).items():
        factor, unit = key.split() if " " in key else ("1", key)
        for phrase in words:
            yield phrase, Entry("unit", tag, Fraction(factor), unit)
    numbers: dict[str, list[str]] = table.get("numbers", {})
    for value, words in numbers.items():
        for phrase in words:
            yield phrase, Entry("number", tag, Fraction(value))
    for sort, name in (("multiple", "times"), ("more", "more"), ("ordinal", "ordinals")):
        for value, words in table.get(name, {}).items():
            for phrase in words:
                yield phrase, Entry(sort, tag, Fraction(value))
    for phrase in table.get("one", {}).get("words", []):
        yield phrase, Entry("one", tag)
    for phrase, number in _compounds(numbers, table.get("compound", {}).get("templates", [])):
        yield phrase, Entry("number", tag, Fraction(number))


def _compounds(numbers: dict[str, list[str]], templates: list[str]) -> Iterator[tuple[str, int]]:
    """21 to 99 as the templates build them of tens and units."""
    for template, tens, unit in product(templates, range(20, 100, 10), range(1, 10)):
        ones = numbers.get(str(unit), [])
        if unit == 1 and " " in template:
            ones = ones[:1]  # the others are articles too
        for ten, one in product(numbers.get(str(tens), []), ones):
            yield template.format(ten=ten, unit=one), tens + unit


def _spellings(phrase: str, language: Language) -> list[str]:
    """A phrase, and as it is typed with digraphs ("fuer" for "für")."""
    typed = phrase
    for letter, digraph in language.digraphs.items():
        typed = typed.replace(letter, digraph)
    return [phrase] if typed == phrase else [phrase, typed]


@cache
def _words(piece: str, measures: frozenset[str]) -> tuple[str, ...]:
    """A word of a phrase as it is found in texts; it may be several, and end in "*"."""
    if piece == "_":
        return ("_",)
    words = [token.text for token in cut(piece.rstrip("*"), measures)[1] if token.kind in (WORD, NUMBER)]
    if piece.endswith("*") and words:
        words[-1] += "*"
    return tuple(words)


def _add(lexicon: Lexicon, phrase: str, entry: Entry, language: Language, measures: frozenset[str]) -> None:
    words = [word for piece in phrase.split() for word in _words(piece, measures)]
    if not words:
        return
    latin = all(word.isascii() for word in words)
    if language.script != "latin" and latin:
        entry = entry._replace(language=language.tag + ROMANISED)
    lexicon.add(words, entry)
    if language.script == "cyrillic" and any(script_of(word) == "cyrillic" for word in words):
        sounds = ["~" + of_cyrillic(word) if not word.startswith("_") else word for word in words]
        if sum(len(sound) - 1 for sound in sounds) >= _SOUND_LEAST:
            lexicon.add(sounds, entry._replace(language=language.tag + ROMANISED))
