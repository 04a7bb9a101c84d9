"""What is looked at by the clock while a modem is online: network, signal, memories, settings; and what is weak.

The findings become facts for people, and reasons for being degraded; trouble is raised as the ladder's business.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from drivers.modem import answers
from drivers.modem.at import Modem
from drivers.modem.ladder import Ailment, Ladder
from drivers.modem.life import Life
from drivers.modem.mailbox import Mailbox
from drivers.modem.prepare import Trouble
from drivers.modem.refusals import reject_words
from drivers.modem.sending import Window
from smsgw.link import LinkDown

if TYPE_CHECKING:
    from drivers.modem import Config

log = logging.getLogger(__name__)

NEARLY_FULL = 0.8  # of a memory's places
_LOOK_FOR_NETWORK = 2.0  # seconds
_NO_NETWORK_FOR = 300.0  # seconds without a network, after which the ladder is climbed
_WEAK = 3  # of 31: below this, texts fail


class Watch:
    """See the module's docstring. Its methods belong to the owner's thread. tell: told that facts or life changed."""

    def __init__(
        self,
        modem: Modem,
        config: Config,
        window: Window,
        life: Life,
        ladder: Ladder,
        facts: dict[str, str],
        tell: Callable[[], None],
    ) -> None:
        self._modem = modem
        self._config = config
        self._window = window
        self._life = life
        self._ladder = ladder
        self._facts = facts
        self._tell = tell
        self._mode = ""  # how news are told, as +CNMI was set
        self._weak: dict[str, str] = {}
        self._searching_since: float | None = None
        self._network_at = self._check_at = self._sweep_at = self._pulse_at = 0.0
        self.registered = False

    def begin(self, mode: str) -> None:
        """The modem is set up, with this +CNMI; look for a network now."""
        now = time.monotonic()
        self._mode = mode
        self._pulse_at = now + self._config.pulse_interval
        self._check_at, self._sweep_at = now + self._config.check_interval, now + self._config.sweep_interval
        self._look_for_network()

    @property
    def next_at(self) -> float:
        """When there is something to look at (time.monotonic)."""
        return min(self._network_at, self._check_at, self._sweep_at, self._pulse_at)

    def network_changed(self) -> None:
        """The modem said something about its network."""
        self._network_at = 0.0

    def restarted(self) -> None:
        """The modem said something that it says when it starts."""
        self._pulse_at = 0.0

    def look(self, mailbox: Mailbox) -> None:
        """Do what is due. Raises Trouble, and what Modem raises."""
        now = time.monotonic()
        if now >= self._network_at:
            self._look_for_network()
        if now >= self._sweep_at:
            self._sweep_at = now + self._config.sweep_interval
            mailbox.look_by_clock()
        if now >= self._pulse_at:
            self._pulse_at = now + self._config.pulse_interval
            if not self._notifies_us():
                self._window.hopeless()
                raise Trouble("vanish", "the modem restarted and forgot its settings", 0.1)
        if now >= self._check_at:
            self._check_at = now + self._config.check_interval
            self._look_at_memories(mailbox)

    def _notifies_us(self) -> bool:
        said = self._modem.notifies()
        return not said or not self._mode or said[:3] == self._mode[:3]

    def _look_at_memories(self, mailbox: Mailbox) -> None:
        for memory, (used, of) in self._modem.fills().items():
            if of and used >= NEARLY_FULL * of:
                mailbox.due.add(memory)
        self.memories_seen(mailbox)

    def memories_seen(self, mailbox: Mailbox) -> None:
        """After a sweep: what still fills a memory is worth words, for a full one gets no more texts."""
        if not mailbox.settled:
            return  # what is in hand is about to be deleted
        full = []
        for memory, (held, of) in sorted(mailbox.fills.items()):
            self._facts[f"memory {memory}"] = f"{held} of {of} places taken"
            if of and held >= NEARLY_FULL * of:
                full.append(f"{memory} ({held} of {of})")
        if full:
            self.weak("memory", f"nearly full: {', '.join(full)}; delete drafts and copies from it")
        else:
            self.strong("memory")

    # The network

    def _look_for_network(self) -> None:
        stat, refused = self._modem.registration()
        self.registered = stat is None or stat in answers.REGISTERED  # one that tells nothing may still send
        self._network_at = time.monotonic() + (self._config.check_interval if self.registered else _LOOK_FOR_NETWORK)
        self._facts["registration"] = answers.registration_words(stat)
        self._facts.update(self._modem.reception())
        if self.registered:
            self._searching_since = None
            self._ladder.sign("is in a network")
            if self._life.state in ("registering", "resting"):
                self._life.move("register", "")
            self._look_at_signal()
            self._window.open()
        else:
            self._outside(stat, refused)
        self._tell()

    def _look_at_signal(self) -> None:
        strength = answers.strength(self._facts.get("signal", ""))
        if strength is not None and strength < _WEAK:
            self.weak("signal", f"the signal is weak: {self._facts['signal']}")
        else:
            self.strong("signal")

    def _outside(self, stat: int | None, refused: int | None) -> None:
        """Not in a network: looking for one, or refused."""
        if stat == 3:
            why = reject_words(refused)
            more = self._modem.cause() if refused is None else None
            self._life.move("rest", f"{why}; {more}" if more else why)
        else:
            self._life.move("drop", "looking for a network")
        self._window.shut(LinkDown(f"the modem is not in a network: {self._life.why}"))
        now = time.monotonic()
        self._searching_since = self._searching_since or now
        if stat != 3 and now - self._searching_since >= _NO_NETWORK_FOR:
            self._searching_since = now
            says = f"no network for {_NO_NETWORK_FOR:.0f} s"
            raise Trouble("ail", says, 1.0, Ailment.NO_NETWORK)

    # Degraded

    def weak(self, what: str, why: str) -> None:
        """Something is not as it should be; it still sends and receives."""
        if self._weak.get(what) != why:
            self._weak[what] = why
            self._judge()

    def strong(self, what: str) -> None:
        """That is well again."""
        if self._weak.pop(what, None) is not None:
            self._judge()

    def _judge(self) -> None:
        if self._weak and self._life.may("weaken"):
            self._life.move("weaken", "; ".join(self._weak.values()))
        elif not self._weak and self._life.may("strengthen"):
            self._life.move("strengthen", "")
        self._tell()
