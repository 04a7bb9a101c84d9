"""Store what the network said; settle the message when all parts are answered.

A receipt is stored first, whether or not its reference is known: it may come before the answer to its own send. The
answer looks among the unmatched ones when it arrives, so the two meet from either side. Where several nodes share the
store, one of them may write the answer while another writes its receipt, and neither transaction sees the other's row:
`missed` brings those two together. How else an answer may have spelled a reference is not stored: who heard such a
receipt looks once more when every transaction of that moment is over (`strangers`, `look_again`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, insert, select, update

from ..link import Receipt, ReceiptState
from ..store import history
from ..store.ids import first_id
from ..store.lifecycle import MESSAGE
from ..store.partitions import partitioned
from ..store.prepared import Prepared, among
from ..store.storable import storable_or_none
from ..store.tables import earlier_try, message, part, receipt
from ..store.tables.types import AnyRow
from .retry import Retry
from .settle import settle
from .showing import Showing

MISSED_WITHIN = timedelta(hours=1)  # how far back `missed` looks: longer than a store or a clock is away
AGAIN_AFTER = timedelta(seconds=15)  # the server ends what has been frozen within a transaction sooner
LATELY = timedelta(days=35)  # how old a message is whose receipt comes, unless it was to be sent much later
STRANGERS = 10_000  # that are remembered at a time
TAIL = 8  # digits in which two spellings of a number agree, with a country code and without

# Built once: to build a statement anew costs more than to run it.
_STORE = Prepared(insert(receipt), [c.name for c in receipt.c if c.name != "id"])
_UNMATCHED = (
    select(receipt)
    .where(receipt.c.message_id.is_(None), receipt.c.link == bindparam("link"), receipt.c.id.in_(history.IDS))
    .order_by(receipt.c.id)
)
_WAITING = Prepared(
    select(receipt.c.id).where(
        receipt.c.message_id.is_(None), receipt.c.link == bindparam("link"), among(receipt.c.reference)
    )
)
_BY_REFERENCE = (
    select(part.c.message_id, part.c.position, part.c.reference, part.c.outcome)
    .where(part.c.link == bindparam("link"), among(part.c.reference))
    .order_by(part.c.outcome.is_(None), part.c.written_at)  # so the newest open one is the last, and stays
)
_HOMES = Prepared(_BY_REFERENCE)
_HOMES_LATELY = Prepared(_BY_REFERENCE.where(part.c.message_id >= bindparam("since")))
_OTHERWISE = (
    select(part.c.message_id, part.c.position, part.c.reference, part.c.outcome, message.c.recipient)
    .join_from(part, message)
    .where(part.c.link == bindparam("link"), part.c.reference.in_(history.IDS), part.c.outcome.is_(None))
)
_MARK = Prepared(
    update(part)
    .where(among(part.c.message_id), part.c.position == bindparam("its_position"), part.c.outcome.is_(None))
    .values(
        outcome=bindparam("says"), outcome_at=bindparam("at", type_=part.c.outcome_at.type), error=bindparam("words")
    )
)
_TRIED = (
    select(earlier_try.c.reference, message.c.recipient)
    .join_from(earlier_try, message)
    .where(earlier_try.c.link == bindparam("link"), earlier_try.c.reference.in_(history.IDS))
    .where(earlier_try.c.outcome.is_(None))
)
_OPEN_AND_UNMATCHED = (
    select(part.c.reference)
    .distinct()
    .join_from(receipt, part, receipt.c.reference == part.c.reference)
    .where(
        receipt.c.message_id.is_(None),
        receipt.c.received_at >= bindparam("since", type_=receipt.c.received_at.type),
        receipt.c.received_at >= part.c.written_at,  # some SMSCs use a reference again: an older receipt is another's
        part.c.outcome.is_(None),
    )
    .limit(history.MANY)
)
_MISSED = _OPEN_AND_UNMATCHED.add_columns(part.c.link).where(receipt.c.link == part.c.link)
_MISSED_OVER = _OPEN_AND_UNMATCHED.where(
    part.c.link == bindparam("link"), receipt.c.link.in_(bindparam("ways", expanding=True))
)
_IS_OF = update(receipt).where(receipt.c.id == bindparam("its_id"))
_DELIVER = history.Together(MESSAGE, "deliver", "sent", sets=("final_at",), where=(message.c.parts == 1,))


@dataclass(frozen=True, slots=True)
class Told:
    """A receipt, the link it came over, and when we heard it."""

    link: str
    receipt: Receipt
    at: datetime


class Receipts:
    """The steps about receipts; holds the retry policy and chance, which settling needs.

    over: by link the other ones over which its receipts may come: accounts at the same SMSC.
    """

    def __init__(
        self, retry: Retry, chance: Callable[[], float], over: Mapping[str, Sequence[str]] | None = None
    ) -> None:
        self._retry = retry
        self._chance = chance
        self.showing: Showing | None = None  # who makes something of receipts about contents
        self.over = over or {}
        self.shared = False  # whether other nodes write into this store
        self._strangers: dict[tuple[str, str, ReceiptState], Told] = {}

    def store(self, conn: Connection, batch: list[Told]) -> list[None]:
        """Store receipts, mark the parts they speak of, and settle these parts' messages."""
        for link in dict.fromkeys(told.link for told in batch):
            self._store(conn, link, [told for told in batch if told.link == link])
        return [None] * len(batch)

    def _store(self, conn: Connection, link: str, batch: list[Told]) -> None:
        now = batch[-1].at
        homes = self._homes(conn, link, batch)
        self._remember(batch, homes)
        _STORE.many(conn, [_row(told, home) for told, home in zip(batch, homes, strict=True)])
        outcomes = _outcomes(zip(batch, homes, strict=True), now)  # one moment for all: one statement for all
        _mark(conn, outcomes)
        # Most messages have one part: when that is delivered, nothing has to be looked up to know what follows.
        single = [outcome.message_id for outcome in outcomes if outcome.state is ReceiptState.DELIVERED]
        done = set(_DELIVER.move(conn, single, "the phone has it", {"final_at": now}, by=link, now=now))
        if self._retry.sequel is not None:
            self._retry.sequel.charge(conn, list(done), "delivery", now)
        ids = list(dict.fromkeys(o.message_id for o in outcomes if o.message_id not in done))
        if ids:
            settle(conn, ids, by=link, now=now, retry=self._retry, chance=self._chance)
        self._show(conn, link, zip(batch, homes, strict=True), now)

    def _show(self, conn: Connection, link: str, pairs: Iterable[tuple[Told, Home | None]], now: datetime) -> None:
        """What receipts tell of the contents of messages, where a link carries such."""
        if self.showing is not None and self.showing.carries(link):
            told = [(t.receipt, None if home is None else home.message_id) for t, home in pairs]
            self.showing.heard(conn, link, told, now)

    def early(self, conn: Connection, link: str, references: Sequence[str]) -> set[str]:
        """Match receipts that came before the answer that names their reference; returns their messages' ids.

        The parts with these references must be marked as taken already; the caller settles.
        """
        if not references:
            return set()
        matched: list[tuple[AnyRow, Told, Home]] = []
        for way in (link, *self.over.get(link, ())):
            waiting = [row[0] for row in _WAITING.run(conn, {"link": way, "ids": references})]
            found: list[AnyRow] = []
            for some in history.chunks(waiting):
                found += conn.execute(_UNMATCHED, {"link": way, "ids": some}).all()
            told = [Told(row.link, _receipt(row), row.received_at) for row in found]
            matched += [(row, t, h) for row, t, h in zip(found, told, self._homes(conn, way, told), strict=True) if h]
        if not matched:
            return set()
        conn.execute(
            _IS_OF,
            [{"its_id": row.id, "message_id": h.message_id, "position": h.position} for row, _, h in matched],
        )
        _mark(conn, _outcomes((t, h) for _, t, h in matched))
        self._show(conn, link, ((t, h) for _, t, h in matched), matched[-1][1].at)
        return {h.message_id for _, _, h in matched}

    def missed(self, conn: Connection, now: datetime) -> None:
        """Match receipts that were written by one node in the moment in which another wrote down the answer, also over
        another account. Whoever has the store for itself has none."""
        if not self.shared:
            return
        since = now - MISSED_WITHIN
        found = {(row.link, row.reference) for row in conn.execute(_MISSED, {"since": since})}
        for link, ways in self.over.items():
            rows = conn.execute(_MISSED_OVER, {"since": since, "link": link, "ways": list(ways)})
            found |= {(link, row.reference) for row in rows}
        ids: set[str] = set()
        for link in sorted({link for link, _ in found}):
            ids |= self.early(conn, link, sorted(reference for each, reference in found if each == link))
        self._settle(conn, ids, now)

    def _remember(self, batch: Sequence[Told], homes: Sequence[Home | None]) -> None:
        """Receipts that found no part, and whose reference the answer may have spelled otherwise."""
        for told, home in zip(batch, homes, strict=True):
            if home is None and told.receipt.also:
                self._strangers[told.link, told.receipt.reference, told.receipt.state] = told
        while len(self._strangers) > STRANGERS:
            del self._strangers[next(iter(self._strangers))]

    def strangers(self, now: datetime) -> list[Told]:
        """What this process remembers of those, once: when all that was being written as they came is written."""
        due = [told for told in list(self._strangers.values()) if told.at <= now - AGAIN_AFTER]
        for told in due:
            self._strangers.pop((told.link, told.receipt.reference, told.receipt.state), None)
        return due

    def look_again(self, conn: Connection, batch: list[tuple[list[Told], datetime]]) -> list[None]:
        """Writer step, for (strangers, now): match them with parts or earlier tries that were written as they came."""
        for strangers, now in batch:
            for link in dict.fromkeys(told.link for told in strangers):
                self._look_again(conn, link, [told for told in strangers if told.link == link], now)
        return [None] * len(batch)

    def _look_again(self, conn: Connection, link: str, batch: list[Told], now: datetime) -> None:
        found: list[tuple[Told, Home]] = []
        for told, home in zip(batch, self._homes(conn, link, batch), strict=True):
            said = told.receipt
            rows = [row[0] for row in _WAITING.run(conn, {"link": link, "ids": [said.reference]})]
            if not rows:  # the answer found it, or it was never stored
                continue
            if home is not None:
                found.append((told, home))
                conn.execute(_IS_OF, [{"its_id": id, **home._asdict()} for id in rows])
            elif (tried := _tried(conn, told)) is not None:  # `silence` looks at these, by the reference
                conn.execute(update(receipt).where(receipt.c.id.in_(rows)).values(reference=tried))
        _mark(conn, _outcomes(found))
        if found:
            self._show(conn, link, found, now)
            self._settle(conn, {home.message_id for _, home in found}, now)

    def _settle(self, conn: Connection, ids: set[str], now: datetime) -> None:
        if ids:
            settle(conn, sorted(ids), by="clock", now=now, retry=self._retry, chance=self._chance)

    def _homes(self, conn: Connection, link: str, batch: Sequence[Told]) -> list[Home | None]:
        """For each receipt the part it speaks of: the newest with that reference on that link, an open one first."""
        if not batch:
            return []
        parts = _by_reference(conn, link, [told.receipt.reference for told in batch], batch[-1].at)
        homes = [parts.get(told.receipt.reference) for told in batch]
        owners = [name for name, ways in self.over.items() if link in ways]
        return [
            _elsewhere(conn, told, owners) if home is None and (told.receipt.also or owners) else home
            for told, home in zip(batch, homes, strict=True)
        ]


