"""The port of a simulated modem: a pseudo terminal that can be pulled out, with the faults that lines have.

Nothing here knows what a command means; SimulatedModem does.
"""

from __future__ import annotations

import contextlib
import os
import re
import select
import termios
import threading
import time
import tty
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from random import Random

from drivers.modem.line.ways import Ways

_PATIENCE = 2.0  # seconds that a host may leave our words unread before they are dropped, as by a full USB buffer
_PIECE = 16  # octets that pass at once on a line with a speed
_ENDS = re.compile(rb"[\r\x1a\x1b]")
_JUNK = bytes((0xE9, 0xFF, 0x00, 0x80, 0xF8, 0x9C))


class Port(ABC):
    """A serial port under a name of its own. Every method may be called from any thread."""

    def __init__(self, device: str, ways: Ways, chance: Random) -> None:
        self.device = device
        self.ways = ways
        self.chance = chance
        self.echo = True
        self.lock = threading.RLock()
        self.pdu_length: int | None = None  # while a PDU is typed, what +CMGS said
        self.plugged = 0  # how often it was plugged in: what was asked before a pull is not answered after it
        self._second = -1  # a port beside the first, at which the news come
        self._mouth = threading.RLock()  # one speaks at a time; taken before `lock`, never behind it
        self._buffer = b""
        self._octets_left = 0  # of a file that is typed
        self._octets = b""
        self._octets_done: Callable[[bytes], None] = lambda octets: None
        self._news: list[str] = []
        self._master = -1
        self._is_blocked = False
        self._running = True
        self._thread = threading.Thread(target=self._serve, name="simulated modem", daemon=True)

    @abstractmethod
    def command(self, line: str) -> None:
        """A command was typed."""

    @abstractmethod
    def submit(self, pdu: str, length: int) -> None:
        """A PDU was typed behind the prompt."""

    @abstractmethod
    def forget(self) -> None:
        """The firmware starts anew."""

    # The plug

    def connect(self, device: str | None = None) -> None:
        """Plug it in; device: under another name than before."""
        with self.lock:
            if self._master >= 0:
                return
            self.device = device or self.device
            self._master, slave = os.openpty()
            tty.setraw(slave)
            os.set_blocking(self._master, False)
            self._buffer, self.pdu_length, self._is_blocked = b"", None, False
            self.plugged += 1
            Path(self.device).unlink(missing_ok=True)
            Path(self.device).symlink_to(os.ttyname(slave))
            os.close(slave)  # left open it would hide whether anybody else has it
            self._connect_second()

    def _connect_second(self) -> None:
        """The port of the next USB interface, if there is to be one."""
        if not self.ways.news_port:
            return
        self._second, slave = os.openpty()
        tty.setraw(slave)
        os.set_blocking(self._second, False)
        Path(self.second).unlink(missing_ok=True)
        Path(self.second).symlink_to(os.ttyname(slave))
        os.close(slave)

    @property
    def second(self) -> str:
        """The name of the port at which the news come with `news_port`."""
        return self.device.replace("-if00", "-if01")

    def disconnect(self) -> None:
        """Pull it out: the device is gone, and whoever has it open gets an error."""
        with self.lock:
            Path(self.device).unlink(missing_ok=True)
            if self._master >= 0:
                os.close(self._master)
            if self._second >= 0:
                Path(self.second).unlink(missing_ok=True)
                os.close(self._second)
            self._master = self._second = -1
            self.plugged += 1
            self.forget()

    @property
    def is_plugged(self) -> bool:
        """Whether it is in."""
        return self._master >= 0

    def close(self) -> None:
        """Pull it out for good."""
        self._running = False
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(5)
        self.disconnect()

    # What we say

    def says(self, octets: bytes) -> None:
        """Put any octets on the line; broken as its faults will have it."""
        with self._mouth:
            if self.ways.silent or self.ways.frozen:
                return
            pace = self.ways.baud / 10
            step = _PIECE if pace else len(octets) or 1
            plugged, until = self.plugged, time.monotonic() + _PATIENCE
            while octets and plugged == self.plugged:
                piece, octets = octets[:step], octets[step:]
                while piece and time.monotonic() < until and plugged == self.plugged:
                    piece = piece[self._write(piece) :]
                if piece:
                    return
                if pace:
                    time.sleep(step / pace)
                    until = time.monotonic() + _PATIENCE

    def _write(self, piece: bytes) -> int:
        """How much of it went out; after a while nothing does, when nobody reads."""
        with self.lock:
            if self._master < 0:
                return len(piece)
            try:
                return os.write(self._master, piece)
            except BlockingIOError:
                pass
            except OSError:  # nobody has the other end open
                return len(piece)
            master = self._master
        with contextlib.suppress(OSError, ValueError):
            select.select([], [master], [], 0.02)
        return 0

    def _spoken(self, line: str) -> bytes:
        """A line with what the faults of the line make of it."""
        octets = bytearray(f"\r\n{line}\r\n".encode("latin-1"))
        if self.ways.garbage and self.chance.random() < self.ways.garbage:
            octets[self.chance.randrange(2, max(3, len(octets) - 2))] = self.chance.randrange(0x80, 0x100)
        if self.ways.noise and self.chance.random() < self.ways.noise:
            junk = bytes(self.chance.choice(_JUNK) for _ in range(self.chance.randint(1, 6)))
            octets[:0] = junk
        return bytes(octets)

    def tell(self, news: str) -> None:
        """Say something that was not asked for."""
        if self._second >= 0:
            with contextlib.suppress(OSError):  # nobody listens there
                os.write(self._second, self._spoken(news))
            return
        with self.lock:
            if self.ways.news_inside:
                self._news.append(news)
                return
        self.says(self._spoken(news))

    def answer(self, *lines: str) -> None:
        """Answer a command; news that were held up go between its lines."""
        if self.ways.delay:
            time.sleep(self.ways.delay)
        with self._mouth:
            said = list(lines)
            with self.lock:
                if len(said) > 1 or not self.ways.news_inside:
                    said[1:1], self._news = self._news, []
            self.says(b"".join(map(self._spoken, said)))

    # What is typed

    def _serve(self) -> None:
        while self._running:
            master = self._master
            try:
                self._block(self.ways.blocked)
                if master < 0 or self.ways.frozen or self.ways.blocked:
                    time.sleep(0.005)
                    continue
                if not select.select([master], [], [], 0.02)[0]:
                    continue
                data = os.read(master, 256 if self.ways.baud else 4096)
            except (OSError, ValueError):  # nobody has the other end open, or it was pulled out
                time.sleep(0.005)
                continue
            if self.ways.baud:
                time.sleep(len(data) * 10 / self.ways.baud)
            self._typed(data)

    def _block(self, wanted: bool) -> None:
        """Let the other end write, or not: as a modem that holds up its flow for ever."""
        if wanted == self._is_blocked:
            return
        self._is_blocked = wanted
        with contextlib.suppress(OSError, termios.error):  # who has the port for himself may forbid us to open it
            slave = os.open(os.path.realpath(self.device), os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
            try:
                termios.tcflow(slave, termios.TCOOFF if wanted else termios.TCOON)
            finally:
                os.close(slave)

    def _typed(self, data: bytes) -> None:
        """Take octets one by one; what is said in between stands where it belongs."""
        at = 0
        while at < len(data):
            if self._octets_left:
                at += self._typed_octets(data[at : at + self._octets_left])
                continue
            found = _ENDS.search(data, at)
            end = found.start() if found else len(data)
            here = data[at : end + 1]
            if self.echo or self.ways.echo_stays:
                self.says(here.replace(b"\x1a", b"").replace(b"\x1b", b""))
            self._buffer += here.rstrip(b"\r\x1a\x1b") if end < len(data) else here
            at = end + 1
            if end < len(data):
                self._ended(data[end])

    def wants_octets(self, count: int, done: Callable[[bytes], None]) -> None:
        """The next `count` octets that are typed are no command: `done` gets them."""
        self._octets, self._octets_done, self._octets_left = b"", done, count
        if not count:
            done(b"")

    def _typed_octets(self, octets: bytes) -> int:
        self._octets += octets
        self._octets_left -= len(octets)
        if not self._octets_left:
            self._octets_done(self._octets)
        return len(octets)

    def _ended(self, octet: int) -> None:
        typed = self._buffer.replace(b"\n", b"").decode("latin-1")
        if octet == 0x1B:
            self._buffer, self.pdu_length = b"", None
        elif self.pdu_length is not None and octet == 0x1A:
            length, self.pdu_length, self._buffer = self.pdu_length, None, b""
            self.submit(typed, length)
        elif self.pdu_length is None and octet == 0x0D:
            self._buffer = b""
            if typed:
                self.command(typed)
