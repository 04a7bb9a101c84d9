"""The PDUs of a session (bind, enquire_link, unbind), made and read by smpplib.

The surprise: smpplib ignores a `sequence` given as a keyword, so it is set afterwards.
"""

from __future__ import annotations

import struct
from typing import Any

from smpplib import exceptions, smpp

from drivers.smpp.config import Config

BIND_COMMANDS = {"transceiver": 0x00000009, "transmitter": 0x00000002, "receiver": 0x00000001}


def make(command: str, sequence: int, status: int = 0, **fields: Any) -> bytes:
    """The octets of one PDU; command and fields as smpplib names them."""
    pdu = smpp.make_pdu(command, client=None, sequence=sequence, status=status, **fields)
    pdu.sequence = sequence
    return bytes(pdu.generate())


def bind(config: Config, role: str, sequence: int) -> bytes:
    """A bind_transceiver, bind_transmitter or bind_receiver (4.1)."""
    return make(
        f"bind_{role}",
        sequence,
        system_id=config.system_id,
        password=config.password.get_secret_value(),
        system_type=config.system_type,
        addr_ton=config.address_ton,
        addr_npi=config.address_npi,
        address_range=config.address_range,
    )


def smsc_name(frame: bytes) -> str:
    """The system_id in a bind response; empty when it cannot be read, which is no reason not to go on."""
    try:
        pdu = smpp.parse_pdu(frame, client=None, allow_unknown_opt_params=True)
    except (exceptions.UnknownCommandError, struct.error, KeyError, IndexError, TypeError):
        return ""
    return (getattr(pdu, "system_id", None) or b"").decode("latin-1")
