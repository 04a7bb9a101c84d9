"""Recognise the words of consent, in many languages at once: by the meaning of a whole text, never by a part of a word.

"Stopalka 3x" orders pedals, and an "end table" is furniture. The order: the text is a keyword; a keyword and a
category; a keyword with at most two words of courtesy; a text of at most two words with one slip of the pen, where a
stop is acted on and a start is asked about; and what only may be a stop, which a person decides. The words are data:
keywords.toml, and what a shop adds to it.
"""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path

MEANINGS = ("stop", "start", "help", "status")
_COURTESY_MOST = 2
_SLIPS_IN = 2  # words of a text in which a slip of the pen is looked for
_SHORTEST_SLIP = 4  # letters of a keyword that may have a slip
_ANY_SLIP = 6  # letters from which one letter may stand for another; before only doubled, left out or turned round


@dataclass(frozen=True, slots=True)
class Found:
    """What a text means. meaning: one of MEANINGS, or "probable_stop". language: of the words, "any" for all.

    how: "exact", "category", "courtesy", "slip", "sentence" or "phrase". category: its code, if the text names one.
    spans: where the words stand, in letters of the text. order: whether it may also mean an open order.
    """

    meaning: str
    words: str
    language: str
    how: str
    spans: tuple[tuple[int, int], ...]
    category: str | None = None
    order: bool = False

    @property
    def certain(self) -> bool:
        """Whether it may be acted on: a stop always, a start only without a slip."""
        return self.meaning != "probable_stop" and (self.meaning == "stop" or self.how != "slip")


@dataclass(frozen=True)
class Words:
    """Keywords made ready for reading. by_words: meaning and language. only: from which numbers a language counts."""

    by_words: Mapping[str, tuple[tuple[str, str], ...]]
    sentences: Mapping[str, str]
    phrases: Mapping[str, tuple[tuple[tuple[str, ...], str], ...]]  # by their first word
    courtesy: frozenset[str]
    innocent: frozenset[str]
    also_order: frozenset[str]
    yes: Mapping[str, str]
    no: Mapping[str, str]
    only: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Word:
    letters: str
    begin: int
    end: int


def is_stop(text: str) -> bool:
    """Whether the whole text asks to be left alone: `Stop!`, `please STOP`; not `stop by tomorrow?`."""
    return _means(text, "stop")


def is_start(text: str) -> bool:
    """Whether the whole text asks to hear from us again."""
    return _means(text, "start")


def is_help(text: str) -> bool:
    """Whether the whole text asks what this number is about."""
    return _means(text, "help")


def _means(text: str, meaning: str) -> bool:
    found = read(text)
    return found is not None and found.meaning == meaning and found.how in ("exact", "courtesy")


def read(
    text: str, words: Words | None = None, categories: Mapping[str, str] | None = None, sender: str = ""
) -> Found | None:
    """What a text means, None if it is about something else.

    words: None for those that come with smsgw. categories: what people call a category, normalised, and its code.
    sender: the number it came from, for words that count in one country only.
    """
    told = words or built_in()
    spoken = split(text)
    if not spoken:
        return None
    said = [word.letters for word in spoken]
    core = _without_courtesy(said, told.courtesy)
    return (
        _exact(said, spoken, told, sender)
        or _with_category(said, spoken, told, categories or {}, sender)
        or _polite(said, spoken, core, told, sender)
        or _slip(said, spoken, core, told, sender)
        or _phrase(said, spoken, told)
    )


def answer(text: str, words: Words | None = None) -> bool | None:
    """Whether a text is a bare yes or no, with courtesy or without; None for everything else."""
    told = words or built_in()
    said = [word.letters for word in split(text)]
    for some in (said, _without_courtesy(said, told.courtesy) or []):
        joined = " ".join(some)
        if joined in told.yes or joined in told.no:
            return joined in told.yes
    return None


def names_a_stop(text: str) -> bool:
    """Whether a text of ours names a word by which it can be ended, as these are written: in capitals."""
    told = built_in()
    return any(
        text[word.begin : word.end] == text[word.begin : word.end].upper()
        and any(meaning == "stop" for meaning, _ in told.by_words.get(word.letters, ()))
        for word in split(text)
        if not word.letters.isdigit()
    )


def normalise(text: str) -> str:
    """The words of a text as they are compared: lower case, one space apart, without accents, marks and punctuation."""
    return " ".join(word.letters for word in split(text))