class Home(NamedTuple):
    """The part that a receipt speaks of."""

    message_id: str
    position: int


def _by_reference(conn: Connection, link: str, references: Sequence[str], now: datetime) -> dict[str, Home]:
    """The part that each reference on a link speaks of. Kept by months, all of them are asked only for references that
    have no open part among the newest."""
    rows: list[tuple[Any, ...]] = []
    if partitioned(conn):
        rows = _HOMES_LATELY.run(conn, {"link": link, "ids": references, "since": first_id("msg", now - LATELY)})
        recent = {reference for *_, reference, outcome in rows if outcome is None}
        references = [reference for reference in references if reference not in recent]
    if references:
        rows += _HOMES.run(conn, {"link": link, "ids": references})
    return {reference: Home(message_id, position) for message_id, position, reference, _ in rows}


def _elsewhere(conn: Connection, told: Told, links: Sequence[str]) -> Home | None:
    """The one open part to the receipt's recipient whose reference is spelled in another of the ways it names, or that
    went over one of these links.
    """
    said = told.receipt
    if not names_a_phone(said.recipient):
        return None
    fitting: list[AnyRow] = []
    for link, spelled in ((told.link, said.also), *((other, (said.reference, *said.also)) for other in links)):
        found = conn.execute(_OTHERWISE, {"link": link, "ids": list(spelled)}) if spelled else ()
        fitting += [row for row in found if is_named(row.recipient, said.recipient)]
    return Home(fitting[0].message_id, fitting[0].position) if len(fitting) == 1 else None


