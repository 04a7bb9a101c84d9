"""Read a list of numbers as people paste it: lines, commas, semicolons, cells of a sheet with names beside numbers."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

from smsgw.errors import BadInput
from smsgw.text.mail_address import is_mail, read_mail
from smsgw.text.number import read_number

_ENTRY = re.compile("[,;،؛]")  # in Persian and Arabic they are written otherwise
_RUN = re.compile(r"[+(]*[0-9][0-9\s.\-/()\u00a0\u2010-\u2015]*")
_APART = re.compile(r"\s+(?=\+|00)|\s{2,}|\s+/\s+")  # where a second number begins in a run of digits
_SHORTEST = 7  # digits of a number that stands beside words: less is an amount, a house, a date


@dataclass(slots=True)
class Pasted:
    """What was pasted. addresses: E.164 or mail addresses, each once, in order. doubled: how many came again.

    others: what is no number, each once, as it was written: perhaps a name, perhaps a mistake.
    """

    addresses: list[str] = field(default_factory=list)
    doubled: int = 0
    others: list[str] = field(default_factory=list)


def read_pasted(written: str, region: str | None) -> Pasted:
    """The numbers and mail addresses in what somebody pasted.

    region: as for `read_number`. Words beside a number of the same line are taken for its name and are left out; a
    line without one is named among `others`, and so is what has the form of a number and is none. A short code is
    meant only where it stands alone: in a list it is more likely a postal code or a number cut short.
    """
    told = Pasted()
    try:
        told.addresses.append(_address(written, region))
        return told
    except BadInput:
        pass
    seen: set[str] = set()
    for line in written.splitlines():
        found, others = _read_line(line, region)
        for one in found:
            if one in seen:
                told.doubled += 1
            else:
                seen.add(one)
                told.addresses.append(one)
        told.others += [one for one in others if one not in told.others]
    return told


def _read_line(line: str, region: str | None) -> tuple[list[str], list[str]]:
    """The addresses of a line, and what else is to be named of it."""
    found: list[str] = []
    words: list[str] = []
    broken: list[str] = []
    for row in _ENTRY.split(line):
        cells = [cell for cell in (cell.strip(" \"'\u00a0\u200e\u200f\ufeff") for cell in row.split("\t")) if cell]
        read = [(cell, _read_cell(cell, region)) for cell in cells]
        theirs = [one for _, some in read for one in some]
        found += theirs
        for cell, some in read:
            if some:
                continue
            if any(letter.isdigit() for letter in cell) and not (theirs and len(cells) > 1):
                broken.append(cell)
            else:
                words.append(cell)
    return found, broken if found else broken + words


def _read_cell(cell: str, region: str | None) -> list[str]:
    """The addresses in a cell: it is one, or has some among words."""
    try:
        return [_full(_address(cell, region))]
    except BadInput:
        pass
    if is_mail(cell):
        return []
    plain = "".join(str(unicodedata.digit(letter)) if letter.isdigit() else letter for letter in cell)
    found = []
    for run in _RUN.findall(plain):
        for one in _either(run.strip(), region):
            if sum(letter.isdigit() for letter in one) >= _SHORTEST:
                found += _number(one, region)
    return found


def _either(run: str, region: str | None) -> list[str]:
    """A run of digits and what stands between them: one number, or several beside each other."""
    if _number(run, region):
        return [run]
    apart = run.split()
    if len(apart) > 1 and all(len(one) > _SHORTEST and _number(one, region) for one in apart):
        return apart
    return _APART.split(run)


def _number(written: str, region: str | None) -> list[str]:
    """The number, if it is one; also where a sheet has dropped the + before the country."""
    for spelled in (written, f"+{written}") if written[:1] in set("123456789") else (written,):
        try:
            return [_full(read_number(spelled, region))]
        except BadInput:
            continue
    return []


def _address(written: str, region: str | None) -> str:
    return read_mail(written) if is_mail(written) else read_number(written, region)


def _full(address: str) -> str:
    """The address, unless it is a short code. Raises BadInput."""
    if not address.startswith("+") and not is_mail(address):
        raise BadInput([])
    return address
