"""One connection of a client: bind, take what it submits, push to it, keep alive, part in peace.

Everything runs in the listener's one loop; futures of the gateway end in other threads and come back by
`Owner.soon`. The surprise: nothing grows. Beyond the window of unanswered submits, or while the client does not read
what we wrote, we do not read from it either: TCP then holds it back, and its answers wait where they are cheap.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime
from functools import partial
from typing import Protocol

from drivers.smpp import pdu
from drivers.smpp.server import answers, questions, requests
from drivers.smpp.server.delivering import Delivering
from drivers.smpp.server.port import Port
from drivers.smpp.server.refusals import (
    RALYBND,
    RBINDFAIL,
    RINVBNDSTS,
    RINVCMDID,
    RINVCMDLEN,
    RSYSERR,
    BadRequest,
    status_of,
    told_status,
)
from drivers.smpp.statuses import name_of
from smsgw.errors import SmsgwError
from smsgw.listener import Guest, Knock, Reception, Submission, Submitted

log = logging.getLogger(__name__)

_ROLES = {  # sends, receives
    answers.BIND_TRANSMITTER: (True, False),
    answers.BIND_RECEIVER: (False, True),
    answers.BIND_TRANSCEIVER: (True, True),
}
_READS = {
    pdu.SUBMIT_SM: requests.submit_sm,
    answers.SUBMIT_MULTI: requests.submit_multi,
    answers.DATA_SM: requests.data_sm,
}
MOST_FAULTS = 20  # PDUs without sense on one connection: more is no slip
_TOO_MANY = "there are too many connections"
WRITTEN_AHEAD = 262_144  # octets that may wait for a client to read them


class Owner(Protocol):
    """The listener of a session."""

    where: str
    reception: Reception
    touched: set[Session]  # those that have something to write at the end of a turn

    @property
    def terms(self) -> Port:
        """Its table in the configuration."""

    def now(self) -> float:
        """A steady clock in seconds."""

    def today(self) -> datetime:
        """The time of day, aware."""

    def soon(self, what: Callable[[], None]) -> None:
        """From any thread: do it in the loop."""

    def came(self, session: Session) -> bool:
        """A connection; False when there are too many."""

    def gone(self, session: Session) -> None:
        """It is no more."""


class Session(asyncio.Protocol):
    """One connection."""

    def __init__(self, owner: Owner) -> None:
        self._owner = owner
        self._reception = owner.reception
        self._frames = pdu.Frames()
        self._pending: deque[bytes] = deque()  # whole PDUs not yet looked at: at most one reading of the socket
        self._out: list[bytes] = []
        self._transport: asyncio.Transport | None = None
        self.peer = "?"
        self.guest: Guest | None = None
        self._entering = False
        self._unanswered = 0  # requests whose future is not done
        self._unbind: int | None = None  # the sequence number of the client's unbind
        self._parting = False  # we said unbind
        self._choked_since: float | None = None
        self._begun = self._heard = owner.now()
        self._asked: float | None = None
        self._faults = 0
        self._why = ""
        self.delivering = Delivering(self, owner)

    # What asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client connected."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        peer = transport.get_extra_info("peername")
        self.peer = str(peer[0]) if peer else "?"
        transport.set_write_buffer_limits(high=WRITTEN_AHEAD)
        if not self._owner.came(self):
            self._why = _TOO_MANY
            transport.abort()

    def data_received(self, data: bytes) -> None:
        """Octets came."""
        self._heard, self._asked = self._owner.now(), None
        try:
            self._pending.extend(self._frames.feed(data))
            if self._frames.noise is not None:
                raise self._frames.noise
        except pdu.NotSmpp as noise:
            self.send(pdu.answer(pdu.GENERIC_NACK, 0, RINVCMDLEN))
            self.close(f"this is no SMPP: {noise}; it began with {noise.start[:16]!r}")
            return
        self.work()

    def eof_received(self) -> bool:
        """The client says nothing more: nobody would hear our answers either."""
        return False

    def pause_writing(self) -> None:
        """It does not read what we write."""
        self._choked_since = self._owner.now()

    def resume_writing(self) -> None:
        """It reads again."""
        self._choked_since = None
        self.work()

    def connection_lost(self, problem: Exception | None) -> None:
        """The connection is gone."""
        self._pending.clear()
        self.delivering.lost(self._why or "the connection to the client is gone")
        if self.guest is not None:
            self._reception.leave(self.guest)
        why = self._why or (f"the connection broke: {problem}" if problem else "it closed the connection")
        level = logging.DEBUG if self._why == _TOO_MANY else logging.INFO  # the listener has said so
        log.log(level, "SMPP client %s at %s: %s", self._who, self.peer, why)
        self._owner.gone(self)

    # Reading

    def work(self) -> None:
        """Look at what came, as far as the window and the client's own reading allow."""
        batch: list[tuple[int, int, Submission]] = []
        while self._pending and self._may_read(len(batch)):
            frame = self._pending.popleft()
            _, command, status, sequence = pdu.HEADER.unpack_from(frame)
            if command in _READS and self._may_submit():
                self._read(command, sequence, frame, batch)
                continue
            self._hand_in(batch)
            batch = []
            self._heard_one(command, status, sequence, frame)
        self._hand_in(batch)
        self.flush()
        if self._transport is not None and not self._transport.is_closing():
            if self._pending or not self._may_read(0):
                self._transport.pause_reading()
            else:
                self._transport.resume_reading()

    def _may_read(self, more: int) -> bool:
        if self._entering or self._choked_since is not None or self._unbind is not None or self._why:
            return False
        return self.guest is None or self._unanswered + more < self.guest.window

    def _may_submit(self) -> bool:
        return self.guest is not None and self.guest.sends and not self._parting

    def _read(self, command: int, sequence: int, frame: bytes, batch: list[tuple[int, int, Submission]]) -> None:
        assert self.guest is not None
        try:
            read = _READS[command](frame, self._owner.today(), self.guest.alphabet)
        except BadRequest as problem:
            self._refuse(command, sequence, problem)
            return
        batch.append((command, sequence, read))

    def _hand_in(self, batch: list[tuple[int, int, Submission]]) -> None:
        if not batch:
            return
        assert self.guest is not None
        self._unanswered += len(batch)
        futures = self._reception.submit(self.guest, [asked for _, _, asked in batch])
        for (command, sequence, asked), future in zip(batch, futures, strict=True):
            future.add_done_callback(partial(self._certain, command, sequence, asked))

    def _heard_one(self, command: int, status: int, sequence: int, frame: bytes) -> None:
        """Anything but a submit."""
        if command & pdu.RESPONSE:
            self._answer_came(command, status, sequence)
        elif command in _ROLES:
            self._bind(command, sequence, frame)
        elif command == pdu.ENQUIRE_LINK:
            self.send(pdu.answer(pdu.ENQUIRE_LINK_RESP, sequence))
        elif command == pdu.UNBIND:
            self._unbind = sequence
            self._part_if_all_is_said()
        elif command in _READS or command in questions.OTHERWISE:
            if not self._may_submit():
                says = "it is not bound as transmitter or transceiver"
                self._refuse(command, sequence, BadRequest(RINVBNDSTS, says))
                return
            self._ask(command, sequence, frame)
        elif command != pdu.ALERT_NOTIFICATION:
            self._fault(f"it sent the unknown command 0x{command:08X}")
            self.send(pdu.answer(pdu.GENERIC_NACK, sequence, RINVCMDID))

    def _answer_came(self, command: int, status: int, sequence: int) -> None:
        if command in (pdu.DELIVER_SM_RESP, pdu.GENERIC_NACK):
            self.delivering.answered(sequence, status if command == pdu.DELIVER_SM_RESP else status or RSYSERR)
        elif command == pdu.UNBIND_RESP and self._parting:
            self.close("we ended the session")

    # Binding

    def _bind(self, command: int, sequence: int, frame: bytes) -> None:
        sends, receives = _ROLES[command]
        try:
            if self.guest is not None:
                raise BadRequest(RALYBND, "it is bound already")
            asked = requests.bind(frame)
        except BadRequest as problem:
            self._refuse(command, sequence, problem)
            return
        self._entering = True
        where = self._owner.where
        knock = Knock(asked.system_id, asked.password, self.peer, sends, receives, where, self._dismiss)
        self._reception.enter(knock).add_done_callback(
            lambda done: self._owner.soon(lambda: self._entered(command, sequence, asked.version, done))
        )

    def _entered(self, command: int, sequence: int, version: int, done: Future[Guest]) -> None:
        self._entering = False
        if (problem := done.exception()) is not None:
            if not isinstance(problem, SmsgwError):
                log.error("an SMPP bind failed", exc_info=problem)
            self.send(pdu.answer(command | pdu.RESPONSE, sequence, status_of(problem, RBINDFAIL)))
            self.close(f"it was not let in: {problem}")
            return
        guest = done.result()
        if self._transport is None or self._transport.is_closing():
            self._reception.leave(guest)
            return
        self.guest = guest
        self.send(answers.bind_resp(command, sequence, self._owner.terms.system_id, version))
        self.flush()
        if guest.receives:
            self._reception.attach(guest, self.delivering)
        self.work()

    # Answering

    def _certain(self, command: int, sequence: int, asked: Submission, done: Future[Submitted]) -> None:
        """In whatever thread it became so, which has better to do than to answer."""
        self._owner.soon(partial(self._submitted, command, sequence, asked, done))

    def _submitted(self, command: int, sequence: int, asked: Submission, done: Future[Submitted]) -> None:
        problem = done.exception()
        if problem is not None:
            octets = pdu.answer(command | pdu.RESPONSE, sequence, told_status(self._who, command, problem))
        elif command == answers.SUBMIT_MULTI:
            taken = done.result()
            refused = [(asked.to[place].echo, told_status(self._who, command, why)) for place, why in taken.refused]
            octets = answers.multi_resp(sequence, taken.id, refused)
        else:
            octets = answers.submit_resp(command, sequence, done.result().id)
        self._answered(octets)

    def _answered(self, octets: bytes) -> None:
        """An answer is ready; the loop writes all that are, at once."""
        self._unanswered -= 1
        self.send(octets)

    def _ask(self, command: int, sequence: int, frame: bytes) -> None:
        """query_sm, cancel_sm, replace_sm."""
        assert self.guest is not None
        try:
            future = questions.ask(self._reception, self.guest, command, sequence, frame, self._owner.today())
        except (BadRequest, SmsgwError) as problem:
            self._refuse(command, sequence, problem)
            return
        self._unanswered += 1
        future.add_done_callback(lambda done: self._owner.soon(partial(self._answered, done.result())))

    def _refuse(self, command: int, sequence: int, problem: Exception) -> None:
        """A request that cannot be taken as it is."""
        status = status_of(problem)
        self._fault(f"refused with {name_of(status)}: {problem}")
        self.send(pdu.answer(command | pdu.RESPONSE, sequence, status))

    def _fault(self, says: str) -> None:
        self._faults += 1
        if self._faults <= MOST_FAULTS or self._faults % 100 == 0:  # nobody fills our disk with its mistakes
            log.warning("SMPP client %s at %s: %s", self._who, self.peer, says)
        if self._faults > MOST_FAULTS and self.guest is None:
            self.close("too much of what it sent makes no sense")

    @property
    def _who(self) -> str:
        return self.guest.name if self.guest else "not bound"

    # Writing and ending

    def send(self, octets: bytes) -> None:
        """A PDU for the next writing: at the end of this turn of the loop."""
        self._out.append(octets)
        self._owner.touched.add(self)

    def flush(self) -> None:
        """Write what is ready."""
        if self._out and self._transport is not None:
            self._transport.write(b"".join(self._out))
            self._out.clear()

    def settle(self) -> None:
        """After a round of the loop: write, go on reading, or part if that waited for it."""
        self.flush()
        if self._unbind is not None:
            self._part_if_all_is_said()
        else:
            self.work()

    def _part_if_all_is_said(self) -> None:
        """The client wants to go: answer what it submitted first."""
        if self._unbind is not None and not self._unanswered:
            self.send(pdu.answer(pdu.UNBIND_RESP, self._unbind))
            self.close("it unbound")

    @property
    def settled(self) -> bool:
        """Whether everything it submitted has its answer."""
        return not self._unanswered

    def part(self) -> None:
        """End the session from our side."""
        if self._transport is None or self._transport.is_closing():
            return
        if self.guest is None:
            self.close("we stop")
            return
        self._parting = True
        self.send(pdu.answer(pdu.UNBIND, self.delivering.next_sequence()))
        self.flush()

    def _dismiss(self, why: str) -> None:
        self._owner.soon(partial(self.close, why))

    def close(self, why: str) -> None:
        """Write what is ready and close."""
        self._why = self._why or why
        self.flush()
        if self._transport is not None:
            self._transport.close()

    def abort(self, why: str) -> None:
        """Close at once."""
        self._why = self._why or why
        if self._transport is not None:
            self._transport.abort()

    def tick(self) -> None:
        """Time has passed: is it there, does it read, does it answer?"""
        now, terms = self._owner.now(), self._owner.terms
        if self._transport is not None and self._transport.is_closing():
            if now - self._heard > 2 * terms.answer_timeout:
                self.abort("it does not read what we wrote")
            return
        if self.guest is None and not self._entering and now - self._begun > terms.bind_within:
            self.close(f"it did not bind within {terms.bind_within:g} seconds")
        elif self._choked_since is not None and now - self._choked_since > terms.answer_timeout:
            self.abort(f"it did not read what we wrote for {terms.answer_timeout:g} seconds")
        elif self._asked is not None and now - self._asked > terms.answer_timeout:
            self.abort("it is silent: it did not answer an enquire_link")
        elif self.guest is not None and self._asked is None and now - self._heard > terms.enquire_link:
            self._asked = now
            self.send(pdu.answer(pdu.ENQUIRE_LINK, self.delivering.next_sequence()))
            self.flush()
        self.delivering.expire(now)
