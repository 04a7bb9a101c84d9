"""Everything that is seen in a text before its kind is decided: words by sort, amounts, products, languages."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from smsgw.inbound.reading import pieces as pieces_of
from smsgw.inbound.reading.index import Compiled
from smsgw.inbound.reading.languages import ROMANISED, Languages
from smsgw.inbound.reading.lexicon import Mark
from smsgw.inbound.reading.matching import Found, find, hits_of, join_apart
from smsgw.inbound.reading.people import hear_titles, names
from smsgw.inbound.reading.pieces import Piece
from smsgw.inbound.reading.shapes import typed
from smsgw.inbound.reading.spoken import is_romanised, languages_of
from smsgw.inbound.reading.terms import Open
from smsgw.inbound.reading.times import tell_days, tell_times
from smsgw.inbound.reading.tokens import NUMBER, WORD, Token, cut

_EVERYWHERE = frozenset({"courtesy", "thanks", "greeting", "optout_word", "optin_word", "help_word", "unit", "times"})
_TRANSPARENT = frozenset({"spam", "more", "receive", "stop", "dont_send", "optout_word", "cancel"})
"""Sorts whose long phrases do not hide the shorter ones within."""
_SHOWING = {
    "day": frozenset({"filler", "story", "no", "decline", "away", "not_coming"}),
    "number": frozenset({"order", "request", "shipping"}),
    "multiple": frozenset({"order", "request", "shipping"}),
    "question": frozenset({"order", "shipping"}),
    "ask": frozenset({"order", "shipping"}),
}
"""Sorts that are seen within longer phrases of other sorts: "for tomorrow" is a day, "one of each" holds a number."""
_UNHIDDEN = frozenset({"stop", "receive", "messages"})
"""Sorts that no longer phrase hides: together they say a wish to be left alone."""
_SIGNATURE_MOST = 3
_CASED_LEAST = 3
_TOLD, _PLACED = frozenset({"story", "chat"}), frozenset({"door", "deliver", "name", "filler"})
_GRAVE = frozenset(
    {
        "complaint",
        "returns",
        "cancel",
        "dont_send",
        "not",
        "no",
        "if",
        "question",
        "ask",
        "optout",
        "optout_word",
        "stop",
    }
    | {"account", "status", "paid", "away", "decline", "wrong"}
)
"""Sorts of words that are no mere praise."""
_CONTAINING = frozenset({"container", "unit", "one", "also", "order"})
_SIGNING = frozenset({"thanks", "courtesy", "greeting"})

ACCOUNTED = frozenset(
    {"order", "request", "filler", "courtesy", "thanks", "greeting", "yes", "and", "times", "each", "apiece", "also"}
    | {"them", "unit", "number", "multiple", "more", "one", "deliver", "day", "at", "hour", "month", "code", "usual"}
    | {"order_noun", "but", "correction", "currency", "percent", "not", "vague", "if", "doubt", "question", "address"}
    | {
        "payment",
        "ask",
        "no",
        "decline",
        "dont_send",
        "shipping",
        "arrive",
        "again",
        "modal",
        "approx",
        "story",
        "noise",
    }
    | {"already", "coming", "chat", "only", "choice", "ordinal", "name", "from", "whom", "own", "door", "or"}
)
"""The sorts of words that an order may hold; some of them are reasons of the gate, but none is unknown."""


@dataclass
class Scan:
    """What is seen. used: places of pieces that are names of products. sorts: of all other words. ordinals: "first"."""

    text: str
    tokens: list[Token]
    pieces: list[Piece]
    found: list[Found]
    languages: frozenset[str]
    language: str
    catalogue: Compiled
    used: set[int] = field(default_factory=set)
    sorts: set[str] = field(default_factory=set)
    ordinals: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        for one in self.found:
            self.used |= set(one.places) | one.extra
        for place, piece in enumerate(self.pieces):
            if place not in self.used:
                self.sorts |= piece.sorts

    def has(self, *sorts: str) -> bool:
        """Whether a word of one of the sorts is there, outside the names of products."""
        return not self.sorts.isdisjoint(sorts)

    def places(self, *sorts: str) -> list[int]:
        """Where words of the sorts are, outside the names of products."""
        wanted = set(sorts)
        return [
            place
            for place, piece in enumerate(self.pieces)
            if place not in self.used and not wanted.isdisjoint(piece.sorts)
        ]

    @property
    def words(self) -> list[Piece]:
        """The words outside the names of products."""
        return [piece for place, piece in enumerate(self.pieces) if piece.kind == "word" and place not in self.used]

    @property
    def amounts(self) -> list[Piece]:
        """The amounts that no product's name uses up."""
        return [piece for place, piece in enumerate(self.pieces) if piece.kind == "amount" and place not in self.used]

    @property
    def firm(self) -> list[Piece]:
        """The amounts that are no article."""
        return [piece for piece in self.amounts if not piece.soft]

    def opens_with_order(self, *sorts: str) -> bool:
        """Whether a product or a number stands in a clause of its own before the first word of the sorts."""
        later = self.places(*sorts)
        counted = [
            place for place, piece in enumerate(self.pieces) if piece.kind == "amount" and place not in self.used
        ]
        if not later or not counted or not self.found or min(counted) > later[0]:
            return False
        first = max(place for place in [*counted, *(one.last for one in self.found)] if place < later[0])
        return any(piece.kind == "separator" for piece in self.pieces[first : later[0]])

    @property
    def agrees(self) -> bool:
        """Whether a yes stands before a product, or apart from it: "yes, the scarf"; but "the scarf is great"."""
        first = min((one.first for one in self.found), default=len(self.pieces))
        return any(
            place < first or any(piece.kind == "separator" for piece in self.pieces[first:place])
            for place in self.places("yes")
        )

    @property
    def asks(self) -> bool:
        """Whether there is a question mark."""
        return any(piece.text == "?" for piece in self.pieces)

    def outside(self, *sorts: str) -> list[int]:
        """The places of words that are of none of the sorts, outside the names of products."""
        wanted = set(sorts)
        return [
            place
            for place, piece in enumerate(self.pieces)
            if piece.kind == "word" and place not in self.used and wanted.isdisjoint(piece.sorts)
        ]

    @cached_property
    def named(self) -> set[int]:
        """The places of words that name people or places."""
        return names(self.text, self.pieces, self.used, self.languages, self.catalogue.languages)

    @cached_property
    def unknown(self) -> list[int]:
        """The places of words that an order does not account for; the names of people are accounted for."""
        named, languages = self.named, self.catalogue.languages
        strange = [
            place
            for place in self.outside(*ACCOUNTED)
            if place not in named and not languages.tells(self.pieces[place].text, self.languages)
        ]
        strange += [place for place in self._listed() if place not in named and place not in strange]
        behind = {one.last + 1 for one in self.found if one.sku not in self.catalogue.contained}
        return strange + [
            place
            for place in self.places("container")
            if place in behind and self.pieces[place].kind == "word" and self.pieces[place].sorts <= _CONTAINING
        ]

    def _listed(self) -> list[int]:
        """The places of words that would be a story, but are listed behind a product: "2 kg of apples and a cake"."""
        listed = []
        for place, piece in enumerate(self.pieces):
            if piece.kind != "word" or place in self.used:
                continue
            before = place - 1
            while before > 0 and (self.pieces[before].soft or self.pieces[before].sorts == {"filler"}):
                before -= 1
            article = any(one.soft for one in self.pieces[before + 1 : place])
            if not piece.sorts <= (_TOLD | _PLACED if article else _TOLD) or piece.sorts == {"filler"}:
                continue
            joins = before > 0 and self.pieces[before].kind == "word" and self.pieces[before].sorts & {"and", "also"}
            if joins and (before - 1 in self.used or self.pieces[before - 1].kind == "amount"):
                listed.append(place)
        return listed

    @property
    def sure(self) -> list[Found]:
        """The products that are named, not guessed from a slip of the pen or a part of a name."""
        return [
            one
            for one in self.found
            if one.quality in ("", "stem")
            and one.how in ("full", "ambiguous")
            and not all(self.pieces[place].sorts - {"story"} for place in one.places)
        ]

    def types(self) -> set[str]:
        """The types of numbers that are no quantity."""
        return {piece.type for piece in self.pieces if piece.type}


