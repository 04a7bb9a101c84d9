"""An e-mail link: some workers hand mails to the mail server; a listener and a mailbox bring in what comes.

A bounce of a mail of ours becomes a receipt here, for it names our Message-ID; everything else that comes in goes up,
with its envelope, and the gateway decides.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

from drivers.mail import trace
from drivers.mail.config import Config
from drivers.mail.handing import Hand
from drivers.mail.listener import MailListener
from drivers.mail.mailbox import Mailbox
from drivers.mail.reading import read, references
from smsgw.link import (
    Abilities,
    Events,
    Health,
    InboundContent,
    LinkDown,
    LinkError,
    LinkState,
    Misconfigured,
    RejectedForGood,
    WirePart,
)
from smsgw.link_verbs import Tap

log = logging.getLogger(__name__)

DOWN = LinkDown("the link to the mail server is stopped", code="down")
NO_MAIL = RejectedForGood("this link carries mails only", code="no_mail")
LISTENS_AGAIN = 10.0  # seconds until a port that could not be had is tried again


class MailLink:
    """See smsgw.link.Link."""

    def __init__(self, name: str, config: Config, events: Events) -> None:
        self.name = name
        self.tap = Tap()  # see smsgw.link_verbs.Traced
        self.listener: MailListener | None = None
        self._config = config
        self._events = events
        self._turn = threading.Condition()
        self._waiting: deque[WirePart] = deque()
        self._given = 0  # parts without an answer
        self._taking = 0  # mails that are being stored
        self._stopping = False
        self._troubles: dict[str, LinkError | str] = {}  # by what has it: "server", "listener", "mailbox"
        self._state = Health(LinkState.CONNECTING, "starting")
        self._threads: list[threading.Thread] = []
        self._mailbox: Mailbox | None = None

    @property
    def window(self) -> int:
        """Mails on their way at a time."""
        return self._config.window

    @property
    def abilities(self) -> Abilities:
        """Mails to mail addresses, and no texts. Only what does not arrive is reported."""
        carries = frozenset({"mail"}) if self._sends else frozenset()
        return Abilities(
            alphabets=frozenset(), reports="failures", sends=self._sends, content=carries,  # type: ignore[arg-type]
            most_octets=int(self._config.max_mb * 1_000_000),
        )  # fmt: skip

    @property
    def _sends(self) -> bool:
        return self._config.host is not None and self._config.address is not None

    # Life

    def start(self) -> None:
        """Connect, listen and read the mailbox, each in threads of its own, and go on trying."""
        config = self._config
        if self._sends:
            self._begin("watch", self._watch)
            for number in range(self.window):
                self._begin(f"hand-{number}", self._work)
        if config.listen is not None:
            self._begin("listen", self._listen)
        if config.imap_host is not None:
            told = partial(self._trouble, "mailbox")
            self._mailbox = Mailbox(config, config.own_domains, self._came_unknown, told)
            self._begin("mailbox", self._mailbox.run)
        if not self._sends:
            self._tell()

    def _begin(self, what: str, run: object) -> None:
        thread = threading.Thread(target=run, name=f"{self.name}-{what}", daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def stop(self, deadline: float) -> None:
        """Take nothing more in, let what is on its way be answered until `deadline`, then hang up."""
        with self._turn:
            self._stopping = True
            self._turn.notify_all()
        if self._mailbox is not None:
            self._mailbox.stop()
        with self._turn:
            while (self._given or self._taking) and (wait := deadline - time.monotonic()) > 0:
                self._turn.wait(wait)
            left = list(self._waiting)
            self._waiting.clear()
        if self.listener is not None:
            self.listener.stop()
        for part in left:
            self._answer(part, DOWN)
        for thread in self._threads:
            thread.join(max(0.1, min(2.0, deadline - time.monotonic())))
        self._say(Health(LinkState.DOWN, "stopped"))

    def health(self) -> Health:
        """How it is now."""
        return self._state

    def _watch(self) -> None:
        """Look now and then whether the mail server can be used."""
        hand = Hand(self._config, self.tap)
        while True:
            trouble = hand.look()
            hand.close()
            self._trouble("server", trouble or "")
            with self._turn:
                if self._stopping or self._turn.wait_for(lambda: self._stopping, self._config.probe_every):
                    return

    def _listen(self) -> None:
        """Open the port; one that somebody else has is tried again."""
        while True:
            try:
                listener = MailListener(self._config, self._config.own_domains, self._came)
            except OSError as problem:
                self._trouble("listener", f"cannot listen at {self._config.listen}: {problem.strerror or problem}")
            else:
                listener.start()
                with self._turn:
                    self.listener = None if self._stopping else listener
                if self.listener is None:
                    listener.stop()
                self._trouble("listener", "")
                return
            with self._turn:
                if self._turn.wait_for(lambda: self._stopping, LISTENS_AGAIN):
                    return

    def _trouble(self, what: str, trouble: LinkError | str) -> None:
        with self._turn:
            self._troubles[what] = trouble
        self._tell()

    def _tell(self) -> None:
        with self._turn:
            troubles = {what: one for what, one in self._troubles.items() if one}
            unknown = self._sends and "server" not in self._troubles
        server = troubles.get("server")
        says = "; ".join(one if isinstance(one, str) else one.says for one in troubles.values())
        if isinstance(server, Misconfigured):
            state = LinkState.RESTING
        elif server or (troubles and not self._sends):
            state = LinkState.DOWN
        elif unknown:
            state = LinkState.CONNECTING
        else:
            state = LinkState.DEGRADED if troubles else LinkState.UP
        facts = {"server": self._config.host} if self._config.host else {}
        if self.listener is not None:
            facts["listens at"] = f"{self.listener.hostname}:{self.listener.port}"
        self._say(Health(state, says, facts))

    def _say(self, health: Health) -> None:
        if health != self._state:
            self._state = health
            self._events.health(health)

    # Sending

    def send(self, part: WirePart) -> None:
        """Have a worker hand it over; blocks while all are busy."""
        with self._turn:
            while not self._stopping and self._given >= self.window:
                self._turn.wait(1.0)
            stopped = self._stopping or not self._sends
            if not stopped:
                self._given += 1
                self._waiting.append(part)
                self._turn.notify_all()
        if stopped:
            self._events.failed(part, DOWN)

    def _work(self) -> None:
        hand = Hand(self._config, self.tap)
        try:
            while (part := self._next(hand)) is not None:
                outcome: str | LinkError = NO_MAIL
                if part.content is not None:
                    outcome = hand.give(part, datetime.now(UTC))
                if isinstance(outcome, LinkDown | Misconfigured):
                    self._trouble("server", outcome)
                elif self._troubles.get("server"):
                    self._trouble("server", "")
                self._answer(part, outcome)
        finally:
            hand.close()

    def _next(self, hand: Hand) -> WirePart | None:
        with self._turn:
            while not self._waiting:
                if self._stopping:
                    return None
                if not self._turn.wait(20.0):
                    hand.close()  # servers do not like those who say nothing
            return self._waiting.popleft()

    def _answer(self, part: WirePart, outcome: str | LinkError) -> None:
        if isinstance(outcome, str):
            self._events.taken(part, outcome)
        else:
            self._events.failed(part, outcome)
        with self._turn:
            self._given = max(0, self._given - 1)
            self._turn.notify_all()

    # What comes in

    def _came_unknown(self, octets: bytes, sender: str, to: str | None) -> Future[None]:
        return self._came(octets, sender, to, False)

    def _came(self, octets: bytes, sender: str, to: str | None, known: bool) -> Future[None]:
        """A mail is here: the future is done when it, or the receipts in it, are on disk. Raises Unreadable."""
        if self.tap.tell is not None:
            self.tap.put(partial(trace.came, known=known), octets, sender, to)
        mail = read(octets, sender, to, known=known)
        with self._turn:
            if self._stopping:
                raise TimeoutError("the gateway is stopping")
            self._taking += 1
        try:
            future = self._told(mail)
        except BaseException:
            self._stored(None)
            raise
        future.add_done_callback(self._stored)
        return future

    def _stored(self, done: Future[None] | None) -> None:
        if self.tap.tell is not None and done is not None:
            self.tap.put(trace.stored, None if done.cancelled() else done.exception())
        with self._turn:
            self._taking -= 1
            self._turn.notify_all()

    def _told(self, mail: InboundContent) -> Future[None]:
        """Receipts for our own mails, one after the other; else the mail itself."""
        ours = [
            replace(bounce, reference=reference)
            for bounce in (mail.envelope.bounces if mail.envelope is not None else ())
            if (reference := references(bounce)) is not None
        ]
        if not ours:
            return self._events.content(mail)
        for bounce in ours[:-1]:
            self._events.receipt(bounce).result(60)
        return self._events.receipt(ours[-1])
