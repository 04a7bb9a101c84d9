"""A road to an SMSC on which everything goes wrong that can: a proxy that knows PDUs and draws lots over each of them.

The surprise: each connection draws for each direction from a chance of its own, so that what happens to its n-th PDU
is decided by the seed and not by the clock. What the SMSC itself saw is the truth: nothing here changes its books.
"""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import itertools
import re
import struct
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from tests.emulators.ports import unused
from tests.emulators.smsc_codec import DELIVER, HEADER, NACK, RESPONSE, SUBMIT, UNBIND, pdu

THROTTLED, BURST = 0x58, 10
LENGTH = struct.Struct(">I")
_NAMED = re.compile(rb"id:([0-9a-zA-Z]+) ")
_HELD = 0.05  # seconds in which a PDU that is held back is overtaken


@dataclass
class Faults:
    """What goes wrong; every field may be changed while it runs. Chances, 0 to 1, are for one PDU each."""

    latency: float = 0.0  # seconds on the way, in each direction
    jitter: float = 0.0  # up to so many seconds more; the order stays
    coalesce: float = 0.0  # seconds in which what is for the client is gathered into one write
    trickle: bool = False  # what is for the client comes octet by octet
    reorder: float = 0.0  # a PDU for the client is overtaken by those behind it
    late: float = 0.0  # an answer to a submit_sm comes `late_by` seconds later
    late_by: float = 1.0
    lose: float = 0.0  # a submit_sm does not arrive
    swallow: float = 0.0  # an answer to a submit_sm does not arrive
    twice: float = 0.0  # an answer to a submit_sm comes twice
    stranger: float = 0.0  # an answer comes to what nobody asked
    same_id: float = 0.0  # an answer says the id of the answer before it
    other_id: float = 0.0  # a receipt names an id that no answer gave
    throttle: float = 0.0  # from this submit_sm on, ten are refused with "too fast" and do not arrive
    junk: float = 0.0  # whole PDUs come that make no sense
    garbage: float = 0.0  # octets come that are no PDU
    cut: float = 0.0  # the connection ends within this PDU, in either direction
    refuse: float = 0.0  # after a cut, seconds in which connections are refused
    freeze: float = 0.0  # nothing passes any more, and nobody hangs up
    unbind: float = 0.0  # an unbind comes before this PDU


