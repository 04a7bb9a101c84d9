"""Read a phone number, a short code or an alphanumeric sender, and spell it one way (E.164).

Permissive on purpose: a number of a possible *length* passes, even if no operator is known to own its range.
New ranges and test numbers appear faster than any table of them.
"""

from __future__ import annotations

import functools
import re
import unicodedata

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, ValidationResult

from smsgw.errors import BadInput, Fault
from smsgw.text.alphabet import encode, letters

SHORTEST_CODE, LONGEST_CODE = 3, 8
_SHORTEST_SUBSCRIBER = 7  # some countries have shorter ones, but fewer digits are far likelier a code
LONGEST_NAME = 11  # characters of an alphanumeric sender: 3GPP TS 23.040 section 9.1.2.5, ten octets of septets

_SEPARATORS = re.compile(r"[\s.\-/()\[\]\u00ad\u2010-\u2015\u2044\u2212\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_SHORT = re.compile(f"[0-9]{{{SHORTEST_CODE},{LONGEST_CODE}}}")
_NAME_LETTERS = letters() - {"\n", "\r", "\f"}


def read_number(written: str, region: str | None) -> str:
    """The one spelling of the number that somebody wrote: `+` and digits (E.164), or a short code's digits.

    written: as people and programs spell it: `040 111 222`, `00386 40 111 222`, `+386 (40) 111-222`, `۰۹۱۲…`.
    region: ISO 3166 letters of the country whose national spelling is understood, or None for none.
    Raises BadInput with code `recipient_missing` or `recipient_invalid`.
    """
    if not written or written.isspace():
        raise _bad("recipient_missing", "There is no recipient: give a phone number, such as +386 40 111 222.")
    if _E164.fullmatch(written) and _stays(written):
        return written
    return _read_number(written, region.upper() if region else None)


def _stays(written: str) -> bool:
    """Whether `_international` would give a number in E.164 back as it is: no prefix to drop, and a possible length.

    A message costs less than phonenumbers takes for this, so what it would look up is kept for each country.
    """
    for end in (2, 3, 4):  # no country code begins another one
        country = _country(written[1:end])
        if country is not None:
            lengths, prefix = country
            national = written[end:]
            return len(national) in lengths and national[0] != "0" and not (prefix and prefix.match(national))
    return False


@functools.cache
def _country(code: str) -> tuple[frozenset[int], re.Pattern[str] | None] | None:
    """How many digits may follow a country code, and what may stand before them at home; None for no such code."""
    region = phonenumbers.region_code_for_country_code(int(code))
    found = phonenumbers.PhoneMetadata.metadata_for_region_or_calling_code(int(code), region)
    if found is None or found.general_desc is None:
        return None
    prefix = found.national_prefix_for_parsing
    return frozenset(found.general_desc.possible_length), re.compile(prefix) if prefix else None


@functools.lru_cache(maxsize=65536)
def _read_number(written: str, region: str | None) -> str:
    """As read_number, for what is not blank. Cached, for the same numbers come again and again."""
    digits = _plain(written)
    if not re.fullmatch(r"\+?[0-9]+", digits):
        raise _invalid(
            written, "it has characters that no phone number has: write digits, with + and the country first"
        )
    if not digits.startswith("00") and _SHORT.fullmatch(digits):
        return _subscriber(digits, region) or digits
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    if not digits.startswith("+") and region is None:
        raise _invalid(
            written,
            "it does not name its country: write it with + and the country code, as in +386 40 111 222",
        )
    return _international(written, digits, region)


def _subscriber(digits: str, region: str | None) -> str | None:
    """E.164 of seven or eight digits that are somebody's whole number in the region, as in Denmark."""
    if region is None or len(digits) < _SHORTEST_SUBSCRIBER:
        return None
    try:
        number = phonenumbers.parse(digits, region)
    except NumberParseException:
        return None
    return _spell(number) if phonenumbers.is_valid_number(number) else None


def _international(written: str, digits: str, region: str | None) -> str:
    """E.164 of what _plain made of `written`, if its length is possible."""
    try:
        number = phonenumbers.parse(digits, region)
    except NumberParseException as trouble:
        raise _invalid(written, _WHY[trouble.error_type]) from trouble
    if phonenumbers.is_possible_number(number):
        return _spell(number)
    long = phonenumbers.is_possible_number_with_reason(number) == ValidationResult.TOO_LONG
    raise _invalid(written, f"it has too {'many' if long else 'few'} digits for +{number.country_code}: check it")


def _plain(written: str) -> str:
    """Digits of any script made ASCII, with a leading plus; without brackets, spaces, dashes and marks."""
    if written.isascii():
        return _SEPARATORS.sub("", written)
    text = unicodedata.normalize("NFKC", written)
    text = "".join(str(unicodedata.digit(letter)) if letter.isdigit() else letter for letter in text)
    return _SEPARATORS.sub("", text)


def _spell(number: PhoneNumber) -> str:
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


_WHY = {
    NumberParseException.INVALID_COUNTRY_CODE: "no country has this code: start with +386 or another",
    NumberParseException.NOT_A_NUMBER: "it is not a phone number: write digits, with + and the country first",
    NumberParseException.TOO_SHORT_AFTER_IDD: "too few digits follow the country code: check it",
    NumberParseException.TOO_SHORT_NSN: "it has too few digits: check it",
    NumberParseException.TOO_LONG: "it has too many digits: check it",
}


def _invalid(written: str, why: str) -> BadInput:
    return _bad("recipient_invalid", f"{_shown(written)} is not a number we can send to: {why}.")


def _bad(code: str, detail: str) -> BadInput:
    return BadInput([Fault("", code, detail)])


def _shown(written: str) -> str:
    """What was written, short enough for a sentence and without control characters."""
    return repr(written if len(written) <= 30 else written[:29] + "…")


@functools.lru_cache(maxsize=4096)  # most messages have the same few
def read_sender(written: str, region: str | None) -> str:
    """The one spelling of a sender: E.164, a short code, or a name of 1 to 11 letters of the GSM alphabet.

    written, region: as for read_number. A name keeps its case and inner spaces; it may not be digits only.
    Raises BadInput with code `sender_invalid`.
    """
    name = written.strip()
    if not name:
        raise _bad(
            "sender_invalid",
            f"There is no sender: give a number or a name of at most {LONGEST_NAME} letters.",
        )
    if re.fullmatch(r"\+?[0-9]+", _plain(name)):
        try:
            return read_number(name, region)
        except BadInput as refusal:
            raise _bad("sender_invalid", f"This cannot be a sender: {refusal}") from refusal
    foreign = [letter for letter in dict.fromkeys(name) if letter not in _NAME_LETTERS]
    if foreign:
        raise _bad("sender_invalid", f"The sender {_shown(name)} has {' '.join(foreign)}, which names cannot have.")
    length = len(encode(name))
    if length > LONGEST_NAME:
        raise _bad(
            "sender_invalid",
            f"The sender {_shown(name)} takes {length} places of {LONGEST_NAME}: shorten it.",
        )
    return name


def mask(number: str) -> str:
    """The number with its middle starred out, for logs: `+38640***222`. Short codes and names stay."""
    if not re.fullmatch(r"\+?[0-9]{7,}", number) or _SHORT.fullmatch(number):
        return number
    return f"{number[:-6]}***{number[-3:]}"


@functools.lru_cache(maxsize=65536)
def region_of(number: str) -> str | None:
    """The country of a number in E.164, in two letters (ISO 3166); None for a short code or a number of no country."""
    if not number.startswith("+") or not number[1:].isdecimal():
        return None
    for end in (2, 3, 4):
        regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(int(number[1:end] or 0))
        if regions is not None:
            region = regions[0] if len(regions) == 1 else _among_several(number) or regions[0]
            return region if region.isalpha() else None
    return None


def is_region(letters: str) -> bool:
    """Whether these are the two letters of a country with telephones (ISO 3166)."""
    return letters in phonenumbers.SUPPORTED_REGIONS


def _among_several(number: str) -> str | None:
    """The country of a number whose code several share: as its digits say, which may be nobody's."""
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(number))
    except NumberParseException:
        return None


def is_reachable(sender: str) -> bool:
    """Whether an answer to this sender can arrive: yes for E.164, no for names and short codes."""
    return _E164.fullmatch(sender) is not None
