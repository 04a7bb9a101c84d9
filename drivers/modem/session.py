"""One stay at an open modem, from identification until the line is lost or we stop.

Everything that happens elsewhere (the reader's news, futures that are done, a part that was given) is put
into one queue and done here, so that one thread alone writes to the modem.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from drivers.modem import answers
from drivers.modem.at import Modem
from drivers.modem.library import CommandError, TimeoutException
from drivers.modem.mailbox import Mailbox
from drivers.modem.prepare import Trouble, unlock
from drivers.modem.refusals import SWEEP_FIRST, sim_is_the_trouble
from drivers.modem.sending import Window, submit
from smsgw.link import Call, Events, Health, LinkDown, LinkState

if TYPE_CHECKING:
    from drivers.modem import Config

log = logging.getLogger(__name__)

_RINGS_APART = 10.0  # seconds of silence after which ringing is a new call
_LOOK_FOR_NETWORK = 2.0  # seconds
_SILENCES = 2  # commands without an answer, one after the other, after which the port is opened anew
_RESTARTED = ("RDY", "SMS Ready", "Call Ready", "^SYSSTART", "^BOOT")


class Session:
    """See the module's docstring. `run` is called once, in the owner's thread; the rest is for any thread."""

    def __init__(
        self,
        modem: Modem,
        name: str,
        config: Config,
        events: Events,
        window: Window,
        tell: Callable[[Health], None],
    ) -> None:
        self._modem = modem
        self._name = name
        self._config = config
        self._events = events
        self._window = window
        self._tell = tell
        self._work: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._stop_by: float | None = None
        self._facts: dict[str, str] = {}
        self._notify_mode = ""
        self._registered = False
        self._silences = 0
        self._rang_at = -_RINGS_APART
        self._network_at = self._check_at = self._sweep_at = 0.0
        modem.news = lambda lines: self.post(partial(self._news, lines))
        modem.late = lambda line: self.post(partial(window.late, line))
        modem.fatalErrorCallback = lambda trouble: self.post(partial(self._lost, trouble))
        self._mailbox = Mailbox(modem, events, name, config.number, self.post)

    # From other threads

    def post(self, work: Callable[[], None]) -> None:
        """Have something done by the owner's thread, before it does anything else."""
        self._work.put(work)

    def wake(self) -> None:
        """There is something to do."""
        self.post(lambda: None)

    def stop(self, deadline: float) -> None:
        """End by then (time.monotonic)."""
        self._stop_by = self._modem.give_up_at = deadline
        self.wake()

    # The owner's thread

    def run(self) -> None:
        """Prepare the modem and serve it until `stop`. Raises Trouble, and what Modem raises."""
        self._prepare()
        while self._stop_by is None:
            try:
                self._do_posted(until=self._next_at())
                self._mailbox.sweep()
                self._send()
                self._look_after()
            except TimeoutException as silent:
                self._silences += 1
                log.warning("link %s: the modem did not answer in time (%d)", self._name, self._silences)
                if self._silences >= _SILENCES:
                    raise Trouble(LinkState.DOWN, "the modem no longer answers: opened anew", 1.0) from silent
        if time.monotonic() < self._stop_by:
            self._send()  # what was given to us before we were stopped
        self._settle(self._stop_by)

    def _prepare(self) -> None:
        self._facts = self._modem.identity()
        unlock(self._modem, self._name, self._config)
        sim = {"imsi": self._modem.imsi(), "iccid": self._modem.iccid()}
        self._facts |= {fact: number for fact, number in sim.items() if number}
        identity = self._facts.get("imsi") or self._facts.get("iccid") or self._name
        self._mailbox = Mailbox(self._modem, self._events, identity, self._config.number, self.post)
        try:
            self._notify_mode = self._modem.set_up()
        except CommandError as refusal:
            says = "the modem refuses PDU mode (AT+CMGF=0): it cannot be used for texts"
            raise Trouble(LinkState.RESTING, says, 60.0) from refusal
        self._mailbox.memories = self._modem.memories()
        self._mailbox.look_everywhere()
        now = time.monotonic()
        self._check_at, self._sweep_at = now + self._config.check_interval, now + self._config.sweep_interval
        self._look_for_network()

    def _next_at(self) -> float:
        """Until when there is nothing to do."""
        if self._mailbox.due or (self._registered and self._window.waits()):
            return 0.0
        return min(self._network_at, self._check_at, self._sweep_at)

    def _do_posted(self, until: float) -> None:
        """Do what was put into the queue; wait for something until then (time.monotonic)."""
        wait = until - time.monotonic()
        try:
            work = self._work.get(timeout=wait) if wait > 0 else self._work.get_nowait()
            while True:
                work()
                work = self._work.get_nowait()
        except Empty:
            return

    def _send(self) -> None:
        part = self._window.begin() if self._registered else None
        if part is None:
            return
        error = submit(self._modem, self._window, part, self._config.smsc, self._config.answer_timeout)
        self._silences = 0
        if error is None:
            return
        log.info("link %s: a part was not taken: %s (%s)", self._name, error.says, error.code)
        if sim_is_the_trouble(error):
            raise Trouble(LinkState.CONNECTING, error.says, 1.0)
        if error.code in {f"CMS {code}" for code in SWEEP_FIRST}:
            self._mailbox.look_everywhere()

    def _look_after(self) -> None:
        """What is done by the clock: the network, a sweep, and whether the modem still has our settings."""
        now = time.monotonic()
        if now >= self._network_at:
            self._look_for_network()
        if now >= self._sweep_at:
            self._sweep_at = now + self._config.sweep_interval
            self._mailbox.look_everywhere()
        if now >= self._check_at:
            self._check_at = now + self._config.check_interval
            if not self._notifies_us():
                raise Trouble(LinkState.CONNECTING, "the modem restarted and forgot its settings", 0.5)
            self._silences = 0

    def _notifies_us(self) -> bool:
        said = self._modem.notifies()
        return not said or not self._notify_mode or said[:3] == self._notify_mode[:3]

    def _look_for_network(self) -> None:
        stat = self._modem.registration()
        self._registered = stat is None or stat in answers.REGISTERED  # a modem that tells nothing may still send
        self._network_at = time.monotonic() + (self._config.check_interval if self._registered else _LOOK_FOR_NETWORK)
        self._facts["registration"] = answers.registration_words(stat)
        self._facts |= self._modem.reception()
        if self._registered:
            self._tell(Health(LinkState.UP, "", dict(self._facts)))
            self._window.open()
            return
        refused = stat == 3
        why = "the network refuses this SIM: is it active?" if refused else "looking for a network"
        self._window.shut(LinkDown(f"the modem is not in a network: {why}"))
        state = LinkState.RESTING if refused else LinkState.CONNECTING
        self._tell(Health(state, why, dict(self._facts)))

    def _settle(self, deadline: float) -> None:
        """Before the end: delete what becomes kept until then, so that it does not come again."""
        while not self._mailbox.settled and time.monotonic() < deadline:
            self._do_posted(until=min(deadline, time.monotonic() + 0.2))

    # News

    def _news(self, lines: list[str]) -> None:
        line = lines[0]
        if line.startswith(("+CMTI", "+CDSI")):
            self._mailbox.news(line)
        elif line.startswith(("+CMT:", "+CDS:")) and len(lines) == 2:
            self._mailbox.direct(lines)
        elif line.startswith(("+CREG", "+CGREG", "+CEREG")):
            self._network_at = 0.0
        elif line.startswith("+CLIP"):
            self._rings(answers.caller(line))
        elif line.startswith(("RING", "+CRING")):
            if time.monotonic() - self._rang_at < _RINGS_APART:
                self._rang_at = time.monotonic()
        elif line.startswith(_RESTARTED):
            self._check_at = 0.0
        elif line.startswith("^SMMEMFULL"):
            self._mailbox.look_everywhere()

    def _rings(self, caller: str | None) -> None:
        """A phone rings every few seconds until it is given up; that is one call."""
        now = time.monotonic()
        if now - self._rang_at >= _RINGS_APART:
            self._events.call(Call(caller, datetime.now(UTC)))
        self._rang_at = now

    def _lost(self, trouble: Exception) -> None:
        raise Trouble(LinkState.DOWN, f"the modem went away ({trouble}): is it plugged in?", 1.0)
