"""An emulated GSM modem: AT in PDU mode, a SIM, memories, and the network that takes and brings texts.

The surprise: what it is sent and what it sends are read and made by libraries that we did not write (modem_pdus).
"""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.emulators.modem_line import Line
from tests.emulators.modem_pdus import Submitted, deliver, delivers, read_submit, status_report

_serial = itertools.count(1)
_START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@dataclass
class Ways:
    """How this modem behaves; may be changed at any time.

    reports: "auto", "early" (before the
    answer of their own text) or "manual". attempts: the command that tells the PIN attempts, or None.
    """

    memories: tuple[str, ...] = ("SM", "ME")
    receives_into: str = "ME"
    first_index: int = 1
    slots: int = 20
    prompt: str = "\r\n> "
    air_time: float = 0.0
    tells_news: bool = True
    notify_modes: tuple[str, ...] = ("2,1,0,2,0", "2,1,0,1,0")
    reports: str = "auto"
    attempts: str | None = "+CPINR"
    service: int = 0


@dataclass
class Sim:
    """A SIM card; present as long as it is in the modem. stat: of +CREG."""

    pin: str | None = None
    attempts: int = 3
    locked: bool = False
    present: bool = True
    stat: int = 1
    imsi: str = ""
    iccid: str = ""
    pins_entered: list[str] = field(default_factory=list)


