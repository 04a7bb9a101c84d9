"""Where a number is: its country, and the beginning that says its network or town, as far as a numbering plan tells.

Both are read off the number's first digits alone, so a report need not look at each number, and a report of an old
month says the same next year.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import phonenumbers
from phonenumbers import NumberParseException

FIRST = 8  # letters of a number that decide: "+" and seven digits
NOWHERE = "001"  # what phonenumbers says of numbers of no country


class Place(NamedTuple):
    """country: ISO 3166 letters, 001 for none, "" for short codes. prefix: "+38640"; of a short code the code."""

    country: str
    prefix: str


@functools.lru_cache(maxsize=65_536)
def place_of(first: str) -> Place:
    """Where numbers are that begin so. first: the first `FIRST` letters of a number, or all of it."""
    if not first.startswith("+"):
        return Place("", first)
    best: Place | None = None
    for zeros in (4, 5, 3, 2, 6, 1, 0):  # a number that begins so, of a length that its country has
        try:
            number = phonenumbers.parse(first + "0" * zeros)
        except NumberParseException:
            continue
        if not phonenumbers.is_possible_number(number):
            continue
        code = f"+{number.country_code}"
        area = phonenumbers.length_of_national_destination_code(number)
        country = phonenumbers.region_code_for_number(number) or _country(number.country_code or 0)
        if area:
            return Place(country, first[: len(code) + area])
        best = best or Place(country, code)
    return best or Place(NOWHERE, first[:4])


def _country(code: int) -> str:
    country = phonenumbers.region_code_for_country_code(code)
    return NOWHERE if country == "ZZ" else country


def calling_code(number: str) -> str:
    """The country code that a number begins with: "+386"; the number itself when it has none."""
    for end in (2, 3, 4):
        if number[1:end].isdigit() and phonenumbers.region_code_for_country_code(int(number[1:end])) != "ZZ":
            return number[:end]
    return number


def country_name(country: str, language: str = "en") -> str:
    """A country's name in a language; its letters where none is known."""
    from babel import Locale, UnknownLocaleError

    try:
        return str(Locale.parse(language.replace("-", "_")).territories.get(country, country or "short codes"))
    except (UnknownLocaleError, ValueError):
        return country
