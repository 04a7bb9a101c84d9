"""The one door for every outbound message: whoever asks, API, page, command line or campaign, asks here.

What can be told without the store (number, sender, text, link) is checked in the caller's thread; the rest (client_ref,
gate, queue bound) inside the transaction that stores the message. A caller has its answer after the commit.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import Connection, insert, select, tuple_

from ..errors import BadInput, Conflict, Fault, QueueFull, RefusedByPolicy, SmsgwError
from ..store import history
from ..store.database import Writer
from ..store.ids import new_id
from ..store.lifecycle import MESSAGE
from ..store.tables import message, part
from ..store.tables.types import AnyRow
from ..text import alphabet, header, number, parts
from . import gate
from .familiar import Familiar
from .routing import Choice, Network

T = TypeVar("T")
PRIORITY = {"otp": 9, "conversational": 7, "transactional": 5, "service": 4, "marketing": 1}
_STORE_PARTS = insert(part)
COUNTED_FOR = timedelta(seconds=1)  # how long a count of the queue is believed


@dataclass(frozen=True, slots=True)
class Asked:
    """What a caller wants sent. `client` names the caller; everything else as the API documents it.

    send_at: aware, None for now. expires_in: seconds from send_at. on_unsure: "resend", "hold", "fail" or None for
    the policy of its purpose.
    """

    to: str
    text: str
    client: str
    sender: str | None = None
    client_ref: str | None = None
    priority: int | None = None  # None: by purpose, so that a reply overtakes a campaign
    purpose: str = "transactional"
    send_at: datetime | None = None
    expires_in: int | None = None
    link: str | None = None
    message_class: int | None = None
    max_parts: int | None = None
    on_unsure: str | None = None
    reply_to: str | None = None
    allow_duplicate: bool = False
    metadata: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Terms:
    """The settings that apply to everybody: see the [sending] section of the configuration for each."""

    region: str | None = None
    sender: str | None = None
    max_parts: int = 10
    validity: int = 172_800
    queue_bound: int = 1_000_000
    on_unsure: str = "resend"
    sticky: frozenset[str] = frozenset({"conversational"})
    rules: gate.Rules = field(default_factory=gate.Rules)


@dataclass(frozen=True, slots=True)
class Ready:
    """A message that was read and cut: what the transaction stores."""

    asked: Asked
    row: dict[str, Any]
    parts: list[dict[str, Any]]
    candidate: gate.Candidate


@dataclass(frozen=True, slots=True)
class Accepted:
    """A stored message as its row stands; `created` is False when the client_ref was known already."""

    row: Mapping[str, Any]
    created: bool = True


class Door:
    """Takes messages in. One for each process; safe from any thread."""

    def __init__(
        self,
        writer: Writer,
        network: Network,
        terms: Terms,
        clock: Callable[[], datetime],
        on_queued: Callable[[str], None] = lambda link: None,
        first_reference: int | None = None,
    ) -> None:
        """on_queued: told the link's name when messages wait for it. first_reference: where concatenation starts."""
        self._writer = writer
        self.network = network
        self.terms = terms
        self._clock = clock
        self._on_queued = on_queued
        self.familiar: Callable[[str, str | None], Familiar | None] = lambda number, reply_to: None
        start = random.randrange(65536) if first_reference is None else first_reference
        self._references = itertools.count(start)
        self._waiting = (0, datetime.min.replace(tzinfo=clock().tzinfo))

    def next_reference(self) -> int:
        """A concatenation reference that the last 65,535 texts did not have."""
        return next(self._references) & 0xFFFF

    def submit(self, asked: Asked) -> Accepted:
        """Take one message; returns when it is on disk.

        Raises BadInput (all faults at once), RefusedByPolicy, Conflict (client_ref), QueueFull, StoreError.
        """
        result = self.submit_many([asked])[0]
        if isinstance(result, Exception):
            raise result
        return result

    def ask(self, asked: Asked) -> Future[Accepted]:
        """Take one message without waiting: the future is done when it is on disk, in the writer's thread.

        Raises BadInput, RefusedByPolicy (no_route) at once; the future raises what only the store can tell
        (RefusedByPolicy, Conflict, QueueFull, StoreError).
        """
        future: Future[Accepted] = self._writer.put(self._store, self.read(asked))
        future.add_done_callback(self._stored)
        return future

    def _stored(self, future: Future[Accepted]) -> None:
        if future.exception() is None:
            self._tell(future.result())

    def _tell(self, accepted: Accepted) -> None:
        if accepted.created and accepted.row["state"] == "queued":
            self._on_queued(accepted.row["link"])

    def submit_many(self, asked: Sequence[Asked]) -> list[Accepted | SmsgwError]:
        """Take a batch; for each message what `submit` would return or raise. Raises StoreError for the whole."""
        read = [self._read_or_problem(one) for one in asked]
        ready = [one for one in read if isinstance(one, Ready)]
        stored = iter(self._writer.put_all(self._store, ready))
        return [self._wait(next(stored)) if isinstance(one, Ready) else one for one in read]

    def put(self, ready: Sequence[Ready]) -> list[Future[Accepted]]:
        """Store what was read without waiting: each future ends after the commit, as `submit` would. For listeners."""
        futures = self._writer.put_all(self._store, ready)
        for future in futures:
            future.add_done_callback(self._wake)
        return futures

    def store(self, conn: Connection, batch: list[Ready]) -> list[Accepted | Exception]:
        """The step that stores what was read, for those who do more in the same transaction; they call `woken` then."""
        return self._store(conn, batch)

    def woken(self, accepted: Accepted) -> None:
        """It is committed: let its link know."""
        if accepted.created and accepted.row["state"] == "queued":
            self._on_queued(accepted.row["link"])

    def _wake(self, future: Future[Accepted]) -> None:
        if future.exception() is None:
            self.woken(future.result())

    def _read_or_problem(self, asked: Asked) -> Ready | SmsgwError:
        try:
            return self.read(asked)
        except SmsgwError as problem:
            return problem

    def _wait(self, future: Future[Accepted]) -> Accepted | SmsgwError:
        try:
            accepted = future.result(60)
        except SmsgwError as problem:
            return problem
        self._tell(accepted)
        return accepted

    def read(self, asked: Asked) -> Ready:
        """Check and cut a message without storing it. Raises BadInput with every fault, RefusedByPolicy (no_route)."""
        faults: list[Fault] = []
        now = self._clock()
        recipient = _told(faults, "/to", lambda: number.read_number(asked.to, self.terms.region))
        wished = asked.sender or self.terms.sender
        sender = _told(faults, "/from", lambda: number.read_sender(wished, self.terms.region)) if wished else None
        if asked.text == "":
            faults.append(Fault("/text", "text_missing", "the text is empty: say what to send"))
        send_at = max(asked.send_at or now, now)
        choice = None if recipient is None else self._route(recipient, asked, faults, now)
        pieces: list[parts.Piece] = []
        if choice is not None:
            reference = self.next_reference()
            pieces = _told(faults, "/text", lambda: parts.split(asked.text, choice.link.abilities, reference)) or []
            most = min(asked.max_parts or self.terms.max_parts, parts.MAX_PARTS)
            if len(pieces) > most:
                says = f"the text needs {len(pieces)} parts, {most} are allowed: shorten it or raise max_parts"
                faults.append(Fault("/text", "text_too_long", says))
        if faults or recipient is None or choice is None:
            raise (RefusedByPolicy(faults) if faults[0].code == "no_route" and len(faults) == 1 else BadInput(faults))
        sender = sender if asked.sender else choice.sender or sender or choice.link.sender
        return self._ready(asked, recipient, sender, send_at, choice, pieces, now)

    def _route(self, recipient: str, asked: Asked, faults: list[Fault], now: datetime) -> Choice | None:
        if asked.link is not None and asked.link not in self.network.links:
            known = ", ".join(sorted(self.network.links)) or "none"
            faults.append(Fault("/link", "link_unknown", f"there is no link {asked.link!r}; there are: {known}"))
            return None
        known = self.familiar(recipient, asked.reply_to) if asked.purpose in self.terms.sticky else None
        choice = self.network.choose(recipient, asked.link, now=now, known=known)
        if choice is None:
            says = f"no link serves {recipient}: add one to the configuration, or widen the prefixes of one"
            if asked.link is not None:
                says = f"the link {asked.link} does not serve {recipient}: widen its prefixes, or name no link"
            faults.append(Fault("/to", "no_route", says))
        return choice

    def _ready(
        self,
        asked: Asked,
        recipient: str,
        sender: str | None,
        send_at: datetime,
        choice: Choice,
        pieces: Sequence[parts.Piece],
        now: datetime,
    ) -> Ready:
        on_unsure = asked.on_unsure or ("hold" if asked.purpose == "marketing" else self.terms.on_unsure)
        id = new_id("msg", now)
        price, currency = self.network.estimate(choice.link.name, recipient, len(pieces), now)
        row = {
            "id": id,
            "client": asked.client,
            "client_ref": asked.client_ref,
            "recipient": recipient,
            "sender": sender,
            "text": asked.text,
            "encoding": encoding(pieces),
            "parts": len(pieces),
            "message_class": asked.message_class,
            "priority": PRIORITY[asked.purpose] if asked.priority is None else asked.priority,
            "purpose": asked.purpose,
            "on_unsure": on_unsure,
            "link": choice.link.name,
            "wanted_link": asked.link,
            "created_at": now,
            "due_at": send_at,
            "valid_until": send_at + timedelta(seconds=asked.expires_in or self.terms.validity),
            "attempts": 0,
            "reply_to": asked.reply_to,
            "metadata": dict(asked.metadata) if asked.metadata else None,
            "trace": choice.trace,
            "price": price,
            "currency": currency,
            "final_at": None,
        }
        candidate = gate.Candidate(recipient, asked.text, asked.purpose, send_at, asked.reply_to, asked.allow_duplicate)
        return Ready(asked, row, part_rows(id, pieces), candidate)

    def _store(self, conn: Connection, batch: list[Ready]) -> list[Accepted | Exception]:
        now = self._clock()
        results: list[Accepted | Exception | None] = [None] * len(batch)
        first, again = _first_of_each_ref(batch)
        known = self._known(conn, [batch[index] for index in first])
        for index in first:
            row = known.get((batch[index].asked.client, batch[index].asked.client_ref))
            if row is not None:
                results[index] = _same_or_conflict(batch[index], row)
        fresh = [index for index in first if results[index] is None]
        room = self._room(conn, now)
        for index in fresh[room:]:
            says = f"{self.terms.queue_bound} messages wait already, which is the bound"
            results[index] = QueueFull(says, retry_after=30)
        self._admit(conn, batch, fresh[:room], results, now)
        if again:
            for index, result in zip(again, self._store(conn, [batch[i] for i in again]), strict=True):
                results[index] = result
        return [_certain(result) for result in results]

    def _admit(
        self,
        conn: Connection,
        batch: list[Ready],
        fresh: list[int],
        results: list[Accepted | Exception | None],
        now: datetime,
    ) -> None:
        """Ask the gate about the new ones, store those that may go or wait, and write down every answer."""
        verdicts = gate.check(conn, [batch[i].candidate for i in fresh], self.terms.rules, now)
        births: list[history.Birth] = []
        places: list[int] = []
        for index, verdict in zip(fresh, verdicts, strict=True):
            if isinstance(verdict, gate.Refuse):
                results[index] = RefusedByPolicy([Fault("/to", verdict.code, verdict.says)])
            else:
                places.append(index)
                births.append(_birth(batch[index], verdict))
        states = history.begin(conn, MESSAGE, births, by="door", now=now)
        rows = [one for index in places for one in batch[index].parts]
        if rows:
            conn.execute(_STORE_PARTS, rows)
        for index, birth, state in zip(places, births, states, strict=True):
            row = {**birth.values, "state": state, "why": birth.events[-1][1], "sent_at": None}
            results[index] = Accepted(row)
        self._waiting = (self._waiting[0] + len(births), self._waiting[1])

    def _known(self, conn: Connection, batch: list[Ready]) -> dict[tuple[str, str | None], AnyRow]:
        """The stored messages that the client_refs of this batch name already."""
        refs = {(r.asked.client, r.asked.client_ref) for r in batch if r.asked.client_ref is not None}
        if not refs:
            return {}
        rows = conn.execute(select(message).where(tuple_(message.c.client, message.c.client_ref).in_(refs)))
        return {(row.client, row.client_ref): row for row in rows}

    def _room(self, conn: Connection, now: datetime) -> int:
        """How many more the queue takes. Counted once a second, for a count of a million is not free."""
        count, at = self._waiting
        if not timedelta() <= now - at < COUNTED_FOR:
            self._waiting = (count, at) = (gate.waiting(conn), now)
        return max(0, self.terms.queue_bound - count)


