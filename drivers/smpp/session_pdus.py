"""The PDUs of a session: bind, outbind, enquire_link, unbind.

The surprise: smpplib makes the small ones, but not the bind, whose password it cuts to eight letters without a word;
and it ignores a `sequence` given as a keyword, so it is set afterwards.
"""

from __future__ import annotations

import struct
from typing import Any

from smpplib import smpp

from drivers.smpp.config import Config
from drivers.smpp.connection import VERSIONS
from drivers.smpp.pdu import HEADER

SC_INTERFACE_VERSION = 0x0210
_TAG = struct.Struct(">HH")
BIND_COMMANDS = {"transceiver": 0x00000009, "transmitter": 0x00000002, "receiver": 0x00000001}


def make(command: str, sequence: int, status: int = 0, **fields: Any) -> bytes:
    """The octets of one PDU; command and fields as smpplib names them."""
    pdu = smpp.make_pdu(command, client=None, sequence=sequence, status=status, **fields)
    pdu.sequence = sequence
    return bytes(pdu.generate())


def bind(config: Config, role: str, sequence: int) -> bytes:
    """A bind_transceiver, bind_transmitter or bind_receiver (4.1)."""
    words = (config.system_id, config.password.get_secret_value(), config.system_type)
    version = bytes((VERSIONS[config.interface_version], config.address_ton, config.address_npi))
    body = b"".join(_string(word) for word in words) + version + _string(config.address_range)
    return HEADER.pack(16 + len(body), BIND_COMMANDS[role], 0, sequence) + body


def _string(word: str) -> bytes:
    return word.encode("ascii") + b"\0"


def outbind_words(frame: bytes) -> tuple[str, str]:
    """The system_id and the password of an outbind (4.1.7.1); empty where it is cut off."""
    system_id, _, rest = frame[16:].partition(b"\0")
    return system_id.decode("latin-1"), rest.partition(b"\0")[0].decode("latin-1")


def alert_words(frame: bytes) -> str:
    """The number that can be reached again, by an alert_notification (4.12.1); empty when it cannot be read."""
    return frame[18:].partition(b"\0")[0].decode("latin-1") if len(frame) > 18 else ""


def version_of(frame: bytes) -> str:
    """The interface version that the SMSC names in a bind response (5.3.2.25), such as 3.4; empty if it names none."""
    at = frame.find(b"\0", 16) + 1
    while 16 < at <= len(frame) - 5:
        tag, length = _TAG.unpack_from(frame, at)
        if tag == SC_INTERFACE_VERSION and length == 1:
            return f"{frame[at + 4] >> 4}.{frame[at + 4] & 0x0F}"
        at += 4 + length
    return ""


def smsc_name(frame: bytes) -> str:
    """The system_id in a bind response; empty when it cannot be read, which is no reason not to go on."""
    name, end, _ = frame[16:].partition(b"\0")
    return name.decode("latin-1") if end else ""
