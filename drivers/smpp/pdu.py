"""The octets of the hot path: cut the stream, pack submit_sm, read its answers and deliver_sm (SMPP 3.4).

Session PDUs (bind, unbind, enquire_link) are smpplib's: see `session_pdus`. Here its generic encoder would
cost more than everything else; a property test holds that the octets are the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from struct import Struct

GENERIC_NACK = 0x80000000
SUBMIT_SM, SUBMIT_SM_RESP = 0x00000004, 0x80000004
DELIVER_SM, DELIVER_SM_RESP = 0x00000005, 0x80000005
UNBIND, UNBIND_RESP = 0x00000006, 0x80000006
ENQUIRE_LINK, ENQUIRE_LINK_RESP = 0x00000015, 0x80000015
OUTBIND, ALERT_NOTIFICATION = 0x0000000B, 0x00000102
RESPONSE = 0x80000000

HEADER = Struct(">IIII")
_LENGTH = Struct(">I")
_TAG = Struct(">HH")
SHORTEST, LONGEST = 16, 65536
LAST_SEQUENCE = 0x7FFFFFFF
LONGEST_ADDRESS = 64  # 20 by the standard; some SMSCs send more, none sends a kilobyte


class BadPdu(Exception):
    """The octets are not what the command should have; str() says what."""


class NotSmpp(Exception):
    """A command_length outside 16..65536: the position in the stream is lost for good. `start` has its
    octets.
    """

    def __init__(self, start: bytes) -> None:
        super().__init__(f"command_length {_LENGTH.unpack_from(start)[0]} is outside {SHORTEST}..{LONGEST}")
        self.start = start


class Frames:
    """Cuts what a socket gives into whole PDUs, however it was divided on the way.

    noise: what is behind the PDUs that were given last and is none; it is raised by the next `feed`.
    """

    def __init__(self) -> None:
        self._rest = bytearray()
        self.noise: NotSmpp | None = None

    def feed(self, octets: bytes) -> list[bytes]:
        """The whole PDUs that are complete with `octets`. Raises NotSmpp, when all before it has been given."""
        if self.noise is not None:
            raise self.noise
        rest = self._rest
        rest += octets
        at, end = 0, len(rest)
        whole: list[bytes] = []
        while end - at >= 4:
            (length,) = _LENGTH.unpack_from(rest, at)
            if not SHORTEST <= length <= LONGEST:
                self.noise = NotSmpp(bytes(rest[at : at + 64]))
                if not whole:
                    raise self.noise
                break
            if end - at < length:
                break
            whole.append(bytes(rest[at : at + length]))
            at += length
        del rest[:at]
        return whole


def answer(command: int, sequence: int, status: int = 0) -> bytes:
    """A response without a body, such as generic_nack."""
    return HEADER.pack(16, command, status, sequence)


def deliver_sm_resp(sequence: int, status: int = 0) -> bytes:
    """The answer to a deliver_sm; its message_id is unused and empty (4.6.2)."""
    return HEADER.pack(17, DELIVER_SM_RESP, status, sequence) + b"\0"


def message_id(frame: bytes) -> str:
    """The message_id of a submit_sm_resp; empty when there is no body, as is usual with an error."""
    return frame[16:].split(b"\0", 1)[0].decode("latin-1")


def submit_prefix(service_type: str, ton: int, npi: int, source: bytes) -> bytes:
    """The start of a submit_sm's body, up to the source address: the same for many messages."""
    return service_type.encode("ascii") + b"\0" + bytes((ton, npi)) + source + b"\0"


def submit_middle(
    esm_class: int,
    priority_flag: int,
    validity_period: bytes,
    registered_delivery: int,
    data_coding: int,
    *,
    protocol_id: int = 0,
    schedule: bytes = b"",
    replace: bool = False,
) -> bytes:
    """From esm_class to sm_default_msg_id: the same for many messages (4.4.1). schedule: empty for now."""
    return (
        bytes((esm_class, protocol_id, priority_flag))
        + schedule
        + b"\0"
        + validity_period
        + b"\0"
        + bytes((registered_delivery, replace, data_coding, 0))
    )


