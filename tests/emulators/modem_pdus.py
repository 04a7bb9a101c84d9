"""PDUs as the other side of a modem makes and reads them, with libraries that we did not write.

SMS-SUBMITs are read by smspdudecoder. SMS-DELIVERs are put together from the parts of gsmmodem.pdu and smsutil; a
sender's texts are cut as those libraries cut them.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from datetime import UTC, datetime
from io import StringIO
from typing import Any

from drivers.modem import line

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # escapes in gsmmodem's source
    import smsutil
    from gsmmodem import pdu as foreign
    from smspdudecoder.codecs import GSM
    from smspdudecoder.fields import SMSC, Address, SMSSubmit

_CENTRE = bytes.fromhex("07918346040400F0")  # +38640404000


@dataclass(frozen=True)
class Submitted(line.Submitted):
    """What we submitted, as smspdudecoder reads it."""

    read: dict[str, Any]


class ForeignCoding:
    """The hands of a simulated modem (drivers.modem.line.coding.Coding) that are not ours."""

    def read_submit(self, pdu: str, reference: int) -> Submitted:
        """See `read_submit`."""
        return read_submit(pdu, reference)

    def delivers(
        self, sender: str, text: str, at: datetime, reference: int = 7, wide: bool = False, flash: bool = False
    ) -> list[bytes]:
        """See `delivers`."""
        return delivers(sender, text, at, reference, wide, flash)

    def deliver(self, sender: str, units: bytes, at: datetime, udh: bytes = b"", dcs: int = 0, pid: int = 0) -> bytes:
        """See `deliver`."""
        return deliver(sender, units, at, udh, dcs, pid)

    def status_report(self, reference: int, recipient: str, at: datetime, status: int) -> bytes:
        """See `status_report`."""
        return status_report(reference, recipient, at, status)


def read_submit(pdu: str, reference: int) -> Submitted:
    """Read an SMS-SUBMIT in hexadecimal. Raises whatever smspdudecoder raises."""
    read = SMSSubmit.decode(StringIO(pdu))
    to = read["recipient"]
    elements = (read["user_data"]["header"] or {}).get("elements", [])
    parts = [e["data"] for e in elements if e["iei"] in (0x00, 0x08)]
    concatenation = (parts[0]["reference"], parts[0]["parts_count"], parts[0]["part_number"]) if parts else None
    return Submitted(
        to=("+" if to["toa"]["ton"] == "international" else "") + to["number"],
        text=_septets(pdu, read) if read["dcs"]["encoding"] == "gsm" else read["user_data"]["data"],
        concatenation=concatenation,
        wants_report=read["header"]["srr"],
        reference=reference,
        centre=read["smsc"]["number"],
        read=read,
    )


def _septets(pdu: str, read: dict[str, Any]) -> str:
    """The text in the septets at the end of a PDU.

    smspdudecoder's codec is right, but its reader takes the header for septets, which may hold an escape, and counts
    letters where it should count septets, so that the filling of the last octet becomes an @.
    """
    header = read["user_data"]["header"]
    before = 0 if header is None else header["length"] + 1
    length = _user_data_length(pdu, read)
    octets = -(-7 * length // 8)
    text = GSM.decode("00" * before + pdu[len(pdu) - 2 * (octets - before) :])[-(-8 * before // 7) :]
    septets = len(text) + sum(letter in smsutil.codecs.GSM_EXT_CHARSET for letter in text)
    return text[:-1] if septets > length - -(-8 * before // 7) else text


def _user_data_length(pdu: str, read: dict[str, Any]) -> int:
    """TP-UDL, found by reading up to it."""
    rest = StringIO(pdu)
    SMSC.decode(rest)
    rest.read(4)
    Address.decode(rest)
    rest.read(4 + {0: 0, 2: 2}[read["header"]["vpf"]])
    return int(rest.read(2), 16)


def delivers(
    sender: str, text: str, at: datetime, reference: int = 7, wide: bool = False, flash: bool = False
) -> list[bytes]:
    """A text as SMS-DELIVERs, in order. wide: 16-bit references in the concatenation header."""
    cut = smsutil.split(text)
    plain = cut.encoding == "gsm0338"
    parts = [part.content for part in cut.parts] or [""]
    pdus = []
    for position, content in enumerate(parts, 1):
        udh = b""
        if len(parts) > 1:
            many = bytes((len(parts), position))
            udh = (
                b"\x06\x08\x04" + reference.to_bytes(2, "big") + many
                if wide
                else b"\x05\x00\x03" + bytes((reference & 0xFF,)) + many
            )
        dcs = (0x00 if plain else 0x08) | (0x10 if flash else 0x00)
        pdus.append(deliver(sender, content.encode(cut.encoding), at, udh, dcs))
    return pdus


def deliver(sender: str, units: bytes, at: datetime, udh: bytes = b"", dcs: int = 0, pid: int = 0) -> bytes:
    """One SMS-DELIVER. units: septets, one in each octet, when the coding is GSM 7-bit; otherwise octets."""
    if dcs & 0xEC == 0 or dcs & 0xF0 == 0x80 or dcs & 0xF4 == 0xF0 or dcs & 0xE0 == 0xC0:
        used = len(udh) * 8 % 7
        body = udh + bytes(foreign.packSeptets(bytearray(units), padBits=used))
        length = -(-len(udh) * 8 // 7) + len(units)
    else:
        body = udh + units
        length = len(body)
    head = bytes((0x44 if udh else 0x04,)) + bytes(foreign._encodeAddressField(sender)) + bytes((pid, dcs))
    return _CENTRE + head + _time(at) + bytes((length,)) + body


def status_report(reference: int, recipient: str, at: datetime, status: int) -> bytes:
    """An SMS-STATUS-REPORT."""
    address = bytes(foreign._encodeAddressField(recipient))
    return _CENTRE + bytes((0x06, reference)) + address + _time(at) * 2 + bytes((status,))


def _time(at: datetime) -> bytes:
    return bytes(foreign._encodeTimestamp(at.astimezone(UTC)))