class FaultyRoad:
    """Listens on `port` and leads to `target`, in a thread of its own. Any thread may call it.

    done: how often each fault happened. quiet: no faults any more.
    """

    def __init__(self, target: int, seed: object, **faults: Any) -> None:
        self.target, self.seed = target, seed
        self.faults = Faults(**faults)
        self.done: Counter[str] = Counter()
        self.port = unused()  # where it can listen again
        self.connections = itertools.count(1)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="faulty-road", daemon=True)
        self._thread.start()
        self._open: set[asyncio.Task[None]] = set()
        self._carrying: set[Connection] = set()
        self._do(self._listen())

    def _do(self, what: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(90)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        me = asyncio.current_task()
        assert me is not None
        self._open.add(me)
        try:
            far = await asyncio.open_connection("127.0.0.1", self.target)
            connection = Connection(self, next(self.connections), (reader, writer), far)
            self._carrying.add(connection)
            try:
                await connection.run()
            finally:
                self._carrying.discard(connection)
        except (OSError, asyncio.CancelledError):  # a task that ends as cancelled is told of as one that failed
            writer.close()
        finally:
            self._open.discard(me)

    def turn_away(self, seconds: float) -> None:
        """Refuse connections for so long. In the thread of the road."""

        async def later() -> None:
            self._server.close()
            await asyncio.sleep(seconds)
            await self._listen()

        task = self._loop.create_task(later())
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    def freeze(self) -> None:
        """From when this returns, nothing passes any more on the connections that there are, and nobody hangs up."""

        async def now() -> None:
            for connection in self._carrying:
                connection.freeze()

        self._do(now())

    def quiet(self) -> None:
        """Be a good road from now on; what is frozen stays so."""
        self.faults = Faults()

    def close(self) -> None:
        """End every connection and the thread."""

        async def end() -> None:
            self._server.close()
            await asyncio.sleep(0.01)  # whoever was let in just now has begun, and can be ended
            for task in list(self._open):
                task.cancel()
            await asyncio.gather(*self._open, return_exceptions=True)
            await asyncio.sleep(0)  # one more turn, in which connections end

        self._do(end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(60)
        self._loop.close()


@contextlib.contextmanager
def faulty_road(target: int, seed: object, **faults: Any) -> Iterator[FaultyRoad]:
    """A road for one test."""
    road = FaultyRoad(target, seed, **faults)
    try:
        yield road
    finally:
        road.close()


class Way:
    """One direction of a connection: octets are written when they are due, in order unless held back."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._waiting: list[tuple[float, int, bytes, bool]] = []
        self._numbers = itertools.count()
        self._news = asyncio.Event()
        self._last = 0.0

    def put(
        self, octets: bytes, after: float = 0.0, *, held: float = 0.0, gather: float = 0.0, end: bool = False
    ) -> None:
        """Write octets `after` seconds; held: and so many more, while others pass; end: then it is over."""
        due = max(self._last, asyncio.get_running_loop().time() + after)
        if gather:
            due = (due // gather + 1) * gather
        self._last = max(self._last, due)
        heapq.heappush(self._waiting, (due + held, next(self._numbers), octets, end))
        self._news.set()

    async def write(self, trickles: Callable[[], bool]) -> None:
        """Write until the end has been put."""
        clock = asyncio.get_running_loop().time
        while True:
            self._news.clear()
            pause = self._waiting[0][0] - clock() if self._waiting else None
            if pause is None or pause > 0:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._news.wait(), pause)
                continue
            ready, end = bytearray(), False
            while self._waiting and self._waiting[0][0] <= clock() and not end:
                _, _, octets, end = heapq.heappop(self._waiting)
                ready += octets
            for piece in [bytes((octet,)) for octet in ready] if trickles() else [bytes(ready)]:
                self._writer.write(piece)
                await asyncio.sleep(0)
            await self._writer.drain()
            if end:
                return


class Connection:
    """One client on its way to the SMSC."""

    def __init__(self, road: FaultyRoad, number: int, near: Any, far: Any) -> None:
        self._road = road
        self._near_reader, self._near_writer = near
        self._far_reader, self._far_writer = far
        self._down, self._up = Way(self._near_writer), Way(self._far_writer)
        self._down_chance, self._up_chance = (Random(f"{road.seed} {number} {way}") for way in ("down", "up"))
        self._frozen = self._over = False
        self._burst = 0
        self._id = b""

    async def run(self) -> None:
        """Carry PDUs until one side hangs up."""
        near = asyncio.ensure_future(self._carry(self._near_reader, self._upward, self._up))
        far = asyncio.ensure_future(self._carry(self._far_reader, self._downward, self._down))
        outs = [
            asyncio.ensure_future(self._down.write(lambda: self._road.faults.trickle)),
            asyncio.ensure_future(self._up.write(lambda: False)),
        ]
        try:
            await asyncio.wait(outs, return_when=asyncio.FIRST_COMPLETED)
            if self._frozen:
                self._far_writer.close()
                await near
        finally:
            for task in (near, far, *outs):
                task.cancel()
            await asyncio.gather(near, far, *outs, return_exceptions=True)
            self._near_writer.close()
            self._far_writer.close()

    async def _carry(self, reader: asyncio.StreamReader, treat: Callable[[bytes], None], way: Way) -> None:
        rest = b""
        with contextlib.suppress(OSError):
            while octets := await reader.read(65536):
                rest += octets
                while len(rest) >= 16 and len(rest) >= LENGTH.unpack_from(rest)[0]:
                    length = LENGTH.unpack_from(rest)[0]
                    if not (self._frozen or self._over):
                        treat(rest[:length])
                    rest = rest[length:]
        way.put(b"", end=True)

    def freeze(self) -> None:
        """Let nothing pass any more."""
        self._frozen = True
        self._down.put(b"", end=True)

    def _hit(self, fault: str, chance: Random) -> bool:
        """Draw lots; every fault draws for every PDU, so that one does not change the luck of another."""
        hit = chance.random() < getattr(self._road.faults, fault)
        self._road.done[fault] += hit
        return hit

    def _pause(self, chance: Random) -> float:
        return self._road.faults.latency + chance.random() * self._road.faults.jitter

    def _cut(self, frame: bytes, way: Way, chance: Random) -> None:
        self._over = True
        way.put(frame[: chance.randrange(1, len(frame))], end=True)
        if self._road.faults.refuse:
            self._road.turn_away(self._road.faults.refuse)

    def _upward(self, frame: bytes) -> None:
        chance = self._up_chance
        command = HEADER.unpack_from(frame)[1]
        cut, lose, throttle = (self._hit(fault, chance) for fault in ("cut", "lose", "throttle"))
        pause = self._pause(chance)
        if cut:
            self._cut(frame, self._up, chance)
        elif command == SUBMIT and (throttle or self._burst):
            self._burst = (self._burst or BURST) - 1
            self._down.put(pdu(SUBMIT | RESPONSE, THROTTLED, HEADER.unpack_from(frame)[3]))
        elif not (lose and command == SUBMIT):
            self._up.put(frame, pause)

    def _downward(self, frame: bytes) -> None:
        chance, faults = self._down_chance, self._road.faults
        command = HEADER.unpack_from(frame)[1]
        hits = {fault: self._hit(fault, chance) for fault in _DOWNWARD}
        pause = self._pause(chance)
        for fault, octets in (("junk", _junk), ("garbage", _garbage), ("stranger", _stranger)):
            made = octets(chance)
            if hits[fault]:
                self._down.put(made, pause)
        if hits["unbind"]:
            self._down.put(pdu(UNBIND, 0, 0x7000_0000), pause)
        if hits["cut"]:
            self._cut(frame, self._down, chance)
            return
        if hits["freeze"]:
            self.freeze()
            return
        held = _HELD if hits["reorder"] else 0.0
        if command == SUBMIT | RESPONSE:
            frame = self._answer(frame, hits["same_id"])
            if hits["swallow"]:
                return
            held += faults.late_by if hits["late"] else 0.0
            if hits["twice"]:
                self._down.put(frame, pause)
        elif command == DELIVER and hits["other_id"]:
            frame = _renamed(frame)
        self._down.put(frame, pause, held=held, gather=faults.coalesce)

    def _answer(self, frame: bytes, same: bool) -> bytes:
        """An answer with the id that the one before had, if that is the lie."""
        if same and self._id:
            header = HEADER.unpack_from(frame)
            return pdu(header[1], header[2], header[3], self._id)
        self._id = frame[16:]
        return frame


_DOWNWARD = (
    "cut", "freeze", "unbind", "garbage", "junk", "stranger", "reorder",
    "late", "swallow", "twice", "same_id", "other_id",
)  # fmt: skip


def _stranger(chance: Random) -> bytes:
    return pdu(SUBMIT | RESPONSE, 0, 0x6000_0000 + chance.randrange(1000), b"stranger\0")


def _garbage(chance: Random) -> bytes:
    """Octets whose first four are a length that no PDU has; or one that one could have, which is worse."""
    first = LENGTH.pack(
        chance.choice([0, 3, 15, 65537, 0xFFFFFFFF, chance.randint(16, 4000), chance.randint(16, 65536)])
    )
    return first + chance.randbytes(chance.randrange(40))


def _junk(chance: Random) -> bytes:
    """A PDU whose length is right and nothing else: commands that nobody knows, bodies that are cut off or too long.

    No body has a zero in it, so none can be read as a text of a phone.
    """
    command = chance.choice(_JUNK)
    octets = bytes(octet or 1 for octet in chance.randbytes(chance.randrange(300)))
    body = chance.choice([b"", octets, b"\xff" * (65536 - 16)])
    return pdu(command, chance.choice([0, 8, 0xFFFFFFFF]), 0x5000_0000 + chance.randrange(1000), body)


_JUNK = (DELIVER, SUBMIT, SUBMIT | RESPONSE, NACK, 0x103, 0x102, 0x0B, 0x15 | RESPONSE, 0x1234, 0xFFFFFFFF)


def _renamed(frame: bytes) -> bytes:
    """A receipt for an id that no answer gave: as long as the right one, in its text and in its parameter."""
    if (found := _NAMED.search(frame)) is None:
        return frame
    right = found[1]
    wrong = b"z" * len(right)
    parameter = struct.pack(">HH", 0x1E, len(right) + 1)
    return frame.replace(b"id:" + right + b" ", b"id:" + wrong + b" ").replace(parameter + right, parameter + wrong)
