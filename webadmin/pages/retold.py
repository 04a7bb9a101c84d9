"""The sentences of the core told in the language of the page: found by their shape, its numbers and times in them.

`core_words` and its neighbours say which sentences there are. What the core puts together of several (a refusal, what
a link says of itself, what is done about it) is taken apart where they meet. What is in none of them came from a
network, a modem or a program; it stays as it came, and keeps its own direction between Persian words.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache

from babel import Locale
from flask import Flask
from flask_babel import get_domain, get_locale

from .core_words import KNOWN
from .language import dated, day_and_time, digits, spoken

ISOLATE = "\N{FIRST STRONG ISOLATE}"
_AGAIN = frozenset(  # of these what stands there is a sentence or a piece of the core, too
    ("why", "words", "says", "there", "what", "how", "instead", "span", "where", "twin", "given", "state", "before")
)
_PLACE = re.compile(r"%\((\w+)\)s")
_NUMBER = re.compile(r"[0-9]+(?:[.,][0-9]+)*")
_TELEPHONE = re.compile(r"\+[0-9]{7,15}")
_MONEY = re.compile(r"([0-9]+(?:[.,][0-9]+)*) ([A-Z]{3})")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}(?::[0-9]{2})?")
_LATIN = re.compile(r"[A-Za-z0-9]")
_OWN = re.compile(r"[\u0600-\u06ff]")
_WORD = frozenset(("state", "order"))
_BOUNDED = frozenset(("link", "links", "other", "best", "number", "numbers", "node", "prefix", "who"))  # names
_FREE = frozenset(("text", "own", "reason", "value", "question", "wrong", "file"))  # people's words, networks' words
_LISTED = frozenset(("links", "names"))  # several names
_MARKS = ("; ", ": ", ". ")  # where sentences of the core meet


class _Shape:
    """A sentence with places: whether something is one of it. Its pattern is made when it is first needed."""

    def __init__(self, sentence: str) -> None:
        self.sentence = sentence
        self._pieces = _PLACE.split(sentence.replace("%%", "%"))  # words, name, words, name, ...
        self.longest = max(self._pieces[::2], key=len)
        self._pattern: re.Pattern[str] | None = None

    def places(self, told: str) -> dict[str, str] | None:
        """What stands in its places, None if it is another sentence. The longest words are looked for first: quick."""
        if self.longest not in told:
            return None
        if self._pattern is None:
            spelled = [re.escape(p) if at % 2 == 0 else _place(p) for at, p in enumerate(self._pieces)]
            self._pattern = re.compile("".join(spelled), re.DOTALL)
        found = self._pattern.fullmatch(told)
        return None if found is None else found.groupdict()


def _place(name: str) -> str:
    """What may stand there: not the end of another sentence, where one would be taken for a part of a name."""
    letter = (
        "[^;: ]"
        if name in _WORD
        else "[^;:]"
        if name in _BOUNDED
        else "."
        if name in _FREE or name in _AGAIN
        else "[^;]"
    )
    return f"(?P<{name}>{letter}+?)"


_PLAIN = frozenset(one for one in KNOWN if "%(" not in one)
_SAID = rf"%\((?:{'|'.join(sorted(_AGAIN))})\)s"
_WRAPS = re.compile(rf"{_SAID}(?:[;:,]| \().*|.*[;:,] (?:\w+ )?{_SAID}")
_SHAPES = sorted(  # what says more about another sentence first, then the longest
    (_Shape(one) for one in KNOWN if "%(" in one),
    key=lambda shape: (_WRAPS.fullmatch(shape.sentence) is None, -len(_PLACE.sub("", shape.sentence))),
)


def install(app: Flask) -> None:
    """Give the templates of `app` their filters."""
    app.add_template_filter(sentence)
    app.add_template_filter(in_our_language, "as_we_say")


@lru_cache(maxsize=4096)
def known_as(says: str) -> tuple[str, dict[str, str]] | None:
    """The sentence that this is one of, and what stands in its places."""
    for told in (says, says[:1].lower() + says[1:]):
        if told in _PLAIN:
            return told, {}
        for shape in _SHAPES:
            if (places := shape.places(told)) is not None:
                return shape.sentence, places
    return None


@lru_cache(maxsize=4096)
def meeting(says: str) -> tuple[str, str, str] | None:
    """Where two sentences meet of which one is the core's: what stands before, the mark between, what stands behind."""
    for mark in _MARKS:
        at = says.find(mark)
        while at > 0:
            before, behind = says[:at], says[at + len(mark) :]
            if known_as(before) is not None or known_as(behind) is not None:
                return before, mark, behind
            at = says.find(mark, at + 1)
    head, opened, code = says.removesuffix(")").rpartition(" (")
    return (head, opened, code) if opened and says.endswith(")") and known_as(head) is not None else None


def sentence(says: str) -> str:
    """What an error says, in the language of the page if that is known: a capital in front, a full stop behind."""
    says = in_our_language(says)
    return says[:1].upper() + says[1:] + ("" if says.endswith((".", "!", "?")) or not says else ".")


def in_our_language(says: str) -> str:
    """A sentence of the core in the language of the page, if it is known here; else as it is."""
    if (known := known_as(says)) is not None:
        return _told(*known)
    if (met := meeting(says)) is None:
        return _apart(says)
    before, mark, behind = met
    mark = "؛ " if mark == "; " and str(get_locale()) == "fa" else mark
    return in_our_language(before) + mark + in_our_language(behind) + (")" if mark == " (" else "")


def _told(sentence: str, values: dict[str, str]) -> str:
    words = get_domain().get_translations()
    if not values:
        return str(words.ugettext(sentence))
    if "num" in values:
        count = int(re.sub(r"[^0-9]", "", values["num"]) or 2)
        template = words.ungettext(sentence, sentence, count)
    else:
        template = words.ugettext(sentence)
    spelled: dict[str, str] = {}
    for name, value in values.items():
        if _MOMENT.fullmatch(value):  # the core's are UTC
            template = template.replace(f"%({name})s UTC", f"%({name})s")
        spelled[name] = in_our_language(value) if name in _AGAIN else _spelled(value, name)
    told = str(template) % spelled
    return f"\N{RIGHT-TO-LEFT MARK}{told}" if told.startswith(ISOLATE) else told  # dir=auto looks into what is apart


def _spelled(value: str, name: str) -> str:
    """What stands in a place: a number in the digits of the language, a moment by the clock on the wall, or a name."""
    if _MOMENT.fullmatch(value):
        return day_and_time(datetime.fromisoformat(value).replace(tzinfo=UTC))
    if _NUMBER.fullmatch(value):
        return digits(value)
    if money := _MONEY.fullmatch(value):
        return f"{digits(money[1])} {money[2]}"
    if " and " in value and name in _LISTED:  # a, b and c
        first, _, last = value.rpartition(" and ")
        end = (get_locale() or Locale("en")).list_patterns["standard"]["end" if ", " in first else "2"]
        return str(end.format(_apart(first), _apart(last)))
    return _apart(spoken(value) if _TELEPHONE.fullmatch(value) else dated(value))


def _apart(words: str) -> str:
    """Words that are not of the page's language, with a direction of their own if that is written from the right."""
    if str(get_locale()) != "fa" or not _LATIN.search(words) or _OWN.search(words):
        return words
    return f"{ISOLATE}{words}\N{POP DIRECTIONAL ISOLATE}"
