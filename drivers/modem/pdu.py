"""Write what we submit and read what a modem hands us, octet for octet (3GPP TS 23.040 section 9.2).

No PyPI library is right on all that phones send (16-bit references, emoji, 8-bit classes, months of 00), so
this is ours. Reading keeps the user data as it came: smsgw joins the pieces and decodes the whole.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Literal

from smsgw.link import Alphabet, ReceiptState, WirePart
from smsgw.text import alphabet, header
from smsgw.text.parts import fill_bits, pack, unpack

USER_DATA_OCTETS = 140  # 9.2.3.24
_DIGITS = "0123456789*#abc"  # semi-octets of a number (9.1.2.3); 1111 fills up
_SPECIAL_SMS = 0x01  # message waiting, told in the header (9.2.3.24.2)
_SHORT_MESSAGE_TYPE_0 = 0x40  # TP-PID: acknowledge and show nothing (9.2.3.9)

Kind = Literal["text", "flash", "indication", "silent", "data"]


class PduError(ValueError):
    """These octets are no PDU, or this part cannot be written as one; the words say why."""


@dataclass(frozen=True, slots=True)
class Deliver:
    """An SMS-DELIVER (9.2.2.1): what somebody sent us, shaped as in `smsgw.link.InboundPiece`."""

    sender: str
    alphabet: Alphabet
    user_data: bytes
    udh: bytes
    sent_at: datetime | None
    kind: Kind


@dataclass(frozen=True, slots=True)
class StatusReport:
    """An SMS-STATUS-REPORT (9.2.2.3): what became of the part that the modem called `reference` (TP-MR)."""

    reference: int
    recipient: str
    at: datetime | None
    status: int


@dataclass(frozen=True, slots=True)
class Submit:
    """An SMS-SUBMIT (9.2.2.2): what we hand over. report: whether a status report is asked for."""

    recipient: str
    dcs: int
    alphabet: Alphabet
    user_data: bytes
    udh: bytes
    report: bool


# What we write


def encode_submit(part: WirePart, smsc: str | None = None) -> tuple[str, int]:
    """An SMS-SUBMIT (9.2.2.2) in hexadecimal, and the <length> that AT+CMGS wants.

    smsc: the service centre's number, or None for the one on the SIM. Raises PduError when the recipient is
    no number or the user data does not fit into one part.
    """
    first = 0x01  # TP-MTI: submit
    first |= 0x10 if part.validity is not None else 0  # TP-VPF: relative (9.2.3.3)
    first |= 0x20 if part.receipt else 0  # TP-SRR (9.2.3.5): reports cost money at some operators
    first |= 0x40 if part.udh else 0  # TP-UDHI
    tpdu = bytes((first, 0)) + _address(part.to)  # TP-MR: the modem counts for itself
    tpdu += bytes((0, part.dcs))  # TP-PID: a plain text
    if part.validity is not None:
        tpdu += bytes((_relative_validity(part.validity),))
    tpdu += _user_data(part)
    return (_centre(smsc) + tpdu).hex().upper(), len(tpdu)


def _centre(smsc: str | None) -> bytes:
    """The service centre's address (3GPP TS 27.005 section 3.1): its length counts octets, not digits."""
    if smsc is None:
        return b"\x00"
    address = _address(smsc)[1:]
    return bytes((len(address),)) + address


def _address(number: str) -> bytes:
    """An address field (9.1.2.5): how many digits, the type of number, the digits in swapped pairs."""
    digits = number.removeprefix("+")
    if not re.fullmatch("[0-9*#]{1,20}", digits):
        raise PduError(f"{number!r} is no number that a modem can send to: it has to be + and digits")
    kind = 0x91 if number.startswith("+") else 0x81  # international, or unknown, in the telephone numbering plan
    return bytes((len(digits), kind)) + _semi_octets(digits)


def _semi_octets(digits: str) -> bytes:
    """Digits in pairs, the first one in the low half (9.1.2.3); an odd last one is filled up with 1111."""
    values = [_DIGITS.index(digit) for digit in digits] + [0xF] * (len(digits) % 2)
    return bytes(values[at] | values[at + 1] << 4 for at in range(0, len(values), 2))


