"""SMPP octets as an SMSC sees them, and GSM texts; apart from the driver, so that no fault cancels."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

HEADER = struct.Struct(">IIII")
NACK, RESPONSE = 0x80000000, 0x80000000
BIND_RX, BIND_TX, SUBMIT, DELIVER, UNBIND, BIND_TRX, ENQUIRE = 1, 2, 4, 5, 6, 9, 0x15

BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = {
    "\f": 0x0A, "^": 0x14, "{": 0x28, "}": 0x29, "\\": 0x2F,
    "[": 0x3C, "~": 0x3D, "]": 0x3E, "|": 0x40, "€": 0x65,
}  # fmt: skip
_EXTENDED = {septet: letter for letter, septet in EXTENSION.items()}


def gsm_encode(text: str) -> bytes | None:
    """Unpacked septets, or None when a letter is not GSM."""
    octets = bytearray()
    for letter in text:
        if letter in EXTENSION:
            octets += bytes((0x1B, EXTENSION[letter]))
        elif letter in BASIC and letter != "\x1b":
            octets.append(BASIC.index(letter))
        else:
            return None
    return bytes(octets)


def gsm_decode(octets: bytes) -> str:
    """The text of unpacked septets."""
    letters, escaped = [], False
    for octet in octets:
        if octet == 0x1B:
            escaped = True
            continue
        letters.append(_EXTENDED.get(octet, "?") if escaped else BASIC[octet & 0x7F])
        escaped = False
    return "".join(letters)


@dataclass
class Submit:
    """A submit_sm that was accepted, field by field."""

    sequence: int
    id: str
    service_type: str
    source_ton: int
    source_npi: int
    source: str
    dest_ton: int
    dest_npi: int
    dest: str
    esm_class: int
    protocol_id: int
    priority_flag: int
    schedule: str
    validity: str
    registered: int
    replace: int
    data_coding: int
    message: bytes
    tlvs: dict[int, bytes] = field(default_factory=dict)

    @property
    def udh(self) -> bytes:
        return self.message[: self.message[0] + 1] if self.esm_class & 0x40 else b""

    @property
    def text(self) -> str:
        octets = self.message[len(self.udh) :] or self.tlvs.get(0x0424, b"")
        return octets.decode("utf-16-be") if self.data_coding & 0x0C == 8 else gsm_decode(octets)

    @property
    def place(self) -> tuple[int, int, int]:
        """Concatenation reference, of, position."""
        udh = self.udh
        if udh[1:3] == b"\x00\x03":
            return udh[3], udh[4], udh[5]
        if udh[1:3] == b"\x08\x04":
            return int.from_bytes(udh[3:5], "big"), udh[5], udh[6]
        if 0x020C in self.tlvs:  # sar_msg_ref_num, sar_total_segments, sar_segment_seqnum
            return int.from_bytes(self.tlvs[0x020C], "big"), self.tlvs[0x020E][0], self.tlvs[0x020F][0]
        return 0, 1, 1


def _strings(frame: bytes, at: int) -> tuple[str, int]:
    end = frame.index(0, at)
    return frame[at:end].decode("latin-1"), end + 1


def read_submit(frame: bytes, id: str) -> Submit:
    """Read a submit_sm (SMPP 3.4, 4.4.1)."""
    service, at = _strings(frame, 16)
    source, after = _strings(frame, at + 2)
    dest, esm = _strings(frame, after + 2)
    schedule, then = _strings(frame, esm + 3)
    validity, flags = _strings(frame, then)
    length = frame[flags + 4]
    tlvs, rest = {}, flags + 5 + length
    while rest < len(frame):
        tag, size = struct.unpack_from(">HH", frame, rest)
        tlvs[tag] = frame[rest + 4 : rest + 4 + size]
        rest += 4 + size
    return Submit(
        HEADER.unpack_from(frame)[3], id, service,
        frame[at], frame[at + 1], source, frame[after], frame[after + 1], dest,
        frame[esm], frame[esm + 1], frame[esm + 2], schedule, validity,
        frame[flags], frame[flags + 1], frame[flags + 2], frame[flags + 5 : flags + 5 + length], tlvs,
    )  # fmt: skip


def pdu(command: int, status: int, sequence: int, body: bytes = b"") -> bytes:
    """Any PDU."""
    return HEADER.pack(16 + len(body), command, status, sequence) + body


def address(number: str) -> bytes:
    """TON, NPI and digits: international with `+`, alphanumeric for names, else unknown."""
    if number.startswith("+"):
        return b"\x01\x01" + number[1:].encode() + b"\0"
    return (b"\x00\x01" if number.isdigit() else b"\x05\x00") + number.encode("latin-1") + b"\0"


def deliver(
    source: str, dest: str, message: bytes, *, esm_class: int = 0, data_coding: int = 0, tlvs: bytes = b""
) -> bytes:
    """The body of a deliver_sm."""
    flags = bytes((esm_class, 0, 0)) + b"\0\0" + bytes((0, 0, data_coding, 0, len(message)))
    return b"\0" + address(source) + address(dest) + flags + message + tlvs


def tlv(tag: int, value: bytes) -> bytes:
    """One optional parameter."""
    return struct.pack(">HH", tag, len(value)) + value


def text_bodies(source: str, dest: str, text: str, reference: int) -> list[bytes]:
    """deliver_sm bodies for a text that a phone sends, in as many pieces as it takes."""
    septets = gsm_encode(text)
    octets, coding, alone, among = (
        (septets, 0, 160, 152) if septets is not None else (text.encode("utf-16-be"), 8, 140, 132)
    )
    if len(octets) <= alone:
        return [deliver(source, dest, octets, data_coding=coding)]
    cuts = [octets[at : at + among] for at in range(0, len(octets), among)]
    bodies = []
    for number, cut in enumerate(cuts, 1):
        udh = bytes((5, 0, 3, reference & 0xFF, len(cuts), number))
        bodies.append(deliver(source, dest, udh + cut, esm_class=0x40, data_coding=coding))
    return bodies