def _tried(conn: Connection, told: Told) -> str | None:
    """How the one earlier try to the receipt's recipient that it may speak of spelled its reference."""
    said = told.receipt
    if not names_a_phone(said.recipient):
        return None
    rows = conn.execute(_TRIED, {"link": told.link, "ids": list(said.also)})
    fitting = {row.reference for row in rows if is_named(row.recipient, said.recipient)}
    return fitting.pop() if len(fitting) == 1 else None


def names_a_phone(named: str | None) -> bool:
    """Whether a receipt tells enough of the recipient's number to know it in another spelling."""
    return len(named or "") >= TAIL


def is_named(recipient: str, named: str | None) -> bool:
    """Whether a receipt names this recipient, with a country code or without."""
    return named is not None and names_a_phone(named) and recipient.endswith(named[-TAIL:])


def _row(told: Told, home: Home | None) -> dict[str, Any]:
    said = told.receipt
    return {
        "link": told.link,
        "reference": said.reference,
        "state": said.state.value,
        "recipient": storable_or_none(said.recipient, 20),
        "error": storable_or_none(said.error, 80),
        "said": storable_or_none(said.said, 500),
        "network_at": said.at,
        "received_at": told.at,
        "message_id": None if home is None else home.message_id,
        "position": None if home is None else home.position,
    }


