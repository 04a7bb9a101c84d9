"""An SMSC that costs next to nothing: it takes every submit_sm and says `delivered`.

Run as a program of its own: it prints its port, and answers words on standard input with a line of JSON each:
`progress`, and `report`, after which it begins anew. It writes down when each message came (submit_sm) and when its
end was on the sender's disk (deliver_sm_resp), by the clock that all processes share (CLOCK_MONOTONIC).
"""

from __future__ import annotations

import argparse
import json
import selectors
import socket
import struct
import sys
import time
from collections import deque
from typing import Any

HEADER = struct.Struct(">IIII")
SUBMIT_SM, DELIVER_SM_RESP = 0x00000004, 0x80000005
ANSWERED = {0x00000001, 0x00000002, 0x00000009}  # the binds, which are answered with a name
SIMPLE = {0x00000006, 0x00000015}  # unbind and enquire_link, which are answered with a header
SAYS = b" sub:001 dlvrd:001 submit date:2601010000 done date:2601010000 stat:DELIVRD err:000 text:"

Late = deque[tuple[float, socket.socket, bytes]]


class Sink:
    """Counts and answers. answer_after, receipt_after: seconds; receipt_after None: no receipts."""

    def __init__(self, answer_after: float, receipt_after: float | None) -> None:
        self._answer_after = answer_after
        self._receipt_after = receipt_after
        self._number = 0
        self._sequence = 0
        self._rest: dict[socket.socket, bytes] = {}
        self._answers: Late = deque()
        self._receipts: Late = deque()
        self._told: dict[int, str] = {}  # deliver_sm that are not answered yet: whose end each is
        self._forget()

    def _forget(self) -> None:
        self._count = 0
        self._wire: dict[str, float] = {}
        self._final: dict[str, float] = {}
        self._cpu = time.process_time()

    def progress(self) -> dict[str, Any]:
        """How many messages came, and of how many the end is on disk."""
        return {"wire": len(self._wire), "final": len(self._final)}

    def report(self) -> dict[str, Any]:
        """What was seen since the last report: times by recipient, submit_sm with repeats, CPU seconds."""
        seen = {
            "count": self._count,
            "wire": self._wire,
            "final": self._final,
            "cpu": time.process_time() - self._cpu,
        }
        self._forget()
        return seen

    def serve(self, listener: socket.socket) -> None:
        """Answer whoever connects, until standard input ends."""
        chooser = selectors.DefaultSelector()
        chooser.register(listener, selectors.EVENT_READ)
        chooser.register(sys.stdin, selectors.EVENT_READ)
        while True:
            for key, _ in chooser.select(self._patience()):
                if key.fileobj is listener:
                    connection, _ = listener.accept()
                    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    self._rest[connection] = b""
                    chooser.register(connection, selectors.EVENT_READ)
                elif not isinstance(key.fileobj, socket.socket):
                    word = sys.stdin.readline().strip()  # one at a time: who asks waits for the answer
                    if not word:
                        return
                    print(json.dumps(self.report() if word == "report" else self.progress()), flush=True)
                elif not self._hear(key.fileobj):
                    chooser.unregister(key.fileobj)
                    key.fileobj.close()
            self._send_what_is_due()

    def _patience(self) -> float | None:
        due = [late[0][0] for late in (self._answers, self._receipts) if late]
        return max(0.0, min(due) - time.monotonic()) if due else None

    def _send_what_is_due(self) -> None:
        now = time.monotonic()
        for late in (self._answers, self._receipts):
            ready: dict[socket.socket, list[bytes]] = {}
            while late and late[0][0] <= now:
                _, connection, octets = late.popleft()
                ready.setdefault(connection, []).append(octets)
            for connection, pieces in ready.items():
                if connection.fileno() >= 0:
                    connection.sendall(b"".join(pieces))

    def _hear(self, connection: socket.socket) -> bool:
        """Answer what came; False when the other side hung up."""
        try:
            octets = connection.recv(262144)
        except ConnectionError:
            return False
        if not octets:
            return False
        octets = self._rest[connection] + octets
        now, at, end = time.monotonic(), 0, len(octets)
        answers: list[bytes] = []
        while end - at >= 16:
            length, command, _, sequence = HEADER.unpack_from(octets, at)
            if end - at < length:
                break
            if command == SUBMIT_SM:
                self._submitted(connection, octets, at, sequence, now, answers)
            elif command == DELIVER_SM_RESP:
                self._final[self._told.pop(sequence)] = now
            elif command in ANSWERED:
                answers.append(HEADER.pack(21, command | 0x80000000, 0, sequence) + b"sink\0")
            elif command in SIMPLE:
                answers.append(HEADER.pack(16, command | 0x80000000, 0, sequence))
            at += length
        self._rest[connection] = octets[at:]
        if answers:
            connection.sendall(b"".join(answers))
        return True

    def _submitted(
        self,
        connection: socket.socket,
        octets: bytes,
        at: int,
        sequence: int,
        now: float,
        answers: list[bytes],
    ) -> None:
        source = octets.index(0, at + 16) + 3  # behind service_type, TON and NPI
        source_end = octets.index(0, source)
        start = source_end + 3
        recipient = octets[start : octets.index(0, start)]
        self._number += 1
        self._count += 1
        name = b"sink-%x" % self._number
        self._wire.setdefault(recipient.decode(), now)
        answer = HEADER.pack(17 + len(name), SUBMIT_SM | 0x80000000, 0, sequence) + name + b"\0"
        if self._answer_after:
            self._answers.append((now + self._answer_after, connection, answer))
        else:
            answers.append(answer)
        if self._receipt_after is None:
            return
        receipt = self._receipt(name, recipient, octets[source:source_end])
        if self._receipt_after or self._answer_after:
            self._receipts.append((now + self._answer_after + self._receipt_after, connection, receipt))
        else:
            answers.append(receipt)

    def _receipt(self, name: bytes, recipient: bytes, source: bytes) -> bytes:
        self._sequence = self._sequence % 0x7FFFFFFF + 1
        self._told[self._sequence] = recipient.decode()
        text = b"id:" + name + SAYS
        body = b"".join(
            (
                b"\0\1\1", recipient, b"\0\1\1", source, b"\0\4\0\0\0\0\0\0\0\0", bytes((len(text),)), text,
                b"\x00\x1e", (len(name) + 1).to_bytes(2), name, b"\0\x04\x27\x00\x01\x02",
            )
        )  # fmt: skip
        return HEADER.pack(16 + len(body), 0x00000005, 0, self._sequence) + body


def main() -> None:
    """Listen at a free port until standard input ends."""
    read = argparse.ArgumentParser(description=__doc__)
    read.add_argument("--answer-ms", type=float, default=0, help="milliseconds until a submit_sm is answered")
    read.add_argument("--receipt-ms", type=float, default=0, help="milliseconds from the answer to the receipt")
    read.add_argument("--no-receipts", action="store_true", help="never say what became of a message")
    told = read.parse_args()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        Sink(told.answer_ms / 1000, None if told.no_receipts else told.receipt_ms / 1000).serve(listener)


if __name__ == "__main__":
    main()
