"""What a modem's link must remember over a restart: PINs that were tried, and the text that is in flight.

In memory, and in small files when there is a folder for them. They are written before the modem hears of
the matter, so that a process that is killed at any moment remembers it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from smsgw.link import Alphabet, WirePart

log = logging.getLogger(__name__)

_PINS = "modem-pins.json"
_FIELDS = tuple(one.name for one in fields(WirePart))
_lock = threading.Lock()
_tried: set[str] = set()  # in this process, also by links that were configured anew


@dataclass(frozen=True, slots=True)
class Flight:
    """A part that was written and not answered. at: time.time(). mark: of the port's plugging-in (`ports.Port`)."""

    part: WirePart
    at: float
    mark: tuple[int, ...]


class Journal:
    """The memory of one link. folder: None when nothing is to outlast this process. clock: time.time."""

    def __init__(self, folder: Path | None, link: str, clock: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._clock = clock
        self._file = None if folder is None else folder / f"modem-{link}.json"
        self._flight: Flight | None = self._read_flight()
        self._placed = False  # whether its folder is known to be there

    # PINs

    def tried(self, sim: str, pin: str) -> bool:
        """Whether this PIN was entered into this SIM and not seen to be accepted, by whomever."""
        with _lock:
            return _digest(sim, pin) in _tried | set(self._pins())

    def try_pin(self, sim: str, pin: str) -> None:
        """It is about to be entered. Raises OSError when that cannot be written down: then do not enter it."""
        with _lock:
            _tried.add(_digest(sim, pin))
            self._write_pins({*self._pins(), _digest(sim, pin)})

    def pin_is_right(self, sim: str, pin: str) -> None:
        """It was accepted."""
        with _lock:
            _tried.discard(_digest(sim, pin))
            self._write_pins(set(self._pins()) - {_digest(sim, pin)})

    def _pins(self) -> list[str]:
        told = None if self._folder is None else _read(self._folder / _PINS)
        return [str(one) for one in told.get("tried", [])] if told else []

    def _write_pins(self, tried: set[str]) -> None:
        if self._folder is not None:
            _write(self._folder / _PINS, {"tried": sorted(tried)})

    # The text in flight

    @property
    def flight(self) -> Flight | None:
        """The part that was written last and never answered."""
        return self._flight

    def depart(self, part: WirePart, mark: tuple[int, ...]) -> None:
        """This part is written next. A full disk does not stop it: then a crash leaves it in doubt for longer."""
        self._flight = Flight(part, self._clock(), mark)
        self._keep({"at": self._flight.at, "mark": list(mark), "part": _part_out(part)})

    def arrive(self) -> None:
        """Its answer came."""
        if self._flight is not None:
            self._flight = None
            self._keep({})

    def _keep(self, what: dict[str, Any]) -> None:
        """Without fsync: a killed process loses nothing, and a power cut takes the modem's answer along.

        In place, by one write that covers what stood there: the two of a text cost more than the rest of its sending
        when each made a new file.
        """
        if self._file is None:
            return
        try:
            if not self._placed:
                self._file.parent.mkdir(parents=True, exist_ok=True)
                self._placed = True
            _overwrite(self._file, json.dumps(what).encode())
        except OSError as refusal:
            log.warning("%s cannot be written: %s", self._file, refusal)

    def _read_flight(self) -> Flight | None:
        told = None if self._file is None else _read(self._file)
        if not told:
            return None
        try:
            return Flight(_part_in(told["part"]), float(told["at"]), tuple(told["mark"]))
        except (KeyError, TypeError, ValueError) as wrong:
            log.warning("%s is not readable and is left aside: %r", self._file, wrong)
            return None


def _digest(sim: str, pin: str) -> str:
    """PINs are not written down as they are; ten thousand guesses at this take a while."""
    return hashlib.pbkdf2_hmac("sha256", pin.encode(), sim.encode(), 100_000).hex()


def _part_out(part: WirePart) -> dict[str, Any]:
    told = {name: getattr(part, name) for name in _FIELDS}
    return told | {"user_data": part.user_data.hex(), "udh": part.udh.hex()}


def _part_in(told: dict[str, Any]) -> WirePart:
    octets = {name: bytes.fromhex(told[name]) for name in ("user_data", "udh")}
    return WirePart(**{**told, **octets, "alphabet": Alphabet(told["alphabet"])})


def _read(path: Path) -> dict[str, Any] | None:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as wrong:
        log.warning("%s cannot be read: %s", path, wrong)
        return None
    return told if isinstance(told, dict) else None


def _overwrite(path: Path, data: bytes) -> None:
    """Put `data` in the place of what a file holds, with spaces behind it, which JSON does not mind."""
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.pwrite(number, data.ljust(os.fstat(number).st_size), 0)
    finally:
        os.close(number)


def _write(path: Path, what: dict[str, Any]) -> None:
    """Put a file in place whole and for good, readable for us alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    number, new = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(number, "w", encoding="utf-8") as file:
            json.dump(what, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(new)
        raise