def submit_body(
    prefix: bytes, ton: int, npi: int, to: bytes, middle: bytes, short_message: bytes, parameters: bytes = b""
) -> bytes:
    """The body of a submit_sm. short_message: at most 254 octets. parameters: see `parameter`."""
    return b"".join(
        (prefix, bytes((ton, npi)), to, b"\0", middle, bytes((len(short_message),)), short_message, parameters)
    )


def parameter(tag: int, value: bytes) -> bytes:
    """One optional parameter (3.2.4.1). value: at most 65,535 octets."""
    return _TAG.pack(tag, len(value)) + value


def submit_sm(sequence: int, body: bytes) -> bytes:
    """The whole PDU."""
    return HEADER.pack(16 + len(body), SUBMIT_SM, 0, sequence) + body


@dataclass(slots=True)
class DeliverSm:
    """What a deliver_sm carries (4.6.1), without the fields that mean nothing in this direction."""

    sequence: int
    source_ton: int
    source: str
    dest_ton: int
    dest: str
    esm_class: int
    protocol_id: int
    data_coding: int
    message: bytes
    parameters: dict[int, bytes] = field(default_factory=dict)

    def number(self, tag: int) -> int | None:
        """An optional parameter as an unsigned integer."""
        value = self.parameters.get(tag)
        return int.from_bytes(value, "big") if value else None


def parse_deliver_sm(frame: bytes) -> DeliverSm:
    """Read a deliver_sm. message is short_message, or message_payload when that is empty. Raises BadPdu."""
    try:
        at = frame.index(0, 16) + 1
        source_end = frame.index(0, at + 2)
        dest_at = source_end + 1
        dest_end = frame.index(0, dest_at + 2)
        esm_class, protocol_id = frame[dest_end + 1], frame[dest_end + 2]
        fixed = frame.index(0, frame.index(0, dest_end + 4) + 1) + 1
        data_coding, length = frame[fixed + 2], frame[fixed + 4]
    except (ValueError, IndexError):
        raise BadPdu("a mandatory field is cut off") from None
    if max(source_end - at, dest_end - dest_at) > LONGEST_ADDRESS + 2:
        raise BadPdu("an address is longer than 64 octets")
    start = fixed + 5
    message = frame[start : start + length]
    if len(message) < length:
        raise BadPdu(f"short_message says {length} octets and has {len(message)}")
    found = parameters(frame, start + length)
    return DeliverSm(
        HEADER.unpack_from(frame)[3],
        frame[at],
        frame[at + 2 : source_end].decode("latin-1"),
        frame[dest_at],
        frame[dest_at + 2 : dest_end].decode("latin-1"),
        esm_class,
        protocol_id,
        data_coding,
        message or found.get(MESSAGE_PAYLOAD, b""),
        found,
    )


def parameters(frame: bytes, at: int) -> dict[int, bytes]:
    """The optional parameters (3.2.4), known or not, by tag; the first of equals counts. Raises BadPdu."""
    found: dict[int, bytes] = {}
    end = len(frame)
    while at < end:
        if end - at < 4:
            raise BadPdu("an optional parameter is cut off")
        tag, length = _TAG.unpack_from(frame, at)
        value = frame[at + 4 : at + 4 + length]
        if len(value) < length:
            raise BadPdu(f"optional parameter 0x{tag:04X} says {length} octets and has {len(value)}")
        found.setdefault(tag, value)
        at += 4 + length
    return found


RECEIPTED_MESSAGE_ID = 0x001E
SOURCE_PORT, DESTINATION_PORT = 0x020A, 0x020B
SAR_MSG_REF_NUM, SAR_TOTAL_SEGMENTS, SAR_SEGMENT_SEQNUM = 0x020C, 0x020E, 0x020F
NETWORK_ERROR_CODE = 0x0423
MESSAGE_PAYLOAD = 0x0424
MESSAGE_STATE = 0x0427
