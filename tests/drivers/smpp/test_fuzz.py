"""The reader of PDUs against everything that octets can be: named exceptions only, no hang, no growth.

SMSGW_FUZZ_EXAMPLES=100000 takes so many examples of each, other ones each time; the suite takes few, always the same.

The surprise: a real session over a real socket is asked with an enquire_link behind every example. Its answer says that
all before it was read, so nothing here sleeps.
"""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import socket
import struct
import time
import tracemalloc
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drivers.smpp import Config, pdu
from drivers.smpp.esme import Esme
from smsgw.link import InboundPiece
from tests.emulators import smsc_codec as codec

MORE = int(os.environ.get("SMSGW_FUZZ_EXAMPLES") or 0)
PATIENCE = 30.0
RX_TEMPORARY = 0x64


def examples(few: int) -> Callable[[Any], Any]:
    """So many examples, the same each time; or those that were asked for, by chance."""
    return settings(
        max_examples=MORE or few, derandomize=not MORE, deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )  # fmt: skip


# What comes: right PDUs, right ones with something wrong in them, and whatever has the length it says.

octet = st.integers(0, 255)
commands = st.sampled_from(
    [codec.DELIVER, codec.DELIVER | codec.RESPONSE, codec.SUBMIT, codec.SUBMIT | codec.RESPONSE, codec.NACK,
     codec.ENQUIRE | codec.RESPONSE, codec.BIND_TRX, codec.BIND_TRX | codec.RESPONSE, 0x03, 0x80000003, 0x80000007,
     0x80000008, 0x0B, 0x102, 0x103, 0x80000103, 0x21, 0x111, 0x1234, 0x80001234, 0xFFFFFFFF, 0]
)  # fmt: skip
numbers = st.text("0123456789+", max_size=20) | st.text(st.characters(min_codepoint=1, max_codepoint=255), max_size=70)
words = st.sampled_from(
    [b"id:1001 sub:001 dlvrd:001 submit date:2401010000 done date:2401010000 stat:DELIVRD err:000 text:Hello",
     b"id:00A1B2 stat:EXPIRED", b"id: stat: err: text:", b"ID:1,STAT:delivered;done date:20240101000000",
     b"stat:REJECTD", b"\x05\x00\x03\x07\x02\x01piece", b"\x06\x08\x04\x00\x07\x02\x02piece",
     b"\x05\x04\x15\x81\x15\x81data"]
) | st.binary(max_size=255)  # fmt: skip
tags = st.sampled_from(
    [0x1E, 0x0427, 0x0424, 0x020B, 0x020C, 0x020E, 0x020F, 0x0423, 0x0428, 0x1400, 0xFFFF]
) | st.integers(0, 65535)
tlvs = st.lists(st.builds(codec.tlv, tags, st.binary(max_size=40)), max_size=5).map(b"".join)


@st.composite
def delivered(draw: st.DrawFn) -> bytes:
    """The body of a deliver_sm in which every field is one that could be."""
    addresses = (bytes((draw(octet), draw(octet))) + draw(numbers).encode("latin-1") + b"\0" for _ in range(2))
    service, schedule, validity = (draw(st.binary(max_size=6)).replace(b"\0", b"") + b"\0" for _ in range(3))
    message = draw(words)
    flags = bytes((draw(octet), draw(octet), draw(octet)))
    rest = bytes((draw(octet), draw(octet), draw(octet), draw(octet), len(message))) + message + draw(tlvs)
    return service + b"".join(addresses) + flags + schedule + validity + rest


@st.composite
def damaged(draw: st.DrawFn, whole: st.SearchStrategy[bytes]) -> bytes:
    """A right body with octets changed, taken out, put in, doubled or cut off."""
    body = bytearray(draw(whole))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(body)))
        match draw(st.integers(0, 4)):
            case 0:
                body[at : at + 1] = bytes((draw(octet),))
            case 1:
                del body[at : at + draw(st.integers(1, 10))]
            case 2:
                body[at:at] = draw(st.binary(max_size=10))
            case 3:
                body[at:at] = body[at : at + draw(st.integers(1, 30))]
            case _:
                del body[at:]
    return bytes(body)


statuses = st.sampled_from([0, 0x0B, 0x58, 0x14, 0xFF, 0x400]) | st.integers(0, 0xFFFFFFFF)
bodies = delivered() | damaged(delivered()) | st.binary(max_size=200)
deliver = st.tuples(st.just(codec.DELIVER), st.just(0), bodies)
anything = st.tuples(commands, statuses, bodies)
streams = st.lists(deliver | anything, min_size=1, max_size=8)


# The reader by itself


@examples(300)
@given(st.binary(max_size=400))
def test_a_body_is_read_or_it_is_a_bad_pdu(body: bytes) -> None:
    _read(codec.pdu(codec.DELIVER, 0, 1, body))


@examples(600)
@given(damaged(delivered()))
def test_a_damaged_body_is_read_or_it_is_a_bad_pdu(body: bytes) -> None:
    _read(codec.pdu(codec.DELIVER, 0, 1, body))


