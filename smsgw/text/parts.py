"""Cut a text into parts that fit over the air, as few as can be, and join the parts that came in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from smsgw.errors import BadInput, Fault
from smsgw.link import Abilities, Alphabet
from smsgw.text import alphabet, septets
from smsgw.text.header import concatenation, ports, shifts, write_header
from smsgw.text.plan import MAX_PARTS, Plan, plan
from smsgw.text.preview import Preview, preview
from smsgw.text.septets import OCTETS_IN_A_PART, fill_bits, pack, unpack

__all__ = [
    "MAX_PARTS",
    "Piece",
    "Preview",
    "alike",
    "concatenation",
    "count",
    "fill_bits",
    "join",
    "pack",
    "ports",
    "preview",
    "split",
    "split_data",
    "unpack",
]


@dataclass(frozen=True, slots=True)
class Piece:
    """One part as it goes over the air.

    user_data: septets, one in each octet (GSM7), UTF-16BE (UCS2), or data. udh: with its length octet, or b"".
    stands_for: how many parts phones get of it: one, but of a long text that the link itself cuts.
    """

    alphabet: Alphabet
    user_data: bytes
    udh: bytes = b""
    stands_for: int = 1


def count(pieces: Sequence[Piece]) -> int:
    """How many parts go over the air, which is what is paid for."""
    return sum([piece.stands_for for piece in pieces])


def split(text: str, abilities: Abilities, reference: int) -> list[Piece]:
    """The parts of a text in the cheapest coding that the link can carry (see smsgw.text.plan).

    reference: tells this text's parts from others'; its low 8 bits are used, or 16 where the link has wide
    references. An empty text is one empty part. A link that cuts texts itself is given one piece, without national
    tables: nobody could name them in the parts that it makes.
    Raises BadInput: `text_undecodable`, `text_too_long`, `text_unwritable`.
    """
    able = Alphabet.GSM7 in abilities.alphabets and not (abilities.lacks and abilities.lacks.intersection(text))
    if able and len(text) <= 160:
        septets = alphabet.encode_plain(text)
        if septets is not None and len(septets) <= 160:
            return [Piece(Alphabet.GSM7, septets)]
        if septets is None and (units := _one_part_of_units(text, abilities)) is not None:
            return [Piece(Alphabet.UCS2, units)]
    chosen = plan(text, abilities)
    of = len(chosen.starts)
    if of > 1 and abilities.whole:
        return [Piece(chosen.alphabet, _encode(text, chosen), stands_for=of)]
    pieces = []
    for position, start in enumerate(chosen.starts, 1):
        cut = text[start : chosen.starts[position] if position < of else None]
        udh = write_header(of, position, reference, abilities.wide_reference, chosen.locking, chosen.single)
        pieces.append(Piece(chosen.alphabet, _encode(cut, chosen), udh))
    return pieces


def split_data(data: bytes, ports: tuple[int, int] | None, abilities: Abilities, reference: int) -> list[Piece]:
    """The parts of 8-bit data. ports: (destination, origin), 0 to 65535, named in every part (23.040 9.2.3.24.4).

    Raises BadInput: `data_too_long` (more than MAX_PARTS parts), `data_unwritable` (the link carries texts only).
    """
    if Alphabet.OCTETS not in abilities.alphabets:
        raise BadInput([Fault("", "data_unwritable", "this link carries texts only, no data: name another link")])
    room = OCTETS_IN_A_PART - len(write_header(1, 1, reference, False, 0, 0, ports))
    of = 1
    if len(data) > room:
        room = OCTETS_IN_A_PART - len(write_header(2, 1, reference, abilities.wide_reference, 0, 0, ports))
        of = -(-len(data) // room)
    if of > MAX_PARTS:
        says = f"the data takes {of} parts, and {MAX_PARTS} are the most: shorten it"
        raise BadInput([Fault("", "data_too_long", says)])
    return [
        Piece(
            Alphabet.OCTETS,
            data[room * number : room * (number + 1)],
            write_header(of, number + 1, reference, abilities.wide_reference, 0, 0, ports),
        )
        for number in range(of)
    ]


def alike(text: str, old: Piece, lacks: frozenset[str] = frozenset()) -> Piece:
    """A text as the one part that can stand in the place of `old`, a text's: in its coding, behind its header.

    replace_sm names neither coding nor header, so both stay what they were (SMPP 3.4 section 4.10). lacks: GSM letters
    that the link cannot write. Raises BadInput: `text_undecodable`, `text_too_long`, `coding_differs`.
    """
    split(text, Abilities(), 0)  # what no coding can write is told first
    locking, single = shifts(old.udh)
    wide = old.alphabet is Alphabet.UCS2
    known = alphabet.letters(locking, single) - lacks
    foreign = [] if wide else [letter for letter in dict.fromkeys(text) if letter not in known]
    if foreign:
        letters = " ".join(foreign[:10])
        says = f"the network keeps the coding of the first text, which has no {letters}: write it without"
        raise BadInput([Fault("", "coding_differs", says)])
    data = text.encode("utf-16-be") if wide else alphabet.encode(text, locking, single)
    most = (OCTETS_IN_A_PART - len(old.udh)) // 2 if wide else septets.room(len(old.udh))
    takes = len(data) // 2 if wide else len(data)
    if takes > most:
        says = f"the network has one part, with room for {most} letters of this coding, and the text takes {takes}"
        raise BadInput([Fault("", "text_too_long", says)])
    return Piece(old.alphabet, data, old.udh)


def _one_part_of_units(text: str, abilities: Abilities) -> bytes | None:
    """The text in UCS-2 if that is the only coding for what the default alphabet has not, and takes one part."""
    national = abilities.single_shift or abilities.locking_shift
    if national or len(text) > 70 or "\0" in text or Alphabet.UCS2 not in abilities.alphabets:
        return None
    try:
        units = text.encode("utf-16-be")
    except UnicodeEncodeError:
        return None  # half a character, of which the plan tells
    return units if len(units) <= OCTETS_IN_A_PART else None


def _encode(text: str, chosen: Plan) -> bytes:
    """The user data of one part."""
    if chosen.alphabet is Alphabet.UCS2:
        return text.encode("utf-16-be")
    if not (chosen.locking or chosen.single) and (plain := alphabet.encode_plain(text)) is not None:
        return plain
    return alphabet.encode(text, chosen.locking, chosen.single)


def join(pieces: Sequence[Piece]) -> str:
    """The text of pieces, which are in order. Never raises: what cannot be read becomes U+FFFD.

    Pieces of one alphabet are joined before they are read, which heals surrogates and escapes that a foreign
    sender cut in two. 8-bit pieces are read as UTF-8 if they are, otherwise as Latin-1.
    """
    return "".join(_read(*key, b"".join(p.user_data for p in run)) for key, run in groupby(pieces, _coding))


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
