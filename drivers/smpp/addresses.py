"""How numbers and names are written on the wire: type of number, plan, digits (SMPP 3.4 5.2.5, 5.2.6).

E.164 with `+` is 1/1 (international, ISDN) without the plus; a name is 5/0 (alphanumeric, unknown). A short
code is 3/0 (network specific, unknown): the standard names no rule, this is what most carriers ask for, and
`number_types` changes it. Digits without `+` that are too long for a short code are 0/1 (unknown, ISDN).
"""

from __future__ import annotations

from drivers.smpp.contents import Contents, Form

LONGEST = 20  # C-octet string of 21 with its end
UNKNOWN, INTERNATIONAL, NATIONAL = 0, 1, 2


class BadAddress(ValueError):
    """It cannot be written on the wire; str() is a sentence for the user."""


def encode(contents: Contents, written: str, ton: int | None, npi: int | None) -> tuple[int, int, bytes]:
    """TON, NPI and octets of a number, short code or name. ton, npi: what the configuration forces, or None.

    Raises BadAddress when it is longer than 20 octets or has letters that the wire does not know.
    """
    form, address = _form(contents, written)
    try:
        octets = address.encode("latin-1")
    except UnicodeEncodeError:
        raise BadAddress(f"the network cannot write {written!r}: use Latin letters and digits") from None
    if len(octets) > LONGEST or b"\0" in octets:
        raise BadAddress(f"{written!r} is too long for SMPP: at most {LONGEST} letters or digits")
    types = (0, 0) if form is None else contents.type_of(form)
    return (types[0] if ton is None else ton, types[1] if npi is None else npi, octets)


def _form(contents: Contents, written: str) -> tuple[Form | None, str]:
    """What sort of address it is, and how this SMSC wants to see it."""
    if not written:
        return None, ""
    digits = written.removeprefix("+")
    if not _is_digits(digits):
        return "name", written
    if digits == written:
        return ("short_code" if len(digits) <= contents.short_code_digits else "unknown"), digits
    country = contents.country_code
    if country is not None and digits.startswith(country):
        return "national", contents.national_prefix + digits[len(country) :]
    return "international", contents.international_prefix + digits


def decode(contents: Contents, written: str, ton: int) -> str:
    """The number as smsgw spells it: with `+` when the network, or the configuration, says that it is international."""
    written = written.strip()
    if not _is_digits(written):
        return written
    country, trunk = contents.country_code, contents.national_prefix
    if ton == INTERNATIONAL:
        return "+" + written.removeprefix("00")
    begins_nationally = trunk and written.startswith(trunk) and not written.startswith("00")
    if country is not None and (ton == NATIONAL or (ton == UNKNOWN and begins_nationally)):
        return f"+{country}{written.removeprefix(trunk)}"
    if ton == UNKNOWN and contents.unknown_is_international and len(written) > contents.short_code_digits:
        return "+" + written.removeprefix("00")
    return written


def _is_digits(written: str) -> bool:
    return written.isascii() and written.isdigit()
