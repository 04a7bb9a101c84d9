"""Tell systemd that we are ready, stopping, or alive: datagrams to the socket that NOTIFY_SOCKET names.

The protocol is sd_notify(3); one line each is all that is needed, so no library is.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Mapping


class Systemd:
    """The service manager that started us; without NOTIFY_SOCKET every word goes nowhere."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        path = environ.get("NOTIFY_SOCKET", "")
        self._address = "\0" + path[1:] if path.startswith("@") else path  # an abstract socket, unix(7)
        self._period = self._watchdog(environ)
        self._ended = threading.Event()

    @staticmethod
    def _watchdog(environ: Mapping[str, str]) -> float | None:
        """Seconds between two signs of life: half of what is allowed, as sd_watchdog_enabled(3) advises."""
        if environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
            return None
        microseconds = environ.get("WATCHDOG_USEC", "")
        return int(microseconds) / 2_000_000 if microseconds.isdigit() and int(microseconds) else None

    def say(self, words: str) -> None:
        """Send one notification, such as READY=1. A manager that does not listen is no reason to fail."""
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
                line.sendto(words.encode(), self._address)
        except OSError:
            pass

    def watch(self, unwell: Callable[[], list[str]]) -> None:
        """From now on give signs of life, but only while nothing is unwell: then systemd starts us anew."""
        if self._period is not None:
            threading.Thread(target=self._feed, args=(unwell, self._period), name="watchdog", daemon=True).start()

    def _feed(self, unwell: Callable[[], list[str]], period: float) -> None:
        while not self._ended.is_set():
            sick = unwell()
            self.say(f"STATUS=not moving: {', '.join(sick)}" if sick else "WATCHDOG=1")
            self._ended.wait(period)

    def stopping(self) -> None:
        """We are on our way out, and need no watching any more."""
        self._ended.set()
        self.say("STOPPING=1")
