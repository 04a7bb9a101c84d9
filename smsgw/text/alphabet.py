"""GSM 7-bit with its extension and national tables: letters to septets and back (3GPP TS 23.038 section 6.2).

Reading never fails. An escape before a septet that the shift table leaves empty shows the letter of the main
table (23.038 section 6.2.1.1), and an escape before an escape, or at the very end, shows a space.
"""

from __future__ import annotations

import codecs
import functools
import re
from typing import Any

from smsgw.text.national import BASIC, BLANK, ESCAPE, LOCKING, NAMES, REPEATED, SINGLE

__all__ = [
    "LOCKING",
    "NAMES",
    "SINGLE",
    "decode",
    "encode",
    "encode_plain",
    "letters",
    "one_septet",
    "two_septets",
]

_NOT_PLAIN = 0xFF
_ASCII = bytes(
    BASIC.index(chr(octet)) if octet < 0x80 and chr(octet) in BASIC and chr(octet) != ESCAPE else _NOT_PLAIN
    for octet in range(256)
)
_ESCAPED = re.compile(rb"\x1b([\s\S]?)")


@functools.cache
def _writer(locking: int, single: int) -> dict[int, Any]:
    """Code point to the octets of its septets, for codecs.charmap_encode. One septet is preferred to two."""
    septets: dict[int, Any] = {ord(letter): bytes((0x1B, place)) for letter, place in SINGLE[single].items()}
    for place, letter in enumerate(LOCKING[locking]):
        if letter not in (BLANK, ESCAPE):
            septets[ord(letter)] = bytes((place,))
    return septets


@functools.cache
def one_septet(locking: int = 0) -> frozenset[str]:
    """The letters that this locking shift table writes as one septet; 0 is the default alphabet."""
    return frozenset(LOCKING[locking]) - {BLANK, ESCAPE}


@functools.cache
def two_septets(single: int = 0) -> frozenset[str]:
    """The letters that this single shift table writes behind an escape; 0 is the default extension."""
    return frozenset(SINGLE[single])


@functools.cache
def letters(locking: int = 0, single: int = 0) -> frozenset[str]:
    """Every letter that these two tables can write; language numbers as in NAMES, 0 for the default table."""
    return one_septet(locking) | two_septets(single)


def encode(text: str, locking: int = 0, single: int = 0) -> bytes:
    """The septets of a text, one in each octet.

    locking, single: national language numbers (23.038 table 6.2.1.2.4.1), 0 for the default tables.
    Raises UnicodeEncodeError, with the place of the first letter that the tables do not have.
    """
    return codecs.charmap_encode(text, "strict", _writer(locking, single))[0]


def encode_plain(text: str) -> bytes | None:
    """The septets of a text in the default alphabet and its extension, or None if it has other letters.

    The same as `encode` without tables, but fast for ASCII, which most texts are.
    """
    if text.isascii():
        septets = text.encode("ascii").translate(_ASCII)
        if _NOT_PLAIN not in septets:
            return septets
    try:
        return codecs.charmap_encode(text, "strict", _PLAIN)[0]
    except UnicodeEncodeError:
        return None


def decode(septets: bytes, locking: int = 0, single: int = 0) -> str:
    """The text that septets (one in each octet) stand for; the other way round of `encode`. Never raises.

    A language without the table asked for is read with the default one, as a phone does that does not know it
    (23.038 section 6.2.1.2.3). An empty place is a space; an octet above 127 is no septet: U+FFFD.
    """
    main = LOCKING.get(locking, BASIC).replace(BLANK, " ")
    if 0x1B not in septets:
        return codecs.charmap_decode(septets, "replace", main)[0]
    shifted = _reader(single if single in SINGLE else 0)
    text: list[str] = []
    start = 0
    for escape in _ESCAPED.finditer(septets):
        text.append(codecs.charmap_decode(septets[start : escape.start()], "replace", main)[0])
        text.append(_after_escape(escape[1], shifted, main))
        start = escape.end()
    text.append(codecs.charmap_decode(septets[start:], "replace", main)[0])
    return "".join(text)


def _after_escape(septet: bytes, shifted: dict[int, str], main: str) -> str:
    """What an escape and the septet behind it (or nothing) show."""
    if not septet or septet == b"\x1b":
        return " "
    return shifted.get(septet[0]) or codecs.charmap_decode(septet, "replace", main)[0]


@functools.cache
def _reader(single: int) -> dict[int, str]:
    """Septet behind an escape to the letter it shows."""
    return {place: letter for letter, place in SINGLE[single].items()} | REPEATED.get(single, {})


_PLAIN = _writer(0, 0)