def scan(text: str, catalogue: Compiled, wanted: set[str], open: Open | None) -> Scan:
    """Look at a text. wanted: the products that an open message is about."""
    languages = catalogue.languages
    folded, tokens = cut(text, languages.measures)
    marks = languages.lexicon.find(tokens)
    spoken = languages_of(tokens, marks, catalogue)
    kept = [mark for mark in marks if not spoken or mark.entry.language in spoken or _shared(mark)]
    kept = _longest([mark for mark in kept if not _is_noun(mark, tokens, text, languages)])
    sorts: list[set[str]] = [set() for _ in tokens]
    for mark in kept:
        for place in range(mark.first, mark.last):
            sorts[place].add(mark.entry.sort)
    types = typed(folded, tokens, sorts, open.order if open else None, catalogue.codes)
    _forget_sizes(text, tokens, sorts, kept)
    pieces = pieces_of.build(
        tokens,
        kept,
        types,
        languages.slash_is_point(spoken),
        catalogue.names_alone,
        catalogue.sizes_of,
        catalogue.packs,
    )
    tell_days(pieces, languages)
    tell_times(pieces)
    _hear_choice(
        pieces, {mark.first for mark in marks if mark.entry.sort == "choice" and mark.entry.language in spoken}, open
    )
    hear_titles(text, pieces)
    pieces = join_apart(pieces, catalogue, is_romanised(spoken))
    found = find(pieces, hits_of(text, pieces, catalogue, spoken), catalogue, wanted, spoken) + _coded(
        pieces, catalogue
    )
    found = sorted(_without_names(found, pieces, text, languages), key=lambda one: one.first)
    _hear_praise(pieces, found)
    language = sorted(spoken)[0].removesuffix(ROMANISED) if spoken else ""
    ordinals = sorted({int(mark.entry.value) for mark in kept if mark.entry.sort == "ordinal" and mark.entry.value})
    return Scan(text, tokens, pieces, found, frozenset(spoken), language, catalogue, ordinals=tuple(ordinals))