def split(text: str) -> list[_Word]:
    """The words of a text as they are compared, each with its place."""
    found: list[_Word] = []
    letters: list[str] = []
    begin = end = 0
    for place, letter in enumerate(text):
        for kept in _folded(letter):
            if kept == " ":
                if letters:
                    found.append(_Word("".join(letters), begin, end))
                    letters = []
                continue
            if not letters:
                begin = place
            letters.append(kept)
            end = place + 1
    if letters:
        found.append(_Word("".join(letters), begin, end))
    return found


@lru_cache(maxsize=8192)
def _folded(letter: str) -> str:
    """What is left of one letter: its plain small form, " " for what stands between words, or nothing."""
    if letter in "\n\r\t\f\v":
        return " "
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", letter).casefold())
    kept: list[str] = []
    for one in plain:
        group = unicodedata.category(one)
        if group[0] in "PSZ":
            kept.append(" ")
        elif group == "Nd":
            kept.append(str(unicodedata.digit(one)))
        elif group[0] not in "CM":
            kept.append(_ALIKE.get(one, one))
    return "".join(kept)


_ALIKE = {"ي": "ی", "ى": "ی", "ك": "ک", "ة": "ه", "đ": "d", "ı": "i", "ø": "o", "ł": "l"}


def _read_from(said: str, told: Words, sender: str, meaning: str = "") -> tuple[str, str] | None:
    """The meaning and language of a keyword from this sender; meaning: only this one."""
    for found, language in told.by_words.get(said, ()):
        only = told.only.get(language)
        if (only is None or sender.startswith(only)) and meaning in ("", found):
            return found, language
    return None


def _exact(said: Sequence[str], spoken: Sequence[_Word], told: Words, sender: str) -> Found | None:
    spelled = len(said) >= _SHORTEST_SLIP and all(len(word) == 1 for word in said)  # s.t.o.p
    joined = ("" if spelled else " ").join(said)
    known = _read_from(joined, told, sender)
    return known and Found(*_told(known, joined), "exact", _span(spoken), order=joined in told.also_order)


def _told(known: tuple[str, str], words: str) -> tuple[str, str, str]:
    return known[0], words, known[1]


def _span(spoken: Sequence[_Word]) -> tuple[tuple[int, int], ...]:
    return ((spoken[0].begin, spoken[-1].end),)


def _with_category(
    said: Sequence[str], spoken: Sequence[_Word], told: Words, categories: Mapping[str, str], sender: str
) -> Found | None:
    for length in range(min(3, len(said) - 1), 0, -1):
        keyword = " ".join(said[:length])
        known = _read_from(keyword, told, sender)
        if known is None or known[0] not in ("stop", "start"):
            continue
        rest = [word for word in said[length:] if word not in told.courtesy]
        code = categories.get(" ".join(said[length:])) or categories.get(" ".join(rest))
        if code is not None:
            return Found(*_told(known, keyword), "category", _span(spoken), code)
    return None


def _polite(
    said: Sequence[str], spoken: Sequence[_Word], core: Sequence[str] | None, told: Words, sender: str
) -> Found | None:
    joined = " ".join(said)
    language = told.sentences.get(joined)
    if language is not None:
        return Found("stop", joined, language, "sentence", _span(spoken))
    if core is None:
        return None
    joined = " ".join(core)
    known = _read_from(joined, told, sender)
    if known is not None:
        place = _place(said, core)
        return Found(*_told(known, joined), "courtesy", _span(place_of(spoken, place)), order=joined in told.also_order)
    language = told.sentences.get(joined)
    return None if language is None else Found("stop", joined, language, "sentence", _span(spoken))


def _place(said: Sequence[str], core: Sequence[str]) -> tuple[int, int]:
    """Where the words without courtesy stand among all."""
    first = next(n for n in range(len(said)) if list(said[n : n + len(core)]) == list(core))
    return first, first + len(core)


def place_of(spoken: Sequence[_Word], place: tuple[int, int]) -> Sequence[_Word]:
    """Some of the words of a text."""
    return spoken[place[0] : place[1]]


def _without_courtesy(said: Sequence[str], courtesy: frozenset[str]) -> list[str] | None:
    """The words between those of courtesy; None if there are too many of these, or nothing else."""
    first, last = 0, len(said)
    while first < last and said[first] in courtesy:
        first += 1
    while last > first and said[last - 1] in courtesy:
        last -= 1
    polite = first + len(said) - last
    return list(said[first:last]) if first < last and polite <= _COURTESY_MOST else None


