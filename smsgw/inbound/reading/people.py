"""Tell the names of people and places in a text, so that nobody takes them for something that was ordered.

A name stands behind a greeting, behind "Mrs" or "in the name of", begins with a given name of the language data, or
ends the text in a clause of its own. In German every noun has a capital, so a capital alone says nothing there.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from smsgw.inbound.reading.languages import Languages
from smsgw.inbound.reading.pieces import Piece

_WORDS_MOST = 4
_CLOSING = frozenset({"thanks", "courtesy", "greeting"})
_SIGNS = frozenset({"mark", "sign"})
_SMALL = frozenset({"story", "month", "filler", "name"})  # "Mrs", and May is a name too


def names(text: str, pieces: Sequence[Piece], used: set[int], tags: frozenset[str], languages: Languages) -> set[int]:
    """The places of words that name people or places. used: places of words that are of the names of products."""
    return _Names(text, pieces, used, tags, languages).found()


def hear_titles(text: str, pieces: Sequence[Piece]) -> None:
    """What has a capital behind a title is a name, whatever it means otherwise: "Frau Sommer", "Cafe Sonnenschein"."""
    if not any(text[piece.start].islower() for piece in pieces if piece.kind == "word"):
        return
    for before, piece in pairwise(pieces):
        titled = "name" in before.sorts and before.kind == piece.kind == "word" and "name" not in piece.sorts
        if titled and text[piece.start].isupper():
            piece.sorts = {"story"}


class _Names:
    def __init__(
        self, text: str, pieces: Sequence[Piece], used: set[int], tags: frozenset[str], languages: Languages
    ) -> None:
        self.text, self.pieces, self.used, self.languages = text, pieces, used, languages
        self.nouns = any(languages.by_tag[tag].nouns for tag in tags if tag in languages.by_tag)
        initials = [text[piece.start] for piece in pieces if piece.kind == "word"]
        self.cased = any(initial.islower() for initial in initials)

    def found(self) -> set[int]:
        found: set[int] = set()
        for place, piece in enumerate(self.pieces):
            if piece.kind != "word" or place in self.used:
                continue
            if "name" in piece.sorts:
                found |= self._run(place + 1, any_case=True)
            elif "greeting" in piece.sorts or ("from" in piece.sorts and self._opens(place)):
                found |= self._run(place + 1, any_case=False)
            elif self._is_given(place):
                found |= {place} | self._run(place + 1, any_case=False)
        return found | self._signature()

    def _run(self, place: int, any_case: bool) -> set[int]:
        """The words from a place on that may be a name."""
        run: set[int] = set()
        while place < len(self.pieces) and len(run) < _WORDS_MOST:
            piece = self.pieces[place]
            if piece.text == "." and run and self._is_initial(place - 1):
                place += 1
                continue
            if piece.kind != "word" or place in self.used:
                break
            if "name" in piece.sorts and not run:
                place += 1
                continue
            given = self._is_given(place)
            if not given and (piece.sorts - _SMALL or not (any_case or self._is_capital(place))):
                break
            if not given and piece.sorts and not self._is_capital(place):
                break
            run.add(place)
            place += 1
        return run

    def _opens(self, place: int) -> bool:
        """Whether a word stands at the head of a clause, or behind a greeting: "greetings from Bristol"."""
        before = self.pieces[place - 1] if place else None
        return before is None or before.kind == "separator" or bool(before.sorts & _CLOSING)

    def _is_capital(self, place: int) -> bool:
        """Whether a capital says that a word is a name."""
        return not self.nouns and self.cased and self.text[self.pieces[place].start].isupper()

    def _is_given(self, place: int) -> bool:
        piece = self.pieces[place]
        if piece.kind != "word" or place in self.used or piece.sorts - _SMALL:
            return False
        initial = self.text[piece.start]
        return initial.upper() == initial and self.languages.is_given(piece.text)

    def _signature(self) -> set[int]:
        """Up to three words at the end, behind a thank-you, a greeting, a full stop or a new line, with capitals."""
        places = [place for place, piece in enumerate(self.pieces) if piece.kind not in _SIGNS]
        signed: set[int] = set()
        given = False
        while places and len(signed) < _WORDS_MOST:
            piece = self.pieces[places[-1]]
            initial = self.text[piece.start] if piece.kind == "word" else ""
            if piece.text == "." and signed and len(places) > 1 and self._is_initial(places[-2]):
                places.pop()
                continue
            if piece.text == "," and signed and len(places) > 1 and self._is_person(places[-2]):
                places.pop()  # "Ana Novak, Celje"
                continue
            if piece.kind != "word" or piece.sorts - _SMALL or places[-1] in self.used or initial.islower():
                break
            given = given or self.languages.is_given(piece.text)
            signed.add(places.pop())
        if not places or not signed:
            return self._alone()
        before = self.pieces[places[-1]]
        if before.kind == "separator" and before.text in ",:" and len(places) > 1:
            before = self.pieces[places[-2]]
            full = given or (len(signed) > 1 and not self.nouns and self.cased)
            return signed if before.sorts & _CLOSING or full else set()
        capital = self.text[self.pieces[min(signed)].start].isupper()
        ended = before.kind == "separator" and (before.text in ".!" or before.text.startswith("\n")) and capital
        return signed if ended or before.sorts & _CLOSING else set()

    def _is_person(self, place: int) -> bool:
        """Whether a word is a given name, or the family name behind one."""
        return self._is_given(place) or (self._is_capital(place) and place > 0 and self._is_given(place - 1))

    def _alone(self) -> set[int]:
        """A given name in small letters, alone in the last clause: "2 apples, tom"."""
        places = [place for place, piece in enumerate(self.pieces) if piece.kind not in _SIGNS]
        if len(places) < 3 or self.pieces[places[-2]].kind != "separator":
            return set()
        piece = self.pieces[places[-1]]
        free = piece.kind == "word" and not piece.sorts - _SMALL and places[-1] not in self.used
        return {places[-1]} if free and self.languages.is_given(piece.text) else set()

    def _is_initial(self, place: int) -> bool:
        return self.pieces[place].kind == "word" and len(self.pieces[place].text) == 1
