"""The front: one loop that owns every connection, answers the hot verb itself and lends all others to waitress.

A thread for each request costs more than the request. So the one verb that is asked thousands of times a second is
read, and answered, here: nothing in this loop waits. Whatever else comes, is strange or goes wrong is given to waitress
with its connection and every octet that was read, and the connection comes back when a message begins on it again.

The loop reads all that has come before it asks the store for anything: what is asked in one go shares a transaction,
and a thread that is woken in between would only fight for the interpreter.
"""

from __future__ import annotations

import logging
import selectors
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from queue import SimpleQueue
from typing import Any

from smsgw.errors import QueueFull, SmsgwError
from smsgw.outbound.asked import Accepted, Ready

from .front_head import Head, Heads
from .front_line import Line, Turn
from .front_streams import Flow
from .front_tls import Handshakes
from .hot import HotVerb
from .streams import Stream, Streams

log = logging.getLogger(__name__)

TURN = 1.0  # seconds that one turn of the loop may wait, and between two looks at who is late
AT_ONCE = 64  # connections accepted in one turn
CONNECTIONS = 1000
UNANSWERED = 5000  # requests that wait for the store at a time, over all connections
ANSWERED_WITHIN = 60.0  # seconds until a request that waits for the store is told that it does not answer
READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE

Lend = Callable[[socket.socket, Any, int, bytes], None]
_News = Callable[[], list[Line] | None]