class EmulatedModem(Line):
    """See the module's docstring. Every method may be called from any thread."""

    def __init__(self, folder: Path, ways: Ways | None = None, pin: str | None = None) -> None:
        number = next(_serial)
        super().__init__(str(folder / f"ttyUSB{number}"))
        self.ways = ways or Ways()
        self.sim = Sim(pin, imsi=f"29340000{number:07}", iccid=f"8938640{number:012}")
        self.stored: dict[str, dict[int, bytes]] = {name: {} for name in self.ways.memories}
        self.deleted: list[tuple[str, int, bytes]] = []
        self.submissions: list[Submitted] = []
        self.commands: list[str] = []
        self.acknowledged_directly = 0
        self.statuses: dict[tuple[str, int], int] = {}  # <stat> in listings; 0 unless it is here
        self.break_listings = 0  # how many more listings lose a byte
        self.swallow_pin_answer = False
        self._waiting: list[tuple[bytes, str]] = []  # in the network, while the memory is full
        self._refusals: list[str] = []
        self._held: list[str] | None = None  # answers held back, when they are
        self._swallows = False
        self._reference = 0
        self._clock = itertools.count()
        self.forget()
        self.connect()
        self._thread.start()

    def forget(self) -> None:
        """The firmware starts anew and forgets its settings."""
        with self.lock:
            self.echo = True
            self._notify = "0,0,0,0,0"
            self._memory = self.ways.memories[0]
            self.pdu_length = None
            self.sim.locked = self.sim.pin is not None

    # The network and its phones

    def _now(self) -> datetime:
        return _START + timedelta(seconds=next(self._clock))

    def phone_sends(self, sender: str, text: str, order: list[int] | None = None, **how: Any) -> list[bytes]:
        """A phone sends us a text; its parts arrive in this order (numbered from 1). Returns their PDUs."""
        pdus = delivers(sender, text, self._now(), **how)
        for number in order or range(1, len(pdus) + 1):
            self.network_hands(pdus[number - 1])
        return pdus

    def phone_sends_data(self, sender: str, octets: bytes, udh: bytes, dcs: int = 0xF5) -> None:
        """A phone or a centre sends octets, such as to a port."""
        self.network_hands(deliver(sender, octets, self._now(), udh, dcs))

    def network_hands(self, pdu: bytes, into: str | None = None, news: str = "+CMTI") -> None:
        """Any PDU at all comes in."""
        with self.lock:
            memory = into or self.ways.receives_into
            place = self._free_place(memory)
            if place is None:
                self._waiting.append((pdu, news))
                return
            self.stored[memory][place] = pdu
            mode = self._notify.split(",")
            if self.ways.tells_news and mode[1 if news == "+CMTI" else 3] != "0":
                self.tell(f'{news}: "{memory}",{place}')

    def _free_place(self, memory: str) -> int | None:
        places = range(self.ways.first_index, self.ways.first_index + self.ways.slots)
        return next((place for place in places if place not in self.stored[memory]), None)

    def send_receipt(self, to: str, status: int = 0x00, recipient: str | None = None) -> None:
        """The centre reports on the last text to that number. recipient: as the report spells it."""
        sent = [one for one in self.submissions if one.to == to][-1]
        pdu = status_report(sent.reference, recipient or to, self._now(), status)
        if self._notify.split(",")[3] == "1":
            self.tell(f"+CDS: {len(pdu) - 1 - pdu[0]}\r\n{pdu.hex().upper()}")
        else:
            self.network_hands(pdu, news="+CDSI")

    def network_hands_directly(self, pdu: bytes, whole: bool = True) -> None:
        """A text that the modem does not store (+CMT). whole: or else the line loses its PDU."""
        head = f"+CMT: ,{len(pdu) - 1 - pdu[0]}"
        self.tell(f"{head}\r\n{pdu.hex().upper()}" if whole else head)

    def rings(self, caller: str) -> None:
        """Somebody calls us."""
        self.tell("RING")
        self.tell(f'+CLIP: "{caller.removeprefix("+")}",145,,,,0')

    # Faults

    def refuse_next(self, code: int | str) -> None:
        """Refuse the next submission: with +CMS ERROR, or with a whole line."""
        self._refusals.append(code if isinstance(code, str) else f"+CMS ERROR: {code}")

    def hold_answers(self) -> None:
        """From now on the network takes texts, but the modem keeps the answers to itself."""
        self._held = []

    def release_answers(self) -> None:
        """Say the answers that were held back."""
        held, self._held = self._held or [], None
        for answer in held:
            self.says(answer.encode())

    def swallow_answers(self, swallow: bool = True) -> None:
        """Take texts from now on, and never say what became of them."""
        self._swallows = swallow

    # Commands

    def command(self, line: str) -> None:
        at = line.upper().rfind("AT")
        if at < 0:
            return
        command = line[at + 2 :]
        self.commands.append("AT" + command)
        for pattern, handler in _COMMANDS:
            found = re.fullmatch(pattern, command)
            if found:
                handler(self, *found.groups())
                return
        self.answer("ERROR")

    def _ready(self) -> bool:
        """Whether the SIM can be used; says so if not."""
        if not self.sim.present:
            self.answer("+CME ERROR: 10")
        elif self.sim.locked:
            self.answer("+CME ERROR: 11")
        return self.sim.present and not self.sim.locked

    def _set_echo(self, on: str) -> None:
        self.echo = on == "1"
        self.answer("OK")

    def _ask_pin(self) -> None:
        if not self.sim.present:
            self.answer("+CME ERROR: 10")
        else:
            puk = "SIM PUK" if self.sim.attempts == 0 else "SIM PIN"
            self.answer("+CPIN: " + (puk if self.sim.locked else "READY"), "OK")

    def _enter_pin(self, pin: str) -> None:
        self.sim.pins_entered.append(pin)
        if self.swallow_pin_answer:
            return
        if pin == self.sim.pin and self.sim.attempts:
            self.sim.attempts, self.sim.locked = 3, False
            self.answer("OK")
        else:
            self.sim.attempts = max(0, self.sim.attempts - 1)
            self.answer("+CME ERROR: 16" if self.sim.attempts else "+CME ERROR: 12")

    def _attempts(self, command: str) -> None:
        left = self.sim.attempts
        answers = {
            "+CPINR": f"+CPINR: SIM PIN,{left},3",
            "^CPIN": f"^CPIN: SIM PIN,{left},10,{left},10,3",
            "+SPIC": f"+SPIC: {left},10,0,10",
        }
        if command == self.ways.attempts:
            self.answer(answers[command], "OK")
        else:
            self.answer("ERROR")

    def _registration(self, which: str) -> None:
        self.answer(f'+{which}: 1,{self.sim.stat},"2AF5","0B88E350",2', "OK")

    def set_registration(self, stat: int) -> None:
        """The network takes us in (1, 5), looks on (2) or refuses us (3), and the modem says so."""
        self.sim.stat = stat
        self.tell(f"+CREG: {stat}")

    def _set_memory(self, memory: str) -> None:
        if memory not in self.ways.memories:
            self.answer("+CMS ERROR: 302")
        elif self._ready():
            self._memory = memory
            self.answer("+CPMS: 0,20,0,20,0,20", "OK")

    def _memories(self) -> None:
        names = ",".join(f'"{name}"' for name in self.ways.memories)
        self.answer(f"+CPMS: ({names}),({names}),({names})", "OK")

    def _set_notify(self, mode: str) -> None:
        if mode in self.ways.notify_modes:
            self._notify = mode
            self.answer("OK")
        else:
            self.answer("+CMS ERROR: 303")

    def _list(self) -> None:
        if self._ready():
            with self.lock:
                stored = sorted(self.stored[self._memory].items())
            lines: list[str] = []
            for index, pdu in stored:
                stat = self.statuses.get((self._memory, index), 0)
                lines += [f"+CMGL: {index},{stat},,{len(pdu) - 1 - pdu[0]}", pdu.hex().upper()]
            if lines and self.break_listings:
                self.break_listings -= 1
                lines[1] = lines[1][:20] + ("é" if self.break_listings else "") + lines[1][22:]
            self.answer(*lines, "OK")

    def _delete(self, index: str) -> None:
        with self.lock:
            pdu = self.stored[self._memory].pop(int(index), None)
            if pdu is None:
                self.answer("+CMS ERROR: 321")
                return
            self.deleted.append((self._memory, int(index), pdu))
        self.answer("OK")
        waiting, self._waiting = self._waiting, []
        for pdu, news in waiting:
            self.network_hands(pdu, news=news)

    def _acknowledge(self) -> None:
        self.acknowledged_directly += 1
        self.answer("OK")

    def _prompt(self, length: str) -> None:
        if self._ready():
            self.pdu_length = int(length)
            self.says(self.ways.prompt.encode())

    def submit(self, pdu: str, length: int) -> None:
        time.sleep(self.ways.air_time)
        octets = bytes.fromhex(pdu)
        if len(octets) - 1 - octets[0] != length:
            self.answer("+CMS ERROR: 304")
        elif self._refusals:
            self.answer(self._refusals.pop(0))
        else:
            self._reference = (self._reference + 1) % 256
            sent = read_submit(pdu, self._reference)
            self.submissions.append(sent)
            reports = self.ways.reports if sent.wants_report else "none"
            if reports == "early":
                self.send_receipt(sent.to)
            self._say_taken()
            if reports == "auto":
                self.send_receipt(sent.to)

    def _say_taken(self) -> None:
        if self._swallows:
            return
        if self._held is None:
            self.answer(f"+CMGS: {self._reference}", "OK")
        else:
            self._held.append(f"\r\n+CMGS: {self._reference}\r\n\r\nOK\r\n")


