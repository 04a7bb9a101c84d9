"""Streams of events: connections that the front keeps, on which what happens is written as text/event-stream.

A thread for each would starve the requests: 32 open pages are 32 threads. So a view only checks who asks for what, and
the connection goes to the front's loop, which writes what one thread reads from history for all of them. History is the
outbox: a stream has a place in it, so a client that comes back with Last-Event-ID misses nothing.

The surprise: a client that reads slowly is not cut off. What it has not read yet is not read from history either, until
it has caught up.
"""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pydantic_core import to_json
from sqlalchemy import Connection, func, select

from smsgw.errors import SmsgwError
from smsgw.store import followers
from smsgw.store.database import Database
from smsgw.store.tables import history
from smsgw.store.tables.types import AnyRow
from smsgw.webhooks import events

log = logging.getLogger(__name__)

KEPT = timedelta(hours=24)  # how far back a stream can be taken up again
PIECE = 500  # lines of history read at a time
LOOK = 0.1  # seconds between two looks for news
ASK = 10.0  # seconds between two looks whether those who listen still may
UNREAD = 128 * 1024  # octets that wait for a client from which on it is read no more for
HEARTBEAT = 15.0  # seconds without a word after which a line says that we are there
STREAM = "smsgw.stream"  # in a request's environ: a way to make its connection a stream
STIR = b'event: news\ndata: ["presence"]\n\n'  # no line of history, so it has no place in the stream
BEGIN = b"retry: 3000\n: what happens, as it happens\n\n"


class TooManyStreams(SmsgwError):
    """As many streams are open as may be."""

    code = "too_many_streams"

    def __init__(self, says: str) -> None:
        super().__init__(says, hint="close one, or let several parts of a program share one")
        self.retry_after = 10


@dataclass(frozen=True, slots=True)
class Listener:
    """Who listens, and to what. upto: the id of the last line of history that they know. types: what they are told.

    may: whether they still may listen, asked now and then by the reader. begin: what they are told first.
    brief: they are only told that something happened, and of which types: the pages look for themselves.
    """

    who: str
    types: frozenset[str]
    upto: int
    may: Callable[[Connection], bool]
    begin: bytes = b""
    brief: bool = False


@dataclass(slots=True, eq=False)
class Stream:
    """An open stream. upto is the reader's, all else the loop's; the reader looks at how much is unsent."""

    socket: socket.socket
    listener: Listener
    upto: int
    unsent: bytearray = field(default_factory=bytearray)
    moved: float = 0.0
    watched: int = 0
    gone: bool = False

    def write(self) -> int:
        """Give the client what waits for it; how many octets it took. Raises OSError for a broken connection."""
        taken = 0
        if self.unsent:
            with suppress(BlockingIOError, InterruptedError):
                taken = self.socket.send(self.unsent)
                del self.unsent[:taken]
        return taken

    def hears_us(self) -> bool:
        """Whether the client is still there; what it says is for nobody. Raises OSError."""
        try:
            return bool(self.socket.recv(4096))
        except (BlockingIOError, InterruptedError):
            return True


