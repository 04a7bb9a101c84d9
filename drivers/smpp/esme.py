"""The SMPP link: a window of parts going out, receipts and texts coming in, over one or more sessions.

The surprise: a deliver_sm is answered from whatever thread made its future done, through the session's
thread, so that many answers share one write; and an answer whose connection is gone is dropped, for the SMSC
will say it again.
"""

from __future__ import annotations

import functools
import itertools
import logging
import socket
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future
from dataclasses import replace
from time import time
from zoneinfo import ZoneInfo

from drivers.smpp import addresses, coding, congestion, data_sm, inbound, overview, pdu, questions, receipts
from drivers.smpp.config import Config
from drivers.smpp.connection import ROLES
from drivers.smpp.early import EarlyReceipts
from drivers.smpp.outbind import Door
from drivers.smpp.recalls import Recalls
from drivers.smpp.session import Session
from drivers.smpp.spelling import Spelling
from drivers.smpp.statuses import RINVMSGLEN, RX_TEMPORARY, Trouble, refusal
from drivers.smpp.submits import Submits
from drivers.smpp.window import Answer, Window
from drivers.smpp.wire import Wire
from smsgw.link import (
    Abilities,
    Events,
    Health,
    LinkDown,
    LinkError,
    LinkState,
    Misconfigured,
    RejectedForGood,
    WirePart,
)
from smsgw.link_verbs import Tap

log = logging.getLogger(__name__)


Respond = Callable[[int, int], bytes]
CALLS = 8  # sessions at a time that the SMSC opened


