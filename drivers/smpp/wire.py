"""A TCP connection that any thread may write to and one thread reads from, in whole PDUs.

The surprise: nothing here blocks a writer. What the kernel does not take at once waits in a queue that the
reading thread empties; what is still in the queue when the connection breaks has certainly not been sent.

Waiting is epoll's, not select's: a gateway with more than a thousand open files has descriptors above 1023.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import ssl
from collections import deque
from threading import Lock

from drivers.smpp import pdu, trace
from smsgw.link_verbs import Tap

CHUNK = 65536


RECORDS = 64  # TLS records that one read takes, 1 MB at most: then it is another's turn
RECORD = 16384  # octets in a TLS record at most (RFC 8446 section 5.1)


class Lost(Exception):
    """The connection is gone; str() says how, cause is the system's own error, if there was one."""

    def __init__(self, says: str, cause: OSError | None = None) -> None:
        super().__init__(says)
        self.cause = cause


def wire(connected: socket.socket, tap: Tap | None = None) -> Wire:
    """A wire over a connected socket, encrypted or not. tap: hears what goes over it."""
    return TlsWire(connected, tap) if isinstance(connected, ssl.SSLSocket) else Wire(connected, tap)


class Wire:
    """One connected socket. `read` and `close` belong to one thread, the rest to all."""

    def __init__(self, connected: socket.socket, tap: Tap | None = None) -> None:
        connected.setblocking(False)
        self._tap = tap or Tap()
        self._socket = connected
        self._frames = pdu.Frames()
        self._lock = Lock()
        self._queue: deque[bytes] = deque()
        self._begun = 0  # octets of the first in the queue that are already out
        self._broken: str | None = None
        self._cause: OSError | None = None
        self._later: deque[bytes] = deque()
        self._bell, self._button = socket.socketpair()
        self._bell.setblocking(False)
        self._button.setblocking(False)
        self._rung = False
        self._selector = selectors.DefaultSelector()
        self._selector.register(connected, selectors.EVENT_READ)
        self._selector.register(self._bell, selectors.EVENT_READ)

    def write(self, octets: bytes) -> bool:
        """Send whole PDUs now, or as soon as the kernel takes them. False when the connection is gone: nothing left."""
        with self._lock:
            if self._broken is not None:
                return False
            if self._tap.tell is not None:
                self._tap.put(trace.lines, ">", octets)
            if not self._queue:
                sent = self._send(octets)
                if sent == len(octets):
                    return True
                if sent is None:
                    return False
                self._begun = sent
            self._queue.append(octets)
        self.ring()
        return True

    def write_later(self, octets: bytes) -> None:
        """Send a PDU with others of its kind in one go, from the reading thread."""
        self._later.append(octets)
        self.ring()

    def ring(self) -> None:
        """Make `read` return before its time."""
        if not self._rung:
            self._rung = True
            with contextlib.suppress(OSError):  # closed, or rung already: either way nobody sleeps
                self._button.send(b"\0")

    def read(self, seconds: float) -> list[bytes]:
        """The whole PDUs that came; waits so long for the first. Raises Lost, or pdu.NotSmpp."""
        if self._frames.noise is not None:
            raise self._frames.noise
        if self._later:
            self.write_waiting()
        writing = bool(self._queue)
        if writing:
            self._selector.modify(self._socket, selectors.EVENT_READ | selectors.EVENT_WRITE)
        frames: list[bytes] = []
        more = self._left()
        for key, ready in self._selector.select(0 if more else seconds):
            if key.fileobj is self._bell:
                with contextlib.suppress(BlockingIOError):
                    self._bell.recv(CHUNK)
                self._rung = False  # after emptying it, and before looking at what it rang for
            elif ready & selectors.EVENT_READ:
                more = True
        if more:  # also when it is broken: what came before that counts
            frames = self._frames.feed(self._receive())
            if self._tap.tell is not None:
                self._tap.put(trace.lines, "<", b"".join(frames))
        if writing:
            self._empty_queue()
            self._selector.modify(self._socket, selectors.EVENT_READ)
        if self._broken is not None and not frames:
            raise Lost(self._broken, self._cause)
        return frames

    def unwritten(self) -> list[int]:
        """The sequence numbers of the submit_sm that have not left completely, and so cannot have been read."""
        found: list[int] = []
        with self._lock:
            left = self._begun
            for octets in self._queue:
                place = 0
                while place < len(octets):
                    length, command, _, sequence = pdu.HEADER.unpack_from(octets, place)
                    place += length
                    if command == pdu.SUBMIT_SM and place > left:
                        found.append(sequence)
                left = 0
        return found

    def close(self) -> None:
        """Close at once; what waits in the queue stays there for `unwritten`."""
        with self._lock:
            self._broken = self._broken or "it was closed"
        self._selector.close()
        self._farewell()
        for end in (self._socket, self._bell, self._button):
            end.close()

    def _send(self, octets: bytes | memoryview) -> int | None:
        """How many octets the kernel took; None when the connection is gone. The lock is held."""
        try:
            return self._socket.send(octets)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return 0
        except OSError as error:
            self._break(error.strerror or str(error), error)
            self.ring()
            return None

    def _break(self, how: str, cause: OSError | None = None) -> None:
        if self._broken is None:
            self._broken, self._cause = how, cause

    def write_waiting(self) -> None:
        """Send what `write_later` has collected; whatever is written after this follows it on the wire."""
        answers = []
        with contextlib.suppress(IndexError):
            while True:
                answers.append(self._later.popleft())
        if answers:
            self.write(b"".join(answers))

    def _receive(self) -> bytes:
        """What has come; nothing when there is nothing, or when the connection has ended: then it is `_broken`."""
        try:
            octets = self._socket.recv(CHUNK)
        except BlockingIOError:
            return b""
        except OSError as error:
            self._break(error.strerror or str(error), error)
            return b""
        if not octets:
            self._break("it was closed by the other side")
        return octets

    def _left(self) -> bool:
        """Whether there is something to receive that the selector does not know of."""
        return False

    def _farewell(self) -> None:
        """Say goodbye below SMPP, if there is a way to."""

    def _empty_queue(self) -> None:
        with self._lock:
            while self._queue and self._broken is None:
                first = self._queue[0]
                sent = self._send(memoryview(first)[self._begun :])
                if not sent:
                    return
                self._begun += sent
                if self._begun < len(first):
                    return
                self._queue.popleft()
                self._begun = 0


