"""The SMPP port against everything that a client could send: each request is answered once, and nothing breaks.

SMSGW_FUZZ_EXAMPLES=100000 takes so many examples, other ones each time; the suite takes few, always the same.
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.emulators import smpp_client as client
from tests.emulators import smsc_codec as codec

MORE = int(os.environ.get("SMSGW_FUZZ_EXAMPLES") or 0)
PATIENCE = 30.0
SYSTEM_ERROR = 0x08  # what is said when something broke
ASKED = [client.SUBMIT_SM, client.DATA_SM, client.SUBMIT_MULTI, client.QUERY_SM, client.CANCEL_SM, client.REPLACE_SM]


def examples(few: int) -> Callable[[Any], Any]:
    """So many examples, the same each time; or those that were asked for, by chance."""
    return settings(
        max_examples=MORE or few, derandomize=not MORE, deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )  # fmt: skip


octet = st.integers(0, 255)
text = st.binary(max_size=20).map(lambda octets: octets.replace(b"\0", b"1"))
number = st.sampled_from([b"4915112345678", b"4477", b"Shop", b""]) | text
time = st.sampled_from([b"", b"000000010000000R", b"261126010203004+", b"991399999999999+"]) | text
tags = st.sampled_from([0x0424, 0x020C, 0x020E, 0x020F, 0x0204, 0x1400, 0x001E])
tlvs = st.lists(st.builds(codec.tlv, tags, st.binary(max_size=40)), max_size=4).map(b"".join)


@st.composite
def submitted(draw: st.DrawFn) -> bytes:
    """The body of a submit_sm in which every field is one that could be."""
    addresses = (bytes((draw(octet), draw(octet))) + draw(number) + b"\0" for _ in range(2))
    message = draw(st.binary(max_size=255))
    flags = bytes((draw(octet), draw(octet), draw(octet)))
    times = draw(time) + b"\0" + draw(time) + b"\0"
    rest = bytes((draw(octet), draw(octet), draw(octet), draw(octet), len(message))) + message + draw(tlvs)
    return draw(text)[:5] + b"\0" + b"".join(addresses) + flags + times + rest


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A right body with octets changed, taken out, put in or cut off."""
    body = bytearray(draw(submitted()))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(body)))
        match draw(st.integers(0, 3)):
            case 0:
                body[at : at + 1] = bytes((draw(octet),))
            case 1:
                del body[at : at + draw(st.integers(1, 10))]
            case 2:
                body[at:at] = draw(st.binary(max_size=10))
            case _:
                del body[at:]
    return bytes(body)


commands = st.sampled_from(
    [*ASKED, *ASKED, client.BIND_TRANSCEIVER, client.DELIVER_SM, 0x80000004, 0x80000005, 0x80000015, 0x80000000, 0x0B,
     0x111, 0x1234, 0x80001234, 0xFFFFFFFF, 0]
)  # fmt: skip
streams = st.lists(
    st.tuples(commands, st.sampled_from([0, 1, 0x58, 0xFFFFFFFF]), submitted() | damaged() | st.binary(max_size=200)),
    min_size=1,
    max_size=8,
)


class Line:
    """A connection that is bound; `say` returns when everything that was said has been read and answered."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._number = 1
        self.connect()

    def connect(self) -> None:
        self._socket = socket.create_connection(("127.0.0.1", self._port), PATIENCE)
        self._rest = b""
        body = b"shop\0secret08\0\0\x34\0\0\0"
        self._socket.sendall(codec.pdu(client.BIND_TRANSCEIVER, 0, 1, body))
        assert self._next()[1] == 0

    def _next(self) -> tuple[int, int, int]:
        while len(self._rest) < 16 or len(self._rest) < struct.unpack_from(">I", self._rest)[0]:
            octets = self._socket.recv(65536)
            if not octets:
                raise EOFError
            self._rest += octets
        length, *header = codec.HEADER.unpack_from(self._rest)
        self._rest = self._rest[length:]
        return header[0], header[1], header[2]

    def next_number(self) -> int:
        """A sequence number that no other request has."""
        self._number += 1
        return self._number

    def say(self, octets: bytes, answers: int = 0) -> list[tuple[int, int, int]]:
        """Write, and wait for so many answers; (command, status, sequence) of all that came. Raises EOFError when the
        port hung up.
        """
        came: list[tuple[int, int, int]] = []
        for last in (octets, b""):  # an answer too many would be behind the first mark
            mark = (0x80000015, 0, self.next_number())
            self._socket.sendall(last + codec.pdu(client.ENQUIRE_LINK, 0, mark[2]))
            marked = False
            while not marked or len(came) < answers:
                header = self._next()
                if header == mark:
                    marked = True
                else:
                    came.append(header)
        return came

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def line(listening: Callable[..., Any], caplog: pytest.LogCaptureFixture) -> Iterator[Line]:
    caplog.set_level("CRITICAL", "drivers.smpp")  # pytest would remember each line
    made = Line(listening(enquire_link=600).port)
    yield made
    made.close()


@examples(100)
@given(streams)
def test_every_request_is_answered_once_and_nothing_breaks(line: Line, stream: list[tuple[int, int, bytes]]) -> None:
    numbered = [(line.next_number(), *one) for one in stream]
    octets = b"".join(codec.pdu(command, status, number, body) for number, command, status, body in numbered)
    asked = [
        (number, command) for number, command, _, _ in numbered if not command & codec.RESPONSE and command != 0x102
    ]
    answers = line.say(octets, len(asked))
    assert sorted(sequence for _, _, sequence in answers) == [number for number, _ in asked]
    expected = dict(asked)
    for command, status, sequence in answers:
        assert command in (expected[sequence] | codec.RESPONSE, codec.NACK)
        assert status != SYSTEM_ERROR, f"something broke at {expected[sequence]:#x}"


@examples(60)
@given(st.binary(min_size=4, max_size=200))
def test_noise_is_skipped_or_ends_the_connection_and_no_other(line: Line, noise: bytes) -> None:
    length = struct.unpack_from(">I", noise)[0]
    if 16 <= length <= 65536:
        noise = noise[:16].ljust(16, b"\0") + b"\0" * (length - 16)  # what it says of its length is true
    other = Line(line._port)
    try:
        line.say(noise)
    except (EOFError, ConnectionError):
        assert not 16 <= length <= 65536 or noise[4:8] == struct.pack(">I", client.UNBIND)
        line.close()
        line.connect()
    assert other.say(b"") == []
    other.close()
