"""Find the configured modem among the ports: at its device, or wherever its SIM has turned up.

Ports where nothing answers AT (diagnostic, storage) and modems with another SIM are remembered and left alone.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from drivers.modem.at import Modem
from drivers.modem.library import CommandError, SerialException, TimeoutException
from drivers.modem.ports import PORTS, Port, Ports, port_at, ports_there
from drivers.modem.prepare import NotAModem, Trouble, identify, locked, open_port, taken_by
from drivers.modem.sending import Window
from smsgw.link_verbs import Tap

if TYPE_CHECKING:
    from drivers.modem import Config

LISTEN = 90.0  # seconds after a submission in which the modem may still say what became of it


@dataclass(frozen=True, slots=True)
class Found:
    """The modem, open, and what it told of itself."""

    port: Port
    modem: Modem
    facts: dict[str, str]


class Search:
    """Looks for one link's modem. say: told what is being done. stopping: set when nobody wants it any more."""

    def __init__(
        self,
        name: str,
        config: Config,
        window: Window,
        say: Callable[[str, str], None],
        stopping: threading.Event,
        ports: Ports = PORTS,
        tap: Tap | None = None,
    ) -> None:
        self._name = name
        self._config = config
        self._window = window
        self._say = say
        self._stopping = stopping
        self._ports = ports
        self._tap = tap

    def find(self) -> Found:
        """The modem, which belongs to this link until `leave`. Raises Trouble, and what Modem raises."""
        last: Trouble | None = None
        for port in self._to_try():
            try:
                return self._try(port)
            except Trouble as trouble:
                if not self._config.identity:
                    raise
                if last is None or trouble.event == "rest":
                    last = trouble
            except (TimeoutException, SerialException, OSError, CommandError):
                if not self._config.identity:
                    raise
                self._ports.remember(port, {})
        raise self._nowhere(last)

    def leave(self, found: Found) -> None:
        """Close it and let others have the port."""
        found.modem.close()
        self._ports.leave(found.port, self._name)

    def remember(self, found: Found, facts: dict[str, str]) -> None:
        """What the modem is known by, for whoever looks for it or another."""
        self._ports.remember(found.port, facts)

    def there(self) -> list[Port]:
        """The ports at which it would be looked for now."""
        device = port_at(self._config.device) if self._config.device else None
        more = ports_there(self._config.ports) if self._config.identity else []
        return ([device] if device else []) + more

    def _to_try(self) -> list[Port]:
        config = self._config
        device = port_at(config.device) if config.device else None
        if not config.identity:
            return [device] if device else []
        others = self._ports.to_try(config.identity, config.ports, self._name)
        if device is None:
            return others
        known = self._ports.known(device)  # with a device, the search goes on elsewhere only when it is not there
        here = [device] if known is None or known.items() >= config.identity.items() else []
        return here + [port for port in others if port.node != device.node]

    def _try(self, port: Port) -> Found:
        holder = self._ports.take(port, self._name)
        if holder is not None:
            raise taken_by(port, holder)
        modem: Modem | None = None
        try:
            modem = open_port(port, self._name, self._config, self._listener(port), self._tap)
            facts, ours = identify(modem, self._config.identity)
            if ours is None:
                self._must_know(port, modem, facts)
            elif not ours:
                self._ports.remember(port, facts)
                sim = facts.get("imsi") or facts.get("iccid") or "none"
                raise Trouble("vanish", f"the modem at {port.name} has the SIM {sim}, not the configured one", 1.0)
            return Found(port, modem, facts)
        except BaseException as trouble:
            if isinstance(trouble, NotAModem) and self._config.identity:
                self._ports.remember(port, {})
            if modem is not None:
                with suppress(OSError):
                    modem.close()
            self._ports.leave(port, self._name)
            raise

    def _must_know(self, port: Port, modem: Modem, facts: dict[str, str]) -> None:
        """A locked SIM does not tell its IMSI. Trust the configured device; do not guess elsewhere."""
        if locked(modem) and port.name != self._config.device:
            self._ports.remember(port, facts)
            iccid = facts.get("iccid")
            more = f'iccid = "{iccid}"' if iccid else "device"
            says = (
                f"the SIM at {port.name} is locked and does not tell its IMSI, so its PIN is not risked: if it is"
                f" the right one, add {more} to [[links]] {self._name}"
            )
            raise Trouble("rest", says, 60.0)

    def _nowhere(self, last: Trouble | None) -> Trouble:
        config, name = self._config, self._name
        if not config.identity:
            says = f"there is no {config.device}: plug the modem in, or correct device in [[links]] {name}"
            return Trouble("vanish", says, 1.0)
        wanted = ", ".join(f"{fact} {number}" for fact, number in config.identity.items())
        ports = len(ports_there(config.ports))
        says = f"no modem with {wanted} at any of the {ports} ports: plug it in, or correct [[links]] {name}"
        if last is not None and last.event == "rest":
            return last
        return Trouble("vanish", f"{says} ({last.why})" if last else says, 1.0)

    # A text in flight

    def _listener(self, port: Port) -> Callable[[Modem], None] | None:
        """How to listen before speaking, when a text may still be answered at this port; else None."""
        flight = self._window.unanswered
        if flight is None or flight.mark != port.mark:  # pulled out meanwhile: the modem has forgotten it
            return None
        ends_in = min(LISTEN, self._config.answer_timeout) - (time.time() - flight.at)
        if ends_in <= 0 or ends_in > LISTEN:
            return None

        def listen(modem: Modem) -> None:
            modem.late = self._window.late
            self._say("listen", f"listening for {ends_in:.0f} s whether the text in flight is answered")
            until = time.monotonic() + ends_in
            while self._window.unanswered is flight and modem.alive and time.monotonic() < until:
                if self._stopping.wait(0.05):
                    return

        return listen
