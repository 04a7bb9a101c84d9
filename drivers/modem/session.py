"""One stay at an open modem, from its PIN until the line is lost or we stop.

Everything that happens elsewhere (the reader's news, futures that are done, a part that was given) is put
into one queue and done here, so that one thread alone writes to the modem.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import partial
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from drivers.modem.calls import Calls
from drivers.modem.dialogue import Dialogue
from drivers.modem.ears import Ears, is_mute
from drivers.modem.journal import Journal
from drivers.modem.ladder import Ailment, Ladder
from drivers.modem.library import CommandError, TimeoutException
from drivers.modem.life import Life
from drivers.modem.mailbox import Mailbox
from drivers.modem.mms_news import NEWS, announced
from drivers.modem.prepare import Trouble, locked, sim_facts, unlock
from drivers.modem.refusals import SWEEP_FIRST, sim_is_the_trouble, tells_of_the_link
from drivers.modem.search import Found
from drivers.modem.sending import Window, submit
from drivers.modem.watch import Watch
from smsgw.link import Events, LinkError

if TYPE_CHECKING:
    from drivers.modem import Config

log = logging.getLogger(__name__)

_BURST = 5  # refusals in a row that tell of the link and not of the text, after which the ladder is climbed
_BURST_WHEN_ILL = 2
_RESTARTED = (
    "RDY", "SMS Ready", "Call Ready", "^SYSSTART", "+SYSSTART", "^BOOT", "SMS DONE", "PB DONE", "+QIND: SMS DONE"
)  # fmt: skip


class Session:
    """See the module's docstring. `run` is called once, in the owner's thread; the rest is for any thread."""

    def __init__(
        self,
        found: Found,
        name: str,
        config: Config,
        events: Events,
        window: Window,
        journal: Journal,
        life: Life,
        ladder: Ladder,
        tell: Callable[[], None],
    ) -> None:
        self._modem = self.modem = modem = found.modem
        self._port = found.port
        self._ears: Ears | None = None
        self._name = name
        self._config = config
        self._events = events
        self._window = window
        self._journal = journal
        self._life = life
        self._ladder = ladder
        self._tell = tell
        self.facts = dict(found.facts) | {"port": found.port.name}
        self.dialogue = Dialogue(modem)
        self._calls = Calls(events, self.post)
        self._watch = Watch(modem, config, window, life, ladder, self.facts, tell)
        self._work: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._stop_by: float | None = None
        self.serves = False  # whether it is past its preparation
        self._refusals = 0
        self._mailbox = Mailbox(modem, events, name, config.number, self.post)
        modem.late = lambda line: self.post(partial(self._late, line))
        modem.fatalErrorCallback = lambda trouble: self.post(partial(self._lost, trouble))
        modem.hear(lambda lines: self.post(partial(self._news, lines)))

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
        try:
            self._serve()
        finally:
            if self._ears is not None:
                self._ears.close()

    def _serve(self) -> None:
        self._prepare()
        self.serves = True
        while self._stop_by is None:
            try:
                self._do_posted(until=self._next_at())
                if self._mailbox.due:
                    self._mailbox.sweep()
                    self._watch.memories_seen(self._mailbox)
                self._send()
                self._watch.look(self._mailbox)
                if self._mailbox.untold and self._ears is None:
                    self._listen_elsewhere("a text was found that nothing told of")
            except TimeoutException:
                if self._stop_by is None:
                    self._ail(Ailment.SILENT, "the modem did not answer in time")
                    self._mailbox.look_everywhere()
        if time.monotonic() < self._stop_by:
            self._send()  # what was given to us before we were stopped
        self._settle(self._stop_by)

    def _prepare(self) -> None:
        config, modem = self._config, self._modem
        if locked(modem):
            self._life.move("ask_pin", "the SIM asks for its PIN")
            sim = self.facts.get("iccid") or self.facts.get("imei") or self.facts["port"]
            unlock(modem, self._name, config, self._journal, sim)
        self.facts.update(sim_facts(modem))
        wrong = [fact for fact, number in config.identity.items() if self.facts.get(fact, number) != number]
        if wrong:
            says = f"the SIM has the {wrong[0]} {self.facts[wrong[0]]}, not the one of [[links]] {self._name}"
            raise Trouble("rest", says, 60.0)
        self._life.move("unlock", "looking for a network")
        numbers = {"number": config.number or modem.own_number(), "service centre": modem.service_centre()}
        self.facts.update({fact: number for fact, number in numbers.items() if number})
        identity = self.facts.get("imsi") or self.facts.get("iccid") or self._name
        self._mailbox = Mailbox(modem, self._events, identity, self.facts.get("number"), self.post)
        try:
            mode = modem.set_up()
        except CommandError as refusal:
            says = "the modem refuses PDU mode (AT+CMGF=0): it cannot be used for texts"
            raise Trouble("rest", says, 60.0) from refusal
        self._mailbox.memories = modem.memories()
        modem.asks_twice = False
        self._ladder.sign("answers")
        if is_mute(self._port, modem.profile.mute_interfaces, config.ports):
            self._listen_elsewhere(f"{self._port.name} tells no news")
        self._mailbox.look_everywhere()
        self._watch.begin(mode)

    def _listen_elsewhere(self, why: str) -> None:
        """Listen at the modem's other ports too, where its news may come."""
        config = self._config
        self._ears = Ears(
            self._name,
            config.ports,
            (config.baudrate, config.flow_control),
            lambda lines: self.post(partial(self._news, lines)),
        )
        ports = self._ears.open(self._port)
        log.info("link %s: %s; listening at %s", self._name, why, ", ".join(ports) or "no other port, for it has none")
        if ports:
            self.facts["news ports"] = ", ".join(ports)
            self._tell()

    def _next_at(self) -> float:
        """Until when there is nothing to do."""
        if self._mailbox.due or (self._watch.registered and self._window.waits()):
            return 0.0
        return min(self._watch.next_at, self._calls.next_at)

    def _do_posted(self, until: float) -> None:
        """Do what was put into the queue; wait for something until then (time.monotonic)."""
        wait = until - time.monotonic()
        try:
            work = self._work.get(timeout=wait) if wait > 0 else self._work.get_nowait()
            while True:
                work()
                work = self._work.get_nowait()
        except Empty:
            self._calls.look()

    def _send(self) -> None:
        part = self._window.begin() if self._watch.registered else None
        if part is None:
            return
        config = self._config
        error = submit(self._modem, self._window, part, config.smsc, config.answer_timeout, self._port.mark)
        if error is None:
            self._refusals = 0
            self._ladder.sign("took a text")
            self._watch.strong("refusals")
        elif error.then != "lose":
            self._refused(error)

    def _refused(self, error: LinkError) -> None:
        log.info("link %s: a part was not taken: %s (%s)", self._name, error.says, error.code)
        if sim_is_the_trouble(error):
            raise Trouble("vanish", error.says, 1.0)
        if error.code in {f"CMS {code}" for code in SWEEP_FIRST}:
            self._mailbox.look_everywhere()
        if not tells_of_the_link(error):
            return
        self._refusals += 1
        if self._refusals >= (_BURST_WHEN_ILL if self._ladder.ill else _BURST):
            count, self._refusals = self._refusals, 0
            self._ail(Ailment.ERRORS, f"{count} texts in a row were refused; the last: {error.says} ({error.code})")
        elif self._refusals >= 3:
            self._watch.weak("refusals", f"texts are being refused: {error.says} ({error.code})")

    def _ail(self, ailment: Ailment, why: str) -> None:
        """Climb the ladder: the first rung here, the others by who owns us."""
        rung = self._ladder.climb(ailment, why)
        if rung == "probe":
            if self._modem.probe():
                self._ladder.sign("answers")
                self._tell()
                return
            ailment, why = Ailment.SILENT, "the modem does not answer AT"
            rung = self._ladder.climb(ailment, why)
        raise Trouble("ail", why, 0.5, ailment, rung)

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
            self._watch.network_changed()
        elif line.startswith(("+CLIP", "RING", "+CRING", "NO CARRIER")):
            self._calls.news(line)
        elif line.startswith("+CUSD"):
            self.dialogue.news(line)
        elif line.startswith(NEWS):
            self._announced(line)
        elif line.startswith(_RESTARTED):
            self._watch.restarted()
        elif line.startswith(("^SMMEMFULL", "+CIEV")):
            self._mailbox.look_everywhere()

    def _announced(self, line: str) -> None:
        """An MMS waits, says the modem, which keeps no text of it: should it not be stored, the MMSC says it again."""
        piece = announced(line, self.facts.get("number"))
        if piece is None:
            log.warning("link %s: the modem tells of an MMS and not where it is: %s", self._name, line)
        else:
            self._events.inbound(piece)

    def _late(self, line: str) -> None:
        others = [command for command in self._modem.abandoned if command.startswith("AT+")]
        self._window.late(line, certain=not others)

    def _lost(self, trouble: Exception) -> None:
        raise Trouble("ail", f"the modem went away ({trouble}): is it plugged in?", 0.5, Ailment.LOST)