class Streams:
    """Every open stream of a server, and the thread that reads for them."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        most: int,
        each: int,
        stirred: Callable[[datetime], Collection[str]] = lambda now: (),
    ) -> None:
        """most: streams at a time; each: of one client. stirred: says whose pages should look, though nothing that is
        written down has happened."""
        self._database = database
        self._clock = clock
        self._most = most
        self._each = each
        self._stirred = stirred
        self._lock = threading.Lock()
        self._open: dict[Stream, None] = {}
        self._coming: dict[str, int] = {}  # streams by who has them, also those on their way to the loop
        self._some = threading.Event()
        self._ending = False
        self._upto = 0
        self._tail = followers.Tail(database)
        self._tell: Callable[[list[tuple[Stream, bytes | None]]], None] = lambda _: None
        self._thread = threading.Thread(target=self._run, name="web-events", daemon=True)

    def start(self, tell: Callable[[list[tuple[Stream, bytes | None]]], None]) -> None:
        """Begin to read. tell: has the loop write octets to streams, or end one (None)."""
        self._tell = tell
        self._thread.start()

    def stop(self) -> None:
        """Read no more."""
        self._ending = True
        self._some.set()

    # For views

    def admit(self, who: str) -> None:
        """Keep a place for one more stream of somebody. Raises TooManyStreams."""
        with self._lock:
            if sum(self._coming.values()) >= self._most:
                raise TooManyStreams(f"{self._most} streams are open, which is the bound ([web] event_streams)")
            if self._coming.get(who, 0) >= self._each:
                raise TooManyStreams(f"{self._each} streams of yours are open, which is the bound for each")
            self._coming[who] = self._coming.get(who, 0) + 1

    def leave(self, who: str) -> None:
        """A place is free again."""
        with self._lock:
            self._coming[who] -= 1
            if not self._coming[who]:
                del self._coming[who]

    # For the loop

    def __len__(self) -> int:
        return len(self._open)

    def present(self) -> list[Stream]:
        """Every open stream."""
        return list(self._open)

    def enter(self, stream: Stream) -> None:
        """A stream is the loop's from now on."""
        with self._lock:
            self._open[stream] = None
        self._some.set()

    def lost(self, stream: Stream) -> None:
        """A stream is over."""
        stream.gone = True
        with self._lock:
            self._open.pop(stream, None)
        self.leave(stream.listener.who)

    # The reader

    def _run(self) -> None:
        asked = time.monotonic()
        while True:
            self._some.wait()
            if self._ending:
                return
            again = False
            try:
                with self._lock:
                    present = list(self._open)
                if not present:
                    self._some.clear()
                    with self._lock:
                        if self._open:  # it came in between
                            self._some.set()
                    continue
                again = self.read(present)
                self._stir(present)
                if time.monotonic() - asked > ASK:
                    asked = time.monotonic()
                    self._dismiss(present)
            except SmsgwError as problem:
                log.error("history cannot be read for those who listen: %s", problem)
            except Exception:  # whatever it was, the next look may go well
                log.exception("reading for those who listen failed")
            if not again:
                time.sleep(LOOK)

    def read(self, present: list[Stream]) -> bool:
        """Read what these do not know yet, a piece, and have it told; whether there may be more at once."""
        told: list[tuple[Stream, bytes | None]] = []
        again = False
        ready = [one for one in present if not one.gone and len(one.unsent) < UNREAD]
        with self._database.reading() as conn:
            start = max(self._upto, min((one.upto for one in ready), default=0))
            reach = self._tail.reach(conn, start, PIECE)
            for upto in sorted({one.upto for one in ready if one.upto < reach}):
                those = [one for one in ready if one.upto == upto]
                end = min(reach, upto + PIECE) if upto < start else reach
                told += _frames(conn, those, upto, end)
                again = again or end < reach or end > start
                for one in those:
                    one.upto = end
            self._upto = reach
        if told:
            self._tell(told)
        return again

    def _stir(self, present: list[Stream]) -> None:
        """Have the pages of those look around whom people came or went."""
        whose = self._stirred(self._clock())
        told: list[tuple[Stream, bytes | None]] = [
            (one, STIR) for one in present if one.listener.brief and one.listener.who in whose
        ]
        if told:
            self._tell(told)

    def _dismiss(self, present: list[Stream]) -> None:
        """End the streams of those whose key was revoked, or whose session is over."""
        with self._database.reading() as conn:
            over: list[tuple[Stream, bytes | None]] = [(one, None) for one in present if not one.listener.may(conn)]
        if over:
            self._tell(over)


