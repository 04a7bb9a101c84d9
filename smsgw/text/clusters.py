"""Where a text may be cut without tearing what a reader sees as one sign (the essence of Unicode annex 29).

Marks, joiners, variation selectors, skin tones, flag pairs, Hangul syllables and viramas bind signs together.
Only the neighbourhood of a cut is looked at, so it costs nothing for the rest of the text.
"""

from __future__ import annotations

import unicodedata

_JOINER = "\u200d"
_VIRAMA = 9  # canonical combining class: the next consonant hangs on it
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_TAGS = range(0xE0020, 0xE0080)  # the letters of sub-national flags
_FLAG_LETTERS = range(0x1F1E6, 0x1F200)
_LEADING, _VOWELS, _TRAILING = range(0x1100, 0x1160), range(0x1160, 0x11A8), range(0x11A8, 0x1200)
_SYLLABLES = range(0xAC00, 0xD7A4)


def last_boundary(text: str, start: int, end: int) -> int:
    """The last place in (start, end] that does not tear a sign, or `end` if every place there does."""
    for place in range(end, start, -1):
        if place == len(text) or not _torn(text, start, place):
            return place
    return end


def _torn(text: str, start: int, place: int) -> bool:
    """Whether a cut before text[place] tears a sign, in the part that begins at `start` < `place`."""
    before, after = text[place - 1], text[place]
    if after < "\u0300" and before < "\u0300":
        return before == "\r" and after == "\n"
    if before == _JOINER or _extends(after) or unicodedata.combining(before) == _VIRAMA:
        return True
    if ord(before) in _FLAG_LETTERS and ord(after) in _FLAG_LETTERS:
        return _flag_letters_before(text, start, place) % 2 == 1
    return _in_one_syllable(ord(before), ord(after))


def _extends(letter: str) -> bool:
    """Whether this belongs to the sign before it."""
    if letter in "\u200c\u200d" or unicodedata.category(letter).startswith("M"):
        return True
    return ord(letter) in _SKIN_TONES or ord(letter) in _TAGS


def _flag_letters_before(text: str, start: int, place: int) -> int:
    """How many flag letters stand directly before a place, from `start` on: two make a flag."""
    first = place
    while first > start and ord(text[first - 1]) in _FLAG_LETTERS:
        first -= 1
    return place - first


def _in_one_syllable(before: int, after: int) -> bool:
    """Whether two Hangul jamo or syllables are written as one block."""
    if before in _LEADING:
        return after in _LEADING or after in _VOWELS or after in _SYLLABLES
    if before in _SYLLABLES:
        open_ended = (before - _SYLLABLES.start) % 28 == 0
        return after in _TRAILING or (open_ended and after in _VOWELS)
    if before in _VOWELS:
        return after in _VOWELS or after in _TRAILING
    return before in _TRAILING and after in _TRAILING
