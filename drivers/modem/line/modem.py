"""A simulated GSM modem: AT in PDU mode, a SIM, memories, and the network that takes and brings texts.

The surprise: everything that goes wrong with it goes wrong on purpose, by name (`Ways`), and by its own chance, so
that a seed repeats it.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from random import Random

from drivers.modem.line.card import Sim
from drivers.modem.line.coding import Coding
from drivers.modem.line.commands import ALWAYS, run
from drivers.modem.line.menus import MENUS, Menu, read, spelled
from drivers.modem.line.mms import MmsSide
from drivers.modem.line.network import NO_FLAGS, Journal, Networked, seconds_of_march
from drivers.modem.line.ways import Ways

_serial = itertools.count(1)


class SimulatedModem(Networked):
    """See the module's docstring. Every method may be called from any thread.

    folder: where its device appears. device: its name there. number: the same one gives the same IMEI, IMSI and ICCID.
    pin: of the SIM, None when it asks for none. clock: what the network's stamps are taken from. journal: is
    told of all that happens. It is plugged in.
    """

    def __init__(
        self,
        folder: Path,
        ways: Ways | None = None,
        pin: str | None = None,
        *,
        sim: Sim | None = None,
        coding: Coding | None = None,
        seed: int | str = 0,
        clock: Callable[[], datetime] | None = None,
        device: str | None = None,
        number: int | None = None,
        imei: str | None = None,
        journal: Journal = lambda event: None,
    ) -> None:
        own = next(_serial)
        self.folder = folder
        self.imei = imei or f"35693803{number or own:06}9"
        self.commands: list[str] = []
        self.acknowledged_directly = 0
        self.break_listings = 0  # how many more listings lose a byte
        self.swallow_pin_answer = False
        self.menus = dict(MENUS)
        self.more_to_send = 0  # what +CMMS was set to
        self.mms = MmsSide()
        self.entered: list[str] = []  # USSD codes and replies
        self._menu: Menu | None = None
        super().__init__(
            str(folder / (device or f"ttyUSB{own}")),
            ways or Ways(),
            sim or Sim.new(pin, number),
            coding,
            Random(f"modem {seed}"),
            clock or seconds_of_march(),
        )
        self.journal = journal
        self.forget()
        self.connect()
        self._thread.start()

    def forget(self) -> None:
        """The firmware starts anew and forgets its settings."""
        with self.lock:
            self.echo = True
            self.notify = NO_FLAGS
            self.memory = self.ways.memories[0]
            self.pdu_length = None
            self.radio_on = True
            self.errors = 0  # +CMEE
            self.sim.locked = self.sim.pin is not None
            self._menu = None

    def connect(self, device: str | None = None) -> None:
        """Plug it in, under another name (in any folder) if one is given; the network brings what waited for it."""
        super().connect(device)
        self.hand_waiting()

    def reappear(self, name: str, after: float = 0.0) -> None:
        """Pull it out, and plug it in under another name in its folder after so many seconds."""
        self.disconnect()
        self._later(after, lambda: self.connect(str(self.folder / name)))

    def reset(self) -> None:
        """The firmware restarts by order: away from the bus for a while, then there again, its settings lost."""
        self.journal({"event": "reset"})
        path = Path(self.device)
        name = f"{path.name}r" if self.ways.reset_renames else path.name
        self.ways.frozen = self.ways.silent = False
        self._later(0.05, lambda: self._restart(name))

    def _restart(self, name: str) -> None:
        self.disconnect()
        self._later(self.ways.reset_takes, lambda: self.connect(str(self.folder / name)))

    def _later(self, seconds: float, what: Callable[[], None]) -> None:
        def do() -> None:
            if self._running:
                what()

        if seconds <= 0:
            do()
            return
        timer = threading.Timer(seconds, do)
        timer.daemon = True
        timer.start()

    # Commands

    def command(self, line: str) -> None:
        """A line was typed; what stands before AT is the rest of something that was cut off."""
        at = line.upper().rfind("AT", 0, 6) if line[:2].upper() != "AT" else 0
        if at < 0:
            return
        typed = line[at + 2 :]
        self.commands.append("AT" + typed)
        self.journal({"event": "command", "line": "AT" + typed})
        if self.ways.busy and typed.split("=")[0].split("?")[0] not in ALWAYS:
            self.ways.busy -= 1
            self.answer("+CME ERROR: 14")
            return
        run(self, typed)

    def ready(self) -> bool:
        """Whether the SIM can be used; says so if not."""
        if not self.sim.present:
            self.answer("+CME ERROR: 10")
        elif self.sim.locked:
            self.answer("+CME ERROR: 11" if self.sim.attempts else "+CME ERROR: 12")
        return self.sim.present and not self.sim.locked

    def prompt(self, length: int) -> None:
        """A text is announced; what is typed from now on is its PDU."""
        if self.ready():
            self.pdu_length = length
            self.says(self.ways.prompt.encode())

    # The network

    @property
    def stat(self) -> int:
        """What +CREG tells: nothing is found with the radio off."""
        return self.sim.stat if self.radio_on else 0

    def set_registration(self, stat: int, cause: int | None = None) -> None:
        """The network takes us in (1, 5), looks on (2) or refuses us (3), and the modem says so."""
        self.sim.stat = stat
        self.ways.cause = self.ways.cause if cause is None else cause
        self.tell(f"+CREG: {stat}")

    def set_radio(self, on: bool) -> None:
        """+CFUN=1, or 0 and 4."""
        with self.lock:
            came_back = on and not self.radio_on
            self.radio_on = on
            if came_back and self.ways.radio_heals:
                self.sim.stat = 1
        self.answer("OK")
        if came_back:
            self.tell(f"+CREG: {self.sim.stat}")

    def ask_network(self, typed: str) -> None:
        """A USSD code, or a reply to a menu (27.007 section 7.15)."""
        said = read(typed, packed=self.ways.wants_packed)
        self.entered.append(said)
        self.answer("OK")
        if self.ways.ussd_dies:
            return
        menu = self.menus.get(said) if self._menu is None else self._menu.choices.get(said)
        self._menu = menu if menu is not None and menu.choices else None
        time.sleep(min(self.ways.air_time, 1.0) / 4)
        self.tell("+CUSD: 4" if menu is None else spelled(menu, self.ways.ussd))

    def leave_menu(self) -> None:
        """End a USSD session."""
        self._menu = None
        self.answer("OK")
