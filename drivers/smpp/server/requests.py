"""Read what clients ask: submit_sm, submit_multi, data_sm, query_sm, cancel_sm, replace_sm, bind (SMPP 3.4 section 4).

Reading raises `BadRequest` with the status to answer and nothing else, whatever the octets are.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from struct import Struct
from typing import Literal

from drivers.smpp import pdu
from drivers.smpp.coding import UDHI, Coding
from drivers.smpp.contents import Contents
from drivers.smpp.server import ids, times
from drivers.smpp.server.refusals import (
    RINVDFTMSGID,
    RINVDLNAME,
    RINVDSTADR,
    RINVESMCLASS,
    RINVEXPIRY,
    RINVMSGLEN,
    RINVNUMDESTS,
    RINVOPTPARSTREAM,
    RINVPRTFLG,
    RINVSCHED,
    BadRequest,
)
from smsgw.link import Concatenation
from smsgw.listener import Address, Submission, Wants
from smsgw.text import header

Default = Literal["gsm7", "latin1"]  # what a client means by data_coding 0
_CODINGS: dict[Default, Coding] = {
    "gsm7": Coding(Contents(default_alphabet="gsm7")),
    "latin1": Coding(Contents(default_alphabet="latin1")),
}
_TAG = Struct(">HH")
_INTERNATIONAL = 1
_LONGEST_SHORT_MESSAGE = 254
_MOST_DESTINATIONS = 254
SUBUNIT, TTL, USER_REFERENCE, SOURCE_PORT, DESTINATION_PORT = 0x0005, 0x0017, 0x0204, 0x020A, 0x020B
_PRIORITIES = (None, 6, 8, 9)  # priority_flag (5.2.14) as ours; 0: that of its purpose
_WANTS = tuple(
    Wants(success=flag & 3 in (1, 3), failure=flag & 3 in (1, 2), progress=bool(flag & 0x10)) for flag in range(32)
)  # registered_delivery (5.2.17; 3, success only, is of SMPP 5.0)


class Reader:
    """A PDU's body, read from front to back."""

    def __init__(self, frame: bytes) -> None:
        self.frame = frame
        self.at = pdu.SHORTEST

    def string(self, longest: int, what: str) -> bytes:
        """A C-octet string without its end; longest: with it."""
        end = self.frame.find(0, self.at, self.at + longest)
        if end < 0:
            raise BadRequest(RINVMSGLEN, f"{what} has no end within {longest} octets")
        found = self.frame[self.at : end]
        self.at = end + 1
        return found

    def octets(self, count: int) -> bytes:
        """So many octets."""
        found = self.frame[self.at : self.at + count]
        if len(found) < count:
            raise BadRequest(RINVMSGLEN, f"{count} octets are missing, there are {len(found)}")
        self.at += count
        return found

    def octet(self) -> int:
        """One octet."""
        return self.octets(1)[0]

    def address(self, what: str) -> tuple[int, int, str]:
        """Type of number, plan, and the number. A little longer ones than 21 octets are taken, as by others."""
        ton, npi = self.octets(2)
        return ton, npi, self.string(pdu.LONGEST_ADDRESS + 1, what).decode("latin-1")

    def id(self) -> str:
        """A message_id, as the gateway spells it."""
        return ids.read(self.string(65, "message_id").decode("latin-1"))

    def parameters(self) -> dict[int, bytes]:
        """The optional parameters (3.2.4) up to the end, known or not; the first of equals counts."""
        frame, at, end = self.frame, self.at, len(self.frame)
        found: dict[int, bytes] = {}
        while at < end:
            if end - at < 4:
                raise BadRequest(RINVOPTPARSTREAM, "an optional parameter is cut off")
            tag, length = _TAG.unpack_from(frame, at)
            at += 4 + length
            if at > end:
                raise BadRequest(RINVOPTPARSTREAM, f"optional parameter 0x{tag:04X} is longer than the PDU")
            found.setdefault(tag, frame[at - length : at])
        return found


@dataclass(frozen=True, slots=True)
class Bind:
    """Who wants in. version: interface_version, 0x34 for 3.4."""

    system_id: str
    password: str
    version: int


def bind(frame: bytes) -> Bind:
    """A bind of any kind (4.1). Passwords longer than the standard's eight letters are taken."""
    reader = Reader(frame)
    system_id = reader.string(65, "system_id")
    password = reader.string(129, "password")
    reader.string(65, "system_type")
    return Bind(system_id.decode("latin-1"), password.decode("latin-1"), reader.octet())


def address(ton: int, npi: int, number: str, reference: bytes = b"") -> Address:
    """An address as the gateway wants it; its echo is what `parse_echo` reads. reference: user_message_reference."""
    return Address(_number(number, ton), f"{ton}.{npi}.{reference.hex()}.{number}")


