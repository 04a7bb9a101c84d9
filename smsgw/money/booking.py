"""Write down what was charged: one entry for each message and chargeable event, in the transaction that caused it.

A link charges when it takes the parts (`submit`) or when the phone has them (`delivery`), as its rate says. The price
is that of the moment when the parts were handed over. Where no rate says anything, nothing is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from sqlalchemy import Connection, insert, select

from ..store.prepared import Prepared
from ..store.tables import cost_entry
from ..store.tables.types import AnyRow
from .rates import Rates

Event = Literal["submit", "delivery"]
_BOOK = Prepared(insert(cost_entry), ("message_id", "link", "parts", "amount", "currency", "event", "rate_id", "at"))


class Charged(NamedTuple):
    """So many parts of a message that went over a link to a number, handed over at `sent_at` (aware)."""

    message_id: str
    link: str
    recipient: str
    parts: int
    sent_at: datetime


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


def entries(rates: Rates, charged: Iterable[Charged], event: Event, at: datetime) -> list[Entry]:
    """What an event costs for these messages: nothing for those that no rate charges on this event."""
    found: list[Entry] = []
    for one in charged:
        price = rates.price(one.link, one.recipient, one.sent_at)
        if price is not None and price.charged == event:
            amount = price.amount * one.parts
            entry = Entry(one.message_id, one.link, one.parts, amount, price.currency, event, price.rate_id, at)
            found.append(entry)
    return found


def book(conn: Connection, found: Sequence[Entry]) -> None:
    """Append entries."""
    _BOOK.many(conn, [entry._asdict() for entry in found])


def booked(conn: Connection, message_id: str) -> list[AnyRow]:
    """What was charged for a message, oldest first."""
    return list(conn.execute(select(cost_entry).where(cost_entry.c.message_id == message_id).order_by(cost_entry.c.id)))
