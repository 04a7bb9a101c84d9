"""Compare words that are written in Latin letters with Cyrillic and Persian ones, by what both sound like.

A skeleton is a coarse spelling: for Cyrillic every usual romanisation of a letter gives the same sign, for Persian
the consonants alone remain, because its short vowels are not written.
"""

from __future__ import annotations

import re

_CYRILLIC = dict(zip("абвгдезийклмнопрстуфхцыэюяіїєґў", "abvgdeziiklmnoprstufhcieuaiiegv", strict=True))
_CYRILLIC |= {"ж": "Z", "ч": "C", "ш": "S", "щ": "S", "ъ": "", "ь": ""}
_ROMAN = [("shch", "S"), ("sch", "S"), ("shh", "S"), ("sh", "S"), ("ch", "C"), ("zh", "Z"), ("kh", "h"), ("ts", "c")]
_ROMAN += [(soft + vowel, vowel) for soft in "yj" for vowel in "aueo"]
_ROMAN += [("y", "i"), ("j", "i"), ("w", "v"), ("x", "h"), ("'", "")]
_ROMAN_OF = dict(_ROMAN)
_ROMAN_RE = re.compile("|".join(re.escape(roman) for roman, _ in _ROMAN))
_DOUBLE = re.compile(r"(.)\1+")

_PERSIAN = {
    "ب": "b", "پ": "p", "ت": "t", "ط": "t", "ث": "s", "س": "s", "ص": "s", "ج": "j", "چ": "C", "ح": "h", "ه": "h",
    "خ": "x", "د": "d", "ذ": "z", "ز": "z", "ض": "z", "ظ": "z", "ر": "r", "ژ": "Z", "ش": "S", "غ": "q", "ق": "q",
    "ف": "f", "ک": "k", "گ": "g", "ل": "l", "م": "m", "ن": "n", "ع": "", "ا": "",
}  # fmt: skip
_PERSIAN_ROMAN = [("kh", "x"), ("sh", "S"), ("ch", "C"), ("zh", "Z"), ("gh", "q"), ("ck", "k"), ("ph", "f"), ("c", "k")]
_PERSIAN_ROMAN_OF = dict(_PERSIAN_ROMAN) | {"w": "v"}
_PERSIAN_ROMAN_RE = re.compile("kh|sh|ch|zh|gh|ck|ph|c|w")
_VOWELS = re.compile("[aeiou']")


def of_cyrillic(word: str) -> str:
    """The skeleton of a Russian word: "ручек" is "ruCek"."""
    return _single("".join(_CYRILLIC.get(letter, letter) for letter in word))


def of_russian_in_latin(word: str) -> str:
    """The skeleton of a Russian word in Latin letters: "ruchek" and "rucek'" are "ruCek"."""
    return _single(_ROMAN_RE.sub(lambda found: _ROMAN_OF[found[0]], word))


def of_persian(word: str) -> set[str]:
    """The skeletons of a Persian word, with and without the letters that may be vowels."""
    spellings = [""]
    last = len(word) - 1
    for place, letter in enumerate(word):
        if letter == "و":
            options = ["v", ""]
        elif letter == "ی":
            options = ["y", ""]
        elif letter == "ا" and place == 0:
            options = ["a"]
        elif letter == "ه" and place == last:
            options = ["h", ""]
        else:
            options = [_PERSIAN.get(letter, letter)]
        spellings = [begun + option for begun in spellings for option in options][:16]
    return {_single(spelling) for spelling in spellings}


def of_persian_in_latin(word: str) -> str:
    """The skeleton of a Persian word in Latin letters: "khodkar" is "xdkr"."""
    sounds = _PERSIAN_ROMAN_RE.sub(lambda found: _PERSIAN_ROMAN_OF[found[0]], word)
    first = "a" if sounds[:1] in {"a", "o", "e", "i"} else ""
    return _single(first + _VOWELS.sub("", sounds))


def _single(spelling: str) -> str:
    return _DOUBLE.sub(r"\1", spelling)
