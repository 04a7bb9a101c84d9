"""The serial line: one reader thread that sorts lines into answers and news; one caller at a time writes.

It stands between the package's GsmModem and its SerialComms (`class Modem(GsmModem, SteadyComms)`), so that
GsmModem's `super()` calls reach it. The surprise: an unsolicited line may come in the middle of an answer,
and an answer may come long after its command was given up; neither is lost, and neither is taken for the
other.
"""

from __future__ import annotations

import fcntl
import os
import re
import select
import termios
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Literal

from drivers.modem import trace
from drivers.modem.answers import unhex
from drivers.modem.library import Serial, SerialComms, SerialException, SerialTimeoutException, TimeoutException
from drivers.modem.octets import Heard, Octets
from smsgw.link_verbs import Tap

FlowControl = Literal["none", "rtscts", "dsrdtr"]
News = Callable[[list[str]], None]

_FINAL = re.compile(r"OK|ERROR|\+CM[ES] ERROR: ?.*|COMMAND NOT SUPPORT")
_NEWS = re.compile(
    r"\+(CMTI|CDSI|CDS|CMT|CBM|CBMI|CUSD|C[GE]?REG|CRING|CLIP|CTZV|CTZE|CIEV|WIND|PSUTTZ|WAP_PUSH_MMS):"
    r"|RING$|NO CARRIER$|RDY$|(SMS|Call) Ready$|(SMS|PB) DONE$|\+(QIND|SYSSTART)\b|[\^*]"
)
_STARTED = re.compile(r"RDY|[+^]SYSSTART.*")  # a firmware that says so has forgotten the command before
_PROMPTS = (">", "CONNECT", "DOWNLOAD")  # the latter two want octets
_TWO_LINES = re.compile(r"\+(CDS|CMT|CBM):")
_SUBMIT_ANSWER = re.compile(r"\+CMGS: *\d+|\+CMS ERROR: *\d+")
_JUNK = "".join(map(chr, (*range(0x21), *range(0x7F, 0x100))))  # what noise leaves at the ends of a line
_LONGEST_LINE = 8192
_SECOND_LINE_WITHIN = 1.0  # seconds
_MOST_LINES = 20  # of one USSD answer
GOES_ON_AT_MOST = 300.0  # seconds for which a long answer may go on
SLICE = 0.2  # seconds between looks at whether somebody wants us to stop waiting


class NotWritten(SerialException):  # type: ignore[misc]  # pyserial has no types
    """The line was lost before the first byte of this command left."""


