"""Listen at the other ports of a modem that tells its news (+CMTI, RING, ...) at another port than the one we speak at.

Which port that is nobody knows beforehand, unless the family's profile does; so, once a text was found that nothing
had told of, all of them are listened to, and nothing is ever written to them.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable
from contextlib import suppress

from drivers.modem.comms import FlowControl, SteadyComms
from drivers.modem.holder import who_holds
from drivers.modem.library import SerialException
from drivers.modem.ports import PORTS, Port, Ports, ports_there, same_device

log = logging.getLogger(__name__)

_mute: set[str] = set()  # ports of this process that were seen to tell nothing

News = Callable[[list[str]], None]


class Ears:
    """See the module's docstring. Made and closed by the owner's thread.

    tell: called with each piece of news, in the threads of the readers; where: the patterns of files that are ports.
    """

    def __init__(
        self,
        link: str,
        where: Iterable[str],
        line: tuple[int, FlowControl],
        tell: News,
        ports: Ports = PORTS,
    ) -> None:
        self._link = link
        self._where = tuple(where)
        self._baudrate, self._flow = line
        self._tell = tell
        self._ports = ports
        self._open: list[tuple[Port, SteadyComms]] = []
        self._heard_at: str | None = None  # the port at which news came

    def open(self, own: Port) -> list[str]:
        """Listen at every other port of the device that `own` belongs to; returns their names."""
        _mute.add(own.name)
        there = ports_there(self._where)
        names = {own.name, *(port.name for port in there if port.node == own.node)}
        for port in there:
            if port.node != own.node and any(same_device(port.name, name) for name in names):
                self._listen(port)
        return [port.name for port, _ in self._open]

    def _listen(self, port: Port) -> None:
        if who_holds(port.node) or self._ports.take(port, self._link) is not None:
            return
        ear = SteadyComms(port.name, self._baudrate, lambda lines: self._heard(port, lines))
        ear.flow = self._flow
        try:
            ear.connect()
        except (SerialException, OSError) as refusal:
            log.info("link %s: %s cannot be listened to: %s", self._link, port.name, refusal)
            self._ports.leave(port, self._link)
            return
        self._open.append((port, ear))

    def _heard(self, port: Port, lines: list[str]) -> None:
        if self._heard_at is None and lines[0].startswith(("+CMTI", "+CDSI", "+CMT:", "+CDS:", "RING", "+CLIP")):
            self._heard_at = port.name
            log.info("link %s: news of the modem come at %s", self._link, port.name)
        self._tell(lines)

    def close(self) -> None:
        """Listen no more, and let others have the ports."""
        for port, ear in self._open:
            with suppress(OSError):
                ear.close()
            self._ports.leave(port, self._link)
        self._open.clear()


def is_mute(port: Port, mute_interfaces: Iterable[int], where: Iterable[str]) -> bool:
    """Whether a port tells no news, as its family's profile says or as was seen before."""
    return port.name in _mute or interface_of(port, where) in tuple(mute_interfaces)


def interface_of(port: Port, where: Iterable[str]) -> int | None:
    """The number of the USB interface that a port is, by its lasting name; None when that does not tell."""
    aliases = [port.name, *(other.name for other in ports_there(where) if other.node == port.node)]
    found = [found[1] for alias in aliases if (found := re.search(r"-if(\d+)", alias))]
    return int(found[0]) if found else None
