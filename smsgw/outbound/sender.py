"""One worker per link: claim what the link has room for, hand it over, write down the answers.

A claim never takes more than the link's free window and its pace allow, so what a crash leaves in doubt is one window.
While nothing waits, the door claims for us: a message then is stored and claimed in one transaction (see `Hand`).
What a driver answers is put to the writer at once and is never dropped: while the store refuses it, the answer is
kept here, the link gets nothing more, and the write is tried again.

Where several nodes share the store, a link is sent over by whoever has its lease: what is written carries its `guard`,
and once the lease may be somebody else's nothing more is handed over, whatever was claimed (see `store.fences`).
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from concurrent.futures import Future
from dataclasses import replace

from sqlalchemy import Connection

from ..errors import Fenced, SmsgwError, StoreError
from ..link import (
    Call,
    Health,
    InboundContent,
    InboundPiece,
    Link,
    LinkDown,
    LinkError,
    LinkState,
    Receipt,
    Throttled,
    WirePart,
)
from ..link_verbs import SendsSome
from ..store.database import Writer
from ..store.fences import Guard
from ..store.lookout import Lookout
from ..store.outcomes import One
from ..store.storable import storable
from .carried import built
from .desk import Desk
from .handover import Answer, Claim
from .pace import Pace
from .receipts import Told

log = logging.getLogger(__name__)

IDLE = 0.5  # seconds between looks into the queue when nobody wakes us: other processes may have put something in
SOON = 0.01  # seconds that a claim waits for more room than one place
STORE_PAUSE = 1.0  # seconds until a refused write is tried again
REFERENCE = 80  # letters of a reference that are kept; SMPP has 65 at most
LOST = 10_000  # parts without an answer that are remembered
MOST = 500  # messages in one claim
CARRIES = (LinkState.UP, LinkState.DEGRADED)


class Sender:
    """A link's worker, and the `Events` that its driver talks to."""

    def __init__(self, name: str, desk: Desk) -> None:
        self.name = name
        self.link: Link | None = None
        self.pace = Pace(None, time.monotonic())
        self.beats = time.monotonic()  # when the worker was last seen alive
        self.started = False
        self.guard: Guard | None = None  # None: nobody else shares the store
        self._desk = desk
        self._state = threading.Condition()
        self._woken = False
        self._stopping = False
        self._in_flight = 0
        self._lost: dict[tuple[str, int], bool] = {}  # parts without an answer, which may still come: oldest first
        self._full = False  # the worker waits for a place in the window
        self._rest_until = 0.0
        self._unwritten: list[Answer] = []
        self._writing = 0
        self._doubtful: list[Claim] = []  # claims whose answer never came: the store may have taken them all the same
        self._reserved = 0  # parts for which the door keeps room, and of which it has not said yet what became
        self._at_hand: deque[WirePart] = deque()  # what the door claimed for us
        self._backlog = True  # something may wait in the queue, which goes before what comes now
        self._looked_at = 0.0  # when the queue was looked into last
        self._lookout = Lookout(desk.database)
        self._thread = threading.Thread(target=self._run, name=f"sender-{name}", daemon=True)

    @property
    def _writer(self) -> Writer:
        return self._desk.database.writer

    @property
    def in_flight(self) -> int:
        """How many places of the link's window are taken."""
        return self._in_flight

    def start(self, link: Link) -> None:
        """Connect, and begin to send. What the last run left in doubt must be recovered before."""
        self.link = link
        link.start()
        self.started = True
        self._thread.start()

    def wake(self) -> None:
        """Something is in the queue."""
        with self._state:
            self._woken = self._backlog = True
            self._state.notify()

    @property
    def holds(self) -> bool:
        """Whether the link is ours to send over, as far as can be known without asking."""
        return self.guard is None or self.guard.holds()

    # What the door asks: see `submit.Hand`.

    def stands(self, conn: Connection) -> bool:
        """Whether a claim for this link may be written in this transaction."""
        return self.guard is None or (self.guard.holds() and self.guard.stands(conn))

    def reserve(self, parts: int) -> bool:
        """Keep room for the parts of a message that is about to be stored, if it could be sent this moment."""
        if not self.started or not self._carries() or self._desk.network.plans.guards(self.name):
            return False  # what a plan guards is looked at by the claim
        with self._state:
            assert self.link is not None
            now = time.monotonic()
            free = self.link.window - self._in_flight
            busy = self._stopping or self._backlog or self._unwritten or now < self._rest_until
            if busy or parts > free or parts > self.pace.allowed(now):
                return False
            self._in_flight += parts
            self._reserved += parts
            self.pace.spend(parts)
            return True

    def decided(self, wire: list[WirePart], claim: Claim, committed: bool) -> None:
        """What was reserved is stored and claimed: send it. Or it was not, as far as anybody knows."""
        with self._state:
            self._reserved -= len(wire)
            if committed:
                self._at_hand.extend(wire)
            else:
                self._in_flight -= len(wire)
                self._doubtful.append(claim)
            self._woken = True
            self._state.notify()

    def stop(self, deadline: float) -> None:
        """Claim nothing more, let the link settle what is in flight until `deadline`, and write the answers down."""
        with self._state:
            self._stopping = True
            self._state.notify()
        if self.link is not None and self.started:
            self._thread.join(max(0.0, min(1.0, deadline - time.monotonic())))
            self.link.stop(deadline)  # also frees the worker, should it wait for a place in the window
            self._thread.join(max(0.1, deadline - time.monotonic()))
            with self._state:
                self._reserved = 0  # whoever keeps room now has come too late: the next start finds it unsure
                self._state.wait_for(
                    lambda: not self._writing and not self._unwritten,
                    timeout=max(0.1, deadline - time.monotonic()),
                )

    # What the driver tells, from its own threads.

    def taken(self, part: WirePart, reference: str) -> None:
        """See `smsgw.link.Events`."""
        told = storable(reference, REFERENCE)
        self._answered(Answer(self.name, part.message_id, part.position, self._desk.clock(), told, of=part.of))

    def failed(self, part: WirePart, error: LinkError) -> None:
        """See `smsgw.link.Events`."""
        if error.rest:
            with self._state:
                self._rest_until = max(self._rest_until, time.monotonic() + error.rest)
        if isinstance(error, Throttled):
            self.pace.throttled(time.monotonic(), error.says)
        elif error.rest:
            self._desk.network.rest(self.name, error.rest, self._desk.clock())
        self._answered(Answer(self.name, part.message_id, part.position, self._desk.clock(), error=error))

    def receipt(self, receipt: Receipt) -> Future[None]:
        """See `smsgw.link.Events`."""
        told = replace(receipt, reference=storable(receipt.reference, REFERENCE))
        return self._writer.put(self._desk.receipts.store, Told(self.name, told, self._desk.clock()))

    def inbound(self, piece: InboundPiece) -> Future[None]:
        """See `smsgw.link.Events`."""
        return self._desk.arrived(self.name, piece)

    def content(self, inbound: InboundContent) -> Future[None]:
        """See `smsgw.link.Events`."""
        return self._desk.brought(self.name, inbound)

    def call(self, call: Call) -> Future[None]:
        """See `smsgw.link.Events`."""
        log.info("%s: a call from %s", self.name, call.caller or "a withheld number")
        return self._desk.rang(self.name, call)

    def health(self, health: Health) -> None:
        """See `smsgw.link.Events`."""
        if self.guard is not None and self.guard.lost:
            return  # another node tells how it is
        self._desk.heard(self.name, health)
        self.pace.heard(health.facts, time.monotonic())
        if health.state in CARRIES:
            self.wake()

    def _answered(self, answer: Answer) -> None:
        part = (answer.message_id, answer.position)
        with self._state:
            if not self._lost.pop(part, False):  # else it left the window when its answer did not come in time
                self._in_flight = max(0, self._in_flight - 1)
            if answer.error is not None and answer.error.then == "lose":
                self._lost[part] = True
                if len(self._lost) > LOST:
                    del self._lost[next(iter(self._lost))]
            self._writing += 1
            if self._full or self._stopping:
                self._state.notify_all()
        self._write(answer)

    def _write(self, answer: Answer) -> None:
        try:
            self._writer.tell(self._desk.handover.record, answer, One(answer, self._written), self.guard)
        except StoreError as problem:  # closed: the next start finds the part unanswered and calls it unsure
            log.warning("%s: an answer came after the store was closed: %s", self.name, problem)
            self._written(answer, None)

    def _written(self, answer: Answer, problem: BaseException | None) -> None:
        with self._state:
            self._writing -= 1
            if problem is not None and not isinstance(problem, Fenced):  # then whoever has it now called it unsure
                self._unwritten.append(answer)
            if self._stopping or problem is not None:
                self._state.notify_all()
        if problem is not None:
            log.error("%s: the answer for %s could not be stored: %s", self.name, answer.message_id, problem)

    # The worker.

    def _run(self) -> None:
        while True:
            with self._state:
                if self._stopping and not self._at_hand and not self._reserved:
                    return
            self.beats = time.monotonic()
            try:
                self._turn()
            except SmsgwError as problem:
                log.error("%s: %s", self.name, problem)
                self._sleep(STORE_PAUSE)
            except Exception:  # the worker must outlive any mistake: it is logged and tried again
                log.exception("%s: a turn of the sender failed", self.name)
                self._sleep(STORE_PAUSE)

    def _turn(self) -> None:
        if self._at_hand:
            self._send_at_hand()
            return
        if self._unwritten:
            self._write_again()
            return
        wait = self._blocked_for()
        if wait > 0:
            self._sleep(wait)
            return
        if not self._backlog and not self._some_due():
            return
        most = self._room()
        if most <= 0:
            self._sleep(max(0.001, self.pace.wait(time.monotonic())))
            return
        wire = self._claim(most)
        self._hand_over(wire)

    def _some_due(self) -> bool:
        """Now and then see whether something waits that nobody woke us for; sleeps in between."""
        rest = self._looked_at + IDLE - time.monotonic()
        if rest > 0:
            self._sleep(rest)
            return False
        self._looked_at = time.monotonic()
        if self._doubtful:
            return True
        now = self._desk.clock()
        if not self._lookout.needed(now):
            return False
        with self._desk.database.reading() as conn:
            if self._desk.handover.some_due(conn, self.name, now):
                return True
            self._lookout.nothing(self._desk.handover.next_due(conn, self.name))
            return False

    def _claim(self, most: int) -> list[WirePart]:
        while self._doubtful:
            self._writer.do(self._desk.handover.unclaim, self._doubtful[0], guard=self.guard)
            self._doubtful.pop(0)
        claim = Claim(self.name, most, self._desk.clock())
        self._looked_at = time.monotonic()
        with self._state:
            self._doubtful.append(claim)
            self._backlog = False
            self._in_flight += most  # so that nobody else fills the same places meanwhile
        wire: list[WirePart] = []
        try:
            wire = self._writer.do(self._desk.handover.claim, claim, guard=self.guard)
            self._doubtful.remove(claim)
        finally:
            with self._state:
                self._backlog = self._backlog or len({part.message_id for part in wire}) == most
                self._in_flight += len(wire) - most
                self.pace.spend(len(wire))
        return wire

    def _send_at_hand(self) -> None:
        with self._state:
            wire = list(self._at_hand)
            self._at_hand.clear()
        self._hand_over(wire)

    def _hand_over(self, wire: list[WirePart]) -> None:
        for part in wire:
            self._lost.pop((part.message_id, part.position), False)  # it is tried again
        while wire:
            with self._state:
                given_up = self._stopping
            if given_up or not self.holds:  # claimed and not written: it goes back, if it is still ours
                says = "the gateway is stopping" if given_up else "another node may have the link by now"
                for part in wire:
                    self.failed(part, LinkDown(says, code="stopping"))
                return
            wire = wire[self._put(wire) :]

    def _put(self, wire: list[WirePart]) -> int:
        """Give the link the first of these, or as many as it takes in one go; returns how many."""
        assert self.link is not None
        if isinstance(self.link, SendsSome) and not any(part.content is not None for part in wire):
            return self.link.send_some(wire)
        whole = wire[0] if wire[0].content is None else built(self._desk.database, self._desk.builder, wire[0])
        if isinstance(whole, WirePart):
            self.link.send(whole)
        else:
            self.failed(wire[0], whole)
        return 1

    def _blocked_for(self) -> float:
        """Seconds for which nothing may be sent: the link is not up, or it rests."""
        if not self._carries():
            return IDLE
        with self._state:
            return max(0.0, min(IDLE, self._rest_until - time.monotonic()))

    def _carries(self) -> bool:
        """Whether the link is up and ours, and this is one of its hours."""
        if not self.holds:
            return False
        network = self._desk.network
        return network.health(self.name)[0].state in CARRIES and network.is_open(self.name, self._desk.clock())

    def _room(self) -> int:
        """How many messages may be claimed: the free window, the pace, and a bound for one transaction.

        Waits for a place; and while much is waiting a moment for several, for each claim is a transaction.
        """
        assert self.link is not None
        window = self.link.window
        with self._state:
            self._full = True
            some = max(1, window // 4)
            self._state.wait_for(lambda: self._wanted_elsewhere() or self._in_flight <= window - some, SOON)
            if self._in_flight >= window:
                self._state.wait_for(lambda: self._wanted_elsewhere() or self._in_flight < window, IDLE)
            self._full = False
            if self._wanted_elsewhere() or time.monotonic() < self._rest_until:
                return 0
            return int(min(window - self._in_flight, self.pace.allowed(time.monotonic()), MOST))

    def _wanted_elsewhere(self) -> bool:
        return self._stopping or bool(self._at_hand)

    def _write_again(self) -> None:
        with self._state:
            answers, self._unwritten = self._unwritten, []
            self._writing += len(answers)
        for answer in answers:
            self._write(answer)
        self._sleep(STORE_PAUSE)

    def _sleep(self, seconds: float) -> None:
        with self._state:
            if not self._woken and not self._stopping:
                self._state.wait(seconds)
            self._woken = False
