"""What is said over a serial line as the console of a link shows it: AT lines, and PDUs decoded.

A PDU is never shown as it is, for it holds numbers and a text. Between quotes stands what may be a PIN, a password, a
number or a text, so it is shown only behind commands of which we know that it is none of these. Used only while
somebody looks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from drivers.modem.answers import unhex
from drivers.modem.pdu import Deliver, PduError, StatusReport, Submit, decode, decode_submit, status_means
from smsgw.link import Alphabet
from smsgw.link_verbs import WireLine, text_told
from smsgw.text import header

_PLAIN = frozenset((
    "CPMS", "CSCS", "COPS", "CREG", "CGREG", "CEREG", "CMTI", "CDSI", "CGDCONT", "QHTTPCFG", "CMMSDOWN", "QFDEL",
))  # fmt: skip
_COMMAND = re.compile(r"(?:AT)?[+^*#$%]?([A-Z0-9]+)")
_QUOTED = re.compile(r'".*"(?=[,\d]*$)|".*$', re.DOTALL)  # from the first quote on; numbers behind the last may stay
_EACH = re.compile(r'"([^"]*)(?:"|$)')
_NUMBER = re.compile(r"\+?[\d*#]{3,}")
_NUMBERED = frozenset(("CSCA", "CLIP", "CNUM", "CPBW", "CRING"))  # a number is between their quotes
_LONG = re.compile(r"\d{9,}")  # an IMEI, an IMSI, an ICCID, a number
_RESULT = re.compile(
    r"OK|ERROR|RING|BUSY|NO (CARRIER|ANSWER|DIALTONE)|CONNECT.*|DOWNLOAD|>|RDY|[A-Z]+ (Ready|READY|DONE)"
    r"|COMMAND NOT SUPPORT"
)
_ASKS = ("AT+CGMI", "AT+CGMM", "AT+CGMR", "AT+CGSN", "AT+CIMI", "ATI", "AT+CCID", "AT+QCCID")  # facts about a device
_UNIT = {Alphabet.GSM7: "septets GSM 7-bit", Alphabet.OCTETS: "octets 8-bit", Alphabet.UCS2: "octets UCS-2"}
_SHORTEST = 16  # hexadecimal digits of a PDU at least
_ICCID = 20  # digits of the longest number that a modem tells of itself
_WHOLE = 7  # digits of a number that is masked; shorter is a short code


def said(data: str) -> Iterator[WireLine]:
    """What we write: a command, the PDU behind a prompt, or the way out of one."""
    text = data.strip("\r\x1a")
    if text.startswith("\x1b"):
        yield WireLine(">", "ESC")
    elif data.endswith("\x1a"):
        octets = unhex(text)
        yield WireLine(">", "PDU", {}) if octets is None else _submitted(">", octets)
    else:
        yield WireLine(">", shown(text))


def heard(line: str, command: str) -> Iterator[WireLine]:
    """What the modem writes. command: the one that waits for its answer, or ""."""
    octets = unhex(line) if len(line) >= _SHORTEST else None
    if octets is not None and not (line.isdecimal() and len(line) <= _ICCID):
        yield _handed(octets)
    elif line.startswith("+CUSD"):
        yield WireLine("<", line.partition(",")[0], {"text": text_told(len(line), "letters")})
    elif line.startswith(("+", "^", "*", "#", "AT")) or _RESULT.fullmatch(line) or command.startswith(_ASKS):
        yield WireLine("<", shown(line))
    elif line.isdecimal():
        yield WireLine("<", _LONG.sub(_short, line))
    else:
        yield WireLine("<", text_told(len(line), "letters"))


def octets(data: bytes) -> Iterator[WireLine]:
    """A file that we write behind a prompt."""
    yield WireLine(">", "octets", {"length": str(len(data))})


def shown(line: str) -> str:
    """A command or an answer without what is nobody's business."""
    command = _COMMAND.match(line)
    name = command[1] if command else ""
    if name in _NUMBERED:
        line = _EACH.sub(_number, line)
    elif name not in _PLAIN:
        line = _QUOTED.sub('"***"', line)
    return _LONG.sub(_short, line)


def _number(found: re.Match[str]) -> str:
    """What is between quotes, if it is a number or nothing: a name is the name of a person."""
    digits = found[1]
    if digits and not _NUMBER.fullmatch(digits):
        return '"***"'
    return f'"{digits}"' if len(digits) < _WHOLE else f'"***{digits[-3:]}"'


def _short(found: re.Match[str]) -> str:
    return f"{found[0][:5]}***{found[0][-3:]}"


def _submitted(way: str, octets: bytes) -> WireLine:
    """An SMS-SUBMIT, decoded."""
    try:
        told = decode_submit(octets)
    except (PduError, ValueError, IndexError):
        return WireLine(">" if way == ">" else "<", "PDU", {"broken": f"{len(octets)} octets that are no SMS-SUBMIT"})
    return WireLine(">" if way == ">" else "<", "SMS-SUBMIT", _submit_fields(told))


def _submit_fields(told: Submit) -> dict[str, str]:
    fields = {"to": told.recipient, "TP-DCS": f"0x{told.dcs:02X}", **_contents(told.alphabet, told.udh, told.user_data)}
    if told.report:
        fields["TP-SRR"] = "1"
    return fields


def _handed(octets: bytes) -> WireLine:
    """What a modem hands over, decoded: a text, a report, or a text of ours that lies in its memory."""
    try:
        told = decode(octets)
    except (PduError, ValueError, IndexError):
        return _submitted("<", octets)
    if isinstance(told, StatusReport):
        state, words = status_means(told.status)
        fields = {"TP-MR": str(told.reference), "to": told.recipient, "TP-ST": f"0x{told.status:02X} {state} ({words})"}
        return WireLine("<", "SMS-STATUS-REPORT", fields)
    return WireLine("<", "SMS-DELIVER", _deliver_fields(told))


def _deliver_fields(told: Deliver) -> dict[str, str]:
    sent = {} if told.sent_at is None else {"TP-SCTS": told.sent_at.isoformat()}
    return {"from": told.sender, "kind": told.kind, **sent, **_contents(told.alphabet, told.udh, told.user_data)}


def _contents(alphabet: Alphabet, udh: bytes, user_data: bytes) -> dict[str, str]:
    fields = {"TP-UD": text_told(len(user_data), _UNIT[alphabet])}
    if udh:
        found = header.concatenation(udh)
        part = "" if found is None else f"part {found.position} of {found.of}, reference {found.reference}, "
        fields["header"] = f"{part}{len(udh)} octets"
    return fields
