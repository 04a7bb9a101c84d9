"""USSD: write a code as a modem wants it, read its +CUSD (3GPP TS 27.007 section 7.15), and find the money in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from drivers.modem.answers import fields, unhex
from smsgw.link_verbs import Balance
from smsgw.text import alphabet
from smsgw.text.septets import pack, unpack

GSM, UCS2 = 15, 72  # data coding schemes of the cell broadcast kind (23.038 section 5)
USUAL_BALANCE = r"(?P<amount>-?\d+(?:[.,]\d{1,2})?)\s*(?P<currency>[A-Z]{3}\b|[€$£]|Kč|kn|zł|[A-Za-z]{2,4}\.?)?"

_ENDS = {
    2: "the network ended it",
    3: "another program of this phone answered",
    4: "the network does not support this code",
    5: "the network did not answer in time",
}


@dataclass(frozen=True, slots=True)
class Cusd:
    """One +CUSD. open: the network waits for a reply. ended: why there is no answer, in words, or ""."""

    text: str
    open: bool
    ended: str = ""


def read(line: str) -> Cusd | None:
    """What a +CUSD line says, or None when it is none. Text in septets, packed or not, and UCS-2 are all read."""
    found = re.match(r"\+CUSD: *(\d)(?: *, *(.*))?", line, re.DOTALL)
    if found is None:
        return None
    kind, rest = int(found[1]), found[2] or ""
    text, coding = _text_and_coding(rest)
    said = _decode(text, coding)
    return Cusd(said, kind == 1, "" if said else _ENDS.get(kind, ""))


def _text_and_coding(rest: str) -> tuple[str, int]:
    """The string and the data coding scheme behind it. The string may hold quotes and lines of its own."""
    quoted = re.match(r'"(.*)"(?: *, *(\d+))?\s*$', rest, re.DOTALL)
    if quoted:
        return quoted[1], int(quoted[2] or GSM)
    values = fields(rest)
    return (values[0] if values else ""), int(values[1]) if len(values) > 1 and values[1].isdecimal() else GSM


def _decode(text: str, coding: int) -> str:
    octets = unhex(text)
    if octets is None:
        return text
    if coding & 0xEC == 0x48 or coding == 0x11:  # UCS-2; 17 is UCS-2 behind a language
        return octets.decode("utf-16-be", "replace").strip()
    if text.isdecimal() and len(text) < 16:
        return text  # an amount or a number: no packed text is that short
    if _looks_like_ucs2(octets):
        return octets.decode("utf-16-be", "replace").strip()
    septets = unpack(octets, len(octets) * 8 // 7)
    return alphabet.decode(septets).rstrip("\r@").strip()  # seven bits too many are filled with either


def _looks_like_ucs2(octets: bytes) -> bool:
    """Some modems say 15 and write UCS-2 all the same: every first octet is the same small one."""
    return len(octets) % 2 == 0 and len(octets) > 2 and len(set(octets[::2])) == 1 and octets[0] <= 0x06


def written(code: str, packed: bool) -> str:
    """The command that sends a code or a reply. Raises ValueError when it cannot be written in GSM letters."""
    septets = alphabet.encode_plain(code)
    if septets is None or '"' in code or not code:
        raise ValueError(f"{code!r} is no USSD code: digits, *, # and plain letters only")
    said = pack(septets).hex().upper() if packed else code
    return f'AT+CUSD=1,"{said}",{GSM}'


def balance(text: str, pattern: str | None) -> Balance:
    """The money in an operator's answer.

    pattern: a regular expression with a group named amount, and one named currency if there is any; None for the
    usual form, a number with a currency behind it. What does not fit has the amount None.
    """
    found = re.search(pattern, text) if pattern else _usual(text)
    if found is None:
        return Balance(None, None, text)
    groups = found.groupdict()
    return Balance(_amount(groups.get("amount") or found[0]), groups.get("currency"), text)


def _usual(text: str) -> re.Match[str] | None:
    """The first number that has a currency, else the first with cents."""
    found = list(re.finditer(USUAL_BALANCE, text))
    with_currency = [one for one in found if one["currency"]]
    return next(iter([*with_currency, *(one for one in found if re.search("[.,]", one["amount"]))]), None)


def _amount(written: str) -> Decimal | None:
    """A number with a point or a comma before its cents and anything or nothing between its thousands."""
    digits = re.sub(r"[^\d.,-]", "", written)
    last = max(digits.rfind("."), digits.rfind(","))
    if last >= 0 and len(digits) - last - 1 != 3:
        digits = re.sub(r"[.,]", "", digits[:last]) + "." + digits[last + 1 :]
    else:
        digits = re.sub(r"[.,]", "", digits)
    try:
        return Decimal(digits)
    except InvalidOperation:
        return None
