"""Show what a text will take before it is sent, which letters make it dear, and what others would save."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from smsgw.link import Abilities, Alphabet
from smsgw.text import alphabet
from smsgw.text.plan import Plan, plan


@dataclass(frozen=True, slots=True)
class Preview:
    """What a text takes on a link.

    encoding: `gsm7`, `gsm7+turkish` (national tables; the locking one first if there are two), or `ucs2`.
    characters: of the text. left_in_part: septets (gsm7) or UTF-16 units (ucs2) that still fit its last part.
    forced_by: the letters that plain GSM-7 does not have, each once, as they appear. swaps: those that have a
    plainer spelling, and that. parts_after_swap: what the text would take with all swaps made.
    """

    encoding: str
    characters: int
    parts: int
    left_in_part: int
    forced_by: list[str]
    swaps: list[tuple[str, str]]
    parts_after_swap: int


def preview(text: str, abilities: Abilities) -> Preview:
    """What `text` takes on a link with these abilities. Raises BadInput as smsgw.text.parts.split does."""
    now = plan(text, abilities)
    plain = alphabet.letters() - abilities.lacks
    forced_by = forcing(text, abilities)
    found = ((letter, plainer(letter)) for letter in forced_by)
    swaps = [(letter, other) for letter, other in found if other is not None and plain.issuperset(other)]
    swapped = text.translate({ord(letter): other for letter, other in swaps})
    after = plan(swapped, abilities) if swaps else now
    return Preview(
        encoding=_encoding(now),
        characters=len(text),
        parts=len(now.starts),
        left_in_part=now.left,
        forced_by=forced_by,
        swaps=swaps,
        parts_after_swap=len(after.starts),
    )


def forcing(text: str, abilities: Abilities) -> list[str]:
    """The letters of a text that plain GSM-7, as a link with these abilities writes it, does not have: each once."""
    plain = alphabet.letters() - abilities.lacks
    return [] if text.isascii() and plain.issuperset(text) else [x for x in dict.fromkeys(text) if x not in plain]


def cheapened(text: str, abilities: Abilities) -> str:
    """The text with all its swaps made if it takes fewer parts so, else as it is. Raises BadInput as preview does."""
    seen = preview(text, abilities)
    if seen.parts_after_swap >= seen.parts:
        return text
    return text.translate({ord(letter): other for letter, other in seen.swaps})


def _encoding(chosen: Plan) -> str:
    """The name of a coding, as Preview says it."""
    if chosen.alphabet is Alphabet.UCS2:
        return "ucs2"
    languages = dict.fromkeys(alphabet.NAMES[n] for n in (chosen.locking, chosen.single) if n)
    return "+".join(["gsm7", *languages])


def plainer(letter: str) -> str | None:
    """What stands for a letter in plain GSM-7 so that the text reads the same, or None if nothing does.

    Latin letters lose the marks that GSM-7 lacks; quotes, dashes and spaces become those of a typewriter.
    """
    plain = alphabet.letters()
    if letter in _SWAPS:
        return _SWAPS[letter]
    folded = "".join(_SWAPS.get(x, x) for x in unicodedata.normalize("NFKC", letter))
    if plain.issuperset(folded):
        return folded
    bare = "".join(x for x in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(x))
    return bare if bare and plain.issuperset(bare) else None


def _each(letters: str, other: str) -> dict[str, str]:
    return dict.fromkeys(letters, other)


_SWAPS = (
    _each("\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033\u275d\u275e", '"')
    | _each("\u2018\u2019\u201a\u201b\u2039\u203a\u2032\u00b4\u0060\u02bc", "'")
    | _each("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-")
    | _each("\t\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000", " ")
    | _each("\u00ad\u200b\u2060\ufeff", "")
    | _each("\u2028\u2029\u0085", "\n")
    | _each("\u2022\u00b7\u2219\u25cf", "*")
    | {
        "\u2026": "...",
        "\u00d7": "x",
        "\u00f7": "/",
        "\u2044": "/",
        "\u2192": "->",
        "\u2190": "<-",
        "\u21d2": "=>",
    }
    | {"\u2122": "(TM)", "\u00a9": "(c)", "\u00ae": "(R)", "\u2116": "No.", "\u2264": "<=", "\u2265": ">="}
    | {
        "\u0111": "d",
        "\u0110": "D",
        "\u0142": "l",
        "\u0141": "L",
        "\u0131": "i",
        "\u0151": "\u00f6",
        "\u0150": "\u00d6",
    }
    | {
        "\u0171": "\u00fc",
        "\u0170": "\u00dc",
        "\u0153": "oe",
        "\u0152": "OE",
        "\u00fe": "th",
        "\u00de": "Th",
        "\u00f0": "d",
    }
    | {"\u00d0": "D", "\u1e9e": "SS", "\u00aa": "a", "\u00ba": "o", "\u00b0": "o"}
)