class SteadyComms(SerialComms):  # type: ignore[misc]  # the package has no types
    """A serial line that loses no news. See the module's docstring; SerialComms says what its arguments are.

    flow: how the modem holds us up. quiet: seconds of silence after which a modem has said all it wanted.
    probe_timeout: seconds that it may take to answer AT.
    late: called with a `+CMGS`/`+CMS ERROR` line that no command waits for. line_lost: why the line is gone,
    once it is. give_up_at: time.monotonic() at which every wait ends, or None. tap: hears what is said.
    """

    flow: FlowControl = "none"
    write_timeout = 5.0
    quiet = 0.3
    probe_timeout = 1.5
    give_up_at: float | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.late: Callable[[str], None] = lambda line: None
        self.tap = Tap()
        self.line_lost: Exception | None = None
        self._command = ""  # the command whose answer is awaited, "" when none is
        self._prompt = False  # whether it is a prompt that is awaited
        self._answer: list[str] = []
        self._answered = threading.Event()
        self.abandoned: list[str] = []  # what was given up, and may still be answered, since the last PDU
        self._hush = (-1, -1)  # a pipe that ends the reader
        self._head: tuple[str, float] | None = None  # the first line of two, and when it came
        self._ussd: list[str] = []  # the lines of a USSD answer whose quotes are still open
        self._started_anew = False  # whether the firmware said that it started while a command was open
        self._stale = False  # whether the answer to a given-up command may still come
        self._heard_at = 0.0
        self._octets: Octets | None = None  # what is awaited that is no line
        self._heard: Heard | None = None  # which late line is awaited

    # Open and close

    def connect(self) -> None:
        """Open the port for us alone and start the reader. Raises SerialException or OSError."""
        self.serial = Serial(
            self.port,
            self.baudrate,
            write_timeout=self.write_timeout,
            rtscts=self.flow == "rtscts",
            dsrdtr=self.flow == "dsrdtr",
            exclusive=True,
        )
        try:
            self._claim(self.serial.fileno())
        except Exception:
            self.serial.close()
            raise
        self.alive, self.line_lost = True, None
        self._hush = os.pipe2(os.O_CLOEXEC)  # its second end is closed when the reader shall end
        self._ready = select.poll()
        for number in (self.serial.fileno(), self._hush[0]):
            self._ready.register(number, select.POLLIN)
        self.rxThread = threading.Thread(target=self._readLoop, name=f"reader of {self.port}", daemon=True)
        self.rxThread.start()

    @staticmethod
    def _claim(port: int) -> None:
        """Refuse the port to programs that know no flock; keep DTR up at close, for some modems reset at it."""
        fcntl.ioctl(port, termios.TIOCEXCL)
        settings = termios.tcgetattr(port)
        settings[2] &= ~termios.HUPCL
        termios.tcsetattr(port, termios.TCSANOW, settings)

    def close(self) -> None:
        """Stop the reader and close the port. May be called twice, and after the line was lost."""
        self.alive = False
        reader, port = getattr(self, "rxThread", None), getattr(self, "serial", None)
        if reader is not None and port is not None:
            hush, self._hush = self._hush, (-1, -1)
            if hush[1] >= 0:
                os.close(hush[1])
            reader.join(timeout=2.0)
            if hush[0] >= 0:
                os.close(hush[0])
        if port is not None and port.is_open:
            with suppress(OSError, termios.error):
                fcntl.ioctl(port.fileno(), termios.TIOCNXCL)
            with suppress(OSError):
                port.close()

    # Read

    def _readLoop(self) -> None:
        """Read until the line is closed or lost; then wake who waits and tell it. Never ends silently."""
        rest = b""
        try:
            while self.alive:
                rest = self._take(rest + self._receive())
        except Exception as trouble:  # noqa: BLE001 - OSError, TypeError, ...: it is gone
            if self.alive:
                self.line_lost = trouble
        self.alive = False
        self._answered.set()
        if self.line_lost is not None:
            self.fatalErrorCallback(self.line_lost)

    def _receive(self) -> bytes:
        """What the modem says next, as much as there is; b"" when the line is being closed."""
        port = self.serial.fileno()
        ready = self._ready.poll()  # pyserial's own read takes three calls of the system for the first byte alone
        if not self.alive or any(number != port for number, _ in ready):
            return b""
        try:
            data = os.read(port, 4096)
        except BlockingIOError:  # somebody woke us for nothing
            return b""
        if not data:
            raise SerialException("it is gone")
        return data

    def _take(self, data: bytes) -> bytes:
        """Handle the whole lines in what was read; returns what is left. Modems end lines as they like."""
        if data:
            self._heard_at = time.monotonic()
        *lines, rest = re.split(rb"[\r\n]", data) if self._octets is None else self._take_octets(self._octets, data)
        for line in lines:
            if text := _plain(line):
                self._handleLineRead(text)
        if self._prompt and rest.lstrip(b"\0 ").startswith(b">"):
            self._finish(">")
            return b""
        return b"" if len(rest) > _LONGEST_LINE else rest

    def _take_octets(self, wanted: Octets, data: bytes) -> list[bytes]:
        """The lines in what was read, without the octets that are awaited; the last is what has no end yet."""
        lines: list[bytes] = []
        while data:
            if wanted.open:
                data = wanted.take(data)
            elif end := re.search(rb"[\r\n]", data):
                line, data = data[: end.start()], data[end.end() :]
                if not wanted.announces(_plain(line), end[0]):
                    lines.append(line)
            else:
                break
        return [*lines, data]

    def _handleLineRead(self, line: str, checkForResponseTerm: bool = True) -> None:
        """Give one line to who it is for."""
        if self.tap.tell is not None:
            self.tap.put(trace.heard, line, self._command)
        if self._second_line(line) or self._ussd_line(line) or (self._heard is not None and self._heard.is_it(line)):
            return
        if self._prompt and line in _PROMPTS:  # with a line end behind it, as some modems write it
            self._finish(line)
            return
        open_command = bool(self._command)
        if _NEWS.match(line) and not (open_command and self._asked_for(line)):
            if _TWO_LINES.match(line):
                self._head = line, time.monotonic()
            else:
                self.notifyCallback([line])
                if open_command and _STARTED.fullmatch(line):
                    self._started_anew = True
                    self._answered.set()
        elif _SUBMIT_ANSWER.match(line) and not (open_command and self._is_submission(line)):
            self.late(line)
        elif not open_command:
            self.notifyCallback([line])
        elif _FINAL.fullmatch(line):
            self._finish(line)
        elif line != self._command:  # else it is an echo
            self._answer.append(line)

    def _second_line(self, line: str) -> bool:
        """Whether this is the PDU that belongs to a +CDS or +CMT before it."""
        if self._head is None:
            return False
        (first, came), self._head = self._head, None
        if time.monotonic() - came > _SECOND_LINE_WITHIN or unhex(line) is None:
            return False  # the PDU was lost on the line; the modem's memory or the network has it still
        self.notifyCallback([first, line])
        return True

    def _ussd_line(self, line: str) -> bool:
        """Whether this is a line of a +CUSD, whose text may have several; it is told when its quotes are closed."""
        if line.startswith("+CUSD:"):
            self._ussd = []
        elif not self._ussd or line.startswith("+CMTI:") or (self._command and _FINAL.fullmatch(line)):
            return False
        self._ussd.append(line)
        whole = "\n".join(self._ussd)
        if '"' not in whole or re.search(r'"[^"]*"(\s*,\s*\d+)?\s*$', whole) or len(self._ussd) >= _MOST_LINES:
            self._ussd = []
            self.notifyCallback([whole])
        return True

    def _asked_for(self, line: str) -> bool:
        """Whether a line that looks like news is the answer to the open command."""
        asked = re.match(r"AT([+^*#]\w+)", self._command)
        if asked is None or not line.startswith(asked[1] + ":") or asked[1] == "+CUSD":
            return False
        # Asked for, +CREG says <n>,<stat>; by itself it says <stat> or <stat>,"lac".
        return not asked[1].endswith("REG") or bool(re.match(r"\S+: *\d *, *\d(?![0-9A-Fa-f])", line))

    def _is_submission(self, line: str) -> bool:
        """Whether +CMGS or +CMS ERROR answers the open command: +CMGS does so only behind a PDU."""
        if line.startswith("+CMGS"):
            return not self._prompt and not self._command.startswith("AT")
        return not self._stale

    def _finish(self, line: str) -> None:
        self._answer.append(line)
        self._command, self._prompt = "", False
        self._answered.set()

    # Write

    def write(
        self,
        data: str,
        waitForResponse: bool = True,
        timeout: float = 5,
        expectedResponseTermSeq: str | None = None,
    ) -> list[str] | None:
        """Write, and return the lines of the answer, the final one last.

        timeout: seconds. expectedResponseTermSeq: anything, when the answer is the prompt. Raises NotWritten
        when the line was lost before, SerialException when it is lost meanwhile, and TimeoutException.
        """
        with self._txLock:
            if self._stale:
                self._resynchronise()
            return self._exchange(data, timeout, bool(expectedResponseTermSeq), waitForResponse)

    def _exchange(self, data: str, timeout: float, prompt: bool, wait: bool) -> list[str] | None:
        if self._lost():
            raise NotWritten(self._lost())
        if self.tap.tell is not None:
            self.tap.put(trace.said, data)
        self._answer = []
        self._answered.clear()
        self._started_anew = False
        self._prompt = prompt
        self._command = data.strip("\r\x1a") if wait else ""
        if data.endswith("\x1a"):
            self.abandoned = []
        try:
            self.serial.write(data.encode("latin-1"))
        except SerialTimeoutException as blocked:  # its last byte did not get out, so it is not carried out
            with suppress(OSError, termios.error):
                self.serial.reset_output_buffer()
            self._given_up()
            raise TimeoutException([f"the port takes no bytes: {blocked}"]) from blocked
        if not wait:
            return None
        self._await(timeout, goes_on=data.startswith("AT+CMGL") or self._octets is not None)
        return self._answer

    def _await(self, timeout: float, goes_on: bool) -> None:
        """Wait for the answer. After TimeoutException the answer may still come, and belongs to nobody.

        goes_on: whether the time counts from the last byte that came, and not from the command.
        """
        began = time.monotonic()
        until = began + timeout
        while not self._answered.wait(min(SLICE, max(0.0, until - time.monotonic()))):
            if goes_on:
                until = min(max(until, self._heard_at + timeout), began + GOES_ON_AT_MOST)
            stop = until if self.give_up_at is None else min(until, self.give_up_at)
            if time.monotonic() >= stop:
                self._given_up()
                raise TimeoutException(self._answer)
        if self._lost() and not self._answer:
            raise SerialException(self._lost())
        if self._started_anew:
            self._given_up()
            raise TimeoutException(["the modem started anew before it answered"])

    def _given_up(self) -> None:
        self.abandoned.append(self._command)
        self._command, self._prompt, self._stale = "", False, True

    def _lost(self) -> str:
        """Why nothing can be said any more, or ""."""
        return "" if self.alive else f"the line is lost: {self.line_lost or 'it was closed'}"

    def _resynchronise(self) -> None:
        """Bring modem and us to the same command again. Raises TimeoutException when it does not answer.

        Nothing is thrown away: a late +CMGS among what comes is told as such. Each probe ends in silence,
        so that the OK of the late answer is not taken for the OK of what comes next.
        """
        for _ in range(3):
            self._exchange("\x1b\r", 0, prompt=False, wait=False)  # out of a prompt that we did not see
            self._silence()
            with suppress(TimeoutException):
                self._exchange("AT\r", self.probe_timeout, prompt=False, wait=True)
                self._silence()
                self._stale = False
                return
        raise TimeoutException(["the modem does not answer AT"])

    def _silence(self, at_most: float = 2.0) -> None:
        """Wait until nothing came for a while."""
        until = time.monotonic() + at_most
        time.sleep(self.quiet)
        while time.monotonic() - self._heard_at < self.quiet and time.monotonic() < until:
            time.sleep(self.quiet / 6)


def _plain(line: bytes) -> str:
    """A line as text. Latin-1 never fails: with UTF-8 one broken byte would end the reader."""
    return line.decode("latin-1").strip(_JUNK)
