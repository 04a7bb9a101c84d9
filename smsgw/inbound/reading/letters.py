"""Fold a text to the letters that are compared, and remember where in the original each of them came from.

Case, compatibility forms, marks of Latin letters, digits and letters of the Persian and Arabic keyboards fold together,
so that "č" meets the "c" of GSM-7 and "۲" is 2. Marks of Cyrillic stay: й is no и.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

_FIXED = {
    "ё": "е",
    "Ё": "е",
    "й": "й",
    "Й": "й",
    "ї": "ї",
    "Ї": "ї",
    "đ": "d",
    "Đ": "d",
    "ł": "l",
    "ø": "o",
    "ı": "i",
    "ß": "ss",
    "½": "½",
    "¼": "¼",
    "¾": "¾",
    "ي": "ی",
    "ى": "ی",
    "ئ": "ی",
    "ك": "ک",
    "أ": "ا",
    "إ": "ا",
    "ٱ": "ا",
    "آ": "ا",
    "ؤ": "و",
    "ة": "ه",
    "ۀ": "ه",
    "ء": "",
    "٫": ".",
    "٬": "",
    "،": ",",
    "؛": ";",
    "؟": "?",
    "٪": "%",
    "×": "x",
    "✕": "x",
    "✖": "x",
    "’": "'",
    "‘": "'",
    "ʼ": "'",
    "`": "'",
    "´": "'",
    "–": "-",
    "—": "-",
    "−": "-",
    "‐": "-",
    "‑": "-",
    "\u200c": "\u200c",
    "\u0640": "",
    "\r": "\n",
    "\u2028": "\n",
    "\u0085": "\n",
    "\t": " ",
    "№": "#",
}
_SILENT = {"Cf", "Mn", "Me", "Cc", "Cs", "Cn"}
_CYRILLIC_SHORT_I = "\u0306"


class _Table(dict[str, str]):
    """What a letter folds to; worked out when it is first seen."""

    def __missing__(self, letter: str) -> str:
        folded = _fold_letter(letter)
        self[letter] = folded
        return folded


def _fold_letter(letter: str) -> str:
    if letter in _FIXED:
        return _FIXED[letter]
    if letter == "\n":
        return "\n"
    category = unicodedata.category(letter)
    if category in _SILENT:
        return ""
    if category[0] == "Z":
        return " "
    if category == "Nd":
        return str(unicodedata.digit(letter))
    spread = unicodedata.normalize("NFKC", letter).casefold()
    if "\u0400" <= letter <= "\u04ff":
        return spread
    bare = "".join(part for part in unicodedata.normalize("NFKD", spread) if unicodedata.category(part) != "Mn")
    return "".join(_FIXED.get(part, part) for part in bare)


_TABLE = _Table()


@dataclass(frozen=True, slots=True)
class Folded:
    """A folded text; `origin[i]` is the place of the original that its letter i came from, with the end behind."""

    text: str
    origin: list[int] | range


def fold(text: str) -> Folded:
    """The text folded, with the place of origin of every letter."""
    pieces = [_TABLE[letter] for letter in text]
    folded = "".join(pieces)
    if len(folded) == len(text) and all(pieces):
        return Folded(folded, range(len(text) + 1))
    letters: list[str] = []
    origin: list[int] = []
    for place, piece in enumerate(pieces):
        if text[place] == _CYRILLIC_SHORT_I and letters and letters[-1] == "и":
            letters[-1] = "й"  # a decomposed й
        letters.extend(piece)
        origin.extend([place] * len(piece))
    origin.append(len(text))
    return Folded("".join(letters), origin)


_LOOK_ALIKE = dict(zip("авекмнорстухіјѕ", "abekmhopctyxijs", strict=True))
_CYRILLIC_FOR = {latin: cyrillic for cyrillic, latin in _LOOK_ALIKE.items()}
_TO_LATIN = str.maketrans(_LOOK_ALIKE)
_TO_CYRILLIC = str.maketrans(_CYRILLIC_FOR)


def is_cyrillic(letter: str) -> bool:
    """Whether a letter is of the Cyrillic block."""
    return "\u0400" <= letter <= "\u04ff"


def script_of(word: str) -> str:
    """The alphabet of a word: latin, cyrillic or arabic, by its first letter."""
    if not word or word[0] < "\u0400":
        return "latin"
    return "cyrillic" if word[0] <= "\u04ff" else "arabic"


def latinised(word: str) -> str:
    """The word with every Cyrillic letter that looks Latin replaced by it."""
    return word.translate(_TO_LATIN)


def one_script(word: str) -> str:
    """A word in one alphabet: look-alikes follow the majority, and the Latin alphabet in what holds a digit."""
    if word.isascii():
        return word
    cyrillic = sum(map(is_cyrillic, word))
    if not cyrillic:
        return word
    if any(letter.isdigit() for letter in word):
        return latinised(word)
    latin = sum("a" <= letter <= "z" for letter in word)
    if not latin:
        return word
    return word.translate(_TO_CYRILLIC) if cyrillic >= latin else latinised(word)
