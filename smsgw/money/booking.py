"""Write down what was charged: one entry for each message and chargeable event, in the transaction that caused it.

A link charges when it takes the parts (`submit`) or when the phone has them (`delivery`), as its rate says. The price
is that of the moment when the parts were handed over. A link with a plan charges on submit, and what its bundle pays
for is an entry too, of nothing. A failure that costs less than was charged gives that back as an entry of its own.
Where no rate and no plan says anything, nothing is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, NamedTuple

from sqlalchemy import Connection, insert, select

from ..store.history import IDS, chunks
from ..store.prepared import Prepared
from ..store.tables import cost_entry
from ..store.tables.types import AnyRow
from . import plans as of_plans
from .budget import Booked, Budgets
from .plans import Plans, Wish
from .rates import Price, Rates

Event = Literal["submit", "delivery", "failure", "reversal", "inbound", "ussd"]
_BOOK = Prepared(
    insert(cost_entry),
    ("message_id", "link", "parts", "amount", "currency", "event", "rate_id", "at", "free", "plan_id"),
)


class Charged(NamedTuple):
    """So many parts of a message that went over a link to a number, handed over at `sent_at` (aware).

    size: octets of an MMS, which has a price of its own and no part in bundles; None for texts.
    """

    message_id: str
    link: str
    recipient: str
    parts: int
    sent_at: datetime
    size: int | None = None


class Entry(NamedTuple):
    """One booked amount, in millionths of the currency, for all these parts. See the table `cost_entry`."""

    message_id: str
    link: str
    parts: int
    amount: int
    currency: str
    event: Event
    rate_id: int
    at: datetime
    free: int | None = None
    plan_id: int | None = None


def entries(rates: Rates, charged: Iterable[Charged], event: Event, at: datetime) -> list[Entry]:
    """What an event costs for these messages: nothing for those that no rate charges on this event."""
    found: list[Entry] = []
    for one in charged:
        price = _price(rates, one)
        if price is not None and price.charged == event:
            amount = price.of(one.parts)
            found.append(Entry(one.message_id, one.link, one.parts, amount, price.currency, event, price.rate_id, at))
    return found


def _price(rates: Rates, one: Charged) -> Price | None:
    if one.size is None:
        return rates.price(one.link, one.recipient, one.sent_at)
    return rates.price_of("mms", one.link, one.recipient, one.sent_at, one.size)


def book(conn: Connection, found: Sequence[Entry]) -> None:
    """Append entries."""
    _BOOK.many(conn, [entry._asdict() for entry in found])


@dataclass
class Books:
    """Who books: knows the rates, the plans and the budgets. `some` is False while nobody would charge by anything."""

    rates: Rates
    plans: Plans
    budgets: Budgets | None = None

    @property
    def some(self) -> bool:
        """Whether anything could be charged."""
        return self.rates.some or self.plans.some

    def _write(self, conn: Connection, found: Sequence[Entry], at: datetime) -> None:
        book(conn, found)
        if self.budgets is not None and self.budgets.some:
            told = [Booked(entry.message_id, entry.link, entry.amount, entry.currency) for entry in found]
            self.budgets.settle(conn, told, at)

    def submitted(self, conn: Connection, charged: Sequence[Charged], at: datetime) -> list[Entry]:
        """The link took these parts: book what that costs, and what its bundle pays for."""
        plain = charged
        found: list[Entry] = []
        if self.plans.some:
            ways = [self._plan(one) for one in charged]
            plain = [one for one, plan in zip(charged, ways, strict=True) if plan is None]
            for plan in {plan.id: plan for plan in ways if plan is not None}.values():
                mine = [one for one, way in zip(charged, ways, strict=True) if way is not None and way.id == plan.id]
                found += self._planned(conn, plan, sorted(mine), at)
        found += entries(self.rates, plain, "submit", at)
        self._write(conn, found, at)
        return found

    def _planned(self, conn: Connection, plan: of_plans.Plan, charged: Sequence[Charged], at: datetime) -> list[Entry]:
        frees = of_plans.spend(conn, plan, [Wish(one.recipient, one.parts) for one in charged], at)
        found = []
        for one, free in zip(charged, frees, strict=True):
            price = self.rates.price(one.link, one.recipient, one.sent_at)
            if price is None and not free:
                continue
            amount, currency, rate_id = 0, plan.currency, 0
            if price is not None:
                amount, currency, rate_id = price.of(one.parts - free), price.currency, price.rate_id
            way = (one.message_id, one.link, one.parts, amount, currency)
            found.append(Entry(*way, "submit", rate_id, at, free or None, plan.id if free else None))
        return found

    def delivered(self, conn: Connection, charged: Sequence[Charged], at: datetime) -> list[Entry]:
        """The phone has these: book it where that is what is charged."""
        found = entries(self.rates, self._without_plan(charged), "delivery", at)
        self._write(conn, found, at)
        return found

    def _without_plan(self, charged: Sequence[Charged]) -> Sequence[Charged]:
        if not self.plans.some:
            return charged
        return [one for one in charged if self._plan(one) is None]

    def _plan(self, one: Charged) -> of_plans.Plan | None:
        return None if one.size is not None else self.plans.in_force(one.link, one.sent_at)

    def failed(self, conn: Connection, charged: Sequence[Charged], at: datetime) -> list[Entry]:
        """These did not arrive: give back and charge what the rates say of failures."""
        if not self.rates.fails:
            return []
        fees = [
            (one, price)
            for one in self._without_plan(charged)
            if (price := _price(self.rates, one)) is not None and price.failed is not None
        ]
        taken = on_submit(conn, {(one.message_id, one.link) for one, _ in fees})
        found = []
        for one, price in fees:
            was = taken.get((one.message_id, one.link))
            if was is not None:
                found.append(reversal(was, at))
            if price.failed:
                way = (one.message_id, one.link, one.parts, price.failed * one.parts, price.currency)
                found.append(Entry(*way, "failure", price.rate_id, at))
        self._write(conn, found, at)
        return found

    def received(self, conn: Connection, texts: Sequence[Charged], at: datetime) -> list[Entry]:
        """These came in, `recipient` being who wrote: book what the link charges for that."""
        return self._other(conn, texts, "inbound", at)

    def asked(self, conn: Connection, questions: Sequence[Charged], at: datetime) -> list[Entry]:
        """A network was asked over USSD: book what the link charges for that."""
        return self._other(conn, questions, "ussd", at)

    def _other(
        self, conn: Connection, charged: Sequence[Charged], kind: Literal["inbound", "ussd"], at: datetime
    ) -> list[Entry]:
        if not self.rates.charges(kind):
            return []
        found = []
        for one in charged:
            price = self.rates.price_of(kind, one.link, one.recipient, one.sent_at)
            if price is not None:
                way = (one.message_id, one.link, one.parts, price.of(one.parts), price.currency)
                found.append(Entry(*way, kind, price.rate_id, at))
        self._write(conn, found, at)
        return found


def question_id(at: datetime) -> str:
    """What a question to an operator is called in its entry: by when its answer came."""
    return f"ussd:{at.astimezone(UTC):%Y%m%dT%H%M%S.%f}"


def on_submit(conn: Connection, messages: set[tuple[str, str]]) -> dict[tuple[str, str], AnyRow]:
    """The entries about submitting of these (message, link), as far as they are not taken back already."""
    c = cost_entry.c
    found: dict[tuple[str, str], AnyRow] = {}
    query = select(cost_entry).where(c.message_id.in_(IDS), c.event.in_(("submit", "reversal"))).order_by(c.id)
    for some in chunks(sorted({id for id, _ in messages})):
        for row in conn.execute(query, {"ids": some}):
            key = (row.message_id, row.link)
            if row.event == "reversal":
                found.pop(key, None)
            elif key in messages:
                found[key] = row
    return found


def reversal(was: AnyRow, at: datetime) -> Entry:
    """The entry that takes another back. The free parts stay used: a bundle gives nothing back."""
    way = (was.message_id, was.link, was.parts, -was.amount, was.currency)
    return Entry(*way, "reversal", was.rate_id, at)


def booked(conn: Connection, message_id: str) -> list[AnyRow]:
    """What was charged for a message, oldest first."""
    return list(conn.execute(select(cost_entry).where(cost_entry.c.message_id == message_id).order_by(cost_entry.c.id)))