def _hear_choice(pieces: list[Piece], called: set[int], open: Open | None) -> None:
    """What may stand for "number" does, before the number of a choice that was offered: "no 2 please"; but "no, 2"."""
    if open is None or len(open.choices) < 2 or sum(piece.kind == "amount" for piece in pieces) > 1:
        return
    numbers = {choice.number for choice in open.choices}
    for place, piece in enumerate(pieces):
        following = [one for one in pieces[place + 1 : place + 3] if one.text != "."]
        if piece.first not in called or piece.kind != "word" or not following:
            continue
        amount = following[0]
        if amount.kind == "amount" and amount.unit is None and not amount.soft and amount.value in numbers:
            piece.sorts = {"choice"}


def _without_names(found: list[Found], pieces: list[Piece], text: str, languages: Languages) -> list[Found]:
    """What was found, but guesses within a name at the end: "Thanks, Sue" orders no sausages."""
    ends = [place for place, piece in enumerate(pieces) if piece.kind == "separator"]
    if not ends or len(found) < 2:
        return found
    last = ends[-1]
    words = [place for place in range(last + 1, len(pieces)) if pieces[place].kind not in ("mark", "sign")]
    named = all(pieces[place].kind == "word" and text[pieces[place].start].isupper() for place in words)
    closed = pieces[last].text in (".", "!", "?") or (last > 0 and bool(pieces[last - 1].sorts & _SIGNING))
    if not named or not closed or len(words) > _SIGNATURE_MOST:
        return found
    signed = last > 0 and bool(pieces[last - 1].sorts & _SIGNING) and len(words) == 1
    return [
        one
        for one in found
        if one.first < last
        or (
            one.quality in ("", "stem")
            and one.how == "full"
            and not (signed and languages.is_given(pieces[one.first].text))
        )
    ]


