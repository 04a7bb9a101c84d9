"""The serial ports there are, who of us has which, and what was found behind each.

A port is known by its node and by when that node came into being: a stick that was pulled out and put back is
looked at anew. All modems of this process share one `Ports`, so that none opens what another has.
"""

from __future__ import annotations

import glob
import os
import re
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from drivers.modem.holder import who_holds
from drivers.modem.profiles import preference

WHERE = ("/dev/serial/by-id/*", "/dev/serial/by-path/*", "/dev/ttyUSB*", "/dev/ttyACM*")
_SILENT_FOR = 10.0  # seconds for which a silent port is left alone; doubled each time: a modem may be booting
_SILENT_AT_MOST = 300.0
_ANOTHER_FOR = 60.0  # seconds for which another SIM is remembered at a port: SIMs can be changed

Mark = tuple[int, int, int]
IDENTITIES = ("imsi", "iccid", "imei")


@dataclass(frozen=True, slots=True)
class Port:
    """A serial port. name: the best name it has. node: what that leads to. mark: of this plugging-in."""

    name: str
    node: str
    mark: Mark


@dataclass(slots=True)
class _Seen:
    """What was found at a port: facts about a modem, or none when it was silent."""

    facts: dict[str, str]
    until: float
    pause: float


def port_at(name: str) -> Port | None:
    """The port of this name, or None when there is none now."""
    try:
        node = os.path.realpath(name)
        status = os.stat(node)
    except OSError:
        return None
    return Port(name, node, (status.st_rdev, status.st_ino, status.st_ctime_ns))


def ports_there(where: Iterable[str] = WHERE) -> list[Port]:
    """Every port that these patterns find, each once, under its first name; likely AT ports first."""
    found: dict[str, Port] = {}
    for pattern in where:
        for name in sorted(glob.glob(pattern)):
            port = port_at(name)
            if port is not None:
                found.setdefault(port.node, port)
    return sorted(found.values(), key=lambda port: (preference(port.name), port.name))


def same_device(one: str, other: str) -> bool:
    """Whether two names under /dev/serial/by-id or by-path are ports of one and the same device."""
    return _device(one) == _device(other) and one != other


def _device(name: str) -> str:
    return re.sub(r"-if\d+(-port\d+)?$|:\d+\.\d+(-port\d+)?$", "", name)


def matches(wanted: dict[str, str], facts: dict[str, str]) -> bool | None:
    """Whether a modem with these facts is the wanted one; None when what is known does not decide it."""
    told = [facts[name] == number for name, number in wanted.items() if name in facts]
    if not all(told):
        return False
    return True if len(told) == len(wanted) else None


class Ports:
    """See the module's docstring. Methods may be called from any thread. now: time.monotonic, or a test's."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._taken: dict[str, tuple[str, str]] = {}  # node: link, name of the port
        self._seen: dict[Mark, _Seen] = {}

    def take(self, port: Port, link: str) -> str | None:
        """Have a port for one link alone; None, or the link that has it already."""
        with self._lock:
            holder = self._taken.get(port.node)
            if holder is not None and holder[0] != link:
                return holder[0]
            self._taken[port.node] = link, port.name
            return None

    def leave(self, port: Port, link: str) -> None:
        """Let others have it."""
        with self._lock:
            if self._taken.get(port.node, ("", ""))[0] == link:
                del self._taken[port.node]

    def remember(self, port: Port, facts: dict[str, str]) -> None:
        """What was found there: a modem's imei, imsi, iccid as far as known; nothing when no AT was answered."""
        with self._lock:
            if facts:
                self._seen[port.mark] = _Seen(dict(facts), self._now() + _ANOTHER_FOR, 0)
                return
            before = self._seen.get(port.mark)
            pause = min(2 * before.pause, _SILENT_AT_MOST) if before and before.pause else _SILENT_FOR
            self._seen[port.mark] = _Seen({}, self._now() + pause, pause)

    def known(self, port: Port) -> dict[str, str] | None:
        """What was found there; empty for a silent one, None when it has to be looked at."""
        with self._lock:
            seen = self._seen.get(port.mark)
            return None if seen is None or self._now() >= seen.until else seen.facts

    def to_try(self, wanted: dict[str, str], where: Iterable[str], link: str) -> list[Port]:
        """The ports at which the wanted modem may be: where it was seen, else those that nobody has looked at."""
        free = [port for port in ports_there(where) if not self._is_anothers(port, link)]
        found = [(port, self.known(port)) for port in free]
        here = [port for port, facts in found if facts and matches(wanted, facts)]
        open_questions = [port for port, facts in found if facts is None]
        maybe = [port for port, facts in found if facts and matches(wanted, facts) is None]
        return here + [port for port in open_questions + maybe if who_holds(port.node) is None]

    def _is_anothers(self, port: Port, link: str) -> bool:
        """Whether another link of ours has it, or another port of its device."""
        with self._lock:
            taken = [(node, name) for node, (holder, name) in self._taken.items() if holder != link]
        return any(node == port.node or same_device(name, port.name) for node, name in taken)


PORTS = Ports()
"""Those of this process."""
