"""The transaction in which a message is stored: known already? room? the gate; then queued, held, or claimed at once.

While nothing waits for a link, its message is claimed in the transaction that stores it (see `Hand`): one commit less
until it is on the wire, and a promise as good as any other claim, for it is on disk before the first byte leaves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol

from sqlalchemy import Connection, insert, select, tuple_

from ..errors import Conflict, QueueFull
from ..link import WirePart
from ..store import history, said_before
from ..store.database import Writer
from ..store.lifecycle import MESSAGE
from ..store.prepared import Prepared
from ..store.tables import message, part, refusal
from ..store.tables.types import AnyRow
from .asked import Accepted, Ready, Terms
from .carried import digest_of, keep_contents
from .cutting import CONTENTS
from .gate import gate
from .handover import Claim, why_claimed
from .short_links import keep as keep_links
from .spending import keep
from .wire import wire_part

COUNTED_FOR = timedelta(seconds=1)  # how long a count of the queue is believed when it is nearly full
COUNTED_AFAR = timedelta(seconds=30)  # the same while it is far from full; what we store meanwhile is added
_REFUSED = Prepared(insert(refusal), ("client", "recipient", "purpose", "category", "code", "says", "at"))
_STORE_PARTS = Prepared(insert(part), ("message_id", "position", "alphabet", "user_data", "udh", "written_at", "link"))


class Hand(Protocol):
    """What the door asks of a link's sender."""

    def stands(self, conn: Connection) -> bool:
        """Whether a claim for its link may be written in this transaction."""

    def reserve(self, parts: int) -> bool:
        """Keep room for so many parts, if they could go this moment and nothing waits before them."""

    def decided(self, wire: list[WirePart], claim: Claim, committed: bool) -> None:
        """What was reserved is stored and claimed: send it. Or it was not, as far as anybody knows."""

    def wake(self) -> None:
        """Something is in the queue."""


@dataclass
class _After:
    """What is to be done once the transaction of `now` is committed: parts to send, and links whose queue has grown."""

    now: datetime
    conn: Connection
    stands: dict[str, bool] = field(default_factory=dict)
    claimed: dict[str, list[WirePart]] = field(default_factory=dict)
    hands: dict[str, Hand] = field(default_factory=dict)
    queued: set[str] = field(default_factory=set)

    def may(self, link: str, hand: Hand) -> bool:
        """Whether messages may be claimed for a link; asked once."""
        if link not in self.stands:
            self.stands[link] = hand.stands(self.conn)
        return self.stands[link]