def _hear_praise(pieces: list[Piece], found: list[Found]) -> None:
    """A sentence of praise before or behind an order is a story: "Last time it was delicious! 3 trout again"."""
    numbers, current = [], 0
    for piece in pieces:
        numbers.append(current)
        current += piece.kind == "separator" and (piece.text in ".!" or piece.text.startswith("\n"))
    named = {numbers[place] for one in found for place in one.places}
    counted = {
        number for number, piece in zip(numbers, pieces, strict=True) if piece.kind == "amount" and not piece.soft
    }
    if not named & counted:
        return
    for sentence in set(numbers) - named - counted:
        inside = [piece for number, piece in zip(numbers, pieces, strict=True) if number == sentence]
        sorts = set().union(*(piece.sorts for piece in inside))
        if "chat" in sorts and not sorts & _GRAVE:
            for piece in inside:
                piece.sorts = {"story"} if piece.kind == "word" else piece.sorts


def _forget_sizes(text: str, tokens: list[Token], sorts: list[set[str]], kept: list[Mark]) -> None:
    """A single capital within a text is a size, and no small word: "rokavice S"."""
    cased = [letter for letter in text if letter.lower() != letter.upper()]
    if len(cased) > _CASED_LEAST and text.isupper():
        return
    for place, token in enumerate(tokens[1:], 1):
        letter = text[token.start : token.end]
        before = tokens[place - 1].kind
        free = before == WORD or (before == NUMBER and "unit" not in sorts[place])
        if len(letter) == 1 and letter.isupper() and free and letter != "I":
            sorts[place] = set()
            kept[:] = [mark for mark in kept if not (mark.first == place and mark.last == place + 1)]


def _is_noun(mark: Mark, tokens: list[Token], text: str, languages: Languages) -> bool:
    """Whether what would be a vague word has a noun's capital where nouns have one: "ein Paar", but "ein paar"."""
    language = languages.by_tag.get(mark.entry.language)
    if mark.entry.sort != "vague" or language is None or not language.nouns or text.isupper():
        return False
    return mark.first > 0 and text[tokens[mark.last - 1].start].isupper() and tokens[mark.last - 1].kind == WORD


def _shared(mark: Mark) -> bool:
    return mark.entry.sort in _EVERYWHERE


def _longest(marks: list[Mark]) -> list[Mark]:
    """The phrases that lie in no longer phrase."""
    phrases = [mark for mark in marks if mark.last - mark.first > 1 and mark.entry.sort not in _TRANSPARENT]
    if not phrases:
        return marks
    phrases = [one for one in phrases if not any(_hides(other, one) for other in phrases)]
    return [mark for mark in marks if mark.entry.sort in _UNHIDDEN or not any(_hides(one, mark) for one in phrases)]


def _hides(other: Mark, mark: Mark) -> bool:
    """Whether a phrase is longer than one within it, and says something else than it: not "for tomorrow", which still
    is a day, and no number that stands in the gap of a phrase ("could you _ send")."""
    if other.first > mark.first or mark.last > other.last or other.last - other.first <= mark.last - mark.first:
        return False
    if other.entry.sort in _SHOWING.get(mark.entry.sort, ()):
        return False
    return not (other.gapped and _is_in_gap(mark, other))


def _is_in_gap(mark: Mark, other: Mark) -> bool:
    """Whether a number stands between the words of a phrase, and is none of them."""
    counts = mark.entry.sort in ("number", "unit", "multiple", "more", "one")
    return counts and other.first < mark.first and mark.last < other.last


def _coded(pieces: list[Piece], catalogue: Compiled) -> list[Found]:
    """Products named by their short number."""
    return [
        Found(catalogue.codes[piece.text], (place,), "full", "")
        for place, piece in enumerate(pieces)
        if piece.type == "code" and piece.text in catalogue.codes
    ]
