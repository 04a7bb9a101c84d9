"""Cut a text into parts that fit over the air, as few as can be, and join the parts that came in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from smsgw.link import Abilities, Alphabet
from smsgw.text import alphabet
from smsgw.text.header import concatenation, ports, shifts, write_header
from smsgw.text.plan import MAX_PARTS, Plan, plan
from smsgw.text.preview import Preview, preview
from smsgw.text.septets import fill_bits, pack, unpack

__all__ = [
    "MAX_PARTS",
    "Piece",
    "Preview",
    "concatenation",
    "fill_bits",
    "join",
    "pack",
    "ports",
    "preview",
    "split",
    "unpack",
]


@dataclass(frozen=True, slots=True)
class Piece:
    """One part as it goes over the air.

    user_data: septets, one in each octet (GSM7), or UTF-16BE (UCS2). udh: with its length octet, or b"".
    """

    alphabet: Alphabet
    user_data: bytes
    udh: bytes = b""


def split(text: str, abilities: Abilities, reference: int) -> list[Piece]:
    """The parts of a text in the cheapest coding that the link can carry (see smsgw.text.plan).

    reference: tells this text's parts from others'; its low 8 bits are used, or 16 where the link has wide
    references. An empty text is one empty part.
    Raises BadInput: `text_undecodable`, `text_too_long`, `text_unwritable`.
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
