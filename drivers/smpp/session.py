"""One bound connection to the SMSC and its thread: connect, bind, keep alive, come back.

The surprise: a PDU that makes no sense never ends the session, unless its length is wrong, for then nobody
knows where the next one begins. Everything else is answered with generic_nack and survived.
"""

from __future__ import annotations

import contextlib
import hmac
import itertools
import logging
import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from typing import Protocol

from drivers.smpp import data_sm, pdu, questions, reach, session_pdus, tls
from drivers.smpp import wire as wires
from drivers.smpp.config import Config
from drivers.smpp.statuses import RINVCMDID, RINVCMDLEN, Trouble, bind_refusal
from drivers.smpp.wire import Lost, Wire
from smsgw.link_verbs import Tap

log = logging.getLogger(__name__)


class Owner(Protocol):
    """Who is told what a session hears. All calls come from the session's thread."""

    def bound(self, session: Session, smsc: str) -> None:
        """The SMSC let us in and calls itself `smsc`."""

    def ended(self, session: Session, why: Trouble, pause: float) -> None:
        """There is no connection (any more). pause: seconds until the next try."""

    def heard(self, session: Session, frames: Sequence[bytes]) -> None:
        """Answers, generic_nack, deliver_sm and data_sm, in the order in which they came."""

    def tick(self, session: Session) -> None:
        """Time has passed: look at what waits."""


