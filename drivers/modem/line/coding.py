"""PDUs as the far side of a modem reads and makes them: SUBMIT is read; DELIVER and STATUS-REPORT are written.

The surprise: nothing of `drivers.modem.pdu` is used, so that a mistake there is not made twice; the tests put a third
hand in place of this one, whose libraries we did not write.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from smsgw.link import Abilities, Alphabet
from smsgw.text import alphabet
from smsgw.text.parts import Piece, concatenation, join, split
from smsgw.text.septets import fill_bits, pack, unpack

CENTRE = "+38640404000"


@dataclass(frozen=True)
class Submitted:
    """What was submitted. text: of this part alone. concatenation: (reference, of, position), or None."""

    to: str
    text: str
    concatenation: tuple[int, int, int] | None
    wants_report: bool
    reference: int
    centre: str | None


class Coding(Protocol):
    """What a simulated modem wants of whoever reads and writes its PDUs."""

    def read_submit(self, pdu: str, reference: int) -> Submitted:
        """Read an SMS-SUBMIT in hexadecimal; reference: what the network calls it (TP-MR). Raises ValueError."""

    def delivers(
        self, sender: str, text: str, at: datetime, reference: int = 7, wide: bool = False, flash: bool = False
    ) -> list[bytes]:
        """A text as SMS-DELIVERs, in order. wide: 16-bit references in the concatenation header."""

    def deliver(self, sender: str, units: bytes, at: datetime, udh: bytes = b"", dcs: int = 0, pid: int = 0) -> bytes:
        """One SMS-DELIVER. units: septets, one in each octet, when the coding is GSM 7-bit; otherwise octets."""

    def status_report(self, reference: int, recipient: str, at: datetime, status: int) -> bytes:
        """An SMS-STATUS-REPORT. status: TP-ST."""


class OwnCoding:
    """See `Coding`."""

    def read_submit(self, pdu: str, reference: int) -> Submitted:
        """Raises ValueError for what is no SMS-SUBMIT."""
        octets = bytes.fromhex(pdu)
        try:
            return self._read(octets, reference)
        except IndexError as short:
            raise ValueError("the PDU ends too early") from short

    def _read(self, octets: bytes, reference: int) -> Submitted:
        at = octets[0] + 1
        centre = _number(octets[1], octets[2:at], 2 * (at - 2)) if at > 1 else None
        first, digits = octets[at], octets[at + 2]
        if first & 0x03 != 0x01:
            raise ValueError("not an SMS-SUBMIT")
        end = at + 4 + (digits + 1) // 2
        to = _number(octets[at + 3], octets[at + 4 : end], digits)
        dcs = octets[end + 1]
        if end > len(octets):
            raise ValueError("the PDU ends too early")
        at = end + 2 + {0x00: 0, 0x10: 1, 0x08: 7, 0x18: 7}[first & 0x18]  # TP-VPF (23.040 section 9.2.3.3)
        piece = _piece(octets[at], octets[at + 1 :], dcs, bool(first & 0x40))
        place = concatenation(piece.udh)
        return Submitted(
            to,
            piece.user_data.hex().upper() if piece.alphabet is Alphabet.OCTETS else join([piece]),
            None if place is None else (place.reference, place.of, place.position),
            bool(first & 0x20),
            reference,
            centre,
        )

    def delivers(
        self, sender: str, text: str, at: datetime, reference: int = 7, wide: bool = False, flash: bool = False
    ) -> list[bytes]:
        """A text as SMS-DELIVERs, in order."""
        pieces = split(text, Abilities(wide_reference=wide), reference)
        dcs = [{Alphabet.UCS2: 0x08}.get(piece.alphabet, 0x00) | (0x10 if flash else 0) for piece in pieces]
        return [
            self.deliver(sender, piece.user_data, at, piece.udh, coding)
            for piece, coding in zip(pieces, dcs, strict=True)
        ]

    def deliver(self, sender: str, units: bytes, at: datetime, udh: bytes = b"", dcs: int = 0, pid: int = 0) -> bytes:
        """One SMS-DELIVER."""
        if _in_septets(dcs):
            body = udh + pack(units, fill_bits(len(udh)))
            length = -(-len(udh) * 8 // 7) + len(units)
        else:
            body = udh + units
            length = len(body)
        head = bytes((0x44 if udh else 0x04,)) + _address(sender) + bytes((pid, dcs))
        return _centre() + head + _time(at) + bytes((length,)) + body

    def status_report(self, reference: int, recipient: str, at: datetime, status: int) -> bytes:
        """An SMS-STATUS-REPORT."""
        return _centre() + bytes((0x06, reference)) + _address(recipient) + _time(at) * 2 + bytes((status,))


def _in_septets(dcs: int) -> bool:
    """Whether a data coding scheme means GSM 7-bit (23.038 section 4)."""
    if dcs & 0x80 == 0:
        return dcs & 0x2C == 0
    return dcs & 0xE0 == 0xC0 or dcs & 0xF4 == 0xF0 or dcs & 0xF0 == 0x80


def _piece(length: int, body: bytes, dcs: int, has_header: bool) -> Piece:
    udh = body[: body[0] + 1] if has_header else b""
    rest = body[len(udh) :]
    if _in_septets(dcs):
        if len(body) != -(-7 * length // 8):
            raise ValueError(f"{length} septets are not in {len(body)} octets")
        count = length - -(-8 * len(udh) // 7)
        return Piece(Alphabet.GSM7, unpack(rest, count, fill_bits(len(udh))), udh)
    if len(body) != length:
        raise ValueError(f"the user data says {length} octets and has {len(body)}")
    return Piece(Alphabet.UCS2 if dcs & 0x0C == 0x08 else Alphabet.OCTETS, rest, udh)


def _number(kind: int, octets: bytes, digits: int) -> str:
    """An address (23.040 section 9.1.2.5): digits in swapped pairs."""
    plus = "+" if kind & 0x70 == 0x10 else ""
    return plus + "".join("0123456789*#abc"[h] for o in octets for h in (o & 0xF, o >> 4) if h < 15)[:digits]


def _address(number: str) -> bytes:
    """A number, or a name in septets, as an address field."""
    digits = number.removeprefix("+")
    if digits and not set(digits) - set("0123456789*#"):
        halves = ["0123456789*#".index(digit) for digit in digits] + [0xF] * (len(digits) % 2)
        pairs = bytes(low | high << 4 for low, high in zip(halves[::2], halves[1::2], strict=True))
        return bytes((len(digits), 0x91 if number.startswith("+") else 0x81)) + pairs
    septets = alphabet.encode_plain(number[:11]) or b""
    packed = pack(septets)
    return bytes((-(-len(septets) * 7 // 4), 0xD0)) + packed


def _centre() -> bytes:
    address = _address(CENTRE)[1:]
    return bytes((len(address),)) + address


def _time(at: datetime) -> bytes:
    """A service centre time stamp in UTC (23.040 section 9.2.3.11)."""
    at = at.astimezone(UTC)
    values = (at.year % 100, at.month, at.day, at.hour, at.minute, at.second, 0)
    return bytes(value % 10 << 4 | value // 10 for value in values)