def _number(written: str, ton: int) -> str:
    """In our spelling: with `+` where the client says that it is international."""
    written = written.strip()
    if ton == _INTERNATIONAL and written.isascii() and written.isdigit():
        return "+" + written.removeprefix("00")
    return written


def parse_echo(echo: str) -> tuple[int, int, bytes, bytes]:
    """Type of number, plan, number, user_message_reference (or empty), out of an echo; zeros for none."""
    try:
        ton, npi, reference, number = echo.split(".", 3)
        return int(ton) & 0xFF, int(npi) & 0xFF, number.encode("latin-1"), bytes.fromhex(reference)
    except ValueError:
        return 0, 0, b"", b""


def submit_sm(frame: bytes, now: datetime, default: Default) -> Submission:
    """A submit_sm (4.4.1). default: what data_coding 0 means. now: relative times count from it."""
    reader = Reader(frame)
    service = reader.string(6, "service_type")
    source, to = reader.address("source_addr"), [reader.address("destination_addr")]
    return _submission(reader, service, source, to, now, default)


def submit_multi(frame: bytes, now: datetime, default: Default) -> Submission:
    """A submit_multi (4.5.1): up to 254 numbers; distribution lists we have none."""
    reader = Reader(frame)
    service, source = reader.string(6, "service_type"), reader.address("source_addr")
    count = reader.octet()
    if not 1 <= count <= _MOST_DESTINATIONS:
        raise BadRequest(RINVNUMDESTS, f"{count} recipients; there must be 1 to {_MOST_DESTINATIONS}")
    to = []
    for _ in range(count):
        flag = reader.octet()
        if flag != 1:
            raise BadRequest(RINVDLNAME, "there are no distribution lists here: name the numbers")
        to.append(reader.address("destination_addr"))
    return _submission(reader, service, source, to, now, default)


def _submission(
    reader: Reader,
    service: bytes,
    source: tuple[int, int, str],
    to: list[tuple[int, int, str]],
    now: datetime,
    default: Default,
) -> Submission:
    """What submit_sm and submit_multi have in common, from esm_class on."""
    esm_class, _, priority = reader.octets(3)
    deliver_at = _time(reader.string(17, "schedule_delivery_time"), now, RINVSCHED)
    valid_until = _time(reader.string(17, "validity_period"), now, RINVEXPIRY)
    registered, replaces, data_coding, prepared, length = reader.octets(5)
    if length > _LONGEST_SHORT_MESSAGE:
        raise BadRequest(RINVMSGLEN, f"short_message of {length} octets; SMPP has {_LONGEST_SHORT_MESSAGE}")
    octets = reader.octets(length)
    parameters = reader.parameters() if reader.at < len(reader.frame) else {}
    if prepared:
        raise BadRequest(RINVDFTMSGID, f"there is no prepared text {prepared}")
    if priority >= len(_PRIORITIES):
        raise BadRequest(RINVPRTFLG, f"priority_flag {priority} is not 0 to 3")
    return _made(
        service, source, to, esm_class, registered, data_coding, octets, parameters, default,
        priority=_PRIORITIES[priority], deliver_at=deliver_at, valid_until=valid_until, replaces=replaces == 1,
    )  # fmt: skip


def data_sm(frame: bytes, now: datetime, default: Default) -> Submission:
    """A data_sm (4.7.1): as submit_sm, with its content in message_payload and a time to live in seconds."""
    reader = Reader(frame)
    service, source = reader.string(6, "service_type"), reader.address("source_addr")
    to = [reader.address("destination_addr")]
    esm_class, registered, data_coding = reader.octets(3)
    parameters = reader.parameters()
    valid_until = None
    if (ttl := parameters.get(TTL)) is not None:
        seconds = min(int.from_bytes(ttl, "big"), 3650 * 86_400)
        valid_until = datetime.fromtimestamp(now.timestamp() + seconds, now.tzinfo)
    return _made(
        service, source, to, esm_class, registered, data_coding, b"", parameters, default, valid_until=valid_until
    )


def _made(
    service: bytes,
    source: tuple[int, int, str],
    to: list[tuple[int, int, str]],
    esm_class: int,
    registered: int,
    data_coding: int,
    octets: bytes,
    parameters: dict[int, bytes],
    default: Default,
    *,
    priority: int | None = None,
    deliver_at: datetime | None = None,
    valid_until: datetime | None = None,
    replaces: bool = False,
) -> Submission:
    if esm_class & 0x3C:
        raise BadRequest(RINVESMCLASS, f"esm_class 0x{esm_class:02X} is an acknowledgement, and nobody waits for it")
    if not all(number for _, _, number in to):
        raise BadRequest(RINVDSTADR, "there is no recipient")
    if payload := parameters.get(pdu.MESSAGE_PAYLOAD):
        if octets:
            raise BadRequest(RINVMSGLEN, "short_message and message_payload exclude each other (5.3.2.32)")
        octets = payload
    udh, octets = _header(esm_class, octets)
    udh = _with_ports(udh, parameters)
    heard = _CODINGS[default].hear(data_coding, octets, udh)
    reference = parameters.get(USER_REFERENCE, b"")[:2] if parameters else b""
    return Submission(
        to=tuple([address(*one, reference) for one in to]),
        sender=address(*source) if source[2] else None,
        alphabet=heard.alphabet,
        user_data=heard.user_data,
        udh=udh,
        concatenation=(header.concatenation(udh) if udh else None) or (_sar(parameters) if parameters else None),
        message_class=_message_class(data_coding, parameters),
        priority=priority,
        valid_until=valid_until,
        deliver_at=deliver_at,
        wants=_WANTS[registered & 0x1F],
        service=service.decode("latin-1"),
        replaces=replaces,
    )