def _relative_validity(seconds: int) -> int:
    """TP-VP (9.2.3.12.1): the longest step that does not outlast `seconds`, but at least five minutes."""
    minutes = seconds // 60
    if minutes <= 12 * 60:
        return max(minutes // 5, 1) - 1
    if minutes <= 24 * 60:
        return (minutes - 12 * 60) // 30 + 143
    days = minutes // (24 * 60)
    if days <= 30:
        return days + 166
    return min(days // 7 + 192, 255) if days >= 35 else 196


def _user_data(part: WirePart) -> bytes:
    """TP-UDL and TP-UD (9.2.3.16, 9.2.3.24): the length counts septets with GSM 7-bit, otherwise octets."""
    if part.alphabet is Alphabet.GSM7:
        before = -(-8 * len(part.udh) // 7)  # the header and its fill bits, counted in septets
        length = before + len(part.user_data)
        body = part.udh + pack(part.user_data, fill_bits(len(part.udh)))
    else:
        body = part.udh + part.user_data
        length = len(body)
    if len(body) > USER_DATA_OCTETS:
        raise PduError(f"the part takes {len(body)} octets, and {USER_DATA_OCTETS} is what a part can carry")
    return bytes((length,)) + body


# What we read


class _Octets:
    """Octets that are taken one after the other; taking more than there are is a PduError."""

    def __init__(self, octets: bytes) -> None:
        self._octets = octets
        self._at = 0

    def take(self, count: int) -> bytes:
        taken = self._octets[self._at : self._at + count]
        if len(taken) < count:
            raise PduError(f"the PDU ends {count - len(taken)} octets too early")
        self._at += count
        return taken

    def one(self) -> int:
        return self.take(1)[0]


def decode(pdu: bytes) -> Deliver | StatusReport:
    """Read what a modem handed us, which begins with the service centre's address. Raises PduError."""
    octets = _Octets(pdu)
    octets.take(octets.one())  # the service centre
    first = octets.one()
    if first & 0x03 == 0x00:  # TP-MTI (9.2.3.1), in the direction from the network to us
        return _deliver(octets, has_header=bool(first & 0x40))
    if first & 0x03 == 0x02:
        return _status_report(octets)
    raise PduError(f"message type {first & 0x03} is not one that comes from a network")


def decode_submit(pdu: bytes) -> Submit:
    """Read what we wrote, or what lies in a modem's memory of ours. Raises PduError."""
    octets = _Octets(pdu)
    octets.take(octets.one())  # the service centre
    first = octets.one()
    if first & 0x03 != 0x01:
        raise PduError(f"message type {first & 0x03} is no SMS-SUBMIT")
    octets.one()  # TP-MR
    recipient = _read_address(octets)
    octets.one()  # TP-PID
    dcs = octets.one()
    octets.take({0x00: 0, 0x10: 1}.get(first & 0x18, 7))  # TP-VP: none, relative, else seven octets (9.2.3.3)
    coding = _alphabet(dcs)
    udh, user_data = _read_user_data(octets, coding, has_header=bool(first & 0x40))
    return Submit(recipient, dcs, coding, user_data, udh, bool(first & 0x20))


def _deliver(octets: _Octets, has_header: bool) -> Deliver:
    sender = _read_address(octets)
    pid, dcs = octets.one(), octets.one()
    sent_at = _read_time(octets.take(7))
    coding = _alphabet(dcs)
    udh, user_data = _read_user_data(octets, coding, has_header)
    return Deliver(sender, coding, user_data, udh, sent_at, _kind(pid, dcs, coding, udh))


def _status_report(octets: _Octets) -> StatusReport:
    reference, recipient = octets.one(), _read_address(octets)
    octets.take(7)  # TP-SCTS: when the centre got it
    return StatusReport(reference, recipient, _read_time(octets.take(7)), octets.one())


def _read_address(octets: _Octets) -> str:
    """A number, or a name in septets (9.1.2.5); "unknown" when there is nothing."""
    length, kind = octets.one(), octets.one()
    value = octets.take((length + 1) // 2)
    if kind & 0x70 == 0x50:  # alphanumeric: the length counts semi-octets that hold something
        septets = unpack(value, length * 4 // 7)
        if len(septets) == 8:  # seven letters in fourteen semi-octets: the eighth, 0 or "@", is only filling
            septets = septets.removesuffix(b"\0")
        return alphabet.decode(septets) or "unknown"
    halves = [half for octet in value for half in (octet & 0xF, octet >> 4)][:length]
    digits = "".join(_DIGITS[half] for half in halves if half < len(_DIGITS))
    plus = "+" if kind & 0x70 == 0x10 and digits else ""
    return plus + digits or "unknown"


def _read_time(octets: bytes) -> datetime | None:
    """A service centre time stamp (9.2.3.11) in UTC, or None if it is none: some centres send month 00."""
    year, month, day, hour, minute, second = ((octet & 0xF) * 10 + (octet >> 4) for octet in octets[:6])
    quarters = (octets[6] & 0x7) * 10 + (octets[6] >> 4)  # bit 3 is the sign, the zone is in quarters of an hour
    zone = timedelta(minutes=15 * quarters * (-1 if octets[6] & 0x8 else 1))
    try:
        local = datetime(2000 + year, month, day, hour, minute, second, tzinfo=timezone(zone))
        return local.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _alphabet(dcs: int) -> Alphabet:
    """The alphabet of a data coding scheme (23.038 section 4); reserved ones are read as GSM 7-bit."""
    if dcs & 0x80 == 0:  # 00xx general, 01xx general with automatic deletion
        if dcs & 0x20:
            return Alphabet.OCTETS  # compressed: nobody sends it and nobody reads it
        return {0x04: Alphabet.OCTETS, 0x08: Alphabet.UCS2}.get(dcs & 0x0C, Alphabet.GSM7)
    if dcs & 0xF0 == 0xE0:  # message waiting, UCS-2
        return Alphabet.UCS2
    if dcs & 0xF4 == 0xF4:  # data coding with a class, 8-bit
        return Alphabet.OCTETS
    return Alphabet.GSM7


def _kind(pid: int, dcs: int, coding: Alphabet, udh: bytes) -> Kind:
    """What a text is for, told by its protocol, its coding and its header."""
    if header.ports(udh) is not None or coding is Alphabet.OCTETS:
        return "data"
    if pid == _SHORT_MESSAGE_TYPE_0:
        return "silent"
    waiting = dcs & 0xF0 in (0xC0, 0xD0, 0xE0)  # 23.038 section 4
    if waiting or any(identifier == _SPECIAL_SMS for identifier, _ in header.elements(udh)):
        return "indication"
    has_class = dcs & 0x90 == 0x10 or dcs & 0xF0 == 0xF0
    return "flash" if has_class and dcs & 0x03 == 0 else "text"


def _read_user_data(octets: _Octets, coding: Alphabet, has_header: bool) -> tuple[bytes, bytes]:
    """The header with its length octet, and the user data behind it (9.2.3.24)."""
    length = octets.one()
    body = octets.take(-(-7 * length // 8) if coding is Alphabet.GSM7 else length)
    if not has_header:
        return b"", unpack(body, length) if coding is Alphabet.GSM7 else body
    if not body or body[0] + 1 > len(body):
        raise PduError("the user data header is longer than the user data")
    udh, rest = body[: body[0] + 1], body[body[0] + 1 :]
    if coding is Alphabet.GSM7:
        rest = unpack(rest, length - -(-8 * len(udh) // 7), fill_bits(len(udh)))
    return udh, rest


# What a status means (TP-ST, 9.2.3.15)

_STATUS: dict[int, tuple[ReceiptState, str]] = {
    0x00: (ReceiptState.DELIVERED, "delivered"),
    0x01: (ReceiptState.DELIVERED, "forwarded to the phone, delivery not confirmed"),
    0x02: (ReceiptState.DELETED, "replaced by a later text"),
    0x20: (ReceiptState.ENROUTE, "congestion, still trying"),
    0x21: (ReceiptState.ENROUTE, "phone busy, still trying"),
    0x22: (ReceiptState.ENROUTE, "no response from the phone, still trying"),
    0x23: (ReceiptState.ENROUTE, "service rejected, still trying"),
    0x24: (ReceiptState.ENROUTE, "quality of service not available, still trying"),
    0x25: (ReceiptState.ENROUTE, "error in the phone, still trying"),
    0x40: (ReceiptState.UNDELIVERABLE, "remote procedure error"),
    0x41: (ReceiptState.UNDELIVERABLE, "incompatible destination"),
    0x42: (ReceiptState.REJECTED, "connection rejected by the phone"),
    0x43: (ReceiptState.UNDELIVERABLE, "not obtainable"),
    0x44: (ReceiptState.UNDELIVERABLE, "quality of service not available"),
    0x45: (ReceiptState.UNDELIVERABLE, "no interworking available"),
    0x46: (ReceiptState.EXPIRED, "validity period expired"),
    0x47: (ReceiptState.DELETED, "deleted by its sender"),
    0x48: (ReceiptState.DELETED, "deleted by the service centre"),
    0x49: (ReceiptState.UNDELIVERABLE, "the service centre does not know it"),
    0x60: (ReceiptState.UNDELIVERABLE, "congestion, given up"),
    0x61: (ReceiptState.UNDELIVERABLE, "phone busy, given up"),
    0x62: (ReceiptState.UNDELIVERABLE, "no response from the phone, given up"),
    0x63: (ReceiptState.REJECTED, "service rejected, given up"),
    0x64: (ReceiptState.UNDELIVERABLE, "quality of service not available, given up"),
    0x65: (ReceiptState.UNDELIVERABLE, "error in the phone, given up"),
}


def status_means(status: int) -> tuple[ReceiptState, str]:
    """The state and the words for a TP-ST; codes that the standard leaves open follow their group."""
    if status in _STATUS:
        return _STATUS[status]
    if status < 0x20:
        return ReceiptState.DELIVERED, "delivered"
    if status < 0x40:
        return ReceiptState.ENROUTE, "still trying"
    if status < 0x80:
        return ReceiptState.UNDELIVERABLE, "not delivered"
    return ReceiptState.UNKNOWN, "a status that no standard knows"