def _read(frame: bytes) -> None:
    with contextlib.suppress(pdu.BadPdu):
        told = pdu.parse_deliver_sm(frame)
        assert len(told.message) <= len(frame)
        assert sum(map(len, told.parameters.values())) <= len(frame)


@examples(200)
@given(st.lists(st.binary(max_size=60), min_size=1, max_size=4))
def test_a_stream_is_whole_wherever_it_is_cut(bodies: list[bytes]) -> None:
    whole = [codec.pdu(codec.DELIVER, 0, number, body) for number, body in enumerate(bodies, 1)]
    stream = b"".join(whole)
    for cut in range(len(stream) + 1):
        frames = pdu.Frames()
        assert frames.feed(stream[:cut]) + frames.feed(stream[cut:]) == whole
    frames = pdu.Frames()
    assert [frame for octet in stream for frame in frames.feed(bytes((octet,)))] == whole


@examples(300)
@given(st.lists(st.binary(min_size=1, max_size=300), min_size=1, max_size=30))
def test_octets_that_are_no_pdus_are_held_up_to_one_pdu_and_no_more(pieces: list[bytes]) -> None:
    frames, given_in, given_out = pdu.Frames(), 0, 0
    with contextlib.suppress(pdu.NotSmpp):
        for piece in pieces:
            given_in += len(piece)
            given_out += sum(map(len, frames.feed(piece)))
            assert given_in - given_out < pdu.LONGEST + len(piece)


# A whole link, at whose other end these tests sit


class Forgetful:
    """Events that store everything and keep nothing but the last few texts."""

    def __init__(self) -> None:
        self.pieces: deque[InboundPiece] = deque(maxlen=10)
        self.came = 0

    def inbound(self, piece: InboundPiece) -> Future[None]:
        self.pieces.append(piece)
        self.came += 1
        return _stored()

    def receipt(self, receipt: object) -> Future[None]:
        return _stored()

    def taken(self, part: object, reference: str) -> None:
        raise AssertionError("nothing was sent")

    def failed(self, part: object, error: object) -> None:
        raise AssertionError("nothing was sent")

    def content(self, inbound: object) -> Future[None]:
        raise AssertionError("SMPP knows no contents")

    def call(self, call: object) -> Future[None]:
        raise AssertionError("SMPP knows no calls")

    def health(self, health: object) -> None:
        pass


def _stored() -> Future[None]:
    done: Future[None] = Future()
    done.set_result(None)
    return done


class FarEnd:
    """The SMSC's end of a link. `say` returns when everything that was said has been read."""

    def __init__(self) -> None:
        self.told = Forgetful()
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.settimeout(PATIENCE)
        self._number = 0
        fields = {
            "host": "127.0.0.1", "port": self._server.getsockname()[1], "system_id": "shop", "sender": "+491570000000",
            "reconnect_first": 0.001, "reconnect_most": 0.002, "answer_timeout": PATIENCE, "enquire_link": PATIENCE,
        }  # fmt: skip
        self.link = Esme("fuzz", Config.model_validate(fields), self.told, time.monotonic, lambda: 0.5)
        self.link.start()
        self.accept()

    def accept(self) -> None:
        """Take the next connection and let it in."""
        self._connection, _ = self._server.accept()
        self._connection.settimeout(PATIENCE)
        self._frames = pdu.Frames()
        self._came: list[bytes] = []
        _, command, _, sequence = codec.HEADER.unpack_from(self._next())
        self._connection.sendall(codec.pdu(command | codec.RESPONSE, 0, sequence, b"fuzz\0"))

    def _next(self) -> bytes:
        while not self._came:
            octets = self._connection.recv(65536)
            if not octets:
                raise EOFError
            self._came += self._frames.feed(octets)
        return self._came.pop(0)

    def say(self, octets: bytes) -> list[tuple[int, int, int]] | None:
        """Write; (command, status, sequence) of what was answered, or None when the link hung up and came back."""
        answers: list[tuple[int, int, int]] = []
        try:
            self._ask(octets, answers)
            self._ask(b"", answers)  # answers to deliver_sm are gathered until the link reads again
        except (EOFError, ConnectionError):
            self._connection.close()
            self.accept()
            return None
        return answers

    def _ask(self, octets: bytes, answers: list[tuple[int, int, int]]) -> None:
        self._number += 1
        mark = (codec.ENQUIRE | codec.RESPONSE, 0, 0x7100_0000 + self._number)
        self._connection.sendall(octets + codec.pdu(codec.ENQUIRE, 0, mark[2]))
        while (header := codec.HEADER.unpack_from(self._next())[1:]) != mark:
            answers.append(header)

    def hang_up_after(self, octets: bytes) -> None:
        """Write, close, and wait until the link is back."""
        self._connection.sendall(octets)
        self._connection.close()
        self.accept()

    def close(self) -> None:
        """End the link, then this end."""
        self._server.close()
        self._connection.close()
        self.link.stop(time.monotonic() + 5)