def _says(*lines: str) -> Callable[[EmulatedModem], None]:
    return lambda modem: modem.answer(*lines)


_COMMANDS: list[tuple[str, Callable[..., None]]] = [
    ("", _says("OK")),
    (r"E([01])", EmulatedModem._set_echo),
    (r"\+(?:CMEE|CMGF|CSCS|COPS|CREG|CEREG|CLIP)=.*", _says("OK")),
    (r"\+CGMI", _says("ACME", "OK")),
    (r"\+CGMM", _says("M1", "OK")),
    (r"\+CGMR", _says("1.0", "OK")),
    (r"\+CGSN", _says("356938035643809", "OK")),
    (r"\+CPIN\?", EmulatedModem._ask_pin),
    (r'\+CPIN="(.*)"', EmulatedModem._enter_pin),
    (r'(\+CPINR|\^CPIN|\+SPIC)(?:="SIM PIN"|\?)?', EmulatedModem._attempts),
    (r"\+CIMI", lambda modem: modem._ready() and modem.answer(modem.sim.imsi, "OK")),
    (r"\+CCID", lambda modem: modem.answer(f"+CCID: {modem.sim.iccid}", "OK")),
    (r"\+(CREG|CGREG)\?", EmulatedModem._registration),
    (r"\+COPS\?", _says('+COPS: 0,0,"Emulated",2', "OK")),
    (r"\+CSQ", _says("+CSQ: 21,99", "OK")),
    (r"\+CSMS\?", lambda modem: modem.answer(f"+CSMS: {modem.ways.service},1,1,1", "OK")),
    (r"\+CNMI\?", lambda modem: modem.answer(f"+CNMI: {modem._notify}", "OK")),
    (r"\+CNMI=(.*)", EmulatedModem._set_notify),
    (r"\+CPMS=\?", EmulatedModem._memories),
    (r'\+CPMS="(\w+)"', EmulatedModem._set_memory),
    (r"\+CMGL=4", EmulatedModem._list),
    (r"\+CMGD=(\d+)", EmulatedModem._delete),
    (r"\+CNMA", EmulatedModem._acknowledge),
    (r"\+CMGS=(\d+)", EmulatedModem._prompt),
]
