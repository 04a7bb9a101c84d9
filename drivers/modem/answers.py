"""Read what modems answer (3GPP TS 27.007, 27.005), as widely as they write it: pure functions over lines."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass

BROADCASTS = "BM"
MEMORIES = ("SM", "ME", "MT", "SR", "TA", BROADCASTS)  # 27.005 section 3.1

REGISTERED = {1: "home network", 5: "roaming", 6: "home network, texts only", 7: "roaming, texts only"}
_NOT_REGISTERED = {0: "not looking for a network", 2: "looking for a network", 3: "refused by the network"}


@dataclass(frozen=True, slots=True)
class Stored:
    """One entry of +CMGL: where it is, its status (0 unread, 1 read, 2 and 3 our own) and the PDU.

    damaged: the PDU is not as long as the modem said, or no hexadecimal at all: something was lost on the
    line.
    """

    index: int
    status: int
    pdu: bytes
    damaged: bool


def value(lines: Iterable[str], prefix: str) -> str | None:
    """What stands behind `+PREFIX:` in the first line that has it, or None."""
    for line in lines:
        if line.startswith(prefix + ":"):
            return line[len(prefix) + 1 :].strip()
    return None


def fields(text: str) -> list[str]:
    """Comma-separated values without their quotes; commas inside quotes stay."""
    try:
        found = next(csv.reader([text], skipinitialspace=True), [])
    except csv.Error:  # noise put the end of a line into it
        found = text.split(",")
    return [field.strip() for field in found]


def number_in(text: str | None, at: int = 0) -> int | None:
    """The whole number in that field, or None."""
    values = fields(text or "")
    return int(values[at]) if at < len(values) and values[at].isdecimal() else None


def registration(lines: Iterable[str]) -> int | None:
    """<stat> of +CREG, +CGREG or +CEREG, asked for or not (27.007 sections 7.2, 10.1.20, 10.1.22).

    An answer is `<n>,<stat>[,"lac","cell"...]`; a line that comes by itself is `<stat>[,"lac"...]`.
    """
    for line in lines:
        found = re.match(r"\+C[GE]?REG: *(\d)(?: *, *(\d)(?![0-9A-Fa-f]))?", line)
        if found:
            return int(found[2] if found[2] is not None else found[1])
    return None


def registration_words(stat: int | None) -> str:
    """A registration status for people."""
    if stat is None:
        return "unknown"
    return REGISTERED.get(stat) or _NOT_REGISTERED.get(stat, "unknown")


def signal(lines: Iterable[str]) -> str | None:
    """+CSQ (27.007 section 8.5) as "-71 dBm (21 of 31)", or None when it is unknown (99) or not told."""
    strength = number_in(value(lines, "+CSQ"))
    if strength is None or strength > 31:
        return None
    return f"{2 * strength - 113} dBm ({strength} of 31)"


def strength(words: str) -> int | None:
    """The strength, 0 to 31, in what `signal` says."""
    found = re.search(r"\((\d+) of 31\)", words)
    return int(found[1]) if found else None


def operator(lines: Iterable[str]) -> str | None:
    """The operator's name in +COPS (27.007 section 7.3), or None."""
    values = fields(value(lines, "+COPS") or "")
    return values[2] or None if len(values) > 2 else None


def memories(lines: Iterable[str]) -> tuple[str, ...]:
    """The memories that can be read, of +CPMS=? (27.005 section 3.2.2): its first bracket, each once."""
    first = re.search(r"\(([^()]*)\)", value(lines, "+CPMS") or "")
    named = re.findall(r'"(\w+)"', first[1] if first else "")
    known = [name for name in dict.fromkeys(named) if name in MEMORIES]
    if "SM" in known and "ME" in known:
        known = [name for name in known if name != "MT"]  # both of them once more
    return tuple(known)


def listing(lines: Iterable[str]) -> list[Stored]:
    """The entries of +CMGL in PDU mode (27.005 section 4.1). A broken one is marked, never dropped."""
    entries, head = [], None
    for line in lines:
        found = re.match(r"\+CMGL: *(\d+) *, *(\d) *,.*?(\d+) *$", line)
        if found:
            head = int(found[1]), int(found[2]), int(found[3])
        elif head is not None and not line.startswith("+"):
            pdu = unhex(line)
            damaged = pdu is None or len(pdu) - 1 - pdu[0] != head[2]
            entries.append(Stored(head[0], head[1], pdu or b"", damaged))
            head = None
    return entries


def unhex(line: str) -> bytes | None:
    """The octets of a line of hexadecimal, or None when it is something else."""
    return bytes.fromhex(line) if re.fullmatch(r"(?:[0-9A-Fa-f]{2})+", line) else None


def caller(line: str) -> str | None:
    """The number in +CLIP (27.007 section 7.11), with + when it is international; None if withheld."""
    values = fields(value([line], "+CLIP") or "")
    return _number(values[0], values[1] if len(values) > 1 else "") if values else None


def long_number(lines: Iterable[str]) -> str | None:
    """The first 14 to 20 digits: an IMEI, IMSI or ICCID, whatever stands around it."""
    for line in lines:
        found = re.search(r"(?<!\d)\d{14,20}", line.replace(" ", ""))
        if found:
            return found[0]
    return None


_NO_CAUSE = re.compile(r"no (cause|report|error)|normal|^0*$|not available|unknown", re.IGNORECASE)


def cause(lines: Iterable[str]) -> str | None:
    """What +CEER (27.007 section 6.10) says of the last failure, or None when it says nothing."""
    said = " ".join(fields(value(lines, "+CEER") or "")).strip()
    return None if not said or _NO_CAUSE.search(said) else said


def reject_cause(lines: Iterable[str]) -> int | None:
    """<reject_cause> in +CREG, +CGREG or +CEREG with <n>=3 (27.007 section 7.2), asked for or not; else None."""
    for line in lines:
        values = fields(line.partition(":")[2]) if re.match(r"\+C[GE]?REG:", line) else []
        if len(values) in (6, 7) and values[-2] == "0" and values[-1].isdecimal():
            return int(values[-1]) or None
    return None


def fills(lines: Iterable[str]) -> dict[str, tuple[int, int]]:
    """How many places are used in each memory that +CPMS? (27.005 section 3.2.2) names, and of how many."""
    values = fields(value(lines, "+CPMS") or "")
    threes = [values[at : at + 3] for at in range(0, len(values) - 2, 3)]
    return {name: (int(used), int(of)) for name, used, of in threes if used.isdecimal() and of.isdecimal()}


def own_number(lines: Iterable[str]) -> str | None:
    """The first number in +CNUM (27.007 section 7.1) that is one, or None."""
    for line in lines:
        values = fields(line.partition(":")[2]) if line.startswith("+CNUM:") else []
        if len(values) > 2 and (number := _number(values[1], values[2])):
            return number
    return None


def service_centre(lines: Iterable[str]) -> str | None:
    """The number in +CSCA (27.005 section 3.3.1), which some modems write in UCS-2; None when there is none."""
    values = fields(value(lines, "+CSCA") or "")
    written = values[0] if values else ""
    octets = unhex(written)
    if octets is not None and len(octets) % 2 == 0 and octets[:1] == b"\0":
        written = octets.decode("utf-16-be")
    return _number(written, values[1] if len(values) > 1 else "")


def _number(written: str, kind: str) -> str | None:
    digits = written.removeprefix("+")
    if not digits.isdecimal():
        return None
    return "+" + digits if written.startswith("+") or kind == "145" else digits
