"""The gateway as listeners see it: let clients in, take what they submit, answer what they ask (`smsgw.listener`).

One for each process. A client is an API key: what it submits goes through the same door as the API's, under the same
name, and can be seen there.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from sqlalchemy import Connection, select

from ..access import smpp_clients
from ..access.keys import Client
from ..access.smpp_clients import SmppClient
from ..errors import Conflict, Forbidden, QueueFull, RefusedByPolicy, SmsgwError, StoreError, Unauthenticated
from ..listener import Address, Guest, Knock, Octets, Outcome, Outlet, Submission, Submitted
from ..outbound.outbox import Cancelled
from ..outbound.recall import Recall
from ..outbound.replacing import Replacing
from ..outbound.submit import Accepted, Door, Ready
from ..store import followers
from ..store.database import Database, Item, Step
from ..store.ids import first_id
from ..store.tables import message
from . import asking, verbs
from .asking import OURS, Caller
from .courier import Courier, follower_of
from .joining import Given, Joining
from .limits import Allowance, Attempts

log = logging.getLogger(__name__)
T = TypeVar("T")
COUNTED = ("binds", "binds_refused", "binds_throttled", "submits", "submits_throttled")
TRIES, TRIES_OF_A_NAME, WITHIN = 5, 20, 60.0  # failed binds from one address, with one system_id, in so many seconds


@dataclass(slots=True)
class Here:
    """A client that is in: how it came, and what it did."""

    guest: Guest
    client: SmppClient
    knock: Knock
    since: datetime
    allowance: Allowance | None
    submitted: int = 0
    throttled: int = 0


class Reception:
    """Implements `listener.Reception`. monotonic: a steady clock in seconds."""

    def __init__(
        self,
        database: Database,
        door: Door,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._door = door
        self._clock = clock
        self._monotonic = monotonic
        self._joining = Joining(door)
        self.courier = Courier(database, clock, monotonic)
        self._here: dict[str, Here] = {}  # by session
        self._allowances: dict[str, Allowance] = {}  # by client: all its connections share one
        self._by_address = Attempts(TRIES, WITHIN, monotonic)
        self._by_name = Attempts(TRIES_OF_A_NAME, WITHIN, monotonic)
        self._known_places: set[tuple[str, str]] = set()  # (system_id, address) that were right before
        self._lock = threading.Lock()
        self._aside = ThreadPoolExecutor(2, thread_name_prefix="clients")
        self._at_networks = ThreadPoolExecutor(2, thread_name_prefix="clients-asking")  # which are slow to answer
        self.replacing = Replacing({}, database, door)  # the gateway has one with its links
        self.recall: Recall | None = None  # which the gateway has
        self.counts: Counter[str] = Counter()

    # Coming and going

    def enter(self, knock: Knock) -> Future[Guest]:
        """See the contract. Runs aside: a password takes its time."""
        return self._aside.submit(self._enter, knock)

    def _enter(self, knock: Knock) -> Guest:
        self._not_too_often(knock)
        try:
            with self._database.reading() as conn:
                client = smpp_clients.authenticate(conn, knock.system_id, knock.password)
            self._may_come(client, knock)
        except (Unauthenticated, Forbidden) as problem:
            self.counts["binds_refused"] += 1
            self._by_address.failed(knock.address)
            if isinstance(problem, Unauthenticated):
                self._by_name.failed(knock.system_id)
            log.warning("SMPP client %r from %s is not let in: %s", knock.system_id, knock.address, problem)
            raise
        # From its first bind on, in whatever way, everything is told: also what comes before it binds as a receiver.
        followers.begin(self._database.writer, follower_of(client.id), self._clock())
        return self._let_in(client, knock)

    def _not_too_often(self, knock: Knock) -> None:
        wait = self._by_address.wait(knock.address)
        if (knock.system_id, knock.address) not in self._known_places:  # nobody locks a client out of its own place
            wait = max(wait, self._by_name.wait(knock.system_id))
        if wait:
            self.counts["binds_throttled"] += 1
            says = f"too many wrong passwords from {knock.address} or for {knock.system_id!r}: wait {wait:.0f} seconds"
            log.warning("SMPP: %s", says)
            raise _throttled(says, wait)

    def _may_come(self, client: SmppClient, knock: Knock) -> None:
        if not smpp_clients.may_come_from(client.terms, knock.address):
            raise Forbidden(f"the key {client.name!r} may not be used from {knock.address}", code="ip_not_allowed")
        wanted = [("messages:send", knock.sends), ("messages:read", knock.receives and not knock.sends)]
        for scope, needed in wanted:
            if needed and not _may(client, scope):
                raise Forbidden(f"this bind needs the scope {scope}, which the key {client.name!r} does not have")

    def _let_in(self, client: SmppClient, knock: Knock) -> Guest:
        terms = client.terms
        receives = knock.receives and _may(client, "messages:send", "messages:read")
        guest = Guest(client.id, client.name, secrets.token_hex(6), knock.sends, receives, terms.window, terms.alphabet)
        with self._lock:
            if sum(here.client.id == client.id for here in self._here.values()) >= terms.binds:
                self.counts["binds_refused"] += 1
                says = f"the key {client.name!r} is bound {terms.binds} times already, which is its bound"
                log.warning("SMPP client %r from %s is not let in: %s", knock.system_id, knock.address, says)
                raise Forbidden(says, code="too_many_binds")
            self._here[guest.session] = Here(guest, client, knock, self._clock(), self._allowance(client))
            if len(self._known_places) < 10_000:
                self._known_places.add((knock.system_id, knock.address))
        self.counts["binds"] += 1
        log.info("SMPP client %s (%s) is bound from %s", client.name, knock.system_id, knock.address)
        return guest

    def _allowance(self, client: SmppClient) -> Allowance | None:
        pace = client.terms.pace
        if pace is None:
            return None
        shared = self._allowances.get(client.id)
        if shared is None or shared.pace != pace:
            shared = self._allowances[client.id] = Allowance(pace, self._monotonic)
        return shared

    def attach(self, guest: Guest, outlet: Outlet) -> None:
        """See the contract."""
        here = self._here[guest.session]
        self.courier.attach(guest, here.client.terms.inbound, outlet)

    def leave(self, guest: Guest) -> None:
        """See the contract."""
        with self._lock:
            here = self._here.pop(guest.session, None)
        self.courier.leave(guest)
        if here is not None:
            log.info("SMPP client %s from %s is gone", guest.name, here.knock.address)

    def bound(self) -> list[Here]:
        """Who is in, in the order of their coming."""
        return sorted(self._here.values(), key=lambda here: here.since)

    # Submitting

    def submit(self, guest: Guest, batch: list[Submission]) -> list[Future[Submitted]]:
        """See the contract."""
        here = self._here.get(guest.session)
        if here is None:  # it left while this was on its way
            return [_ended(Unauthenticated("the connection is closed")) for _ in batch]
        granted = len(batch) if here.allowance is None else here.allowance.take(len(batch))
        here.submitted += granted
        answers = self._take(Caller(guest, here.client.terms, here.client.category), batch[:granted])
        if granted < len(batch):
            if not here.throttled:
                log.warning("SMPP client %s submits faster than its %s a second", guest.name, here.client.terms.pace)
            here.throttled += len(batch) - granted
            self.counts["submits_throttled"] += len(batch) - granted
            says = f"the key {guest.name!r} may submit {here.client.terms.pace} a second"
            answers += [_ended(_throttled(says, 1)) for _ in batch[granted:]]
        self.counts["submits"] += granted
        return answers

    def _take(self, caller: Caller, batch: list[Submission]) -> list[Future[Submitted]]:
        now = self._clock()
        answers: list[Future[Submitted]] = []
        ready: list[Ready] = []
        theirs: list[Future[Submitted]] = []
        for asked in batch:
            if len(asked.to) > 1 or asked.replaces or (asked.concatenation is not None and asked.concatenation.of > 1):
                taken = self._write(self._joining.take, Given(caller, asked, now))
                taken.add_done_callback(partial(self._told_again, caller))
                answers.append(taken)
                continue
            answer: Future[Submitted] = Future()
            answers.append(answer)
            try:
                octets = Octets(asked.alphabet, asked.user_data, asked.udh)
                ready.append(asking.whole(self._door, caller, asked, asked.to[0], [octets], now))
                theirs.append(answer)
            except SmsgwError as problem:
                answer.set_exception(problem)
        try:
            futures = self._door.put(ready)
        except StoreError as problem:  # it is closed: we are stopping
            for answer in theirs:
                answer.set_exception(problem)
            return answers
        for one, stored, answer in zip(ready, futures, theirs, strict=True):
            self._pass_on(caller, one, stored, answer)
        return answers

    def _write(self, step: Step[Item, T], item: Item) -> Future[T]:
        try:
            return self._database.writer.put(step, item)
        except StoreError as problem:  # it is closed: we are stopping
            return _ended(problem)

    def _pass_on(self, caller: Caller, ready: Ready, stored: Future[Accepted], answer: Future[Submitted]) -> None:
        def told(done: Future[Accepted]) -> None:
            problem = done.exception()
            if problem is None:
                answer.set_result(Submitted(done.result().row["id"]))
            elif isinstance(problem, RefusedByPolicy) and problem.code == "duplicate_message":
                self._perhaps_again(caller, ready, problem, answer)
            else:
                answer.set_exception(problem)

        stored.add_done_callback(told)

    def _perhaps_again(self, caller: Caller, ready: Ready, refusal: RefusedByPolicy, answer: Future[Submitted]) -> None:
        """The duplicate guard refused it. If the first came over a connection that is gone, its answer may have been
        lost with it, and the client says it again, as it should: it gets the answer that it missed."""

        def look() -> None:
            try:
                id = self._lost_answer(caller, ready)
            except SmsgwError as problem:
                answer.set_exception(problem)
                return
            if id is None:
                answer.set_exception(refusal)
            else:
                log.info("%s said %s again after a lost connection", caller.guest.name, id)
                answer.set_result(Submitted(id, again=True))

        answer.add_done_callback(partial(self._told_again, caller))
        self._aside.submit(look)

    def _told_again(self, caller: Caller, answer: Future[Submitted]) -> None:
        """Whoever says something again did not know its id when its receipt came, and gets that again, too."""
        if answer.exception() is None and answer.result().again:
            self.courier.again(caller.guest.id, answer.result().id)

    def _lost_answer(self, caller: Caller, ready: Ready) -> str | None:
        m = message.c
        window = timedelta(seconds=self._door.terms.rules.duplicate_window)
        query = (
            select(m.id, m.metadata)
            .where(
                m.recipient == ready.row["recipient"], m.id > first_id("msg", self._clock() - window),
                m.text == ready.row["text"], m.client == caller.guest.id,
                m.state.not_in(("refused", "cancelled", "failed")),
            )
            .order_by(m.id.desc())
        )  # fmt: skip
        with self._database.reading() as conn:
            for row in conn.execute(query):
                session = ((row.metadata or {}).get(OURS) or {}).get("session")
                if session is not None and session not in self._here:
                    return str(row.id)
        return None

    # Asking

    def query(self, guest: Guest, id: str) -> Future[Outcome]:
        """See the contract."""
        return self._aside.submit(self._looked, lambda conn: verbs.outcome(conn, guest.id, id))

    def _looked(self, look: Callable[[Connection], T]) -> T:
        with self._database.reading() as conn:
            return look(conn)

    def cancel(self, guest: Guest, id: str, sender: Address | None, to: Address | None) -> Future[int]:
        """See the contract."""
        region = self._door.terms.region
        number = asking.spelled(to.written, region) if to else None
        source = asking.spelled(sender.written, region) if sender else None
        now = self._clock()
        stored = self._write(verbs.take_back, verbs.TakeBack(guest.id, id, source, number, now))
        return self._else_at_network(stored, lambda: self._recalled(Cancelled(verbs.bare(id), guest.id, now)))

    def _recalled(self, wish: Cancelled) -> int:
        if self.recall is None:
            raise Conflict("its network cannot be asked for it here", code="already_sending")
        self.recall.cancel(wish)
        return 1

    def replace(self, guest: Guest, id: str, by: Submission) -> Future[None]:
        """See the contract."""
        try:
            wish = asking.other(guest, verbs.bare(id), by, self._clock())
        except SmsgwError as problem:
            return _ended(problem)
        stored = self._write(self.replacing.waiting, wish)
        return self._else_at_network(stored, lambda: self.replacing.at_network(wish))

    def _else_at_network(self, stored: Future[T], ask: Callable[[], T]) -> Future[T]:
        """What became of a wish in the store; or of asking the network that may have the message: aside, for it may
        take a while."""
        answer: Future[T] = Future()

        def told(done: Future[T]) -> None:
            problem = done.exception()
            if problem is None:
                answer.set_result(done.result())
            else:
                answer.set_exception(problem)

        def in_store(done: Future[T]) -> None:
            problem = done.exception()
            if not isinstance(problem, Conflict) or problem.code != "already_sending":
                told(done)
                return
            try:
                self._at_networks.submit(ask).add_done_callback(told)
            except RuntimeError:  # it is closed: we are stopping
                told(done)

        stored.add_done_callback(in_store)
        return answer

    # The clock and the end

    def give_up_parts(self, now: datetime, wait: timedelta) -> int:
        """Refuse long texts whose missing parts did not come; returns how many."""
        return self._database.writer.do(self._joining.give_up, (now - wait, now))

    def dismiss_revoked(self) -> int:
        """End the connections whose key was revoked since they bound; returns how many."""
        here = self.bound()
        if not here:
            return 0
        with self._database.reading() as conn:
            good = smpp_clients.still_good(conn, {one.client.id for one in here})
        revoked = [one for one in here if one.client.id not in good]
        for one in revoked:
            log.warning("SMPP client %s: its key was revoked", one.client.name)
            self.leave(one.guest)
            one.knock.dismiss("its key was revoked")
        return len(revoked)

    def close(self) -> None:
        """Tell nobody anything more."""
        self.courier.stop()
        self._aside.shutdown(wait=True)
        self._at_networks.shutdown(wait=True)


def _may(client: SmppClient, *scopes: str) -> bool:
    """Whether the key has one of these scopes, or one that covers it."""
    known = Client(client.id, client.name, client.scopes)
    return any(known.may(scope) for scope in scopes)


def _throttled(says: str, wait: float) -> QueueFull:
    problem = QueueFull(says, retry_after=max(1, round(wait)))
    problem.code = "rate_limited"
    return problem


def _ended(problem: SmsgwError) -> Future[T]:
    future: Future[T] = Future()
    future.set_exception(problem)
    return future
