"""Choose the alphabet of a text and the places where it is cut into parts: what a text costs.

A text is not first encoded and then cut: which alphabet is cheapest depends on the parts with their headers.
"""

from __future__ import annotations

import functools
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from smsgw.errors import BadInput, Fault
from smsgw.link import Abilities, Alphabet
from smsgw.text import alphabet, clusters
from smsgw.text.header import write_header
from smsgw.text.septets import OCTETS_IN_A_PART, room

MAX_PARTS = 255
"""What one octet of a concatenation header can count."""

_LONGEST = MAX_PARTS * 153  # no alphabet writes more letters into MAX_PARTS parts


@dataclass(frozen=True, slots=True)
class Plan:
    """How a text is cut.

    locking, single: national languages, 0 for none. starts: where in the text each part begins. size: the
    units (septets or UTF-16 units) of the whole text. left: those that the last part could still take.
    """

    alphabet: Alphabet
    locking: int
    single: int
    starts: Sequence[int]
    size: int
    left: int


def plan(text: str, abilities: Abilities) -> Plan:
    """The cheapest coding of a text: fewest parts; then plain, national tables, UCS-2; then fewest octets.

    Raises BadInput: `text_undecodable` (NUL, half a surrogate pair), `text_too_long` (more than MAX_PARTS
    parts), `text_unwritable` (the link has no alphabet with these letters).
    """
    _check(text)
    best = _cheapest(text, abilities)
    if abilities.whole and len(best.starts) > 1 and (best.locking or best.single):
        best = _cheapest(text, replace(abilities, locking_shift=frozenset(), single_shift=frozenset()))
    if len(best.starts) > MAX_PARTS:
        raise _too_long()
    return best


def _cheapest(text: str, abilities: Abilities) -> Plan:
    """The plan with the lowest cost, however many parts it takes."""
    wide = abilities.wide_reference
    best: Plan | None = None
    for locking, single, size in _writers(text, abilities):
        if best is None or _may_be_cheaper(best, size, wide, locking, single):
            best = _cheaper(best, _plan_septets(text, size, wide, locking, single))
    # In the default tables a letter takes at most two septets of 153, and one unit of 67: so UCS-2 is never cheaper.
    plain = best is not None and not (best.locking or best.single)
    if Alphabet.UCS2 in abilities.alphabets and not plain and (best is None or len(best.starts) > 1):
        best = _cheaper(best, _plan_units(text, wide))
    if best is None:
        known = alphabet.letters() - abilities.lacks
        foreign = [letter for letter in dict.fromkeys(text) if letter not in known]
        raise _bad(
            "text_unwritable",
            f"This link cannot carry {' '.join(foreign[:10])}: replace what it cannot carry.",
        )
    return best


def _check(text: str) -> None:
    """Refuse what cannot fit whatever the alphabet, and what no phone can show."""
    if len(text) > _LONGEST:
        raise _too_long()
    nul = text.find("\0")
    if nul >= 0:
        raise _bad("text_undecodable", f"Character {nul + 1} of the text is a NUL: take it out, phones stop there.")
    try:
        text.encode("utf-16-be")
    except UnicodeEncodeError as half:
        says = f"Character {half.start + 1} of the text is half a one (a lone surrogate): encode it anew."
        raise _bad("text_undecodable", says) from half


def _too_long() -> BadInput:
    return _bad("text_too_long", f"The text takes more than {MAX_PARTS} parts: shorten it or send several texts.")


def _bad(code: str, detail: str) -> BadInput:
    return BadInput([Fault("", code, detail)])


def _writers(text: str, abilities: Abilities) -> Iterator[tuple[int, int, int]]:
    """The tables (locking, single) that have every letter, and the septets they take: plain ones first."""
    if Alphabet.GSM7 not in abilities.alphabets:
        return
    letters = frozenset(text)
    main, shifted = abilities.locking_shift, abilities.single_shift
    if abilities.lacks:
        main = shifted = frozenset()
    if not letters <= _all_letters(main, shifted) - abilities.lacks:
        return
    for locking in (0, *sorted(main & alphabet.LOCKING.keys() - {0})):
        beyond = letters - alphabet.one_septet(locking)
        size = len(text) + sum(map(text.count, beyond))
        for single in (0, *sorted(shifted & alphabet.SINGLE.keys() - {0})):
            if beyond <= alphabet.two_septets(single):
                yield locking, single, size


