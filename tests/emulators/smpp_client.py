"""A client of an SMSC that is written by hand, octet by octet, so that it can do what no library does.

It shares no code with what it tests: PDUs are packed and read here anew (SMPP 3.4 section 4).
"""

from __future__ import annotations

import socket
import struct
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

HEADER = struct.Struct(">IIII")
BIND_RECEIVER, BIND_TRANSMITTER, BIND_TRANSCEIVER = 1, 2, 9
QUERY_SM, SUBMIT_SM, DELIVER_SM, UNBIND, REPLACE_SM, CANCEL_SM = 3, 4, 5, 6, 7, 8
ENQUIRE_LINK, SUBMIT_MULTI, DATA_SM, GENERIC_NACK = 0x15, 0x21, 0x103, 0x80000000
RESP = 0x80000000
PATIENCE = 90.0


@dataclass
class Pdu:
    """One PDU as it came."""

    command: int
    status: int
    sequence: int
    body: bytes

    @property
    def text(self) -> str:
        """The C-octet string that its body begins with: the message_id of most responses."""
        return self.body.split(b"\0", 1)[0].decode("latin-1")


@dataclass
class Deliver:
    """What a deliver_sm says."""

    sequence: int
    source: tuple[int, int, bytes]
    dest: tuple[int, int, bytes]
    esm_class: int
    data_coding: int
    message: bytes
    parameters: dict[int, bytes] = field(default_factory=dict)

    @property
    def receipt(self) -> dict[str, str]:
        """The fields of a receipt's text, up to `text`."""
        words = self.message.decode("latin-1").replace("submit date", "submit").replace("done date", "done")
        head, _, text = words.partition(" text:")
        return dict(word.split(":", 1) for word in head.split(" ")) | {"text": text}


def cstring(value: str | bytes) -> bytes:
    return (value if isinstance(value, bytes) else value.encode("latin-1")) + b"\0"


def address(number: str | bytes, ton: int = 1, npi: int = 1) -> bytes:
    return bytes((ton, npi)) + cstring(number)


def tlv(tag: int, value: bytes) -> bytes:
    return struct.pack(">HH", tag, len(value)) + value


def submit(
    to: str = "38640111222",
    text: bytes = b"hello",
    *,
    sender: bytes = address("Shop", 5, 0),
    service: str = "",
    esm_class: int = 0,
    priority: int = 0,
    schedule: bytes = b"",
    validity: bytes = b"",
    registered: int = 1,
    replace: int = 0,
    data_coding: int = 0,
    prepared: int = 0,
    parameters: bytes = b"",
    destination: bytes | None = None,
) -> bytes:
    """The body of a submit_sm; with `destination` what submit_multi has in that place."""
    return b"".join((
        cstring(service), sender, address(to) if destination is None else destination,
        bytes((esm_class, 0, priority)), cstring(schedule), cstring(validity),
        bytes((registered, replace, data_coding, prepared, len(text))), text, parameters,
    ))  # fmt: skip


def several(*numbers: str) -> bytes:
    """The destinations of a submit_multi."""
    return bytes((len(numbers),)) + b"".join(b"\1" + address(number) for number in numbers)


