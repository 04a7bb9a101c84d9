"""One modem as a set of AT commands, each a method (3GPP TS 27.007 and 27.005, PDU mode only).

What is kept of python-gsmmodem-new's GsmModem is its way of writing commands, its errors and its
identification. Its connect() is left aside: it would enter the PIN without looking how many attempts are
left.
"""

from __future__ import annotations

import re
import time
from contextlib import suppress
from typing import Any

from drivers.modem import answers
from drivers.modem.answers import Stored
from drivers.modem.comms import FlowControl, SteadyComms
from drivers.modem.library import CmeError, CmsError, CommandError, GsmModem

PROMPT_TIMEOUT = 8.0  # seconds
PIN_TIMEOUT = 20.0  # seconds
_ICCID = ("AT+CCID", "AT+ICCID", "AT^ICCID?", "AT+QCCID", "AT+ZGETICCID", "AT+CCID?")
_BUSY = (14, 515)  # "SIM busy", "command in progress": the same command may work in a moment
_NOTIFY = ("2,1,0,2,0", "2,1,0,1,0", "1,1,0,2,0", "1,1,0,1,0", "2,1,0,0,0", "1,1,0,0,0")


class Modem(GsmModem, SteadyComms):  # type: ignore[misc]  # the package has no types
    """The package's modem on our line.

    Any method may raise CommandError (refused), TimeoutException (no answer) or SerialException (the line is lost);
    those that say "or None" swallow the first.
    """

    def __init__(self, device: str, baudrate: int, flow: FlowControl) -> None:
        super().__init__(device, baudrate)
        self.flow = flow
        self.news: Any = lambda lines: None  # called by the reader with each unsolicited message
        self.acknowledges = False  # whether the network wants AT+CNMA for what it hands to us directly
        self._memory: str | None = None

    def _handleModemNotification(self, lines: list[str]) -> None:
        self.news(lines)  # the package would start a thread for each, which writes

    def open(self) -> None:
        """Open the port and get the modem to listen. Raises also OSError."""
        SteadyComms.connect(self)
        self._stale = True  # whatever was said on this line before is not ours
        self.write("ATE0")
        self.write("AT+CMEE=1", parseError=False)

    def write(  # type: ignore[override]  # the package's own write is as wide
        self,
        data: str,
        waitForResponse: bool = True,
        timeout: float = 10,
        parseError: bool = True,
        writeTerm: str = "\r",
        expectedResponseTermSeq: str | None = None,
        tries: int = 5,
    ) -> list[str]:
        """As the package says, but a busy modem is asked `tries` times at most, not for ever."""
        package: Any = super()
        for attempt in range(1, tries + 1):
            lines: list[str] = package.write(data, waitForResponse, timeout, False, writeTerm, expectedResponseTermSeq)
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
        """Maker, model, revision and IMEI, as far as it tells."""
        asked = {
            "manufacturer": _words(self._maybe("AT+CGMI")),
            "model": _words(self._maybe("AT+CGMM")),
            "revision": _words(self._maybe("AT+CGMR")),
            "imei": answers.long_number(self._maybe("AT+CGSN")),
        }
        return {fact: said for fact, said in asked.items() if said}

    def iccid(self) -> str | None:
        """The SIM card's own number; many modems tell it before the PIN."""
        for command in _ICCID:
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
        return answers.value(self.write("AT+CPIN?", timeout=15), "+CPIN") or "unknown"

    def pin_attempts(self) -> int | None:
        """How many attempts are left, or None when this modem does not tell."""
        for command in answers.ATTEMPTS_COMMANDS:
            left = answers.attempts_left(command, self._maybe(command))
            if left is not None:
                return left
        return None

    def enter_pin(self, pin: str) -> bool:
        """Enter the PIN once, whatever comes of it, and past the package's log. Whether it was accepted."""
        lines = SteadyComms.write(self, f'AT+CPIN="{pin}"\r', timeout=PIN_TIMEOUT) or []
        return lines[-1:] == ["OK"]

    # The network

    def registration(self) -> int | None:
        """The best <stat> among the networks that the modem knows of, or None when it tells nothing."""
        heard = [
            stat
            for command in ("AT+CREG?", "AT+CGREG?", "AT+CEREG?")
            if (stat := answers.registration(self._maybe(command))) is not None
        ]
        usable = [stat for stat in heard if stat in answers.REGISTERED]
        return next(iter(usable or heard), None)

    def reception(self) -> dict[str, str]:
        """Signal and operator in words, as far as known."""
        said = {
            "signal": answers.signal(self._maybe("AT+CSQ")),
            "operator": answers.operator(self._maybe("AT+COPS?")),
        }
        return {fact: words for fact, words in said.items() if words}

    # Set up

    def set_up(self) -> str:
        """Make the modem store what comes and tell us so. Returns how news are told, in the form of +CNMI.

        Raises CommandError when it has no PDU mode.
        """
        self.write("AT+CMGF=0")
        for command in ('AT+CSCS="GSM"', "AT+COPS=3,0", "AT+CREG=1", "AT+CEREG=1", "AT+CLIP=1"):
            self._maybe(command)
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

    def listing(self, memory: str) -> list[Stored]:
        """All that a memory holds, read and unread."""
        self._use(memory)
        return answers.listing(self.write("AT+CMGL=4", timeout=30))

    def delete(self, memory: str, index: int) -> None:
        """Delete one text, never more: what came meanwhile has not been read."""
        self._use(memory)
        self.write(f"AT+CMGD={index}")

    def _use(self, memory: str) -> None:
        if self._memory != memory:
            self._memory = None
            self.write(f'AT+CPMS="{memory}"')
            self._memory = memory

    def acknowledge(self) -> None:
        """Say that a text which was handed to us directly is kept (27.005 section 4.7)."""
        if self.acknowledges:
            self._maybe("AT+CNMA")

    # Send

    def ask_to_send(self, length: int) -> None:
        """Ask for the prompt. Whatever this raises, nothing was sent."""
        lines = self.write(f"AT+CMGS={length}", timeout=PROMPT_TIMEOUT, expectedResponseTermSeq=">")
        if lines[-1] != ">":
            raise CommandError(f"no prompt but {lines[-1]}")

    def send_pdu(self, pdu: str, timeout: float) -> int | None:
        """Write the PDU and Ctrl-Z behind the prompt, once. The modem's reference, if it tells one."""
        lines = self.write(pdu, timeout=timeout, writeTerm="\x1a", tries=1)
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
