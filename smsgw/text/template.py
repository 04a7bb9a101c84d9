"""Texts with variables, `Dear {{ first_name|default:"customer" }}`: read them, name what they need, fill them in.

The grammar is all there is: a name, and after bars a fallback or one of three ways to write it. There is nothing to
call, to count or to reach, so a template can do no more than put words into words; and a value that looks like a
template is words too, for nothing is read twice.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache

from smsgw.errors import BadInput, Fault

LONGEST_VALUE = 200  # letters of one value: somebody's name must not become ten parts
_HOLE = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_BAR = re.compile(r"\s*\|\s*(?:(default)\s*:\s*(?:\"([^\"]*)\"|'([^']*)'|“([^”]*)”|„([^“”]*)[“”])|(upper|lower|title))")
_LIKE = 'write {{ name }} or {{ name|default:"words" }}'
_WAYS: dict[str, Callable[[str], str]] = {
    "upper": str.upper,
    "lower": str.lower,
    "title": lambda words: words[:1].upper() + words[1:],
}


@dataclass(frozen=True, slots=True)
class Hole:
    """A place for a value. fallback: the words for whoever has none, None without them. ways: how it is cased."""

    name: str
    fallback: str | None = None
    ways: tuple[str, ...] = ()


@dataclass(frozen=True)
class Template:
    """A text as it was read: words and holes, in order."""

    pieces: tuple[str | Hole, ...]

    @property
    def names(self) -> frozenset[str]:
        """Every variable that it speaks of."""
        return frozenset(piece.name for piece in self.pieces if isinstance(piece, Hole))

    @property
    def needed(self) -> frozenset[str]:
        """The variables that must have a value, for there is no fallback."""
        return frozenset(p.name for p in self.pieces if isinstance(p, Hole) and p.fallback is None)

    def fill(self, values: Mapping[str, str | None]) -> tuple[str, list[str]]:
        """The text for these values, and the variables that have neither value nor fallback (left empty in it)."""
        words: list[str] = []
        missing: list[str] = []
        for piece in self.pieces:
            if isinstance(piece, str):
                words.append(piece)
                continue
            value = tidy(values.get(piece.name) or "") or piece.fallback
            if value is None:
                missing.append(piece.name)
                continue
            for way in piece.ways:
                value = _WAYS[way](value)
            words.append(value)
        return "".join(words), missing


@lru_cache(maxsize=256)
def read(text: str) -> Template:
    """Read a text with variables. Raises BadInput (`template_wrong`) with every fault and the line it stands in."""
    pieces: list[str | Hole] = []
    faults: list[Fault] = []
    upto = 0
    for found in _HOLE.finditer(text):
        _words(text, upto, found.start(), pieces, faults)
        hole = _hole(found[1])
        if isinstance(hole, Hole):
            pieces.append(hole)
        else:
            faults.append(_fault(text, found.start(), hole))
        upto = found.end()
    _words(text, upto, len(text), pieces, faults)
    if faults:
        raise BadInput(faults)
    return Template(tuple(pieces))


def is_name(word: str) -> bool:
    """Whether a variable can be called so."""
    return _NAME.fullmatch(word) is not None


def check(template: Template, known: Collection[str]) -> list[Fault]:
    """The variables that nobody knows, each with the nearest one that there is."""
    faults = []
    for name in sorted(template.names - set(known)):
        near = difflib.get_close_matches(name, known, 1, 0.6)
        offer = f"did you mean {near[0]}?" if near else f"there are: {', '.join(sorted(known))}"
        faults.append(Fault("/text", "variable_unknown", f"there is no variable {name!r}; {offer}"))
    return faults


def faults(text: str, known: Collection[str], pointer: str) -> list[Fault]:
    """Everything that is wrong with a text: its grammar, else its variables. pointer: where the text stands."""
    try:
        found = check(read(text), known)
    except BadInput as wrong:
        found = wrong.faults
    return [Fault(pointer, fault.code, fault.detail) for fault in found]


def tidy(value: str) -> str:
    """A value as it is put in: one line, no control letters, not longer than `LONGEST_VALUE`."""
    if value.isascii() and value.isprintable() and len(value) <= LONGEST_VALUE:
        return value.strip()
    kept = "".join(" " if c.isspace() else c for c in value if c.isspace() or unicodedata.category(c) != "Cc")
    return " ".join(kept.split())[:LONGEST_VALUE].rstrip()


def _words(text: str, start: int, end: int, pieces: list[str | Hole], faults: list[Fault]) -> None:
    words = text[start:end]
    if words:
        pieces.append(words)
    for mark in ("{{", "}}"):
        place = words.find(mark)
        if place >= 0:
            faults.append(_fault(text, start + place, f"{mark} without its other half: {_LIKE}"))


def _hole(inside: str) -> Hole | str:
    """What stands between the braces, or what is wrong with it."""
    named = _NAME.match(inside.strip())
    if named is None:
        return f"{{{{{inside[:40]}}}}} names no variable: {_LIKE}"
    rest, fallback, ways = inside.strip()[named.end() :], None, []
    while rest.strip():
        bar = _BAR.match(rest)
        if bar is None:
            return f"{{{{{inside[:60]}}}}} cannot be read from {rest.strip()[:30]!r} on: {_LIKE}"
        if bar[1]:
            fallback = next(words for words in bar.groups()[1:5] if words is not None)
        else:
            ways.append(bar[6])
        rest = rest[bar.end() :]
    return Hole(named[0], fallback, tuple(ways))


def _fault(text: str, place: int, says: str) -> Fault:
    line = text.count("\n", 0, place) + 1
    return Fault("/text", "template_wrong", f"line {line}: {says}" if "\n" in text else says)