class Session:
    """A connection in one role ("transceiver", "transmitter", "receiver") that comes back by itself.

    now: a steady clock in seconds. chance: a number in [0, 1) for the jitter of the pauses. number: which one of its
    kind it is. call: a connection that the SMSC opened (outbind); such a session ends with it. tap: hears what is said.
    """

    def __init__(
        self,
        name: str,
        config: Config,
        role: str,
        owner: Owner,
        now: Callable[[], float],
        chance: Callable[[], float],
        number: int = 1,
        call: socket.socket | None = None,
        tap: Tap | None = None,
    ) -> None:
        self.role = role
        self.called = call is not None
        self.facts: dict[str, str] = {}
        self.silence = 0.0  # seconds in which nothing was heard before the connection was given up for that
        self._config = self._here = config
        self._owner = owner
        self._now = now
        self._chance = chance
        self._call = call
        self._tap = tap
        self._tries = 0
        self._wire: Wire | None = None
        self._numbers = itertools.count()
        self._stopping = threading.Event()
        self._until = 0.0
        self._tick = min(0.5, config.answer_timeout / 4, config.enquire_link / 4)
        which = f"-{number}" if config.binds > 1 or self.called else ""
        self._thread = threading.Thread(target=self._run, name=f"smpp-{name}-{role}{which}", daemon=True)

    @property
    def sends(self) -> bool:
        """Whether parts may go out by it."""
        return self.role != "receiver"

    @property
    def receives(self) -> bool:
        """Whether receipts and texts come in by it."""
        return self.role != "transmitter"

    def start(self) -> None:
        """Begin to connect."""
        self._thread.start()

    def leave(self, deadline: float) -> None:
        """Begin to unbind and close, until `deadline`."""
        self._until = deadline
        self._stopping.set()
        if (wire := self._wire) is not None:
            wire.ring()

    def stop(self, deadline: float) -> None:
        """Unbind and close; wait for the end of the thread until `deadline`."""
        self.leave(deadline)
        if self._thread.is_alive():
            self._thread.join(max(0.0, deadline - self._now()))

    def next_sequence(self) -> int:
        """1 to 0x7FFFFFFF, then from 1 again (5.1.4)."""
        return next(self._numbers) % pdu.LAST_SEQUENCE + 1

    def write(self, octets: bytes) -> bool:
        """Put whole PDUs on the wire; False when there is no wire, or it is gone: nothing left."""
        return (wire := self._wire) is not None and wire.write(octets)

    @property
    def wire(self) -> Wire | None:
        """The connection of the moment: an answer must go back the way its question came."""
        return self._wire

    def _run(self) -> None:
        """Come back until stopped: the one loop that ends for no error."""
        backoff = self._config.reconnect_first
        while not self._stopping.is_set():
            try:
                why, was_bound = self._live()
            except Exception as error:  # a fault of ours must not end the link
                log.exception("%s: the session broke", self._thread.name)
                why, was_bound = Trouble(f"the session with {self._here.place} broke: {error!r}"), True
            if was_bound:
                backoff = self._config.reconnect_first
            self._tries = 0 if was_bound else self._tries + 1
            pause = self._config.refused_pause if why.refused else backoff * (0.5 + self._chance() / 2)
            self._owner.ended(self, why, pause)
            if self.called:
                return
            if self._tries % len(self._config.places) == 0:  # every place was tried: now be more patient
                backoff = min(backoff * 2, self._config.reconnect_most)
            self._stopping.wait(pause)

    def _live(self) -> tuple[Trouble, bool]:
        """One connection from its beginning to its end: why it ended, and whether it had been bound."""
        bound = False
        host, port = self._config.places[self._tries % len(self._config.places)]
        here = self._here = self._config.model_copy(update={"host": host, "port": port})
        try:
            connected = self._call or reach.connect(here)
            self.facts = tls.described(connected) if isinstance(connected, ssl.SSLSocket) else {}
            wire = self._wire = wires.wire(connected, self._tap)
            self.silence = 0.0
            try:
                if self.called:
                    self._invited(wire)
                frames, smsc = self._bind(wire)
                bound = True
                self._owner.bound(self, smsc)
                self._serve(wire, frames)
            finally:
                wire.close()
        except Trouble as why:
            return why, bound
        except Lost as lost:
            if isinstance(lost.cause, ssl.SSLError) and not bound:
                return tls.trouble(lost.cause, here), bound
            if bound:
                return Trouble(f"the connection to {here.place} is lost: {lost}"), bound
            return reach.hung_up(here, lost), bound
        except pdu.NotSmpp as noise:
            if bound:
                return Trouble(f"{here.place} said {noise.start[:32]!r}, which is no SMPP ({noise})"), bound
            return reach.not_smpp(here, noise.start, noise), bound
        return Trouble("the link has been stopped"), bound

    def _invited(self, wire: Wire) -> None:
        """Hear the outbind of an SMSC that called (4.1.7). Raises Trouble when it is none, or not from ours."""
        until = self._now() + self._config.answer_timeout
        while self._now() < until and not self._stopping.is_set():
            for frame in wire.read(self._tick):
                if pdu.HEADER.unpack_from(frame)[1] != pdu.OUTBIND:
                    raise Trouble("who called said something else than outbind")
                _, password = session_pdus.outbind_words(frame)
                wanted = self._config.outbind_password
                if wanted is not None and not hmac.compare_digest(
                    password.encode("latin-1"), wanted.get_secret_value().encode()
                ):
                    raise Trouble("who called said a wrong password: check outbind_password with the carrier")
                return
        raise Trouble("who called did not say outbind")

    def _bind(self, wire: Wire) -> tuple[list[bytes], str]:
        """Bind; the other frames that came, and the SMSC's name. Raises Trouble, Lost, NotSmpp."""
        sequence = self.next_sequence()
        wire.write(session_pdus.bind(self._config, self.role, sequence))
        until = self._now() + self._config.answer_timeout
        expected = session_pdus.BIND_COMMANDS[self.role] | pdu.RESPONSE
        early: list[bytes] = []  # what an SMSC says while it still makes up its answer: a deliver_sm is not lost
        while self._now() < until and not self._stopping.is_set():
            frames = wire.read(self._tick)
            for index, frame in enumerate(frames):
                _, command, status, number = pdu.HEADER.unpack_from(frame)
                if number == sequence and command in (expected, pdu.GENERIC_NACK):
                    if status or command == pdu.GENERIC_NACK:
                        raise bind_refusal(status or RINVCMDID, self._here)
                    self.facts["SMPP"] = session_pdus.version_of(frame)
                    return [*early, *frames[index + 1 :]], session_pdus.smsc_name(frame)
                early.append(frame)
        if self._stopping.is_set():
            raise Trouble("the link has been stopped")
        raise Trouble(
            f"{self._here.place} took the connection but did not answer the bind within "
            f"{self._config.answer_timeout:g} seconds: check port, and whether the SMSC is well"
        )

    def _serve(self, wire: Wire, frames: list[bytes]) -> None:
        """Hear and keep alive, until Trouble, Lost or NotSmpp is raised or the link is stopped."""
        heard = looked = self._now()
        asked: float | None = None
        unbinding: int | None = None
        while True:
            now = self._now()
            if frames:
                heard, asked = now, None
                if self._hear(wire, frames, unbinding):
                    return
            if now - looked >= self._tick:
                looked = now
                self._owner.tick(self)
            if self._stopping.is_set() and unbinding is None:
                unbinding = self.next_sequence()
                wire.write_waiting()  # behind an unbind, an acknowledgement would be lost
                wire.write(session_pdus.make("unbind", unbinding))
            if unbinding is not None and now >= self._until:
                return
            if asked is None and now - heard >= self._config.enquire_link:
                asked = now
                wire.write(session_pdus.make("enquire_link", self.next_sequence()))
            elif asked is not None and now - asked >= self._config.answer_timeout:
                self.silence = now - heard
                raise Trouble(f"{self._here.place} is silent: it did not answer an enquire_link")
            try:
                frames = wire.read(self._tick)
            except pdu.NotSmpp:
                wire.write(pdu.answer(pdu.GENERIC_NACK, 0, RINVCMDLEN))
                raise

    def _hear(self, wire: Wire, frames: Sequence[bytes], unbinding: int | None) -> bool:
        """Answer what belongs to the session and hand the rest on; True when our unbind is answered."""
        traffic: list[bytes] = []
        gone = ended = False
        for frame in frames:
            _, command, status, sequence = pdu.HEADER.unpack_from(frame)
            if command in _TRAFFIC:
                traffic.append(frame)
            elif command == pdu.ENQUIRE_LINK:
                wire.write(session_pdus.make("enquire_link_resp", sequence))
            elif command == pdu.UNBIND:
                gone = True
                wire.write_waiting()
                wire.write(session_pdus.make("unbind_resp", sequence))
            elif command == pdu.UNBIND_RESP:
                ended = ended or sequence == unbinding
            elif command == pdu.ALERT_NOTIFICATION:  # 4.12: it wants no answer
                log.info("%s: %s can be reached again", self._thread.name, session_pdus.alert_words(frame))
            elif command not in _NO_ANSWER and not command & pdu.RESPONSE:
                log.warning("%s: unknown command 0x%08X (status %d)", self._thread.name, command, status)
                wire.write(pdu.answer(pdu.GENERIC_NACK, sequence, RINVCMDID))
        if traffic:
            self._owner.heard(self, traffic)
        if gone and unbinding is None:
            with contextlib.suppress(Lost, pdu.NotSmpp):
                wire.read(0)  # the answer to its unbind may still wait in the queue
            raise Trouble(f"{self._here.place} ended the session (unbind)")
        return ended or gone


_TRAFFIC = questions.ANSWERS | {pdu.SUBMIT_SM_RESP, pdu.DELIVER_SM, pdu.GENERIC_NACK, data_sm.DATA_SM}
_NO_ANSWER = frozenset((pdu.OUTBIND,))
