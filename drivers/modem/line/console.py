"""A simulated modem that people and programs command by lines: what phones send, what goes wrong, by its name."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from drivers._mms.push import announcement
from drivers.modem.line.card import Sim
from drivers.modem.line.modem import SimulatedModem
from drivers.modem.line.ways import Ways, sentences, spelled, turn
from smsgw.errors import BadInput, Fault

HELP = (
    "+38640111222 some text     that phone sends us a text",
    "ring +38640111222          that phone calls us",
    "noise=0.3                  a fault, by name; SIM and network: pin, attempts_left, registration, sim",
    "report +38640111222 46     a status report on the last text to that number (TP-ST in hexadecimal)",
    "push +38640000000 0606...   a WAP push from a centre, its octets in hexadecimal",
    "mms +38640111222 http://127.0.0.1:8080/m/1 31000   a centre announces an MMS of that phone, there, so large",
    "unplug   plug [NAME]       pull it out; put it in, under another name if you like",
    "restart                    the firmware starts anew and forgets its settings",
)
_CENTRE = "+38640000000"  # where MMS are announced from
_SIM = {
    "pin": "the PIN that the SIM asks for; empty: none",
    "attempts_left": "how many attempts at the PIN are left; 0: it asks for its PUK",
    "registration": "what +CREG says: 1 home, 2 looking, 3 refused, 5 roaming",
    "sim": "on: it is in the modem; off: it is not",
}


def faults() -> list[tuple[str, str, str]]:
    """Everything that can be turned: name, default, sentence."""
    ways = [(name, spelled(default), says) for name, default, says in sentences()]
    return ways + [(name, "", says) for name, says in _SIM.items()]


class Clock:
    """The time now, but never the same second twice: two equal texts of one second would be one and the same PDU."""

    def __init__(self) -> None:
        self._last = datetime.now(UTC).replace(microsecond=0)

    def __call__(self) -> datetime:
        """The next second, or the one that it is."""
        self._last = max(datetime.now(UTC).replace(microsecond=0), self._last + timedelta(seconds=1))
        return self._last


class Console:
    """One modem in a folder, with a journal.

    folder: where its device appears, as those in /dev/serial/by-id; None: in a new one that vanishes. turns: faults as
    (name, value). journal: gets each event, with "at" in time.monotonic() seconds. Raises BadInput.
    """

    def __init__(
        self,
        folder: Path | None,
        turns: Iterable[tuple[str, str]],
        seed: int,
        journal: Callable[[dict[str, Any]], None],
    ) -> None:
        ways, sim = Ways(), Sim.new(number=seed + 1)
        for name, value in turns:
            _turn(ways, sim, name, value)
        self._temporary = None if folder else tempfile.TemporaryDirectory(prefix="smsgw-modem-")
        place = folder or Path(self._temporary.name if self._temporary else ".")
        place.mkdir(parents=True, exist_ok=True)
        imei = f"35693803{seed + 1:06}9"
        name = f"usb-smsgw_simulated_modem_{imei}-if00-port0"
        self._journal = journal
        self._announced = 0
        self.modem = SimulatedModem(
            place.absolute(), ways, sim=sim, seed=seed, clock=Clock(), device=name, imei=imei, journal=self._note
        )

    @property
    def device(self) -> str:
        """Where it is now."""
        return self.modem.device

    @property
    def block(self) -> str:
        """A [[links]] table for it."""
        return (
            f'[[links]]\nname = "stick"\nkind = "modem"\ndevice = "{self.device}"\nnumber = "{self.modem.sim.number}"'
        )

    def close(self) -> None:
        """Pull it out for good."""
        self.modem.close()
        if self._temporary:
            self._temporary.cleanup()

    def _note(self, event: dict[str, Any]) -> None:
        self._journal({"at": round(time.monotonic(), 6), **event})

    def do(self, line: str) -> None:
        """Do what a line says (see `HELP`). Raises BadInput."""
        word, _, rest = line.strip().partition(" ")
        if word.startswith("+") or word.isdecimal():
            self.modem.phone_sends(word, rest.encode().decode("unicode_escape") if "\\n" in rest else rest)
        elif "=" in word:
            self._turn(word)
        else:
            self._verb(word, rest.split())

    def _turn(self, word: str) -> None:
        name, _, value = word.partition("=")
        before = self.modem.sim.stat
        _turn(self.modem.ways, self.modem.sim, name, value)
        self._note({"event": "fault", "name": name, "value": value})
        if self.modem.sim.stat != before:
            self.modem.set_registration(self.modem.sim.stat)

    def _verb(self, word: str, rest: list[str]) -> None:
        verbs: dict[str, Callable[..., None]] = {
            "ring": self.modem.rings,
            "unplug": self.modem.disconnect,
            "plug": lambda name=None: self.modem.connect(str(self.modem.folder / name) if name else None),
            "restart": self.modem.forget,
            "push": lambda sender, octets: self.modem.centre_pushes(sender, bytes.fromhex(octets)),
            "mms": self._announce,
            "report": lambda to, status="00": self.modem.send_receipt(to, int(status, 16)),
        }
        try:
            verbs[word](*rest)
        except (KeyError, TypeError, ValueError, IndexError) as wrong:
            says = f"{' '.join([word, *rest])!r} is nothing that this modem can do"
            raise BadInput([Fault("/line", "line_invalid", says)], hint="\n".join(HELP)) from wrong
        self._note({"event": word, "with": rest, "device": self.device})

    def _announce(self, sender: str, location: str, size: str = "0") -> None:
        self._announced += 1
        octets = announcement(f"sim{self._announced}", location, sender, int(size))
        self.modem.centre_pushes(_CENTRE, octets, self._announced % 256)


def _turn(ways: Ways, sim: Sim, name: str, value: str) -> None:
    """Turn one thing, in the modem or in its SIM. Raises BadInput."""
    try:
        if name == "pin":
            sim.pin = value or None
            sim.locked = sim.pin is not None
        elif name == "attempts_left":
            sim.attempts = int(value)
        elif name == "registration":
            sim.stat = int(value)
        elif name == "sim":
            sim.present = {"on": True, "off": False}[value]
        else:
            turn(ways, name, value)
    except (ValueError, KeyError) as wrong:
        says = f"{value!r} does not do for {name}: {_SIM.get(name, '')}"
        raise BadInput([Fault(f"/{name}", "fault_invalid", says)], hint="smsgw sim modem --list-faults") from wrong


def stand(
    folder: Path | None, turns: Iterable[tuple[str, str]], seed: int, journal: Callable[[dict[str, Any]], None]
) -> Console:
    """Plug a modem in; see `Console`."""
    return Console(folder, turns, seed, journal)