def _time(written: bytes, now: datetime, status: int) -> datetime | None:
    if not written:
        return None
    try:
        return times.read(written, now)
    except ValueError as problem:
        raise BadRequest(status, str(problem)) from None


def _header(esm_class: int, octets: bytes) -> tuple[bytes, bytes]:
    if not esm_class & UDHI:
        return b"", octets
    if not octets or octets[0] + 1 > len(octets):
        raise BadRequest(RINVESMCLASS, "esm_class says that there is a header, and there is none that is whole")
    return octets[: octets[0] + 1], octets[octets[0] + 1 :]


def _with_ports(udh: bytes, parameters: dict[int, bytes]) -> bytes:
    """The header with the ports that stand in parameters (23.040 section 9.2.3.24.4)."""
    port = parameters.get(DESTINATION_PORT)
    if port is None or len(port) != 2 or header.ports(udh) is not None:
        return udh
    source = parameters.get(SOURCE_PORT, b"\0\0")[:2].rjust(2, b"\0")
    octets = udh[1:] + bytes((header.PORTS_16, 4)) + port + source
    return bytes((len(octets),)) + octets if len(octets) < 140 else udh


def _sar(parameters: dict[int, bytes]) -> Concatenation | None:
    """The sar_* parameters (5.3.2.22 to 24) when all three are there and make sense."""
    tags = (pdu.SAR_MSG_REF_NUM, pdu.SAR_TOTAL_SEGMENTS, pdu.SAR_SEGMENT_SEQNUM)
    reference, of, position = (int.from_bytes(parameters.get(tag, b"")[:2], "big") for tag in tags)
    if pdu.SAR_MSG_REF_NUM not in parameters or not 1 <= position <= of <= 255 or of == 1:
        return None
    return Concatenation(reference, of, position, wide=True)


def _message_class(data_coding: int, parameters: dict[int, bytes]) -> int | None:
    """From the air's own coding (23.038 section 4), or the screen asked for (dest_addr_subunit 1, 5.3.2.1)."""
    if parameters and parameters.get(SUBUNIT) == b"\x01":
        return 0
    if data_coding >= 0xF0 or (0x10 <= data_coding < 0x40 and data_coding & 0x10):
        return data_coding & 0x03
    return None


@dataclass(frozen=True, slots=True)
class Query:
    """What a query_sm asks about."""

    id: str


def query_sm(frame: bytes) -> Query:
    """A query_sm (4.8.1). Its source address is not compared: an id is the client's own or it is none."""
    return Query(Reader(frame).id())


@dataclass(frozen=True, slots=True)
class Cancel:
    """What a cancel_sm takes back: a message, or without an id all from one address to another (4.9.1)."""

    id: str
    sender: Address | None
    to: Address | None


def cancel_sm(frame: bytes) -> Cancel:
    """A cancel_sm (4.9.1)."""
    reader = Reader(frame)
    reader.string(6, "service_type")
    id = reader.id()
    source, to = reader.address("source_addr"), reader.address("destination_addr")
    if not id and not to[2]:
        raise BadRequest(RINVDSTADR, "a cancel_sm without message_id needs a destination_addr")
    return Cancel(id, address(*source) if source[2] else None, address(*to) if to[2] else None)


def replace_sm(frame: bytes, now: datetime, default: Default) -> tuple[str, Submission]:
    """A replace_sm (4.10.1): the id, and the new text. It names no coding, so the text is in the default alphabet."""
    reader = Reader(frame)
    id = reader.id()
    source = reader.address("source_addr")
    deliver_at = _time(reader.string(17, "schedule_delivery_time"), now, RINVSCHED)
    valid_until = _time(reader.string(17, "validity_period"), now, RINVEXPIRY)
    registered, prepared, length = reader.octets(3)
    octets = reader.octets(length)
    if prepared:
        raise BadRequest(RINVDFTMSGID, f"there is no prepared text {prepared}")
    to = [(0, 0, "0")]  # it stays what it was
    made = _made(
        b"", source, to, 0, registered, 0, octets, reader.parameters(), default,
        deliver_at=deliver_at, valid_until=valid_until,
    )  # fmt: skip
    return id, made
