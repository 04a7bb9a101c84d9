"""Turn tokens into the pieces that a reading is made of: words, amounts, and numbers that are no quantity.

An amount is a number with its unit, in digits or words: "2", "dva in pol", "pol kile", "250 g", "a dozen".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction

from smsgw.inbound.reading.lexicon import Mark
from smsgw.inbound.reading.tokens import LINE, MARK, NUMBER, WORD, Token

SEPARATORS = frozenset({",", ";", "+", "&", "!", "?", ":", "/"})
_PARTS = {"½": Fraction(1, 2), "¼": Fraction(1, 4), "¾": Fraction(3, 4)}
_BASE: dict[str, tuple[str, int | Fraction]] = {
    "kg": ("g", 1000), "g": ("g", 1), "dkg": ("g", 10), "etto": ("g", 100), "pound": ("g", 500),
    "lb": ("g", Fraction("453.6")), "oz": ("g", Fraction("28.35")),
    "l": ("ml", 1000), "dl": ("ml", 100), "cl": ("ml", 10), "ml": ("ml", 1),
    "gb": ("gb", 1), "mm": ("mm", 1), "cm": ("mm", 10), "m": ("mm", 1000), "w": ("w", 1),
}  # fmt: skip
COUNTED = frozenset({"pcs", "pack", "case"})
_LARGEST = 10**7
_THOUSANDS = re.compile(r"[1-9]\d{0,2}(?:\.\d{3})+$")


@dataclass(slots=True)
class Piece:
    """A stretch of tokens, first to last (exclusive).

    kind: "word", "amount", "typed", "separator", "line", "mark" or "sign". sorts: of the lexicon. value, unit: of an
    amount; soft: an article, which counts only beside what it counts. times: "2x". type: of a typed number. vague: a
    number that was seen and not understood.
    """

    kind: str
    first: int
    last: int
    text: str
    start: int
    end: int
    sorts: set[str] = field(default_factory=set)
    value: Fraction | None = None
    unit: str | None = None
    soft: bool = False
    times: bool = False
    type: str | None = None
    unclear: bool = False

    @property
    def size(self) -> str | None:
        """The amount as a size of a pack ("#g250"), when its unit measures."""
        if self.value is None or self.unit not in _BASE:
            return None
        base, factor = _BASE[self.unit]
        return f"#{base}{float(self.value * factor):g}"

    @property
    def measured(self) -> tuple[str, Fraction] | None:
        """The amount in grams, millilitres and so on."""
        if self.value is None or self.unit not in _BASE:
            return None
        base, factor = _BASE[self.unit]
        return base, self.value * factor


def number(digits: str, slash_is_point: bool) -> Fraction | None:
    """The value of digits: "1,5", "1.5", "1/2", "2.000"; None when it cannot be told."""
    if digits in _PARTS:
        return _PARTS[digits]
    if "/" in digits:
        parts = digits.split("/")
        if len(parts) != 2 or not all(part.isdigit() for part in parts):
            return None
        if slash_is_point and (parts[0], parts[1]) not in (("1", "2"), ("1", "4"), ("3", "4")):
            return Fraction(f"{parts[0]}.{parts[1]}")
        value = Fraction(int(parts[0]), int(parts[1])) if int(parts[1]) else None
        return value if value is not None and value < 1 else None
    if _THOUSANDS.match(digits):
        return Fraction(digits.replace(".", ""))
    plain = digits.replace(",", ".")
    if plain.count(".") > 1:
        return None
    value = Fraction(plain)
    return value if value < _LARGEST else None


def build(
    tokens: list[Token],
    marks: list[Mark],
    types: dict[int, str],
    slash_is_point: bool,
    names: Callable[[str], bool],
    sizes: Callable[[str, str], bool],
    packs: Callable[[str, str], bool],
) -> list[Piece]:
    """The pieces of a text, in order.

    names: whether a word alone names a product, though it may be a unit too. sizes: whether a number behind a word is
    of the name of a product ("SPF 50", "size 3"). packs: whether a number before a unit is ("500 pieces").
    """
    pieces = _Builder(tokens, marks, types, slash_is_point, names, packs).build()
    _join_times(pieces, sizes)
    return pieces


class _Builder:
    def __init__(
        self,
        tokens: list[Token],
        marks: list[Mark],
        types: dict[int, str],
        slash_is_point: bool,
        names: Callable[[str], bool],
        packs: Callable[[str, str], bool],
    ) -> None:
        self.packs = packs
        self.tokens, self.types, self.slash_is_point, self.names = tokens, types, slash_is_point, names
        self.sorts: list[set[str]] = [set() for _ in tokens]
        self.at: dict[int, list[Mark]] = {}
        for mark in marks:
            for place in range(mark.first, mark.last):
                self.sorts[place].add(mark.entry.sort)
                if mark.entry.unit in ("pack", "case"):
                    self.sorts[place].add("container")
            self.at.setdefault(mark.first, []).append(mark)

    def build(self) -> list[Piece]:
        pieces: list[Piece] = []
        place = 0
        while place < len(self.tokens):
            piece = self._typed(place) or self._amount(place) or self._plain(place)
            pieces.append(piece)
            place = piece.last
        return pieces

    def _piece(self, kind: str, first: int, last: int) -> Piece:
        start, end = self.tokens[first].start, self.tokens[last - 1].end
        sorts = set().union(*self.sorts[first:last])
        return Piece(kind, first, last, " ".join(token.text for token in self.tokens[first:last]), start, end, sorts)

    def _typed(self, place: int) -> Piece | None:
        name = self.types.get(place)
        if name is None:
            return None
        last = place + 1
        while last < len(self.tokens) and self.types.get(last) == name and name not in ("code", "order", "list"):
            last += 1
        piece = self._piece("typed", place, last)
        piece.type, piece.sorts = name, set()
        return piece

    def _plain(self, place: int) -> Piece:
        token = self.tokens[place]
        kind = {WORD: "word", LINE: "separator", MARK: "mark"}.get(token.kind, "sign")
        if token.kind == NUMBER:
            piece = self._piece("amount", place, place + 1)
            piece.unclear = True
            return piece
        if token.text in SEPARATORS or (token.text == "." and self._ends_sentence(place)):
            kind = "separator"
        return self._piece(kind, place, place + 1)

    def _ends_sentence(self, place: int) -> bool:
        """Whether a full stop is none of an abbreviation: "št. 4", "K. Bauer"."""
        if place == 0 or place + 1 >= len(self.tokens):
            return False
        before, after = self.tokens[place - 1], self.tokens[place + 1]
        return after.kind != NUMBER and (before.kind != WORD or len(before.text) > 1)

    def _mark(self, place: int, sort: str) -> Mark | None:
        """The longest phrase of one sort that begins here."""
        if place >= len(self.tokens) or place in self.types:
            return None
        best = None
        for mark in self.at.get(place, ()):
            if mark.entry.sort == sort and (best is None or mark.last > best.last):
                best = mark
        return best

    def _unit(self, place: int) -> Mark | None:
        """The unit that begins here, unless the word is a product: "25 buste" are envelopes, "2 buste di riso" bags."""
        unit = self._mark(place, "unit")
        if unit is None or unit.entry.unit not in COUNTED or not self.names(self.tokens[place].text):
            return unit
        follows = unit.last
        while follows < len(self.tokens) and "filler" in self.sorts[follows]:  # "rolls of tape", but "rolls for Sunday"
            follows += 1
        named = follows < len(self.tokens) and self.tokens[follows].kind == WORD and not self.sorts[follows]
        return unit if named else None

    def _amount(self, place: int) -> Piece | None:
        value, last, soft = self._value(place)
        if value is None:
            return self._unit_alone(place)
        multiple = self._mark(last, "multiple")
        if multiple and multiple.entry.value:
            value, last = value * multiple.entry.value, multiple.last
        name, factor = None, Fraction(1)
        for _ in range(2):  # "two and a half kilos", "two kilos and a half"
            unit = self._unit(last) if name is None else None
            if unit and self._is_pack(place, unit):
                break
            if unit:
                name, last, soft = unit.entry.unit, unit.last, soft and unit.entry.unit in COUNTED
                factor = unit.entry.value or factor
            more = self._mark(last, "more")
            if more and more.entry.value and not (name and self._mark(more.last, "unit")):
                value, last, soft = value + more.entry.value, more.last, False
        piece = self._piece("amount", place, last)
        piece.value, piece.unit, piece.soft = value * factor, name, soft
        piece.sorts.discard("vague")  # "3 Paar"
        return piece

    def _is_pack(self, place: int, unit: Mark) -> bool:
        """Whether a number and its unit say which product it is, and not how many: "a 500 piece puzzle"; but "500
        pieces of puzzle"."""
        if self.tokens[place].kind != NUMBER or unit.first != place + 1 or unit.last != place + 2:
            return False
        if unit.last < len(self.tokens) and "filler" in self.sorts[unit.last]:
            return False
        return unit.entry.unit in COUNTED and self.packs(self.tokens[place].text, self.tokens[unit.first].text)

    def _ends_pack(self, place: int) -> bool:
        """Whether a unit is the end of "500 piece" or "500-piece", which name a product."""
        before = place - 2 if place > 1 and self.tokens[place - 1].text == "-" else place - 1
        numbered = before >= 0 and self.tokens[before].kind == NUMBER
        return numbered and self.packs(self.tokens[before].text, self.tokens[place].text)

    def _value(self, place: int) -> tuple[Fraction | None, int, bool]:
        """The number that begins here, where it ends, and whether it may be an article."""
        token = self.tokens[place]
        if token.kind == NUMBER:
            value = number(token.text, self.slash_is_point)
            last = place + 1
            if value is not None and last < len(self.tokens) and self.tokens[last].text in _PARTS:
                value, last = value + _PARTS[self.tokens[last].text], last + 1
            return value, last, False
        mark = self._mark(place, "number")
        if mark is None:
            return None, place, False
        value, last = mark.entry.value, mark.last
        following = self._mark(last, "number")
        if following and value and following.entry.value and value >= 100 > following.entry.value >= 1:
            value, last = value + following.entry.value, following.last
        return value, last, value == 1

    def _unit_alone(self, place: int) -> Piece | None:
        """A unit without a number that means one: "kilo limon", "kilo in pol"; and a dozen."""
        multiple = self._mark(place, "multiple")
        unit, one = self._unit(place), self._mark(place, "one")
        if multiple and multiple.entry.value:
            piece = self._piece("amount", place, multiple.last)
            piece.value = multiple.entry.value
            return piece
        if unit is None or self._ends_pack(place):
            return None
        name, factor = unit.entry.unit, unit.entry.value or Fraction(1)
        more = self._mark(unit.last, "more")
        if one is None and more is None and factor == 1:
            return None
        piece = self._piece("amount", place, more.last if more else unit.last)
        piece.value = factor + (more.entry.value or 0 if more else 0)
        piece.unit, piece.soft = name, name in COUNTED
        return piece


def _join_times(pieces: list[Piece], sizes: Callable[[str, str], bool]) -> None:
    """Take the sign of multiplication into the amount beside it: "2x", "x 2"; "SPF 50 x 2" are two."""
    place = 0
    while place < len(pieces):
        piece = pieces[place]
        if piece.kind == "word" and "times" in piece.sorts:
            left = pieces[place - 1] if place else None
            right = pieces[place + 1] if place + 1 < len(pieces) else None
            before = pieces[place - 2] if place > 1 else None
            named = left is not None and before is not None and before.kind == "word" and sizes(before.text, left.text)
            named = named and right is not None and right.kind == "amount"
            if left is not None and left.kind == "amount" and not left.soft and not left.times and not named:
                left.times, left.last, left.end = True, piece.last, piece.end
                left.text += " " + piece.text
                del pieces[place]
                continue
            if right is not None and right.kind == "amount":
                right.times, right.first, right.start = True, piece.first, piece.start
                right.text = piece.text + " " + right.text
                del pieces[place]
                continue
        place += 1
