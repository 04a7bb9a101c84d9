"""A receiver of webhooks that costs next to nothing: it takes every POST with 204 and notes when.

Run as a program of its own: it prints its port, and answers words on standard input with a line of JSON each:
`progress`, and `report`, after which it begins anew. Times are of the clock that all processes share.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any

import httptools

YES = b"HTTP/1.1 204 No Content\r\n\r\n"


class Seen:
    """What came since the last report: how much, and when the first event about each number came."""

    def __init__(self) -> None:
        self.count = 0
        self.by_number: dict[str, float] = {}
        self.cpu = time.process_time()

    def report(self) -> dict[str, Any]:
        """What was seen; `by_number`: when the first event about this number came."""
        return {"count": self.count, "by_number": self.by_number, "cpu": time.process_time() - self.cpu}


class Caller(asyncio.Protocol):
    """One connection of the gateway."""

    seen = Seen()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody connected."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._parser: Any = httptools.HttpRequestParser(self)
        self._body: list[bytes] = []

    def data_received(self, data: bytes) -> None:
        """Octets came."""
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        """A piece of a body."""
        self._body.append(body)

    def on_message_complete(self) -> None:
        """A request is whole."""
        self._transport.write(YES)
        told = json.loads(b"".join(self._body))
        self._body.clear()
        Caller.seen.count += 1
        number = told["data"].get("to") or ""
        Caller.seen.by_number.setdefault(number.removeprefix("+"), time.monotonic())


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
        seen = Caller.seen
        if word == "report":
            Caller.seen = Seen()
            print(json.dumps(seen.report()), flush=True)
        else:
            print(json.dumps({"count": seen.count}), flush=True)

    loop.add_reader(sys.stdin, ask)
    await ended.wait()


if __name__ == "__main__":
    asyncio.run(main())
