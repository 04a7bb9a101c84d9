"""An HTTP server that costs next to nothing and says yes to every request: what gateways call when something came.

Run as a program of its own: it prints its port, and answers words on standard input with a line of JSON each:
`progress`, and `report`, after which it begins anew. A request is known by its body, or its path when it has none.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any

YES = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


class Seen:
    """What came since the last report: how many requests, how many different ones, when the last new one came."""

    def __init__(self) -> None:
        self.count = 0
        self.different: set[int] = set()
        self.last = 0.0
        self.cpu = time.process_time()

    def note(self, what: bytes) -> None:
        """A request came."""
        self.count += 1
        before = len(self.different)
        self.different.add(hash(what))
        if len(self.different) > before:
            self.last = time.monotonic()

    def report(self) -> dict[str, Any]:
        """What was seen, as JSON takes it."""
        spent = time.process_time() - self.cpu
        return {"count": self.count, "different": len(self.different), "last": self.last, "cpu": spent}


class Caller(asyncio.Protocol):
    """One connection."""

    seen = Seen()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody connected."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._rest = b""

    def data_received(self, data: bytes) -> None:
        """Octets came: answer every request that is whole."""
        self._rest += data
        answers = 0
        while True:
            head, found, after = self._rest.partition(b"\r\n\r\n")
            if not found:
                break
            _, named, length = head.lower().partition(b"content-length:")
            size = int(length.split(b"\r\n", 1)[0]) if named else 0
            if len(after) < size:
                break
            self.seen.note(after[:size] or head.split(b"\r\n", 1)[0])
            self._rest = after[size:]
            answers += 1
        if answers:
            self._transport.write(YES * answers)


async def main() -> None:
    """Listen at a free port until standard input ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Caller, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    ended = asyncio.Event()

    def ask() -> None:
        word = sys.stdin.readline().strip()
        if not word:
            ended.set()
            loop.remove_reader(sys.stdin)
            return
        told = Caller.seen.report()
        if word == "report":
            Caller.seen = Seen()
        print(json.dumps(told), flush=True)

    loop.add_reader(sys.stdin, ask)
    await ended.wait()


if __name__ == "__main__":
    asyncio.run(main())