@pytest.fixture
def far_end(caplog: pytest.LogCaptureFixture) -> Iterator[FarEnd]:
    caplog.set_level(logging.CRITICAL, "drivers.smpp")  # pytest would remember each line
    end = FarEnd()
    yield end
    end.close()


def written(stream: list[tuple[int, int, bytes]]) -> bytes:
    """The PDUs of a stream, numbered from 0x50000001: no answer among them belongs to anything."""
    return b"".join(
        codec.pdu(command, status, 0x5000_0000 + number, body)
        for number, (command, status, body) in enumerate(stream, 1)
    )


@examples(150)
@given(streams)
def test_every_request_is_answered_once_and_no_answer_is(far_end: FarEnd, stream: list[tuple[int, int, bytes]]) -> None:
    answers = far_end.say(written(stream))
    assert answers is not None, "the link hung up, and every length was right"
    asked = [
        0x5000_0000 + number
        for number, (command, _, _) in enumerate(stream, 1)
        if not command & codec.RESPONSE and command not in (0x0B, 0x102)  # outbind, alert_notification: no answer
    ]
    assert sorted(sequence for _, _, sequence in answers) == asked
    poison = [answer for answer in answers if answer[1] == RX_TEMPORARY]
    assert not poison, "what can be kept is asked for again for ever"


@examples(60)
@given(st.binary(min_size=1, max_size=300))
def test_noise_ends_in_a_new_connection_or_is_skipped(far_end: FarEnd, noise: bytes) -> None:
    length = struct.unpack_from(">I", noise.ljust(4, b"\0"))[0]
    if 16 <= length <= 65536:
        noise = noise[:16].ljust(16, b"\0") + b"\0" * (length - 16)  # what it says of its length is true
    assert far_end.say(noise) is None or 16 <= length <= 65536
    assert far_end.say(b"") == []


def test_a_connection_that_ends_within_a_pdu_tells_of_whole_ones_only(far_end: FarEnd) -> None:
    bodies = [codec.deliver("+4915110000001", "4477", f"text {number}".encode()) for number in (1, 2)]
    first, second = (codec.pdu(codec.DELIVER, 0, number, body) for number, body in enumerate(bodies, 1))
    for cut in range(len(first + second)):
        before = far_end.told.came
        far_end.hang_up_after((first + second)[:cut])
        assert far_end.told.came - before == (cut >= len(first))
    assert {piece.user_data for piece in far_end.told.pieces} == {b"text 1"}


@pytest.mark.parametrize("noise", [b"\xff\xff\xff\xff", b"\0\0\0\x03", b"\x15\x03\x01\0\x02\x02\x28"])
def test_what_came_before_noise_in_one_piece_counts(far_end: FarEnd, noise: bytes) -> None:
    text = codec.pdu(codec.DELIVER, 0, 1, codec.deliver("+4915110000001", "4477", b"just in time"))
    assert far_end.say(text + noise) is None
    assert [piece.user_data for piece in far_end.told.pieces] == [b"just in time"]


@pytest.mark.parametrize("length", [65536, 65535, 60000])
def test_a_pdu_of_64_kilobytes_is_read_and_none_that_is_longer(far_end: FarEnd, length: int) -> None:
    empty = codec.deliver("+4915110000001", "4477", b"", tlvs=codec.tlv(0x0424, b""))
    payload = b"x" * (length - 16 - len(empty))
    text = codec.pdu(codec.DELIVER, 0, 1, codec.deliver("+4915110000001", "4477", b"", tlvs=codec.tlv(0x0424, payload)))
    assert len(text) == length
    assert far_end.say(text * 3) == [(codec.DELIVER | codec.RESPONSE, 0, 1)] * 3
    assert [piece.user_data for piece in far_end.told.pieces] == [payload] * 3
    assert far_end.say(struct.pack(">I", 65537) + text[4:] + b"x" * (65537 - length)) is None
    assert far_end.told.came == 3


def test_nonsense_leaves_no_trace_in_memory(far_end: FarEnd) -> None:
    """Receipts for ids that nobody knows, answers that nobody waits for, PDUs that are none."""

    def flood(start: int) -> None:
        for number in range(start, start + 1500, 10):
            said = [b"id:%08d stat:DELIVRD err:000" % (number + n) for n in range(10)]
            receipts = [(codec.DELIVER, 0, codec.deliver("+491511", "4477", one, esm_class=4)) for one in said]
            strangers = [
                (command, 0, b"id\0") for command in (codec.SUBMIT | codec.RESPONSE, codec.NACK, 0x80000003, 0x1234)
            ]
            broken = [(codec.DELIVER, 0, bytes(one[:30])) for one in said]
            assert far_end.say(written([*receipts, *strangers, *broken])) is not None

    tracemalloc.start()
    try:
        for start in range(0, 4500, 1500):  # what is bounded is full after this
            flood(start)
        gc.collect()
        before, _ = tracemalloc.get_traced_memory()
        for start in range(4500, 9000, 1500):
            flood(start)
        gc.collect()
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert grown < 100_000, f"{grown} octets more"