class SmppClient:
    """A connection. Use as a context manager."""

    def __init__(self, port: int, wrap: Any = None) -> None:
        plain = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self.socket = plain if wrap is None else wrap(plain)
        self.socket.settimeout(PATIENCE)
        self._rest = b""
        self._sequence = 0
        self.unasked: list[Pdu] = []  # what came while something else was waited for

    def send(self, command: int, body: bytes = b"", *, sequence: int | None = None, status: int = 0) -> int:
        """Write one PDU; returns its sequence number."""
        if sequence is None:
            self._sequence += 1
            sequence = self._sequence
        self.socket.sendall(HEADER.pack(16 + len(body), command, status, sequence) + body)
        return sequence

    def read(self, seconds: float = PATIENCE) -> Pdu | None:
        """The next PDU, also one that came before; None when the other side closed. Fails when nothing comes."""
        if self.unasked:
            return self.unasked.pop(0)
        return self._read(seconds)

    def _read(self, seconds: float = PATIENCE) -> Pdu | None:
        until = time.monotonic() + seconds
        while True:
            if len(self._rest) >= 16:
                length, command, status, sequence = HEADER.unpack_from(self._rest)
                if len(self._rest) >= length:
                    body, self._rest = self._rest[16:length], self._rest[length:]
                    return Pdu(command, status, sequence, body)
            self.socket.settimeout(max(0.01, until - time.monotonic()))
            try:
                octets = self.socket.recv(65536)
            except TimeoutError:
                raise AssertionError(f"nothing came within {seconds:g} seconds") from None
            except ConnectionResetError:
                return None
            if not octets:
                return None
            self._rest += octets

    def answer_to(self, sequence: int) -> Pdu:
        """The response with this number; what else comes waits in `unasked`. An enquire_link is answered."""
        for index, pdu in enumerate(self.unasked):
            if pdu.sequence == sequence and pdu.command & RESP:
                return self.unasked.pop(index)
        while True:
            pdu_or_end = self._read()
            assert pdu_or_end is not None, "the server closed the connection"
            if pdu_or_end.command == ENQUIRE_LINK:
                self.send(ENQUIRE_LINK | RESP, sequence=pdu_or_end.sequence)
            elif pdu_or_end.sequence == sequence and pdu_or_end.command & RESP:
                return pdu_or_end
            else:
                self.unasked.append(pdu_or_end)

    def ask(self, command: int, body: bytes = b"") -> Pdu:
        """Send and wait for the response."""
        return self.answer_to(self.send(command, body))

    def bind(self, system_id: str, password: str, command: int = BIND_TRANSCEIVER, version: int = 0x34) -> Pdu:
        """Bind; the response."""
        return self.ask(command, cstring(system_id) + cstring(password) + b"\0" + bytes((version, 0, 0)) + b"\0")

    def deliver(self, *, status: int | None = 0, seconds: float = PATIENCE) -> Deliver:
        """The next deliver_sm, answered with `status` unless that is None."""
        until = time.monotonic() + seconds
        while True:
            for index, pdu in enumerate(self.unasked):
                if pdu.command == DELIVER_SM:
                    del self.unasked[index]
                    told = read_deliver(pdu)
                    if status is not None:
                        self.send(DELIVER_SM | RESP, b"\0", sequence=told.sequence, status=status)
                    return told
            came = self._read(max(0.01, until - time.monotonic()))
            assert came is not None, "the server closed the connection"
            if came.command == ENQUIRE_LINK:
                self.send(ENQUIRE_LINK | RESP, sequence=came.sequence)
            else:
                self.unasked.append(came)

    def closed(self) -> bool:
        """Whether the server closes the connection before long; what else it says is passed over."""
        while (pdu := self._read()) is not None:
            self.unasked.append(pdu)
        return True

    def close(self) -> None:
        """Go without a word."""
        self.socket.close()

    def __enter__(self) -> SmppClient:
        return self

    def __exit__(self, kind: type[BaseException] | None, it: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def read_deliver(pdu: Pdu) -> Deliver:
    """Take a deliver_sm apart (4.6.1)."""
    body, at = pdu.body, pdu.body.index(0) + 1
    found = []
    for _ in range(2):
        end = body.index(0, at + 2)
        found.append((body[at], body[at + 1], body[at + 2 : end]))
        at = end + 1
    esm_class = body[at]
    assert body[at + 3 : at + 5] == b"\0\0", "a deliver_sm has no schedule and no validity"
    data_coding, length = body[at + 7], body[at + 9]
    start = at + 10
    message = body[start : start + length]
    parameters: dict[int, bytes] = {}
    at = start + length
    while at < len(body):
        tag, size = struct.unpack_from(">HH", body, at)
        parameters[tag] = body[at + 4 : at + 4 + size]
        at += 4 + size
    return Deliver(
        pdu.sequence, found[0], found[1], esm_class, data_coding, message or parameters.get(0x0424, b""), parameters
    )
