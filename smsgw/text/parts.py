"""Cut a text into parts that fit over the air, as few as can be, and join the parts that came in.

A text is not first encoded and then cut: which alphabet is cheapest depends on the parts it takes with its headers.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby

from smsgw.errors import BadInput, Fault
from smsgw.link import Abilities, Alphabet
from smsgw.text import alphabet, clusters
from smsgw.text.header import concatenation, ports, shifts, write_header
from smsgw.text.septets import OCTETS_IN_A_PART, fill_bits, pack, room, unpack

__all__ = [
    "MAX_PARTS",
    "Piece",
    "Plan",
    "concatenation",
    "fill_bits",
    "join",
    "pack",
    "plan",
    "ports",
    "split",
    "unpack",
]

MAX_PARTS = 255
"""What one octet of a concatenation header can count."""

_LONGEST = MAX_PARTS * 153  # no alphabet writes more letters into MAX_PARTS parts


@dataclass(frozen=True, slots=True)
class Piece:
    """One part as it goes over the air.

    user_data: septets, one in each octet (GSM7), or UTF-16BE octets (UCS2). udh: with its length octet, or empty.
    """

    alphabet: Alphabet
    user_data: bytes
    udh: bytes = b""


@dataclass(frozen=True, slots=True)
class Plan:
    """How a text is cut.

    locking, single: national languages, 0 for none. starts: where in the text each part begins. size: the units of
    the whole text, which are septets or UTF-16 units. left: the units that the last part could still take.
    """

    alphabet: Alphabet
    locking: int
    single: int
    starts: Sequence[int]
    size: int
    left: int


def split(text: str, abilities: Abilities, reference: int) -> list[Piece]:
    """The parts of a text in the cheapest coding: fewest parts, then plain before national before UCS-2, then size.

    abilities: what the link can carry. reference: tells this text's parts from others'; its low 8 bits are used, or
    16 where the link has wide references. An empty text is one empty part.
    Raises BadInput: `text_undecodable` (NUL or half a surrogate pair), `text_too_long` (more than MAX_PARTS parts),
    `text_unwritable` (the link has no alphabet with these letters).
    """
    if len(text) <= 160 and Alphabet.GSM7 in abilities.alphabets:
        septets = alphabet.encode_plain(text)
        if septets is not None and len(septets) <= 160:
            return [Piece(Alphabet.GSM7, septets)]
    chosen = plan(text, abilities)
    of = len(chosen.starts)
    pieces = []
    for position, start in enumerate(chosen.starts, 1):
        cut = text[start : chosen.starts[position] if position < of else None]
        udh = write_header(of, position, reference, abilities.wide_reference, chosen.locking, chosen.single)
        pieces.append(Piece(chosen.alphabet, _encode(cut, chosen), udh))
    return pieces


def _encode(text: str, chosen: Plan) -> bytes:
    """The user data of one part."""
    if chosen.alphabet is Alphabet.UCS2:
        return text.encode("utf-16-be")
    return alphabet.encode(text, chosen.locking, chosen.single)


def plan(text: str, abilities: Abilities) -> Plan:
    """Which alphabet and tables `split` takes, and where it cuts. Raises as split does."""
    _check(text)
    wide = abilities.wide_reference
    best: Plan | None = None
    for locking, single, size in _writers(text, abilities):
        if best is None or _least_parts(size, wide, locking, single) <= len(best.starts):
            best = _cheaper(best, _plan_septets(text, wide, locking, single))
    if Alphabet.UCS2 in abilities.alphabets and (best is None or len(best.starts) > 1):
        best = _cheaper(best, _plan_units(text, wide))
    if best is None:
        foreign = [letter for letter in dict.fromkeys(text) if letter not in alphabet.letters()]
        raise _bad(
            "text_unwritable",
            f"This link cannot carry {' '.join(foreign[:10])}: replace what it cannot carry.",
        )
    if len(best.starts) > MAX_PARTS:
        raise _too_long()
    return best


def _check(text: str) -> None:
    """Refuse what no phone can show, and what cannot fit whatever the alphabet."""
    nul = text.find("\0")
    if nul >= 0:
        raise _bad(
            "text_undecodable",
            f"The text has a NUL at character {nul + 1}, where phones cut it: take it out.",
        )
    if not text.isascii():
        try:
            text.encode("utf-16-be")
        except UnicodeEncodeError as half:
            says = f"The text has half a character (a lone surrogate) at character {half.start + 1}: send it as UTF-8."
            raise _bad("text_undecodable", says) from half
    if len(text) > _LONGEST:
        raise _too_long()


def _too_long() -> BadInput:
    return _bad(
        "text_too_long", f"The text takes more than {MAX_PARTS} parts: shorten it or send several texts."
    )


def _bad(code: str, detail: str) -> BadInput:
    return BadInput([Fault("", code, detail)])


def _writers(text: str, abilities: Abilities) -> Iterator[tuple[int, int, int]]:
    """The tables (locking, single) that have every letter, and the septets they take: plain ones first."""
    if Alphabet.GSM7 not in abilities.alphabets:
        return
    counts = Counter(text)
    for locking in (0, *sorted(abilities.locking_shift & alphabet.LOCKING.keys() - {0})):
        one = alphabet.one_septet(locking)
        beyond = {letter: count for letter, count in counts.items() if letter not in one}
        size = len(text) + sum(beyond.values())
        for single in (0, *sorted(abilities.single_shift & alphabet.SINGLE.keys() - {0})):
            if alphabet.two_septets(single) >= beyond.keys():
                yield locking, single, size


def _plan_septets(text: str, wide: bool, locking: int, single: int) -> Plan:
    """How the text is cut when these tables write it."""
    one = alphabet.one_septet(locking)
    costs = [1 if letter in one else 2 for letter in text]
    starts, left = _cut(text, costs, *_rooms(wide, locking, single))
    return Plan(Alphabet.GSM7, locking, single, starts, sum(costs), left)


def _plan_units(text: str, wide: bool) -> Plan:
    """How the text is cut in UCS-2, which carries UTF-16: letters beyond U+FFFF take two units that stay together."""
    costs = [1 if letter < "\U00010000" else 2 for letter in text]
    alone, among = (OCTETS_IN_A_PART - header for header in _headers(wide, 0, 0))
    starts, left = _cut(text, costs, alone // 2, among // 2)
    return Plan(Alphabet.UCS2, 0, 0, starts, sum(costs), left)


def _headers(wide: bool, locking: int, single: int) -> tuple[int, int]:
    """The octets of the header when the part is alone, and when it is one among several."""
    alone, among = (len(write_header(of, 1, 0, wide, locking, single)) for of in (1, 2))
    return alone, among


def _rooms(wide: bool, locking: int, single: int) -> tuple[int, int]:
    """The septets that fit when the part is alone, and when it is one among several."""
    alone, among = _headers(wide, locking, single)
    return room(alone), room(among)


def _least_parts(size: int, wide: bool, locking: int, single: int) -> int:
    """How many parts so many septets take at least: exactly so many, but for pairs that must not be cut."""
    alone, among = _rooms(wide, locking, single)
    return 1 if size <= alone else -(-size // among)


def _cheaper(best: Plan | None, other: Plan) -> Plan:
    """The cheaper of two plans; the first one if they are equal."""
    return other if best is None else min(best, other, key=_dearness)


def _dearness(some: Plan) -> tuple[int, int, int]:
    """What a plan costs: parts, then how likely old phones and networks fail with its alphabet, then size."""
    national = bool(some.locking or some.single)
    kind = 2 if some.alphabet is Alphabet.UCS2 else int(national)
    header = 3 * (bool(some.locking) + bool(some.single))
    return len(some.starts), kind, some.size * 7 + 8 * header * len(some.starts)


def _cut(text: str, costs: Sequence[int], alone: int, among: int) -> tuple[list[int], int]:
    """Where each part begins, and the units left in the last one.

    costs: units of each letter. alone, among: units that fit into a single part, and into one of several.
    Never takes more parts than it must; where that leaves room, it cuts between whole clusters only.
    """
    ends = [0, *accumulate(costs)]
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


def join(pieces: Sequence[Piece]) -> str:
    """The text of pieces, which are in order. Never raises: what cannot be read becomes U+FFFD.

    Pieces of one alphabet are joined before they are read, so that surrogates and escapes which a foreign sender cut
    in two heal. 8-bit pieces are read as UTF-8 if they are, otherwise as Latin-1.
    """
    coding: Callable[[Piece], tuple[Alphabet, int, int]] = _coding
    return "".join(_read(*key, b"".join(p.user_data for p in run)) for key, run in groupby(pieces, coding))


def _coding(piece: Piece) -> tuple[Alphabet, int, int]:
    """What a piece must have in common with its neighbour to be read together with it."""
    return (piece.alphabet, *(shifts(piece.udh) if piece.alphabet is Alphabet.GSM7 else (0, 0)))


def _read(coding: Alphabet, locking: int, single: int, data: bytes) -> str:
    """The text of user data."""
    if coding is Alphabet.GSM7:
        return alphabet.decode(data, locking, single)
    if coding is Alphabet.UCS2:
        return data.decode("utf-16-be", "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")
