"""data_sm from an SMSC (SMPP 3.4 section 4.7), read as the deliver_sm that it stands for.

The surprise: it carries no short_message at all, the text is always in the message_payload parameter.
"""

from __future__ import annotations

from drivers.smpp import pdu

DATA_SM, DATA_SM_RESP = 0x00000103, 0x80000103


def parse(frame: bytes) -> pdu.DeliverSm:
    """The text or receipt in a data_sm. Raises pdu.BadPdu.

    It is rewritten as a deliver_sm with an empty short_message, so that one reader judges both.
    """
    try:
        source = frame.index(0, 16) + 1
        dest = frame.index(0, source + 2) + 1
        flags = frame.index(0, dest + 2) + 1
        esm_class, registered_delivery, data_coding = frame[flags : flags + 3]
    except ValueError:
        raise pdu.BadPdu("a mandatory field is cut off") from None
    middle = bytes((esm_class, 0, 0, 0, 0, registered_delivery, 0, data_coding, 0, 0))
    return pdu.parse_deliver_sm(frame[:flags] + middle + frame[flags + 3 :])


def data_sm_resp(sequence: int, status: int = 0) -> bytes:
    """The answer; the message_id in it is ours to choose, and nobody asks for it (4.7.2)."""
    return pdu.HEADER.pack(17, DATA_SM_RESP, status, sequence) + b"\0"