class Front:
    """Accepts connections and answers the hot verb, in a thread of its own."""

    def __init__(
        self,
        listeners: list[socket.socket],
        verb: HotVerb,
        lend: Lend,
        lent: Callable[[], int],
        streams: Streams,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """listeners: sockets that listen; the front closes them. lend(connection, address, which listener, octets):
        give a connection to waitress. lent: how many it has. streams: of events, which are written here. tls: for HTTPS
        alone.
        """
        self._listeners = listeners
        self._verb = verb
        self._lend = lend
        self._lent = lent
        self._heads = Heads(verb.traced)
        self._lines: set[Line] = set()
        self._news: deque[_News] = deque()  # what other threads tell
        self._strangers: SimpleQueue[Head | None] = SimpleQueue()  # whose keys are to be looked up
        self._wait_for_key: dict[bytes, list[Line]] = {}
        self._taken: list[tuple[Turn, Ready]] = []
        self._unanswered = 0
        self._accepting = False
        self._stopping = False
        self._deadline = float("inf")
        self._poked = False
        self._rests_until = 0.0
        self._swept = self._beat = time.monotonic()
        self._chooser = selectors.DefaultSelector()
        self._flow = Flow(self._chooser, streams)
        self._shakes = Handshakes(tls, self._chooser, self._opened)
        self._bell, self._button = socket.socketpair()
        self._thread = threading.Thread(target=self._run, name="web-front", daemon=True)
        self._porter = threading.Thread(target=self._look_up, name="web-keys", daemon=True)

    def start(self) -> None:
        """Begin to accept connections."""
        for one in (*self._listeners, self._bell, self._button):
            one.setblocking(False)
        self._chooser.register(self._bell, READ, self._drain)
        self._porter.start()
        self._thread.start()
        self._flow.streams.start(lambda told: self._tell(partial(self._flow.spread, told)))

    def stop(self, deadline: float) -> None:
        """Accept no more, and end when everything that was asked is answered, or at `deadline` (monotonic seconds)."""
        self._deadline = deadline
        self._stopping = True
        self._poke()

    def show(self, tls: ssl.SSLContext) -> None:
        """Whoever connects from now on is shown this. Only for one that speaks HTTPS. For any thread."""
        self._shakes.tls = tls

    def alive(self) -> bool:
        """Whether its loop turns."""
        return self._thread.is_alive() and time.monotonic() - self._beat < 30

    @property
    def ended(self) -> bool:
        """Whether its thread is over."""
        return not self._thread.is_alive()

    def take_back(self, connection: socket.socket, address: Any, listener: int, octets: bytes) -> None:
        """A connection whose next request begins with `octets`; those before are answered. For any thread."""
        self._tell(partial(self._opened, connection, address, listener, octets))

    def take_stream(self, stream: Stream) -> None:
        """A connection on which events are to be written from now on; its head is unsent. For any thread."""
        self._tell(partial(self._flow.begin, stream))

    def _tell(self, news: _News) -> None:
        """Have `news` run in the loop; it tells which connections moved. For any thread."""
        self._news.append(news)
        self._poke()

    def _poke(self) -> None:
        """Wake the loop: once, however many have something to tell."""
        if not self._poked:
            self._poked = True
            with suppress(OSError):  # it has ended, or will see it anyway
                self._button.send(b"!")

    def _drain(self) -> None:
        with suppress(BlockingIOError):
            self._bell.recv(64)
        self._poked = False  # before the news are read: what comes later rings again

    def _run(self) -> None:
        try:
            while not self._done():
                self._turn()
        finally:
            self._strangers.put(None)
            for line in list(self._lines):
                self._drop(line)
            self._shakes.end_all()
            self._flow.end_all()
            self._chooser.close()
            for one in (*self._listeners, self._bell, self._button):
                one.close()

    def _done(self) -> bool:
        if not self._stopping:
            return False
        self._accept_or_not()
        for one in self._listeners:
            one.close()
        self._shakes.end_all()
        for line in [one for one in self._lines if one.quiet and not one.heard]:
            self._drop(line)
        self._flow.end_all()  # who listened comes back, to another process, with Last-Event-ID
        return not (self._lines or self._news) or time.monotonic() >= self._deadline

    def _turn(self) -> None:
        """Wait for something, read it all, then ask and answer."""
        self._accept_or_not()
        moved: dict[Line, None] = {}
        for key, what in self._chooser.select(0.05 if self._stopping else TURN):
            if isinstance(key.data, Line):
                if self._moved(key.data, what):
                    moved[key.data] = None
            else:
                key.data()
        self._beat = time.monotonic()
        for _ in range(len(self._news)):
            for line in self._news.popleft()() or ():
                moved[line] = None
        for line in moved:
            self._guarded(self._speak, line)
        for line in moved:
            self._guarded(self._listen, line)
        if self._beat - self._swept >= TURN:
            self._swept = self._beat
            self._sweep()
        self._put()

    # Connections come and go.

    def _accept_or_not(self) -> None:
        """Listen while there is room for connections."""
        full = len(self._lines) + len(self._shakes) + len(self._flow.streams) + self._lent() >= CONNECTIONS
        wanted = not (self._stopping or full or self._beat < self._rests_until)
        if wanted == self._accepting:
            return
        self._accepting = wanted
        for index, one in enumerate(self._listeners):
            if wanted:
                self._chooser.register(one, READ, partial(self._accept, index))
            else:
                self._chooser.unregister(one)
        if full:
            log.warning("%d connections are open, which is the bound: others wait until one is closed", CONNECTIONS)

    def _accept(self, index: int) -> None:
        for _ in range(AT_ONCE):
            try:
                connection, address = self._listeners[index].accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as problem:
                log.error("a connection could not be accepted: %s", problem)
                self._rests_until = self._beat + TURN  # such as too many open files: it stays so for a while
                return
            with suppress(OSError):
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._shakes.begin(connection, address, index)

    def _opened(self, connection: socket.socket, address: Any, listener: int, octets: bytes = b"") -> list[Line]:
        connection.setblocking(False)
        line = Line(connection, address, listener, time.monotonic(), heard=bytearray(octets))
        self._lines.add(line)
        self._watch(line)
        return [line]

    def _drop(self, line: Line) -> None:
        """Close a connection; answers that are still to come are for nobody."""
        self._forget(line)
        line.socket.close()

    def _forget(self, line: Line) -> None:
        line.gone = True
        self._lines.discard(line)
        if line.watched:
            self._chooser.unregister(line.socket)
            line.watched = 0

    def _watch(self, line: Line) -> None:
        """Wait for what this connection may do next."""
        wanted = (READ if line.listens else 0) | (WRITE if line.unsent else 0)
        if wanted == line.watched:
            return
        if not line.watched:
            self._chooser.register(line.socket, wanted, line)
        elif wanted:
            self._chooser.modify(line.socket, wanted, line)
        else:
            self._chooser.unregister(line.socket)
        line.watched = wanted

    def _moved(self, line: Line, what: int) -> bool:
        """Something can be read or written: whether there is anything to be done now."""
        try:
            return bool(line.receive() if what & READ else what)
        except OSError:
            self._drop(line)
            return False

    # Requests and answers.

    def _guarded(self, work: Callable[[Line], None], line: Line) -> None:
        """Do something for a connection; if that breaks, only this connection ends."""
        if line.gone:
            return
        try:
            work(line)
        except OSError:
            self._drop(line)
        except Exception:  # one bad connection must not end the others
            log.exception("a connection is closed for a reason that nobody foresaw")
            self._drop(line)

    def _speak(self, line: Line) -> None:
        """Write the answers that are there."""
        line.moved = self._beat
        line.send()

    def _listen(self, line: Line) -> None:
        """Take the requests that are there, then hand over, close, or wait for more."""
        while line.may_ask and line.heard and self._take(line):
            pass
        line.send()  # what was refused at once
        if line.leaving and line.quiet:
            self._forget(line)
            self._lend(line.socket, line.address, line.listener, bytes(line.heard))
        elif line.quiet and (line.closing or line.ended):
            self._drop(line)
        else:
            self._watch(line)

    def _take(self, line: Line) -> bool:
        """Take one request from what was heard; whether to look for another one."""
        head = self._heads.of(line.heard)
        if not isinstance(head, Head):
            line.leaving = not head
        if not isinstance(head, Head) or len(line.heard) < head.size + head.length:
            line.begun = line.begun or self._beat
            return False
        line.begun = 0.0
        known = self._verb.client_of(head)
        if known is None or known[1]:
            self._ask_who(line, head, must_wait=known is None)
        if known is None:
            return False
        turn = Turn(line, head, self._beat + ANSWERED_WITHIN)
        end = head.size + head.length
        if self._unanswered >= UNANSWERED:
            says = f"{UNANSWERED} requests wait for the store, which is the bound"
            turn.answer = self._verb.answer(head, QueueFull(says, retry_after=1))
        else:
            ready = self._verb.read(known[0], bytes(line.heard[head.size : end]))
            if ready is None:
                line.leaving = True
                return False
            self._unanswered += 1
            self._taken.append((turn, ready))
        del line.heard[:end]
        line.turns.append(turn)
        line.closing = head.close
        return True

    def _put(self) -> None:
        """Give the store what was taken in this turn."""
        if self._taken:
            taken, self._taken = self._taken, []
            turns = [turn for turn, _ in taken]
            self._verb.put([ready for _, ready in taken], lambda told: self._tell(partial(self._answer, turns, told)))

    def _answer(self, turns: list[Turn], outcomes: list[Accepted | Exception]) -> list[Line]:
        """The store has answered those who asked together; returns whom something can be written to."""
        self._unanswered -= len(turns)
        lines: list[Line] = []
        for turn, outcome in zip(turns, outcomes, strict=True):
            if turn.line.gone or turn.answer is not None:
                continue
            try:
                turn.answer = self._verb.answer(turn.head, outcome)
            except Exception as problem:  # noqa: BLE001 - which is told as any other that nobody foresaw
                turn.answer = self._verb.answer(turn.head, problem)
            lines.append(turn.line)
        return lines

    def _ask_who(self, line: Line, head: Head, must_wait: bool) -> None:
        """Have the key looked up; meanwhile this connection waits, unless the key is only to be seen again."""
        if head.key not in self._wait_for_key:
            self._wait_for_key[head.key] = []
            self._strangers.put(head)
        if must_wait:
            line.asking = True
            self._wait_for_key[head.key].append(line)

    def _look_up(self) -> None:
        """A thread of its own, for the store may take its time."""
        while (head := self._strangers.get()) is not None:
            known = False
            try:
                self._verb.look_up(head)
                known = True
            except SmsgwError:
                pass  # Flask will say why
            except Exception:  # the next one is to be looked up too
                log.exception("a key could not be looked up")
            self._tell(partial(self._told, head, known))

    def _told(self, head: Head, known: bool) -> None:
        """A key was looked up: those who brought it go on, here or with Flask.

        With Flask also when the look took longer than a key is remembered, or it would be looked up again for ever.
        """
        known = known and self._verb.client_of(head) is not None
        for line in self._wait_for_key.pop(head.key, []):
            line.asking = False
            line.leaving = not known
            self._guarded(self._listen, line)

    def _sweep(self) -> None:
        """See who is late: the store with an answer, a client with a request or with reading."""
        now = self._beat
        self._flow.sweep(now)
        self._shakes.sweep(now)
        for line in list(self._lines):
            if line.turns and line.turns[0].until < now:
                for turn in line.turns:
                    if turn.answer is None and turn.until < now:
                        turn.answer = self._verb.answer(turn.head, TimeoutError())
                self._guarded(self._speak, line)
                self._guarded(self._listen, line)
            elif line.is_over(now):
                self._drop(line)
