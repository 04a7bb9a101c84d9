"""Find the words and phrases of all languages in a text, in one walk along a trie of their words.

A phrase is words with a space between; "naroc*" is any word that begins so, "_" stands for up to four other words.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

from smsgw.inbound.reading.romanised import of_russian_in_latin
from smsgw.inbound.reading.tokens import MARK, NUMBER, WORD, Token

_GAP = "_"
_GAP_MOST = 4
_REMEMBERED_MOST = 50_000
_WITHIN = frozenset("-'./")


class Entry(NamedTuple):
    """What a phrase is: one of the classes of the language data, its language, and its value when it is a number."""

    sort: str
    language: str
    value: Fraction | None = None
    unit: str | None = None


class Mark(NamedTuple):
    """A phrase found: tokens first to last (exclusive) are an entry; gapped: other words stand within it."""

    first: int
    last: int
    entry: Entry
    gapped: bool = False


@dataclass(slots=True)
class _Node:
    next: dict[str, _Node] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)


class Lexicon:
    """The phrases of all languages."""

    def __init__(self) -> None:
        self._root = _Node()
        self._keys: dict[str, set[str]] = {}
        self._remembered: dict[str, tuple[str, ...]] = {}

    def add(self, words: list[str], entry: Entry) -> None:
        """Take a phrase in; words end in "*" for any ending, and begin with "~" when they are a skeleton."""
        node = self._root
        for word in words:
            self._keys.setdefault(word, set()).add(entry.language)
            node = node.next.setdefault(word, _Node())
        if entry not in node.entries:
            node.entries.append(entry)

    def knows(self, word: str, languages: set[str] | None = None) -> bool:
        """Whether a word as it stands is in some phrase; of these languages, if any are given."""
        of = self._keys.get(word)
        return of is not None and (not languages or not of.isdisjoint(languages))

    def find(self, tokens: list[Token]) -> list[Mark]:
        """All phrases in the text, in the order of their first word."""
        keys = [self._keys_of(token.text) if token.kind in (WORD, NUMBER) else None for token in tokens]
        found: list[Mark] = []
        for first, ways in enumerate(keys):
            if ways:
                self._walk(self._root, tokens, keys, first, first, found)
        return found

    def _walk(
        self,
        node: _Node,
        tokens: list[Token],
        keys: list[tuple[str, ...] | None],
        first: int,
        place: int,
        found: list[Mark],
        gapped: bool = False,
    ) -> None:
        while place < len(tokens) and place > first and tokens[place].kind == MARK and tokens[place].text in _WITHIN:
            place += 1
        if place >= len(tokens):
            return
        ways = keys[place]
        if ways is None:
            return
        for key in ways:
            following = node.next.get(key)
            if following is not None:
                found.extend(Mark(first, place + 1, entry, gapped) for entry in following.entries)
                if following.next:
                    self._walk(following, tokens, keys, first, place + 1, found, gapped)
        gap = node.next.get(_GAP) if node is not self._root else None
        if gap is not None:
            for skipped in range(_GAP_MOST + 1):
                if place + skipped >= len(tokens) or keys[place + skipped] is None:
                    break
                self._walk(gap, tokens, keys, first, place + skipped, found, gapped or skipped > 0)

    def _keys_of(self, word: str) -> tuple[str, ...]:
        known = self._remembered.get(word)
        if known is None:
            if len(self._remembered) >= _REMEMBERED_MOST:
                self._remembered.clear()
            spellings = [word]
            if word.isascii() and word.isalpha() and len(word) > 1:
                spellings.append("~" + of_russian_in_latin(word))
            ways = []
            for spelling in spellings:
                ways += [spelling] if spelling in self._keys else []
                ways += [
                    spelling[:length] + "*"
                    for length in range(2, len(spelling) + 1)
                    if spelling[:length] + "*" in self._keys
                ]
            known = self._remembered[word] = tuple(ways)
        return known
