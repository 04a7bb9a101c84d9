"""A serial line that carries files too, and results that a modem tells some time after its OK."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from drivers.modem import trace
from drivers.modem.comms import GOES_ON_AT_MOST, SLICE, NotWritten, SteadyComms
from drivers.modem.library import SerialTimeoutException, TimeoutException
from drivers.modem.octets import Heard, Octets

_CHUNK = 1024  # octets that are written at once


class OctetLine(SteadyComms):
    """See the module's docstring. Each method raises as `SteadyComms.write` does."""

    def give_octets(self, octets: bytes, timeout: float) -> list[str]:
        """Write octets behind a prompt for them; the lines of the answer."""
        with self._txLock:
            if self._lost():
                raise NotWritten(self._lost())
            self._answer, self._command, self._prompt = [], "octets", False
            self._answered.clear()
            self._started_anew = False
            if self.tap.tell is not None:
                self.tap.put(trace.octets, octets)
            try:
                for at in range(0, len(octets), _CHUNK):  # so that a slow line is no blocked one
                    self.serial.write(octets[at : at + _CHUNK])
            except SerialTimeoutException as blocked:
                self._given_up()
                raise TimeoutException([f"the port takes no bytes: {blocked}"]) from blocked
            self._await(timeout, goes_on=False)
            return self._answer

    def take_octets(self, command: str, wanted: Octets, timeout: float) -> list[str] | None:
        """Say a command that octets come behind, before its OK or after it.

        timeout: seconds for which nothing may come.
        """
        self._octets = wanted
        try:
            lines = SteadyComms.write(self, command + "\r", timeout=timeout)
            if lines and lines[-1] == "OK":
                self.until(wanted.done, timeout)
            return lines
        finally:
            self._octets = None

    def hear_late(self, command: str, heard: Heard, timeout: float, answer_within: float) -> list[str] | None:
        """Say a command whose result is told after its OK. Raises TimeoutException also when it is not told."""
        with self.hearing(heard):
            lines = SteadyComms.write(self, command + "\r", timeout=answer_within)
            if lines and lines[-1] == "OK":
                self.until(heard.done, timeout)
            return lines

    @contextmanager
    def hearing(self, heard: Heard) -> Iterator[None]:
        """Listen for a late line while something else is said."""
        self._heard = heard
        try:
            yield
        finally:
            self._heard = None

    def until(self, done: threading.Event, timeout: float) -> None:
        """Wait for something that the reader sets; the time counts from the last byte that came."""
        began = time.monotonic()
        while not done.wait(SLICE):
            now = time.monotonic()
            over = now > max(began, self._heard_at) + timeout or now > began + max(timeout, GOES_ON_AT_MOST)
            if over or (self.give_up_at is not None and now >= self.give_up_at) or self._lost():
                raise TimeoutException(["it did not say what came of it"])
