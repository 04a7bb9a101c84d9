"""The SMPP link: a window of parts going out, receipts and texts coming in, over one or two sessions.

The surprise: a deliver_sm is answered from whatever thread made its future done, through the session's
thread, so that many answers share one write; and an answer whose connection is gone is dropped, for the SMSC
will say it again.
"""

from __future__ import annotations

import functools
import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from time import time
from zoneinfo import ZoneInfo

from drivers.smpp import addresses, coding, inbound, pdu, receipts
from drivers.smpp.config import Config
from drivers.smpp.early import EarlyReceipts
from drivers.smpp.session import Session
from drivers.smpp.spelling import Spelling
from drivers.smpp.statuses import RINVMSGLEN, RX_TEMPORARY, Trouble, refusal
from drivers.smpp.validity import relative
from drivers.smpp.window import Answer, Window
from drivers.smpp.wire import Wire
from smsgw.link import (
    Abilities,
    Events,
    Health,
    LinkDown,
    LinkError,
    LinkState,
    RejectedForGood,
    WirePart,
)

log = logging.getLogger(__name__)


class Esme:
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
        roles = ("transceiver",) if config.mode == "transceiver" else ("transmitter", "receiver")
        self._sessions = [Session(name, config, role, self, now, chance) for role in roles]
        self._spelling = Spelling(config.receipt_ids)
        self._early = EarlyReceipts(events, self._spelling, config.answer_timeout, now)
        self._window = Window(config.window, config.answer_timeout, self._early, now)
        self._zone = ZoneInfo(config.receipt_zone)
        self._occurrences = inbound.Occurrences(certain=config.answer_timeout)
        self._forgot = now()
        self._states = {session.role: Health(LinkState.CONNECTING, _connecting(config)) for session in self._sessions}
        self._health = Health(LinkState.DOWN, "it has not been started")
        self._smsc = ""
        self._unnamed = f"unnamed-{int(time() * 1000):x}"
        self._slow = False
        self._promises = 0
        self._kept = threading.Condition()
        self._prefix = functools.lru_cache(maxsize=256)(self._make_prefix)
        self._middle = functools.lru_cache(maxsize=1024)(self._make_middle)

    @property
    def window(self) -> int:
        """Parts that may be on their way without an answer."""
        return self._config.window

    @property
    def abilities(self) -> Abilities:
        """GSM letters and UCS-2, with 8-bit references; national tables are not known to survive an SMSC."""
        return Abilities()

    def start(self) -> None:
        """Begin to connect, in one thread for each session."""
        self._tell_health()
        for session in self._sessions:
            session.start()

    def send(self, part: WirePart) -> None:
        """Put a part on the wire; blocks while the window is full. The outcome goes to `events`."""
        try:
            body = self._body(part)
        except (coding.Unsendable, addresses.BadAddress) as error:
            self._events.failed(part, RejectedForGood(str(error), "unsendable"))
            return
        self._window.put(part, body)

    def stop(self, deadline: float) -> None:
        """Settle what is on its way and what waits to be acknowledged until `deadline`, then unbind and
        close.
        """
        self._window.shut(LinkDown("the link is being stopped"), for_good=True)
        self._window.settle(deadline - self._now())
        with self._kept:
            self._kept.wait_for(lambda: not self._promises, max(0.0, deadline - self._now()))
        farewell = max(deadline, self._now() + 0.2)  # late or not, an unbind is a matter of a round trip
        for session in self._sessions:
            session.stop(farewell)
        self._window.lost((), "the link was stopped")
        self._window.settle(1.0)  # a report that is being made in another thread

    def health(self) -> Health:
        """How the link is now."""
        facts = {
            "smsc": self._smsc,
            "system_id": self._config.system_id,
            "on their way": str(len(self._window)),
        }
        if (advice := self._spelling.advice) is not None:
            facts["receipt_ids"] = f'found out: write receipt_ids = "{advice}" into the configuration'
        return Health(self._health.state, self._health.why, facts)

    # What goes out

    def _body(self, part: WirePart) -> bytes:
        config = self._config
        data_coding, message = coding.say(part, config.data_coding, config.default_alphabet)
        ton, npi, to = addresses.encode(config, part.to, config.dest_ton, config.dest_npi)
        middle = self._middle(bool(part.udh), part.priority, part.validity, part.receipt, data_coding)
        return pdu.submit_body(self._prefix(part.sender), ton, npi, to, middle, message)

    def _make_prefix(self, sender: str | None) -> bytes:
        config = self._config
        written = sender or config.sender or ""
        source = addresses.encode(config, written, config.source_ton, config.source_npi)
        return pdu.submit_prefix(config.service_type, *source)

    def _make_middle(self, header: bool, priority: int, validity: int | None, receipt: bool, data_coding: int) -> bytes:
        flag = self._config.priority_flags[min(max(priority, 0), 9)]
        return pdu.submit_middle(coding.UDHI if header else 0, flag, relative(validity), int(receipt), data_coding)

    # What a session tells (its Owner)

    def bound(self, session: Session, smsc: str) -> None:
        """The session is up: parts may go out by it if it is not only a receiver."""
        self._smsc = smsc
        if session.role != "receiver":
            self._slow = False
            self._window.open(session)
        self._note(session, Health(LinkState.UP))

    def ended(self, session: Session, why: Trouble, pause: float) -> None:
        """The session is down: settle what it carried."""
        if session.role != "transmitter":
            self._occurrences.new_session(ended=self._now())
        if session.role != "receiver":
            self._window.shut(why.error(pause))
            wire = session.wire
            self._window.lost(wire.unwritten() if wire else (), why.says)
        self._note(session, Health(LinkState.RESTING if why.refused else LinkState.DOWN, why.says))

    def heard(self, session: Session, frames: Sequence[bytes]) -> None:
        """Answers are settled in batches, in order with what comes between them."""
        answers: list[Answer] = []
        for frame in frames:
            _, command, status, sequence = pdu.HEADER.unpack_from(frame)
            if command != pdu.DELIVER_SM:
                answers.append((sequence, self._outcome(command, status, sequence, frame)))
                continue
            if answers:
                self._answered(answers)
                answers = []
            self._delivered(session, frame, sequence)
        if answers:
            self._answered(answers)

    def tick(self, session: Session) -> None:
        """Look for parts whose answer is overdue, and forget old names."""
        if session.role != "receiver" and self._window.expire():
            self._slow = True
            self._note(session, Health(LinkState.DEGRADED, "the SMSC does not answer what is sent"))
        if self._now() - self._forgot > inbound.REPEATS_WITHIN / 10:
            self._forgot = self._now()
            self._occurrences.forget(self._forgot)

    def _outcome(self, command: int, status: int, sequence: int, frame: bytes) -> str | LinkError:
        if status or command == pdu.GENERIC_NACK:
            return refusal(status, self._config.throttle_pause)
        given = pdu.message_id(frame)
        return self._spelling.of_answer(given) if given else f"{self._unnamed}-{sequence}"

    def _answered(self, answers: list[Answer]) -> None:
        if self._window.answered(answers) and self._slow:
            self._slow = False
            self._note(self._sessions[0], Health(LinkState.UP))

    # What comes in

    def _delivered(self, session: Session, frame: bytes, sequence: int) -> None:
        wire = session.wire
        assert wire is not None
        try:
            told = pdu.parse_deliver_sm(frame)
        except pdu.BadPdu as error:
            log.warning("link %s: a deliver_sm that cannot be read, %s: %s", self.name, error, frame[:300].hex())
            wire.write_later(pdu.deliver_sm_resp(sequence, RINVMSGLEN))
            return
        with self._kept:
            self._promises += 1
        reference: str | None = None
        try:
            if receipts.is_receipt(told):
                future = self._receipt(told)
            else:
                reference = self._occurrences.name(inbound.digest(told))
                future = self._events.inbound(inbound.piece(told, reference, self._config))
        except Exception as error:  # noqa: BLE001  # what the gateway cannot take now, the SMSC shall say again
            future = Future()
            future.set_exception(error)
        future.add_done_callback(functools.partial(self._acknowledge, wire, sequence, reference))

    def _receipt(self, told: pdu.DeliverSm) -> Future[None]:
        receipt = receipts.read(told, self._spelling, self._zone)
        if receipt is not None:
            self._early.note(receipt)
            return self._events.receipt(receipt)
        log.warning("link %s: a receipt without a message id: %r", self.name, told.message[:300])
        nothing: Future[None] = Future()  # said again it would be the same: acknowledge it
        nothing.set_result(None)
        return nothing

    def _acknowledge(self, wire: Wire, sequence: int, reference: str | None, done: Future[None]) -> None:
        """What was told is on disk, or it is not: say so. Runs in the thread that knows."""
        error: object = "cancelled" if done.cancelled() else done.exception()
        if error is not None:
            log.warning("link %s: could not keep a deliver_sm, the SMSC shall repeat it: %r", self.name, error)
        if reference is not None and error is None:
            self._occurrences.acknowledged(reference, self._now())
        elif reference is not None:
            self._occurrences.free(reference)
        wire.write_later(pdu.deliver_sm_resp(sequence, 0 if error is None else RX_TEMPORARY))
        with self._kept:
            self._promises -= 1
            if not self._promises:
                self._kept.notify_all()

    # How it is

    def _note(self, session: Session, state: Health) -> None:
        self._states[session.role] = state
        self._tell_health()

    def _tell_health(self) -> None:
        now = _together(self._states)
        if now != self._health:
            self._health = now
            self._events.health(self.health())


def _connecting(config: Config) -> str:
    return f"connecting to {config.place} as {config.system_id!r}"


def _together(states: dict[str, Health]) -> Health:
    """One state for one or two sessions: the worst one, but degraded when the other one is up."""
    (role, worst) = min(states.items(), key=lambda item: list(LinkState).index(item[1].state))
    if len(states) == 1 or worst.state is LinkState.UP:
        return worst
    why = f"{'cannot send' if role == 'transmitter' else 'cannot receive'}: {worst.why}"
    up = any(state.state is LinkState.UP for state in states.values())
    return Health(LinkState.DEGRADED if up else worst.state, why)
