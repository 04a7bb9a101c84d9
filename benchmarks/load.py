"""Ask an HTTP API for messages as fast as it answers, or at a steady pace; as a program of its own.

Reads one line of JSON (see `Job`) from standard input and writes one: when each message was asked for and when that
request was answered, by CLOCK_MONOTONIC. Raw sockets, kept open: an HTTP library would cost more than the gateway.
"""

from __future__ import annotations

import json
import selectors
import socket
import sys
import time
from dataclasses import dataclass, field
from typing import Any

SCHEME = "+49171{:07d}"  # a mobile number of Germany for each message


@dataclass(frozen=True, slots=True)
class Job:
    """messages: how many, to the numbers from `first` on. batch: messages in a request. rate: requests a second in
    all, 0 for as many as there are answers. peer: another program's path and query with {to} and {text}, instead of
    our API.
    """

    port: int
    secret: str
    first: int
    messages: int
    connections: int = 1
    batch: int = 1
    rate: float = 0
    peer: str = ""


@dataclass(slots=True)
class Line:
    """One connection: which request it waits for, and what has come of the answer."""

    socket: socket.socket
    request: int = -1
    heard: bytes = b""
    status: int = 0


@dataclass(slots=True)
class Load:
    """The state of a job."""

    job: Job
    asked: list[float] = field(default_factory=list)  # by request
    answered: list[float] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def run(self) -> dict[str, Any]:
        """Do it, and tell."""
        bodies = [self._octets(start) for start in range(0, self.job.messages, self.job.batch)]
        self.asked, self.answered = [0.0] * len(bodies), [0.0] * len(bodies)
        chooser = selectors.DefaultSelector()
        lines = [Line(self._connect()) for _ in range(min(self.job.connections, len(bodies)))]
        for line in lines:
            chooser.register(line.socket, selectors.EVENT_READ, line)
        cpu, begun, following = time.process_time(), time.monotonic(), 0
        idle, done = list(lines), 0
        while done < len(bodies):
            while idle and following < len(bodies) and self._is_time(following, begun):
                self._ask(idle.pop(), following, bodies[following])
                following += 1
            for key, _ in chooser.select(self._patience(following, begun, bool(idle))):
                if self._hear(key.data):
                    idle.append(key.data)
                    done += 1
        spent = time.process_time() - cpu
        for line in lines:
            line.socket.close()
        return {"asked": self.asked, "answered": self.answered, "refused": self.refused[:3], "cpu": spent}

    def _connect(self) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.job.port), 60)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def _octets(self, start: int) -> bytes:
        """The request for the messages from `start` on."""
        numbers = range(start, min(start + self.job.batch, self.job.messages))
        if self.job.peer:
            to = "+".join(SCHEME.format(self.job.first + number).removeprefix("+") for number in numbers)
            path = self.job.peer.format(to=to, text=f"Your+parcel+{start}+comes+today+at+noon.")
            return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
        items = [
            {"to": SCHEME.format(self.job.first + number), "text": f"Your parcel {number} comes today at noon."}
            for number in numbers
        ]
        single = self.job.batch == 1
        body = json.dumps(items[0] if single else items).encode()
        path = "/api/v1/messages" if single else "/api/v1/messages/batch"
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {self.job.secret}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body

    def _is_time(self, request: int, begun: float) -> bool:
        return not self.job.rate or time.monotonic() >= begun + request / self.job.rate

    def _patience(self, request: int, begun: float, idle: bool) -> float:
        if not self.job.rate or not idle:
            return 60.0
        return max(0.0, begun + request / self.job.rate - time.monotonic())

    def _ask(self, line: Line, request: int, octets: bytes) -> None:
        line.request = request
        self.asked[request] = time.monotonic()
        line.socket.sendall(octets)

    def _hear(self, line: Line) -> bool:
        """Take what came; True when the answer is whole."""
        octets = line.socket.recv(262144)
        if not octets:
            raise ConnectionError(f"the server hung up on request {line.request}")
        line.heard += octets
        head, found, body = line.heard.partition(b"\r\n\r\n")
        if not found:
            return False
        head = head.lower()
        if b"content-length:" not in head:  # in chunks, as Jasmin does
            whole = body.endswith(b"0\r\n\r\n")
        else:
            whole = len(body) >= int(head.split(b"content-length:")[1].split(b"\r\n")[0])
        if not whole:
            return False
        self.answered[line.request] = time.monotonic()
        all_taken = self.job.batch == 1 or self.job.peer or b'"refused":0' in body
        if head[9:12] not in ((b"200", b"202") if self.job.peer else (b"202",)) or not all_taken:
            self.refused.append((head.split(b"\r\n")[0] + b" " + body[:300]).decode(errors="replace"))
        line.heard = b""
        return True


if __name__ == "__main__":
    print(json.dumps(Load(Job(**json.loads(sys.stdin.readline()))).run()), flush=True)
