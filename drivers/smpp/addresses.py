"""How numbers and names are written on the wire: type of number, plan, digits (SMPP 3.4 5.2.5, 5.2.6).

E.164 with `+` is 1/1 (international, ISDN) without the plus; a name is 5/0 (alphanumeric, unknown). A short
code is 3/0 (network specific, unknown): the standard names no rule, this is what most carriers ask for, and
`short_code_ton` changes it. Digits without `+` that are too long for a short code are 0/1 (unknown, ISDN).
"""

from __future__ import annotations

from drivers.smpp.config import Config

SHORT_CODE = 8
LONGEST = 20  # C-octet string of 21 with its end
INTERNATIONAL, ALPHANUMERIC = 1, 5


class BadAddress(ValueError):
    """It cannot be written on the wire; str() is a sentence for the user."""


def encode(config: Config, written: str, ton: int | None, npi: int | None) -> tuple[int, int, bytes]:
    """TON, NPI and octets of a number, short code or name. ton, npi: what the configuration forces, or None.

    Raises BadAddress when it is longer than 20 octets or has letters that the wire does not know.
    """
    digits = written[1:] if written.startswith("+") else written
    if digits.isascii() and digits.isdigit():
        if written.startswith("+"):
            form = (INTERNATIONAL, 1)
        else:
            form = (config.short_code_ton, config.short_code_npi) if len(digits) <= SHORT_CODE else (0, 1)
    elif not written:
        form = (0, 0)
    else:
        digits, form = written, (ALPHANUMERIC, 0)
    try:
        octets = digits.encode("latin-1")
    except UnicodeEncodeError:
        raise BadAddress(f"the network cannot write {written!r}: use Latin letters and digits") from None
    if len(octets) > LONGEST or b"\0" in octets:
        raise BadAddress(f"{written!r} is too long for SMPP: at most {LONGEST} letters or digits")
    return (form[0] if ton is None else ton, form[1] if npi is None else npi, octets)


def decode(written: str, ton: int) -> str:
    """The number as smsgw spells it: with `+` when the network says that it is international."""
    written = written.strip()
    if ton == INTERNATIONAL and written.isascii() and written.isdigit():
        return "+" + written
    return written
