"""The port of an emulated modem: a pseudo terminal that can be pulled out, and what is typed into it.

Nothing here knows what a command means; EmulatedModem in modem_at does.
"""

from __future__ import annotations

import os
import select
import threading
import time
import tty
from pathlib import Path


class Line:
    """A serial port under a name of its own. Every method may be called from any thread."""

    def __init__(self, device: str) -> None:
        self.device = device
        self.echo = True
        self.news_inside = False
        self.delay = 0.0
        self.silent = False
        self.lock = threading.RLock()
        self.pdu_length: int | None = None  # while a PDU is typed, what +CMGS said
        self._buffer = b""
        self._news: list[str] = []
        self._master = -1
        self._running = True
        self._thread = threading.Thread(target=self._serve, name="emulated modem", daemon=True)

    def command(self, line: str) -> None:
        """A command was typed."""
        raise NotImplementedError

    def submit(self, pdu: str, length: int) -> None:
        """A PDU was typed behind the prompt."""
        raise NotImplementedError

    def forget(self) -> None:
        """The firmware starts anew."""
        raise NotImplementedError

    # The plug

    def connect(self) -> None:
        """Plug it in."""
        with self.lock:
            self._master, slave = os.openpty()
            tty.setraw(slave)
            self._buffer, self.pdu_length = b"", None
            Path(self.device).symlink_to(os.ttyname(slave))
            os.close(slave)

    def disconnect(self) -> None:
        """Pull it out: the device is gone, and whoever has it open gets an error."""
        with self.lock:
            Path(self.device).unlink(missing_ok=True)
            if self._master >= 0:
                os.close(self._master)
            self._master = -1
            self.forget()

    def close(self) -> None:
        """Pull it out for good."""
        self._running = False
        self._thread.join(5)
        self.disconnect()

    # What we say

    def says(self, octets: bytes) -> None:
        """Put any octets on the line."""
        with self.lock:
            if self._master >= 0 and not self.silent:
                os.write(self._master, octets)

    def tell(self, news: str) -> None:
        """Say something that was not asked for."""
        with self.lock:
            if self.news_inside:
                self._news.append(news)
            else:
                self.says(f"\r\n{news}\r\n".encode("latin-1"))

    def answer(self, *lines: str) -> None:
        """Answer a command; news that were held up go between its lines."""
        time.sleep(self.delay)
        with self.lock:
            said = list(lines)
            if len(said) > 1 or not self.news_inside:
                said[1:1], self._news = self._news, []
            self.says("".join(f"\r\n{line}\r\n" for line in said).encode("latin-1"))

    # What is typed

    def _serve(self) -> None:
        while self._running:
            master = self._master
            try:
                if master < 0 or not select.select([master], [], [], 0.02)[0]:
                    time.sleep(0.005 if master < 0 else 0)
                    continue
                data = os.read(master, 4096)
            except (OSError, ValueError):  # nobody has the other end open, or it was pulled out
                time.sleep(0.01)
                continue
            for octet in data:
                self._octet(bytes((octet,)))

    def _octet(self, octet: bytes) -> None:
        if self.echo and octet not in b"\x1a\x1b":
            self.says(octet)
        if octet == b"\x1b":
            self._buffer, self.pdu_length = b"", None
        elif self.pdu_length is not None and octet == b"\x1a":
            length, self.pdu_length = self.pdu_length, None
            pdu, self._buffer = self._buffer.decode("latin-1"), b""
            self.submit(pdu, length)
        elif self.pdu_length is None and octet == b"\r":
            command, self._buffer = self._buffer.decode("latin-1"), b""
            if command:
                self.command(command)
        elif octet != b"\n":
            self._buffer += octet