class Esme(Recalls):
    """An External Short Message Entity: what SMPP calls a client. Implements `smsgw.link.Link`.

    now: a steady clock in seconds. chance: numbers in [0, 1) for the jitter between tries to connect.
    """

    def __init__(
        self, name: str, config: Config, events: Events, now: Callable[[], float], chance: Callable[[], float]
    ) -> None:
        self.name = name
        self._config = config
        self._events = events
        self._now = now
        self._chance = chance
        self.tap = Tap()  # see smsgw.link_verbs.Traced
        self._sessions = [
            Session(name, config, role, self, now, chance, number, tap=self.tap)
            for number in range(1, config.binds + 1)
            for role in ROLES[config.mode]
        ]
        self._calls: list[Session] = []  # those that the SMSC opened
        self._door = Door(name, config, self._called, self._door_is) if config.outbind_listen else None
        self._spelling = Spelling(config.receipt_ids, name)
        self._early = EarlyReceipts(events, self._spelling, config.answer_timeout, now)
        self._window = Window(config.window, config.answer_timeout, self._early, now)
        self._zone = ZoneInfo(config.receipt_zone)
        self._occurrences = inbound.Occurrences(certain=config.answer_timeout)
        self._forgot = now()
        connecting = Health(LinkState.CONNECTING, f"connecting to {config.place} as {config.system_id!r}")
        self._states: dict[overview.Way, Health] = dict.fromkeys(self._sessions, connecting)
        self._door_state = Health(LinkState.CONNECTING, "opens the port for the SMSC's calls") if self._door else None
        self._health = Health(LinkState.DOWN, "it has not been started")
        self._telling = threading.Lock()
        self._smsc = ""
        self._congestion = congestion.Congestion(now)
        self._questions = questions.Questions(config.place)
        self._naming = threading.Lock()
        self._unnamed = (f"unnamed-{int(time() * 1000):x}-{number}" for number in itertools.count(1))
        self._slow: set[Session] = set()
        self._promises = 0
        self._counting = threading.RLock()
        self._kept = threading.Condition(self._counting)
        self._submits = Submits(config)
        self._inbound = inbound.Pieces(config)

    @property
    def window(self) -> int:
        """Parts that may be on their way without an answer: a window for each connection that sends."""
        ways = len(self._window.roads) or sum(session.sends for session in self._sessions)
        return self._config.window * max(1, ways)

    @property
    def abilities(self) -> Abilities:
        """Texts and data as the configuration writes them."""
        can, config = self._submits.abilities, self._config
        verbs = {"query": config.query_sm, "cancel": config.cancel_sm, "replace": config.replace_sm}
        sends = any(session.sends for session in self._sessions)
        optional = can.optional | {verb for verb, switched_on in verbs.items() if switched_on and sends}
        return replace(can, optional=frozenset(optional), sends=sends)

    def start(self) -> None:
        """Begin to connect, in one thread for each session."""
        if self._config.long_password:
            log.warning("link %s: the password is longer than the 8 letters of SMPP; it is sent as it is", self.name)
        self._tell_health()
        if self._door is not None:
            self._door.start()
        for session in self._sessions:
            session.start()

    def send(self, part: WirePart) -> None:
        """Put a part on the wire; blocks while the window is full. The outcome goes to `events`."""
        self.send_some([part])

    def send_some(self, parts: Sequence[WirePart]) -> int:
        """See `smsgw.link_verbs.SendsSome`."""
        if not any(session.sends for session in self._sessions):
            says = f'this link only receives (mode = "{self._config.mode}"): send by another one'
            self._events.failed(parts[0], Misconfigured(says, "receives_only"))
            return 1
        ready: list[tuple[WirePart, bytes]] = []
        try:
            for part in parts:
                ready.append((part, self._submits.body(part)))
        except (coding.Unsendable, addresses.BadAddress) as error:
            if not ready:
                self._events.failed(parts[0], RejectedForGood(str(error), "unsendable"))
                return 1
        return self._window.put(ready)

    def stop(self, deadline: float) -> None:
        """Settle what is on its way and what waits to be acknowledged until `deadline`, then unbind and
        close.
        """
        self._window.close(LinkDown("the link is being stopped"))
        if self._door is not None:
            self._door.stop()
        self._window.settle(deadline - self._now())
        with self._kept:
            self._kept.wait_for(lambda: not self._promises, max(0.0, deadline - self._now()))
        farewell = max(deadline, self._now() + 0.2)  # late or not, an unbind is a matter of a round trip
        sessions = [*self._sessions, *self._calls]
        for session in sessions:
            session.leave(farewell)
        for session in sessions:
            session.stop(farewell)
        for session in self._sessions:
            self._window.lost(session, (), "the link was stopped")
        self._window.settle(1.0)  # a report that is being made in another thread

    def health(self) -> Health:
        """How the link is now."""
        facts = {
            "smsc": self._smsc,
            "system_id": self._config.system_id,
            "on their way": str(len(self._window)),
        }
        if len(self._sessions) > 1 or self._calls:
            up = sum(self._states[session].state is LinkState.UP for session in self._sessions)
            called = f", and {len(self._calls)} that the SMSC opened" if self._calls else ""
            facts["connections"] = f"{up} of {len(self._sessions)}{called}"
        for session in self._sessions:
            facts.update({name: fact for name, fact in session.facts.items() if fact})
        if (percent := self._congestion.percent) is not None:
            facts["congestion"] = f"{percent} %"
        if self._config.long_password:
            facts["password"] = "longer than the 8 letters of SMPP: some SMSCs read only 8"
        if (finding := self._spelling.finding) is not None:
            facts["receipt_ids"] = finding
        return Health(self._health.state, self._health.why, facts)

    # What a session tells (its Owner)

    def bound(self, session: Session, smsc: str) -> None:
        """The session is up: parts may go out by it if it is not only a receiver."""
        self._smsc = smsc
        if session.sends:
            self._slow.discard(session)
            self._window.open(session)
        self._note(session, Health(LinkState.UP))

    def ended(self, session: Session, why: Trouble, pause: float) -> None:
        """The session is down: settle what it carried."""
        if session.receives:
            self._occurrences.new_session(self._now() - session.silence, session)
        self._questions.lost(session)
        if session.called:
            log.info("link %s: the SMSC's call has ended: %s", self.name, why.says)
            self._calls.remove(session)
            return
        if session.sends:
            self._window.shut(session, why.error(pause), pause)
            wire = session.wire
            self._window.lost(session, wire.unwritten() if wire else (), why.says)
        self._note(session, Health(LinkState.RESTING if why.refused else LinkState.DOWN, why.says))

    def heard(self, session: Session, frames: Sequence[bytes]) -> None:
        """Answers are settled in batches, in order with what comes between them."""
        answers: list[Answer] = []
        for frame in frames:
            _, command, status, sequence = pdu.HEADER.unpack_from(frame)
            if command in (pdu.DELIVER_SM, data_sm.DATA_SM):
                if answers:
                    self._answered(session, answers)
                    answers = []
                self._delivered(session, frame, command, sequence)
            elif command == pdu.SUBMIT_SM_RESP or not self._questions.answered(session, sequence, frame):
                answers.append((sequence, self._outcome(command, status, frame)))
        if answers:
            self._answered(session, answers)

    def tick(self, session: Session) -> None:
        """Look for parts whose answer is overdue, tell how busy the SMSC is, and forget old names."""
        if session.sends and self._window.expire(session):
            self._slow.add(session)
            self._note(session, Health(LinkState.DEGRADED, "the SMSC does not answer what is sent"))
        if self._congestion.moved() | self._spelling.moved():
            self._events.health(self.health())
        if self._now() - self._forgot > inbound.REPEATS_WITHIN / 10:
            self._forgot = self._now()
            self._occurrences.forget(self._forgot)

    def _outcome(self, command: int, status: int, frame: bytes) -> str | LinkError:
        end = frame.find(0, 16)
        if 0 < end < len(frame) - 4 and (percent := congestion.read(frame, end + 1)) is not None:
            self._congestion.note(percent)
        if status or command != pdu.SUBMIT_SM_RESP:
            return refusal(status, self._config.throttle_pause)
        given = pdu.message_id(frame)
        with self._naming:  # several sessions give names at the same time
            return self._spelling.of_answer(given) if given else next(self._unnamed)

    def _answered(self, session: Session, answers: list[Answer]) -> None:
        if self._window.answered(session, answers) and session in self._slow:
            self._slow.discard(session)
            self._note(session, Health(LinkState.UP))

    # The door at which the SMSC may call (outbind)

    def _called(self, connected: socket.socket) -> None:
        if len(self._calls) >= CALLS:
            log.warning("link %s: a call of the SMSC was not taken: %d others last", self.name, CALLS)
            connected.close()
            return
        call = Session(
            self.name,
            self._config,
            "receiver",
            self,
            self._now,
            self._chance,
            len(self._calls) + 1,
            connected,
            self.tap,
        )
        self._calls.append(call)
        call.start()

    def _door_is(self, state: Health) -> None:
        self._door_state = state
        self._tell_health()

    # What comes in

    def _delivered(self, session: Session, frame: bytes, command: int, sequence: int) -> None:
        wire = session.wire
        assert wire is not None
        short = command == pdu.DELIVER_SM
        respond = pdu.deliver_sm_resp if short else data_sm.data_sm_resp
        try:
            told = pdu.parse_deliver_sm(frame) if short else data_sm.parse(frame)
        except pdu.BadPdu as error:
            log.warning("link %s: what came cannot be read, %s: %s", self.name, error, frame[:300].hex())
            wire.write_later(respond(sequence, RINVMSGLEN))
            return
        with self._counting:
            self._promises += 1
        reference: str | None = None
        try:
            if receipts.is_receipt(told):
                future = self._receipt(told)
            else:
                reference = self._occurrences.name(inbound.digest(told), session)
                future = self._events.inbound(self._inbound.piece(told, reference))
        except Exception as error:  # noqa: BLE001  # what the gateway cannot take now, the SMSC shall say again
            future = Future()
            future.set_exception(error)
        future.add_done_callback(functools.partial(self._acknowledge, wire, respond, sequence, reference))

    def _receipt(self, told: pdu.DeliverSm) -> Future[None]:
        receipt = receipts.read(told, self._spelling, self._config, self._zone)
        if receipt is not None:
            self._early.note(receipt)
            return self._events.receipt(receipt)
        log.warning("link %s: a receipt without a message id: %r", self.name, told.message[:300])
        nothing: Future[None] = Future()  # said again it would be the same: acknowledge it
        nothing.set_result(None)
        return nothing

    def _acknowledge(
        self, wire: Wire, respond: Respond, sequence: int, reference: str | None, done: Future[None]
    ) -> None:
        """What was told is on disk, or it is not: say so. Runs in the thread that knows."""
        try:
            error: object = done.exception()
        except CancelledError:
            error = "cancelled"
        if error is not None:
            log.warning("link %s: could not keep a deliver_sm, the SMSC shall repeat it: %r", self.name, error)
        if reference is not None and error is None:
            self._occurrences.acknowledged(reference, self._now())
        elif reference is not None:
            self._occurrences.free(reference)
        wire.write_later(respond(sequence, 0 if error is None else RX_TEMPORARY))
        with self._counting:
            self._promises -= 1
            if not self._promises:
                self._kept.notify_all()

    # How it is

    def _note(self, session: Session, state: Health) -> None:
        if session in self._states:
            self._states[session] = state
        self._tell_health()

    def _tell_health(self) -> None:
        with self._telling:  # sessions are threads: what is told last must be what is true
            now = overview.together(self._states, self._door_state)
            if now != self._health:
                self._health = now
                self._events.health(self.health())