def _frames(conn: Connection, those: list[Stream], upto: int, end: int) -> list[tuple[Stream, bytes | None]]:
    """What each of these streams, which stand at the same place, is told of the lines from there on."""
    wanted = frozenset[str]().union(*(one.listener.types for one in those))
    lines = lines_of(conn, wanted, upto, end)
    in_full = frozenset[str]().union(*(one.listener.types for one in those if not one.listener.brief))
    told = told_of(conn, [line for line in lines if events.type_of(line) in in_full])
    made: dict[tuple[frozenset[str], bool], bytes] = {}
    for types, brief in {(one.listener.types, one.listener.brief) for one in those}:
        whole = b"".join(frame for kind, frame in told if kind in types)
        made[(types, brief)] = news(lines, types) if brief else whole
    found = [(one, made[(one.listener.types, one.listener.brief)]) for one in those]
    return [(one, octets) for one, octets in found if octets]


def lines_of(conn: Connection, wanted: frozenset[str], upto: int, end: int) -> list[AnyRow]:
    """The lines of history that are events of these types, behind a place in it and up to another."""
    records, states = {kind.split(".")[0] for kind in wanted}, {kind.split(".")[1] for kind in wanted}
    return [line for line in followers.lines(conn, upto, end, records, states) if events.type_of(line) in wanted]


def told_of(conn: Connection, lines: list[AnyRow]) -> list[tuple[str, bytes]]:
    """The type of each of these lines, and how it is written to a stream."""
    bodies = events.bodies(conn, lines) if lines else []
    return [(str(events.type_of(line)), frame(line, body)) for line, body in zip(lines, bodies, strict=True)]


def frame(line: AnyRow, body: str) -> bytes:
    """An event as it is written to a stream (HTML Standard section 9.2); its id is that of the line."""
    return f"id: {line.id}\nevent: {line.record}.{line.now}\ndata: {body}\n\n".encode()


def news(lines: list[AnyRow], types: frozenset[str]) -> bytes:
    """That something of these types happened, once for all of these lines; nothing when nothing did."""
    mine = [line for line in lines if events.type_of(line) in types]
    if not mine:
        return b""
    kinds = sorted({str(events.type_of(line)) for line in mine})
    return f"id: {mine[-1].id}\nevent: news\ndata: {to_json(kinds).decode()}\n\n".encode()


def gap(now: datetime) -> bytes:
    """What tells a client that something that it missed is too long ago to be told."""
    data = {"kept": int(KEPT.total_seconds()), "why": "what happened longer ago is not told again: ask for it"}
    return b"event: stream.gap\ndata: " + to_json({"type": "stream.gap", "timestamp": now, "data": data}) + b"\n\n"


def place(conn: Connection, last: int | None, now: datetime) -> tuple[int, bool]:
    """Where a stream begins that knows events up to `last` (None: it wants what happens from now on), and whether
    events before that place are too old to be told again."""
    newest = conn.scalar(select(func.max(history.c.id))) or 0
    if last is None or last >= newest:
        return newest, False
    oldest = _first_since(conn, now - KEPT, newest)
    return (last, False) if last >= oldest - 1 else (oldest - 1, True)


def _first_since(conn: Connection, since: datetime, newest: int) -> int:
    """The id of the first line of history at this time or later, found by halving: there is no index of times."""
    low, high = 1, newest + 1
    while low < high:
        middle = (low + high) // 2
        row = conn.execute(
            select(history.c.id, history.c.at).where(history.c.id >= middle).order_by(history.c.id).limit(1)
        ).first()
        if row is None or row.at >= since:
            high = middle
        else:
            low = int(row.id) + 1
    return low


def head_of(headers: Mapping[str, Any]) -> bytes:
    """The head of the answer that begins a stream: it ends when the connection does, so it has no length."""
    lines = [f"{name}: {value}\r\n" for name, value in headers.items() if name.lower() != "content-length"]
    return ("HTTP/1.1 200 OK\r\n" + "".join(lines) + "Connection: close\r\n\r\n").encode("latin-1")