@functools.lru_cache(maxsize=64)
def _all_letters(locking_shift: frozenset[int], single_shift: frozenset[int]) -> frozenset[str]:
    """Every letter that one of these tables or the default ones can write."""
    main = (alphabet.one_septet(language) for language in locking_shift & alphabet.LOCKING.keys())
    shifted = (alphabet.two_septets(language) for language in single_shift & alphabet.SINGLE.keys())
    return alphabet.letters().union(*main, *shifted)


def _plan_septets(text: str, size: int, wide: bool, locking: int, single: int) -> Plan:
    """How the text, which takes `size` septets, is cut when these tables write it."""
    one = alphabet.one_septet(locking)
    ends: Sequence[int] = range(size + 1)
    if size > len(text):
        ends = [0, *accumulate(1 if letter in one else 2 for letter in text)]
    starts, left = _cut(text, ends, *_rooms(wide, locking, single))
    return Plan(Alphabet.GSM7, locking, single, starts, size, left)


def _plan_units(text: str, wide: bool) -> Plan:
    """How the text is cut in UCS-2, in truth UTF-16: letters beyond U+FFFF take two units."""
    size = len(text.encode("utf-16-be")) // 2
    ends: Sequence[int] = range(size + 1)
    if size > len(text):
        ends = [0, *accumulate(1 if letter < "\U00010000" else 2 for letter in text)]
    alone, among = (OCTETS_IN_A_PART - header for header in _headers(wide, 0, 0))
    starts, left = _cut(text, ends, alone // 2, among // 2)
    return Plan(Alphabet.UCS2, 0, 0, starts, size, left)


@functools.lru_cache(maxsize=1024)
def _headers(wide: bool, locking: int, single: int) -> tuple[int, int]:
    """The octets of the header when the part is alone, and when it is one among several."""
    alone, among = (len(write_header(of, 1, 0, wide, locking, single)) for of in (1, 2))
    return alone, among


@functools.lru_cache(maxsize=1024)
def _rooms(wide: bool, locking: int, single: int) -> tuple[int, int]:
    """The septets that fit when the part is alone, and when it is one among several."""
    alone, among = _headers(wide, locking, single)
    return room(alone), room(among)


def _may_be_cheaper(best: Plan, size: int, wide: bool, locking: int, single: int) -> bool:
    """Whether so many septets with these tables may cost less than the best plan so far: cutting is dear.

    Pairs that must not be cut can take one part more than is reckoned here, never less.
    """
    alone, among = _rooms(wide, locking, single)
    parts = 1 if size <= alone else -(-size // among)
    return (parts, 1, _bits(size, locking, single, parts)) < _dearness(best)


def _cheaper(best: Plan | None, other: Plan) -> Plan:
    """The cheaper of two plans; the first one if they are equal."""
    return other if best is None else min(best, other, key=_dearness)


def _dearness(some: Plan) -> tuple[int, int, int]:
    """What a plan costs: parts, then how likely old phones and networks fail with its alphabet, then size."""
    parts = len(some.starts)
    if some.alphabet is Alphabet.UCS2:
        return parts, 2, 16 * some.size
    national = bool(some.locking or some.single)
    return parts, int(national), _bits(some.size, some.locking, some.single, parts)


def _bits(size: int, locking: int, single: int, parts: int) -> int:
    """What septets take over the air together with the elements that name their tables."""
    return 7 * size + 24 * (bool(locking) + bool(single)) * parts


def _cut(text: str, ends: Sequence[int], alone: int, among: int) -> tuple[list[int], int]:
    """Where each part begins, and the units left in the last one.

    ends: the units before each letter and, last, of all; no letter is cut. alone, among: the units that fit
    into a part when it is alone, and when it is one of several.
    Never takes more parts than it must; where that leaves room, it cuts between whole clusters only.
    """
    if ends[-1] <= alone:
        return [0], alone - ends[-1]
    latest = [len(text)]  # latest[n]: the first place from where n parts reach the end
    while latest[-1]:
        latest.append(bisect_left(ends, ends[latest[-1]] - among))
    starts = [0]
    for parts_behind in range(len(latest) - 2, 0, -1):
        limit = bisect_right(ends, ends[starts[-1]] + among) - 1
        whole = clusters.last_boundary(text, starts[-1], limit)
        starts.append(whole if whole >= latest[parts_behind] else limit)
    return starts, among - (ends[-1] - ends[starts[-1]])
