"""The nightly proof: what was booked is what the parts, counted again, must have cost; and what bundles gave adds up.

Counted are the parts that links took, also of tries before the last one, the texts that came in, and the questions to
operators whose answers are kept, all with the prices of the time. A rate counts for what happened at least a minute
after we were told the rate, and before it was replaced: for as long may a process have gone by what it read before.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from ..store.history import IDS, chunks
from ..store.ids import first_id
from ..store.lifecycle import MESSAGE
from ..store.tables import (
    balance,
    cost_entry,
    earlier_try,
    follower,
    inbound,
    message,
    message_content,
    numbering,
    part,
    plan,
    plan_use,
    rate,
)
from ..store.tables.types import AnyRow
from . import alerts
from .booking import question_id
from .plans import Plans, plan_of
from .rates import NUMBERING, Kind, Price, Rates, price_of_row, rates_of, spelled

GRACE = timedelta(minutes=1)
KIND = "proof.wrong"
_TOLD = 20  # differences that are told one by one
_PIECE = 20_000  # messages looked at together


@dataclass(frozen=True, slots=True)
class Difference:
    """A message for which booked and counted are not the same, and how, in words."""

    message_id: str
    link: str
    says: str


@dataclass(frozen=True, slots=True)
class Proof:
    """What was proved. booked, counted: millionths by currency; both the same when all is right.

    others: texts that came in, and questions to operators, as far as some rate charges for such.
    """

    since: datetime
    until: datetime
    messages: int
    others: int
    entries: int
    booked: Mapping[str, int]
    counted: Mapping[str, int]
    differences: Sequence[Difference]

    @property
    def holds(self) -> bool:
        """Whether booked and counted agree, message by message."""
        return not self.differences

    @property
    def says(self) -> str:
        """The outcome in a sentence."""
        sums = ", ".join(f"{spelled(amount)} {currency}" for currency, amount in sorted(self.booked.items())) or "0"
        if self.holds:
            others = f" and {self.others} texts and questions" if self.others else ""
            return f"{sums} in {self.entries} entries for {self.messages} messages{others}: all agree with their parts"
        counted = ", ".join(f"{spelled(amount)} {currency}" for currency, amount in sorted(self.counted.items())) or "0"
        return f"{len(self.differences)} differences: {sums} are booked, and the parts come to {counted}"


class _Key(NamedTuple):
    message_id: str
    link: str


@dataclass(slots=True)
class _Work:
    """What is added up. prices: the rates as they were known at a time."""

    prices: _Prices
    plans: Plans
    booked: Counter[str]
    counted: Counter[str]
    differences: list[Difference]
    messages: int = 0
    others: int = 0
    entries: int = 0


class _Prices:
    """Every rate that ever was, and which of them were known at a time for sure."""

    def __init__(self, conn: Connection) -> None:
        self._rows = conn.execute(select(rate)).all()
        self.by_id = {row.id: row for row in self._rows}
        self.kinds = {row.kind for row in self._rows}
        self._networks = {row.prefix: row.network for row in conn.execute(select(numbering))}
        f = follower.c
        renumbered = conn.scalar(select(f.updated_at).where(f.name == NUMBERING))
        by_network = any(row.network for row in self._rows)
        self._known_since = renumbered + GRACE if renumbered is not None and by_network else None
        changes = {at for row in self._rows for at in (row.added_at, row.gone_at) if at is not None}
        self._changes = sorted({at + shift for at in changes for shift in (-GRACE, GRACE)})
        self._known: dict[int, Rates] = {}

    def sure(self, kind: Kind, link: str, number: str, at: datetime, size: int = 0) -> Price | None:
        """The price of the time, if it was known for a minute before and after, and so was whose the number is."""
        if self._known_since is not None and at < self._known_since:
            return None  # of the networks of numbers only the present state is known
        place = bisect_right(self._changes, at)
        if place not in self._known:
            rows = [row for row in self._rows if _counts(row, at)]
            self._known[place] = rates_of(rows, self._networks)
        return self._known[place].price_of(kind, link, number, at, size)


def _counts(row: AnyRow, at: datetime) -> bool:
    added = row.added_at is None or row.added_at <= at - GRACE
    return added and (row.gone_at is None or row.gone_at > at + GRACE)


def prove(conn: Connection, plans: Plans, since: datetime, until: datetime) -> Proof:
    """Count again what the messages of a time must have cost, as far as they are at an end, and compare."""
    work = _Work(_Prices(conn), plans, Counter(), Counter(), [])
    m = message.c
    c = message_content.c
    query = (
        select(m.id, m.recipient, m.state, m.parts, m.link, m.sent_at, m.created_at, m.encoding, c.size)
        .outerjoin_from(message, message_content, c.message_id == m.id)
        .where(m.id >= first_id("msg", since), m.id < first_id("msg", until))
    )
    last = ""
    while True:
        rows = conn.execute(query.where(m.id > last).order_by(m.id).limit(_PIECE)).all()
        if not rows:
            break
        last = rows[-1].id
        work.messages += len(rows)
        _prove(conn, work, {row.id: row for row in rows if row.state in MESSAGE.final or row.state == "sent"})
    _prove_others(conn, work, since, until)
    work.differences += _bundles(conn, since, until, plans)
    sums = (work.entries, work.booked, work.counted, work.differences)
    return Proof(since, until, work.messages, work.others, *sums)


def _prove(conn: Connection, work: _Work, rows: Mapping[str, AnyRow]) -> None:
    taken = _taken(conn, sorted(rows))
    entries: dict[_Key, list[AnyRow]] = defaultdict(list)
    query = select(cost_entry).where(cost_entry.c.message_id.in_(IDS)).order_by(cost_entry.c.id)
    for some in chunks(sorted(rows)):
        for entry in conn.execute(query, {"ids": some}):
            entries[_Key(entry.message_id, entry.link)].append(entry)
    for key in sorted({*taken, *entries}):
        mine = entries.get(key, [])
        work.entries += len(mine)
        for entry in mine:
            work.booked[entry.currency] += entry.amount
        says = _wrong(work, rows[key.message_id], key, taken.get(key, 0), mine)
        if says is not None:
            work.differences.append(Difference(key.message_id, key.link, says))


def _taken(conn: Connection, ids: Sequence[str]) -> dict[_Key, int]:
    """How many parts each link took of each message, in every try."""
    found: Counter[_Key] = Counter()
    p, e = part.c, earlier_try.c
    now = select(p.message_id, p.link, func.count()).where(p.message_id.in_(IDS), p.answer == "taken")
    before = select(e.message_id, e.link, func.count()).where(e.message_id.in_(IDS))
    for some in chunks(ids):
        for query in (now.group_by(p.message_id, p.link), before.group_by(e.message_id, e.link)):
            for id, link, count in conn.execute(query, {"ids": some}):
                found[_Key(id, link)] += count
    return dict(found)


def _wrong(work: _Work, row: AnyRow, key: _Key, taken: int, entries: Sequence[AnyRow]) -> str | None:
    """What is wrong with the entries about one message over one link; None when nothing is."""
    by_event: dict[str, list[AnyRow]] = defaultdict(list)
    for entry in entries:
        by_event[entry.event].append(entry)
        counted = _amount(work.prices, entry)
        work.counted[entry.currency] += entry.amount if counted is None else counted
        if counted is not None and counted != entry.amount:
            return f"{spelled(entry.amount)} {entry.currency} is booked, and its rate says {spelled(counted)}"
    submits = sum(entry.parts for entry in by_event["submit"])
    if submits > taken:
        return f"{submits} parts are booked, and the link took {taken}"
    at = row.sent_at or row.created_at
    kind: Kind = "mms" if row.encoding == "mms" else "sms"
    price = work.prices.sure(kind, key.link, row.recipient, at, row.size or 0) if row.encoding != "mail" else None
    planned = work.plans.in_force(key.link, at) if kind == "sms" else None
    if price is None or not taken:
        return None
    if price.charged == "submit" or planned is not None:
        if submits == taken or (price.failed is not None and row.state not in ("sent", "delivered")):
            return None
        work.counted[price.currency] += price.of(taken - submits)
        return f"the link took {taken} parts, and {submits} are booked"
    delivered = sum(entry.parts for entry in by_event["delivery"])
    if row.state == "delivered" and key.link == row.link and delivered != row.parts:
        work.counted[price.currency] += price.of(row.parts - delivered)
        return f"the phone has {row.parts} parts, and {delivered} are booked"
    return None


def _amount(prices: _Prices, entry: AnyRow) -> int | None:
    """What an entry must say by its rate; None where that is not about parts."""
    if entry.event == "reversal":
        return None
    if entry.rate_id == 0:
        return 0
    row = prices.by_id.get(entry.rate_id)
    if row is None:
        return None
    price, parts = price_of_row(row), int(entry.parts)
    return (price.failed or 0) * parts if entry.event == "failure" else price.of(parts - (entry.free or 0))


class _Other(NamedTuple):
    """A text that came in, or a question to an operator, as its link may charge for it."""

    kind: Kind
    number: str
    parts: int
    at: datetime


def _prove_others(conn: Connection, work: _Work, since: datetime, until: datetime) -> None:
    """The same for what came in, and for what operators were asked."""
    there = _others(conn, work.prices.kinds, since, until)
    work.others = len(there)
    e = cost_entry.c
    query = select(cost_entry).where(e.event.in_(("inbound", "ussd")), e.at >= since, e.at < until).order_by(e.id)
    entries: dict[_Key, list[AnyRow]] = defaultdict(list)
    for entry in conn.execute(query):
        entries[_Key(entry.message_id, entry.link)].append(entry)
    for key in sorted({*there, *entries}):
        mine = entries.get(key, [])
        work.entries += len(mine)
        for entry in mine:
            work.booked[entry.currency] += entry.amount
        says = _wrong_other(work, key, there.get(key), mine)
        if says is not None:
            work.differences.append(Difference(key.message_id, key.link, says))


def _others(conn: Connection, kinds: set[str], since: datetime, until: datetime) -> dict[_Key, _Other]:
    found: dict[_Key, _Other] = {}
    i, b = inbound.c, balance.c
    if "inbound" in kinds:
        mine = (i.id >= first_id("in", since), i.id < first_id("in", until))
        for row in conn.execute(select(i.id, i.link, i.sender, i.parts, i.received_at).where(*mine)):
            found[_Key(row.id, row.link)] = _Other("inbound", row.sender, row.parts, row.received_at)
    if "ussd" in kinds:
        answered = (b.trouble.is_(None), b.at >= since, b.at < until)
        for link, at in conn.execute(select(b.link, b.at).where(*answered)):
            found[_Key(question_id(at), link)] = _Other("ussd", "", 1, at)
    return found


def _wrong_other(work: _Work, key: _Key, one: _Other | None, entries: Sequence[AnyRow]) -> str | None:
    """What is wrong with the entries about one of these. one: None when nothing but its entries is left of it."""
    amounts = [_amount(work.prices, entry) for entry in entries]
    for entry, amount in zip(entries, amounts, strict=True):
        work.counted[entry.currency] += entry.amount if amount is None else amount
        if amount is not None and amount != entry.amount:
            return f"{spelled(entry.amount)} {entry.currency} is booked, and its rate says {spelled(amount)}"
    if one is None:
        return "it is booked twice" if len(entries) > 1 else None
    booked = sum(entry.parts for entry in entries)
    if booked > one.parts:
        return f"{booked} parts are booked, and there are {one.parts}"
    price = work.prices.sure(one.kind, key.link, one.number, one.at)
    if price is None or booked == one.parts:
        return None
    work.counted[price.currency] += price.of(one.parts - booked)
    return f"there are {one.parts} parts, and {booked} are booked"


def _bundles(conn: Connection, since: datetime, until: datetime, plans: Plans) -> Iterable[Difference]:
    """Bundles that say they gave another number of parts than the entries do, in the periods of this time."""
    e = cost_entry.c
    for row in conn.execute(select(plan)):
        one = plan_of(row, plans.zone(row.link))
        for period in conn.execute(select(plan_use).where(plan_use.c.plan_id == one.id)):
            days = (one.begun(since), one.begun(until))
            begun = next((day for day in days if day.isoformat() == period.period), None)
            if begun is None:
                continue
            first = one.starts(begun)
            given = select(func.coalesce(func.sum(e.free), 0)).where(
                e.plan_id == one.id, e.at >= first, e.at < one.ends(begun)
            )
            count = conn.scalar(given) or 0
            if count != period.used:
                says = f"{one.name} says that {period.used} parts are used since {begun}, and the entries say {count}"
                yield Difference("", one.link, says)


def tell(conn: Connection, batch: list[tuple[Proof, datetime]]) -> list[None]:
    """Writer step: be loud about a proof that does not hold; end what was told when it does."""
    for proof, now in batch:
        day = f"{proof.since:%Y-%m-%d}"
        if proof.holds:
            alerts.end(conn, KIND, [day], "it agrees now", now)
        else:
            some = "; ".join(f"{one.message_id or one.link}: {one.says}" for one in proof.differences[:_TOLD])
            alerts.tell(conn, [alerts.Alarm(KIND, day, f"{day}: {proof.says}. {some}")], now)
    return [None] * len(batch)