def _receipt(row: AnyRow) -> Receipt:
    return Receipt(row.reference, ReceiptState(row.state), row.recipient, row.network_at, row.error, row.said)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a receipt decides about the part it speaks of."""

    message_id: str
    position: int
    state: ReceiptState
    at: datetime
    words: str | None


def _outcomes(pairs: Iterable[tuple[Told, Home | None]], at: datetime | None = None) -> list[Outcome]:
    """What these receipts decide about the parts they speak of: the first final one for each part.

    at: since when that is known; None: since each was heard.
    """
    decided: dict[tuple[str, int], Outcome] = {}
    for told, home in pairs:
        if home is not None and told.receipt.state.final:
            decided.setdefault((home.message_id, home.position), _outcome(told.receipt, at or told.at, home))
    return list(decided.values())


def _outcome(said: Receipt, at: datetime, home: Home) -> Outcome:
    words = None if said.state is ReceiptState.DELIVERED else storable_or_none(said.error or said.said, 500)
    return Outcome(home.message_id, home.position, said.state, at, words)


def _mark(conn: Connection, outcomes: list[Outcome]) -> None:
    """Write outcomes; the first final one stands, so no receipt moves anything backwards."""
    alike: dict[tuple[int, str, datetime, str | None], list[str]] = {}
    for one in outcomes:
        alike.setdefault((one.position, one.state.value, one.at, one.words), []).append(one.message_id)
    for (position, says, at, words), ids in alike.items():
        _MARK.run(conn, {"ids": ids, "its_position": position, "says": says, "at": at, "words": words})