class Admission:
    """The step that stores what the door has read; one for each door, used in the writer's thread only."""

    def __init__(self, writer: Writer, terms: Terms, clock: Callable[[], datetime], hands: Mapping[str, Hand]) -> None:
        """hands: the senders of this process by their link's name; a link without one is served by another process."""
        self._writer = writer
        self._terms = terms
        self._clock = clock
        self._hands = hands
        self.elsewhere: Callable[[str], None] = lambda link: None  # told where something waits that another node sends
        self._waiting = (0, datetime.min.replace(tzinfo=clock().tzinfo))

    def store(self, conn: Connection, batch: list[Ready]) -> list[Accepted | Exception]:
        """The step that stores what was read; those who do more in the same transaction call it from theirs."""
        now = self._clock()
        results: list[Accepted | Exception | None] = [None] * len(batch)
        first, again = _first_of_each_ref(batch)
        known = self._known(conn, [batch[index] for index in first])
        for index in first:
            row = known.get((batch[index].asked.client, batch[index].asked.client_ref))
            if row is not None:
                results[index] = _same_or_conflict(conn, batch[index], row)
        fresh = [index for index in first if results[index] is None]
        room = self._room(conn, now)
        for index in fresh[room:]:
            says = f"{self._terms.queue_bound} messages wait already, which is the bound"
            results[index] = QueueFull(says, retry_after=30)
        self._admit(conn, batch, fresh[:room], results, now)
        if again:
            for index, result in zip(again, self.store(conn, [batch[i] for i in again]), strict=True):
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
        candidates = [batch[i].candidate for i in fresh]
        verdicts, proofs = gate.weigh(conn, candidates, self._terms.rules, now)
        if (budgets := self._terms.budgets) is not None and budgets.some:
            verdicts = keep(conn, budgets, [batch[i].row for i in fresh], verdicts, now, fresh=True)
        births: list[history.Birth] = []
        places: list[int] = []
        refused: list[dict[str, Any]] = []
        after = _After(now, conn)
        self._writer.when_decided(partial(self._decided, after))
        for place, (index, verdict) in enumerate(zip(fresh, verdicts, strict=True)):
            if isinstance(verdict, gate.Refuse):
                results[index] = gate.refused(verdict)
                refused.append(_refusal(batch[index], verdict, now))
            else:
                places.append(index)
                births.append(self._birth(batch[index], verdict, after, proofs.get(place)))
        _REFUSED.many(conn, refused)
        states = history.begin(conn, MESSAGE, births, by="door", now=now)
        _STORE_PARTS.many(
            conn,
            [
                {**row, "written_at": birth.values["claimed_at"], "link": birth.by}
                for index, birth in zip(places, births, strict=True)
                for row in batch[index].parts
            ],
        )
        keep_contents(conn, [batch[index] for index in places if batch[index].content is not None], now)
        keep_links(conn, [batch[index] for index in places if batch[index].links], now)
        for index, birth, state in zip(places, births, states, strict=True):
            row = {**birth.values, "state": state, "why": birth.events[-1][1], "sent_at": None}
            results[index] = Accepted(row)
        self._waiting = (self._waiting[0] + len(births), self._waiting[1])

    def _birth(self, ready: Ready, verdict: gate.Hold | None, after: _After, proof: str | None) -> history.Birth:
        """How a message begins; what has to be done for it after the commit is added to `after`.

        proof: why the gate let marketing pass. It stands in the trace only: reasons that are alike are stored together.
        """
        row, link = {**ready.row, "claimed_at": None}, ready.row["link"]
        accept = ("accept", f"asked by {ready.asked.client}")
        if proof is not None:
            row["trace"] = [*row["trace"], proof]
        if verdict is not None:
            row["due_at"] = verdict.until
            return history.Birth(row, [accept, ("hold", verdict.says)])
        events = [accept, ("admit", "; ".join(ready.row["trace"]))]
        hand = self._hands.get(link)
        built = ready.row["encoding"] in CONTENTS  # what it carries is read from the store, where it is not yet
        if hand is None or built or not after.may(link, hand) or not hand.reserve(len(ready.parts)):
            after.queued.add(link)
            return history.Birth(row, events)
        after.hands[link] = hand  # the very one that keeps the room: a reload may put another in its place meanwhile
        row["claimed_at"], row["attempts"] = after.now, 1
        after.claimed.setdefault(link, []).extend(wire_part(row, piece, after.now) for piece in ready.parts)
        return history.Birth(row, [*events, ("claim", why_claimed(link))], by=link)

    def _decided(self, after: _After, committed: bool) -> None:
        for link, wire in after.claimed.items():
            after.hands[link].decided(wire, Claim(link, len(wire), after.now), committed)
        for link in after.queued if committed else ():
            if (hand := self._hands.get(link)) is not None:
                hand.wake()
            else:
                self.elsewhere(link)

    def _known(self, conn: Connection, batch: list[Ready]) -> dict[tuple[str, str | None], AnyRow]:
        """The stored messages that the client_refs of this batch name already."""
        refs = {(r.asked.client, r.asked.client_ref) for r in batch if r.asked.client_ref is not None}
        if not refs:
            return {}
        rows = conn.execute(select(message).where(tuple_(message.c.client, message.c.client_ref).in_(refs)))
        return {(row.client, row.client_ref): row for row in rows}

    def _room(self, conn: Connection, now: datetime) -> int:
        """How many more the queue takes. Counted seldom, for a count of a million is not free."""
        count, at = self._waiting
        believed = COUNTED_AFAR if count < self._terms.queue_bound * 0.9 else COUNTED_FOR
        if not timedelta() <= now - at < believed:
            self._waiting = (count, at) = (gate.waiting(conn), now)
        return max(0, self._terms.queue_bound - count)


def _refusal(ready: Ready, no: gate.Refuse, now: datetime) -> dict[str, Any]:
    """What is kept of a message that was refused: not its text."""
    c = ready.candidate
    who = {"client": ready.asked.client, "recipient": c.recipient, "purpose": c.purpose, "category": c.category}
    return {**who, "code": no.code, "says": no.says, "at": now}


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


def _same_or_conflict(conn: Connection, ready: Ready, row: AnyRow) -> Accepted | Conflict:
    texts = (row.text, said_before.first(row.metadata))  # it may have been replaced meanwhile, and this is asked again
    same = (row.recipient, row.ports) == (ready.row["recipient"], ready.row["ports"]) and ready.row["text"] in texts
    if ready.content is not None:  # the link of its page is another each time
        same = row.recipient == ready.row["recipient"] and digest_of(conn, row.id) == ready.content["digest"]
    if same:
        return Accepted(row._asdict(), created=False)
    says = f"client_ref {ready.asked.client_ref!r} belongs to {row.id}, which is another text or number"
    return Conflict(says, code="client_ref_conflict", hint="use a new client_ref for a new message")


def _certain(result: Accepted | Exception | None) -> Accepted | Exception:
    assert result is not None
    return result