class TlsWire(Wire):
    """An encrypted one. OpenSSL allows one thread at a time in a connection, so reading takes the writers' lock."""

    _socket: ssl.SSLSocket

    def __init__(self, connected: ssl.SSLSocket, tap: Tap | None = None) -> None:
        super().__init__(connected, tap)
        self._interrupted = False

    def _send(self, octets: bytes | memoryview) -> int | None:
        """See `Wire`. A record at a time, for of several OpenSSL tells nothing until the last one has left.

        What is tried again begins where it began before, so it is the same record, as OpenSSL demands.
        """
        left = memoryview(octets)
        while left and (sent := super()._send(left[:RECORD])):
            left = left[sent:]
        gone = len(octets) - len(left)
        return None if self._broken is not None and not gone else gone

    def _receive(self) -> bytes:
        """Everything that has come: what stays decrypted inside the TLS object would never wake the selector."""
        pieces: list[bytes] = []
        self._interrupted = False
        with self._lock:
            for _ in range(RECORDS):
                try:
                    piece = self._socket.recv(CHUNK)
                except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                    break
                except OSError as error:
                    self._break(error.strerror or str(error), error)
                    break
                if not piece:
                    self._break("it was closed by the other side")
                    break
                pieces.append(piece)
            else:
                self._interrupted = True
        return b"".join(pieces)

    def _left(self) -> bool:
        with self._lock:
            return self._interrupted or self._socket.pending() > 0

    def _farewell(self) -> None:
        with self._lock, contextlib.suppress(OSError, ValueError):
            self._socket.unwrap()  # sends close_notify; nobody waits for the other one