def part_rows(message_id: str, pieces: Sequence[parts.Piece]) -> list[dict[str, Any]]:
    """The rows of table `part` for a cut text."""
    return [
        {
            "message_id": message_id,
            "position": position,
            "alphabet": piece.alphabet.value,
            "user_data": piece.user_data,
            "udh": piece.udh,
        }
        for position, piece in enumerate(pieces, 1)
    ]


def _birth(ready: Ready, verdict: gate.Hold | None) -> history.Birth:
    accept = ("accept", f"asked by {ready.asked.client}")
    if verdict is None:
        return history.Birth(ready.row, [accept, ("admit", "; ".join(ready.row["trace"]))])
    row = {**ready.row, "due_at": verdict.until}
    return history.Birth(row, [accept, ("hold", verdict.says)])


def _told(faults: list[Fault], pointer: str, read: Callable[[], T]) -> T | None:
    """Run `read`; when it raises BadInput put its faults on the list, at `pointer`."""
    try:
        return read()
    except BadInput as problem:
        faults += [Fault(pointer, fault.code, fault.detail) for fault in problem.faults]
        return None


def _first_of_each_ref(batch: list[Ready]) -> tuple[list[int], list[int]]:
    """Split a batch: the first message with each client_ref, and those that repeat one (a client that tried twice)."""
    first: list[int] = []
    again: list[int] = []
    seen: set[tuple[str, str]] = set()
    for index, ready in enumerate(batch):
        ref = ready.asked.client_ref
        if ref is not None and (ready.asked.client, ref) in seen:
            again.append(index)
            continue
        first.append(index)
        if ref is not None:
            seen.add((ready.asked.client, ref))
    return first, again


def _same_or_conflict(ready: Ready, row: AnyRow) -> Accepted | Conflict:
    if (row.recipient, row.text) == (ready.row["recipient"], ready.row["text"]):
        return Accepted(row._asdict(), created=False)
    says = f"client_ref {ready.asked.client_ref!r} belongs to {row.id}, which is another text or number"
    return Conflict(says, code="client_ref_conflict", hint="use a new client_ref for a new message")


def _certain(result: Accepted | Exception | None) -> Accepted | Exception:
    assert result is not None
    return result


def encoding(pieces: Sequence[parts.Piece]) -> str:
    """The name of the coding that a cut text has: "gsm7", "gsm7+turkish" (with national letters) or "ucs2"."""
    languages = dict.fromkeys(alphabet.NAMES[number] for number in header.shifts(pieces[0].udh) if number)
    return "+".join([pieces[0].alphabet.value, *languages])
