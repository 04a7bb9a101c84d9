"""One modem as a set of AT commands, each a method (3GPP TS 27.007 and 27.005, PDU mode only).

What is kept of python-gsmmodem-new's GsmModem is its way of writing commands, its errors and its
identification. Its connect() is left aside: it would enter the PIN without looking how many attempts are
left.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from drivers.modem import answers
from drivers.modem.answers import Stored
from drivers.modem.comms import FlowControl, SteadyComms
from drivers.modem.library import CmeError, CmsError, CommandError, GsmModem, TimeoutException
from drivers.modem.octet_line import OctetLine
from drivers.modem.profiles import GENERIC, profile_of

COMMAND_TIMEOUT = 5.0  # seconds
PROMPT_TIMEOUT = 5.0  # seconds
PIN_TIMEOUT = 20.0  # seconds
DELETE_TIMEOUT = 10.0  # seconds: SIMs are slow to write
LISTING_SILENCE = 10.0  # seconds in which a listing must go on; at 9,600 bit/s a whole one takes minutes
_CHANNEL_STAYS = 0.9  # seconds, at least, for which +CMMS=1 keeps the channel (27.005 section 3.5.6: 1 to 5)
_UNHEARD = 50  # news that are kept until somebody listens
_BUSY = (14, 515)  # "SIM busy", "command in progress": the same command may work in a moment
_NOTIFY = ("2,1,0,2,0", "2,1,0,1,0", "1,1,0,2,0", "1,1,0,1,0", "2,1,0,0,0", "1,1,0,0,0")


class Modem(GsmModem, OctetLine):  # type: ignore[misc]  # the package has no types
    """The package's modem on our line.

    Any method may raise CommandError (refused), TimeoutException (no answer) or SerialException (the line is lost);
    those that say "or None" swallow the first.
    """

    def __init__(self, device: str, baudrate: int, flow: FlowControl) -> None:
        super().__init__(device, baudrate)
        self.flow = flow
        self.acknowledges = False  # whether the network wants AT+CNMA for what it hands to us directly
        self.asks_twice = (
            False  # whether a command may be repeated when its answer was lost: from its first word until it is set up
        )
        self.accepted = False  # whether the last `blurt` was answered with OK
        self.profile = GENERIC
        self.places: dict[str, int] = {}  # how many texts each memory has room for, as far as it told
        self._memory: str | None = None
        self._unheard: list[list[str]] = []
        self._listener: Callable[[list[str]], None] = self._keep_unheard
        self._keeps_channel: bool | None = None  # None until it was asked
        self._channel_until = 0.0

    # Open

    def _handleModemNotification(self, lines: list[str]) -> None:
        self._listener(lines)  # the package would start a thread for each, which writes

    def _keep_unheard(self, lines: list[str]) -> None:
        if len(self._unheard) < _UNHEARD:
            self._unheard.append(lines)

    def hear(self, listener: Callable[[list[str]], None]) -> None:
        """From now on the reader calls it with each unsolicited message; what came before comes first."""
        self._listener = listener
        while self._unheard:
            listener(self._unheard.pop(0))

    def open(self, listen: Callable[[], None] | None = None) -> None:
        """Open the port and get the modem to listen. Raises also OSError.

        listen: called when the port is open and not a byte was written; the modem may be about to answer what
        somebody asked before us.
        """
        SteadyComms.connect(self)
        if listen is not None:
            listen()
        self._stale = True  # whatever was said on this line before is not ours
        self.write("ATE0")
        self.asks_twice = True
        self.write("AT+CMEE=1", parseError=False)

    def probe(self) -> bool:
        """Whether it answers AT."""
        self._stale = True
        try:
            self.write("AT", timeout=2, tries=1)
        except (TimeoutException, CommandError):
            return False
        return True

    def blurt(self, command: str, timeout: float) -> bool:
        """Say something to a modem that may be deaf, without a word before; whether it answered at all."""
        self.accepted = False
        try:
            lines = SteadyComms._exchange(self, command + "\r", timeout, prompt=False, wait=True)
        except TimeoutException:
            return False
        self.accepted = lines is not None and lines[-1:] == ["OK"]
        return True

    def write(  # type: ignore[override]  # the package's own write is as wide
        self,
        data: str,
        waitForResponse: bool = True,
        timeout: float | None = None,
        parseError: bool = True,
        writeTerm: str = "\r",
        expectedResponseTermSeq: str | None = None,
        tries: int = 5,
    ) -> list[str]:
        """As the package says, but a busy modem is asked `tries` times at most, not for ever."""
        package: Any = super()
        wait = COMMAND_TIMEOUT if timeout is None else timeout
        for attempt in range(1, tries + 1):
            try:
                lines: list[str] = package.write(data, waitForResponse, wait, False, writeTerm, expectedResponseTermSeq)
            except TimeoutException:
                if not self.asks_twice:
                    raise
                lines = package.write(data, waitForResponse, wait, False, writeTerm, expectedResponseTermSeq)
            refusal = _refusal(data, lines[-1]) if parseError else None
            if refusal is None:
                break
            if attempt == tries or getattr(refusal, "code", None) not in _BUSY:
                raise refusal
            time.sleep(0.2 * attempt)
        return lines

    def _maybe(self, command: str) -> list[str]:
        """The answer to a command that not every modem has; empty when this one does not."""
        try:
            return self.write(command)
        except CommandError:
            return []

    # Who are you

    def identity(self) -> dict[str, str]:
        """Maker, model, revision and IMEI, as far as it tells. From then on it is treated as one of its family."""
        asked = {
            "manufacturer": _words(self._maybe("AT+CGMI")),
            "model": _words(self._maybe("AT+CGMM")),
            "revision": _words(self._maybe("AT+CGMR")),
            "imei": answers.long_number(self._maybe("AT+CGSN")),
        }
        self.profile = profile_of(asked["manufacturer"] or "", asked["model"] or "")
        asked["family"] = self.profile.family
        return {fact: said for fact, said in asked.items() if said}

    def iccid(self) -> str | None:
        """The SIM card's own number; many modems tell it before the PIN."""
        for command in self.profile.asks_iccid:
            number = answers.long_number(self._maybe(command))
            if number and len(number) >= 18:
                return number
        return None

    def imsi(self) -> str | None:
        """The subscriber's identity on the SIM, or None."""
        return answers.long_number(self._maybe("AT+CIMI"))

    # The PIN

    def pin_state(self) -> str:
        """What +CPIN? says: "READY", "SIM PIN", "SIM PUK", ... Raises CmeError 10 when there is no SIM."""
        return answers.value(self.write("AT+CPIN?"), "+CPIN") or "unknown"

    def pin_attempts(self) -> int | None:
        """How many attempts are left, or None when this modem does not tell."""
        for way in self.profile.asks_attempts:
            left = way.read(self._maybe(way.command))
            if left is not None:
                return int(left)
        return None

    def enter_pin(self, pin: str) -> bool:
        """Enter the PIN once, whatever comes of it, and past the package's log. Whether it was accepted."""
        lines = SteadyComms.write(self, f'AT+CPIN="{pin}"\r', timeout=PIN_TIMEOUT) or []
        return lines[-1:] == ["OK"]

    # The network

    def registration(self) -> tuple[int | None, int | None]:
        """The best <stat> among the networks that the modem knows of, None when it tells nothing; and why it is
        refused (3GPP TS 24.008 section 10.5.3.6), if it tells that."""
        heard: list[int] = []
        refused: int | None = None
        for command in ("AT+CREG?", "AT+CGREG?", "AT+CEREG?"):
            lines = self._maybe(command)
            stat = answers.registration(lines)
            if stat is not None:
                heard.append(stat)
                refused = refused or answers.reject_cause(lines)
        usable = [stat for stat in heard if stat in answers.REGISTERED]
        return next(iter(usable or heard), None), refused

    def reception(self) -> dict[str, str]:
        """Signal, operator and temperature in words, as far as known."""
        said = {
            "signal": answers.signal(self._maybe("AT+CSQ")),
            "operator": answers.operator(self._maybe("AT+COPS?")),
        }
        if self.profile.temperature is not None:
            degrees = self.profile.temperature.read(self._maybe(self.profile.temperature.command))
            said["temperature"] = degrees and f"{degrees} °C"
        return {fact: words for fact, words in said.items() if words}

    def cause(self) -> str | None:
        """What the modem says of the last failure, if anything."""
        return answers.cause(self._maybe("AT+CEER"))

    # Numbers

    def own_number(self) -> str | None:
        """The SIM's own number, if somebody wrote it there."""
        return answers.own_number(self._maybe("AT+CNUM"))

    def set_own_number(self, number: str) -> None:
        """Write the SIM's own number into it, so that every phone and modem can tell it."""
        self.write('AT+CPBS="ON"')
        self.write(f'AT+CPBW=1,"{number}",{145 if number.startswith("+") else 129}')

    def service_centre(self) -> str | None:
        """The number of the operator's service centre that the SIM has."""
        return answers.service_centre(self._maybe("AT+CSCA?"))

    def set_service_centre(self, number: str) -> None:
        """Write it to the SIM."""
        self.write(f'AT+CSCA="{number}",{145 if number.startswith("+") else 129}')

    # Set up

    def set_up(self) -> str:
        """Make the modem store what comes and tell us so. Returns how news are told, in the form of +CNMI.

        Raises CommandError when it has no PDU mode.
        """
        self.write("AT+CMGF=0")
        for command in (*self.profile.quieten, 'AT+CSCS="GSM"', "AT+COPS=3,0", "AT+CLIP=1"):
            self._maybe(command)
        for network in ("CREG", "CEREG"):
            if not self._maybe(f"AT+{network}=3"):  # with the cause of a refusal, which old modems do not know
                self._maybe(f"AT+{network}=1")
        service = answers.value(self._maybe("AT+CSMS?"), "+CSMS")
        self.acknowledges = answers.number_in(service) == 1
        self._memory = None
        for mode in _NOTIFY:
            with suppress(CommandError):
                self.write(f"AT+CNMI={mode}")
                return mode
        return ""

    def notifies(self) -> str:
        """What AT+CNMI? says now; after the firmware restarted, this is no more what was set."""
        return (answers.value(self._maybe("AT+CNMI?"), "+CNMI") or "").replace(" ", "")

    # Stored texts

    def memories(self) -> tuple[str, ...]:
        """The memories that hold texts."""
        return answers.memories(self._maybe("AT+CPMS=?")) or ("SM",)

    def fills(self) -> dict[str, tuple[int, int]]:
        """How many places of the memories in use are taken, and of how many."""
        return answers.fills(self._maybe("AT+CPMS?"))

    def listing(self, memory: str) -> list[Stored]:
        """All that a memory holds, read and unread."""
        self._use(memory)
        return answers.listing(self.write("AT+CMGL=4", timeout=LISTING_SILENCE))

    def delete(self, memory: str, index: int) -> None:
        """Delete one text, never more: what came meanwhile has not been read."""
        self._use(memory)
        self.write(f"AT+CMGD={index}", timeout=DELETE_TIMEOUT)

    def _use(self, memory: str) -> None:
        if self._memory != memory:
            self._memory = None
            first = answers.fields(answers.value(self.write(f'AT+CPMS="{memory}"'), "+CPMS") or "")
            if len(first) > 1 and first[1].isdecimal():
                self.places[memory] = int(first[1])
            self._memory = memory

    def acknowledge(self) -> None:
        """Say that a text which was handed to us directly is kept (27.005 section 4.7)."""
        if self.acknowledges:
            self._maybe("AT+CNMA")

    # Send

    def keep_channel(self) -> None:
        """Ask that the channel to the network stays open after the next text (27.005 section 3.5.6)."""
        if self._keeps_channel is False or time.monotonic() < self._channel_until:
            return
        try:
            self.write("AT+CMMS=1", tries=1)
            self._keeps_channel = True
        except CommandError:
            self._keeps_channel = False

    def ask_to_send(self, length: int) -> None:
        """Ask for the prompt. Whatever this raises, nothing was sent."""
        lines = self.write(f"AT+CMGS={length}", timeout=PROMPT_TIMEOUT, expectedResponseTermSeq=">")
        if lines[-1] != ">":
            raise CommandError(f"no prompt but {lines[-1]}")

    def send_pdu(self, pdu: str, timeout: float) -> int | None:
        """Write the PDU and Ctrl-Z behind the prompt, once. The modem's reference, if it tells one."""
        if self.profile.prompt_pause:
            time.sleep(self.profile.prompt_pause)
        self._channel_until = 0.0
        lines = self.write(pdu, timeout=timeout, writeTerm="\x1a", tries=1)
        if self._keeps_channel:
            self._channel_until = time.monotonic() + _CHANNEL_STAYS
        return answers.number_in(answers.value(lines, "+CMGS"))


def _refusal(command: str, final: str) -> CommandError | None:
    """The package's error for a final line, or None if it is no refusal."""
    found = re.fullmatch(r"\+CM([ES]) ERROR: *(\d+)", final)
    if found:
        return (CmeError if found[1] == "E" else CmsError)(command, int(found[2]))
    if "ERROR" in final or final == "COMMAND NOT SUPPORT":
        return CommandError(f"{command}: {final}")
    return None


def _words(lines: list[str]) -> str:
    """The first line of a free answer, such as a maker's name."""
    return next((line.strip('"') for line in lines[:-1] if not line.startswith("+")), "")