def _slip(
    said: Sequence[str], spoken: Sequence[_Word], core: Sequence[str] | None, told: Words, sender: str
) -> Found | None:
    if core is None or len(said) > _SLIPS_IN:
        return None
    joined = " ".join(core)
    if joined in told.innocent or any(letter.isdigit() for letter in joined):
        return None
    hits = {
        known: keyword
        for keyword in _near(joined, told)
        if (known := _read_from(keyword, told, sender)) is not None and known[0] in ("stop", "start")
    }
    if not hits:
        return None
    meanings = {meaning for meaning, _ in hits}
    known, keyword = next(iter(hits.items()))
    if len(meanings) > 1:
        return Found("probable_stop", keyword, known[1], "slip", _span(spoken))
    return Found(*_told(known, keyword), "slip", _span(spoken), order=keyword in told.also_order)


def _near(joined: str, told: Words) -> Iterator[str]:
    for keyword in told.by_words:
        if len(keyword) >= _SHORTEST_SLIP and abs(len(keyword) - len(joined)) <= 1 and is_slip(joined, keyword):
            yield keyword


def is_slip(written: str, keyword: str) -> bool:
    """Whether `written` is a keyword with one slip of the pen: two letters turned round, one too many or too few.

    A letter for another only in long words: "shop" and "step" are no slips for "stop". The first letter is right.
    """
    if written == keyword or written[:1] != keyword[:1]:
        return False
    if len(written) == len(keyword):
        differ = [place for place, (a, b) in enumerate(zip(written, keyword, strict=True)) if a != b]
        turned = len(differ) == 2 and differ[1] == differ[0] + 1
        if turned and written[differ[0]] == keyword[differ[1]] and written[differ[1]] == keyword[differ[0]]:
            return True
        return len(differ) == 1 and len(keyword) >= _ANY_SLIP
    longer, shorter = (written, keyword) if len(written) > len(keyword) else (keyword, written)
    for place, letter in enumerate(longer):
        if longer[:place] + longer[place + 1 :] == shorter:
            doubled = letter in (longer[place - 1 : place], longer[place + 1 : place + 2])
            return len(keyword) >= _ANY_SLIP or (doubled if longer is written else len(written) >= _SHORTEST_SLIP)
    return False


def _phrase(said: Sequence[str], spoken: Sequence[_Word], told: Words) -> Found | None:
    if any(letter.isdigit() for word in said for letter in word):
        return None  # "do not send me 2 notebooks" is about these
    for place, word in enumerate(said):
        for phrase, language in told.phrases.get(word, ()):
            if tuple(said[place : place + len(phrase)]) == phrase:
                where = place_of(spoken, (place, place + len(phrase)))
                return Found("probable_stop", " ".join(phrase), language, "phrase", _span(where))
    return None


@cache
def built_in() -> Words:
    """The words that come with smsgw."""
    return made(())


def made(more: Iterable[tuple[str, str, str]]) -> Words:
    """The words that come with smsgw, and more: each its words, its meaning (or "courtesy", "nothing"), its language.

    "nothing" takes away what comes with smsgw.
    """
    with (Path(__file__).parent / "keywords.toml").open("rb") as file:
        tables = tomllib.load(file)
    by_words: dict[str, list[tuple[str, str]]] = {}
    sentences: dict[str, str] = {}
    phrases: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    sets: dict[str, dict[str, str]] = {name: {} for name in ("courtesy", "innocent", "also_order", "yes", "no")}
    for language, table in tables.items():
        for meaning in MEANINGS:
            for words in table.get(meaning, ()):
                by_words.setdefault(normalise(words), []).append((meaning, language))
        for words in table.get("clear", ()):
            sentences.setdefault(normalise(words), language)
        for words in table.get("probable", ()):
            spoken = tuple(normalise(words).split())
            phrases.setdefault(spoken[0], []).append((spoken, language))
        for name, found in sets.items():
            for words in table.get(name, ()):
                found.setdefault(normalise(words), language)
    for words, meaning, language in more:
        if meaning == "courtesy":
            sets["courtesy"][words] = language
        else:
            by_words[words] = [] if meaning == "nothing" else [(meaning, language)]
    return Words(
        {words: tuple(known) for words, known in by_words.items() if known},
        sentences,
        {first: tuple(listed) for first, listed in phrases.items()},
        frozenset(sets["courtesy"]),
        frozenset(sets["innocent"]),
        frozenset(sets["also_order"]),
        sets["yes"],
        sets["no"],
        {language: tuple(table["only"]) for language, table in tables.items() if "only" in table},
    )
