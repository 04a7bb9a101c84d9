"""Tell systemd that we are ready, stopping, or alive: datagrams to the socket that NOTIFY_SOCKET names.

The protocol is sd_notify(3); one line each is all that is needed, so no library is.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Mapping

STATUS_EVERY = 30.0  # seconds between two looks at how we are where nobody watches over us


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

    def watch(self, unwell: Callable[[], list[str]], status: Callable[[], str] = str) -> None:
        """From now on give signs of life, but only while nothing is unwell: then systemd starts us anew.

        status: how we are, for people (`systemctl status` shows it); "" is nothing to tell.
        """
        if self._address:
            words = (unwell, status, self._period or STATUS_EVERY)
            threading.Thread(target=self._feed, args=words, name="watchdog", daemon=True).start()

    def _feed(self, unwell: Callable[[], list[str]], status: Callable[[], str], period: float) -> None:
        told = ""
        while not self._ended.is_set():
            sick = unwell()
            if sick:
                told = f"not moving: {', '.join(sick)}"
                self.say(f"STATUS={told}")
            else:
                if self._period is not None:
                    self.say("WATCHDOG=1")
                if (now := status()) != told and now:
                    self.say(f"STATUS={now}")
                    told = now
            self._ended.wait(period)

    def reloading(self) -> None:
        """A changed configuration is being taken over; say READY=1 when that is done."""
        self.say(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self) -> None:
        """We are on our way out, and need no watching any more."""
        self._ended.set()
        self.say("STOPPING=1")
