"""An SMSC whose phones write: on the word `texts N` it hands over N texts as fast as they are answered.

Run as a program of its own: it prints its port; `texts N` starts, `progress` and `report` are answered with a line of
JSON each: how many were answered (deliver_sm_resp: they are on disk), and when the first one was handed over.
"""

from __future__ import annotations

import asyncio
import json
import struct
import sys
import time
from typing import Any

HEADER = struct.Struct(">IIII")
BINDS = {0x00000001, 0x00000002, 0x00000009}
DELIVER_SM, DELIVER_SM_RESP = 0x00000005, 0x80000005
WINDOW = 100  # texts that are not answered yet
BEFORE = b"\0\1\x01"  # service_type, then TON and NPI of an international number
BETWEEN = b"\0\1\x01491700000000\0" + bytes(9)  # to whom; then esm_class to sm_default_msg_id


class Line(asyncio.Protocol):
    """The gateway's connection."""

    newest: Line | None = None

    def __init__(self) -> None:
        self.left = self.number = self.out = self.answered = 0
        self.begun = 0.0
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The gateway connected."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer binds and enquiries; each answer to a text lets another one go."""
        octets, at, answers = self._rest + data, 0, []
        while len(octets) - at >= 16:
            length, command, _, sequence = HEADER.unpack_from(octets, at)
            if len(octets) - at < length:
                break
            at += length
            if command == DELIVER_SM_RESP:
                self.out -= 1
                self.answered += 1
            elif command in BINDS:
                Line.newest = self
                answers.append(HEADER.pack(23, command | 0x80000000, 0, sequence) + b"texter\0")
            elif not command & 0x80000000:
                answers.append(HEADER.pack(16, command | 0x80000000, 0, sequence))
        self._rest = octets[at:]
        if answers:
            self._transport.write(b"".join(answers))
        self.go_on()

    def write(self, texts: int) -> None:
        """Have phones write so many texts."""
        self.left, self.answered, self.begun = texts, 0, time.monotonic()
        self.go_on()

    def go_on(self) -> None:
        """Hand over as much as the window holds."""
        pieces = []
        while self.left and self.out < WINDOW:
            self.left -= 1
            self.out += 1
            self.number += 1
            sender, text = b"49171%07d\0" % self.number, b"From a phone, number %d: please call me back." % self.number
            body = b"".join((BEFORE, sender, BETWEEN, bytes((len(text),)), text))
            pieces.append(HEADER.pack(16 + len(body), DELIVER_SM, 0, self.number) + body)
        if pieces:
            self._transport.write(b"".join(pieces))


async def main() -> None:
    """Listen at a free port until standard input ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Line, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    ended = asyncio.Event()
    cpu = [time.process_time()]

    def ask() -> None:
        word, _, number = sys.stdin.readline().strip().partition(" ")
        if not word:
            ended.set()
            loop.remove_reader(sys.stdin)
            return
        line = Line.newest
        told: dict[str, Any] = {"bound": line is not None}
        if line is not None and word == "texts":
            cpu[0] = time.process_time()
            line.write(int(number))
        if line is not None:
            told |= {"answered": line.answered, "begun": line.begun, "cpu": time.process_time() - cpu[0]}
        print(json.dumps(told), flush=True)

    loop.add_reader(sys.stdin, ask)
    await ended.wait()


if __name__ == "__main__":
    asyncio.run(main())
