"""What a day came to, added up from its messages, entries, replies and orders: for a closing, or for an open day.

Messages count on the day on which we were asked to send them, as far as they went out; money on the day on which it was
booked; a reply and an order on their own day, for the message that they followed. Days begin in the operator's zone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, Select, case, func, select, union_all
from sqlalchemy import cast as sql_cast
from sqlalchemy.types import BigInteger

from ..store.ids import first_id
from ..store.tables import address, cost_entry, inbound, message, order
from .places import FIRST, place_of

MEASURES = ("messages", "parts", "delivered", "failed", "planned", "amount", "replies", "orders")
ANSWERS_WITHIN = timedelta(days=7)  # what comes later than that answers nothing that we sent
_FAILED = ("undelivered", "failed", "expired", "cancelled", "refused")


class Key(NamedTuple):
    """What a day's sums are told apart by."""

    link: str
    country: str
    prefix: str
    client: str
    campaign: str
    category: str
    sender: str
    kind: str  # sms, mms or mail
    currency: str


class Person(NamedTuple):
    """The same by customer: an id, or a number that belongs to nobody."""

    customer: str
    currency: str


Sums = dict[str, int]


@dataclass(frozen=True, slots=True)
class Day:
    """A day's sums. open: messages that are not final yet. entries: cost entries of the day."""

    by_key: Mapping[Key, Sums]
    by_person: Mapping[Person, Sums]
    open: int
    entries: int


def span(first: date, last: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """From when to before when these days are, both included."""
    begin = datetime(first.year, first.month, first.day, tzinfo=zone).astimezone(UTC)
    after = last + timedelta(days=1)
    return begin, datetime(after.year, after.month, after.day, tzinfo=zone).astimezone(UTC)


def of(conn: Connection, first: date, last: date, zone: ZoneInfo, *, people: bool = True, rest: bool = True) -> Day:
    """Add up days, both included. people: by customer; rest: by everything else."""
    begin, end = span(first, last, zone)
    by_key: dict[Key, Sums] = defaultdict(_nothing)
    by_person: dict[Person, Sums] = defaultdict(_nothing)
    for query in (_sent(begin, end), _charged(begin, end), _replied(begin, end), _ordered(begin, end)):
        if rest:
            _by_key(conn, query, by_key)
        if people:
            _by_person(conn, query, by_person)
    m, e = message.c, cost_entry.c
    waits = (m.id >= first_id("msg", begin), m.id < first_id("msg", end), m.final_at.is_(None))
    still = conn.scalar(select(func.count()).select_from(message).where(*waits)) or 0
    entries = conn.scalar(select(func.count()).select_from(cost_entry).where(e.at >= begin, e.at < end)) or 0
    return Day(by_key, by_person, still, entries)


def both(
    conn: Connection, first: date, last: date, zone: ZoneInfo, only: str | None = None
) -> list[tuple[Key, str, Sums]]:
    """Days by key and customer at once: many rows, for the few questions that the closings cannot answer.

    only: of this customer (an id, or a number that belongs to nobody), whose few rows are found by their numbers.
    """
    begin, end = span(first, last, zone)
    a = address.c
    numbers = None if not only else [only, *conn.scalars(select(a.address).where(a.customer_id == only))]
    sums: dict[tuple[Key, str], Sums] = defaultdict(_nothing)
    for source in (_sent(begin, end), _charged(begin, end), _replied(begin, end), _ordered(begin, end)):
        customer, columns = func.coalesce(a.customer_id, source.number, ""), _columns(source)
        joined = source.joined.join(address, a.address == source.number, isouter=True)
        if numbers is not None:
            joined = joined.where(source.whose(numbers))
        query = joined.add_columns(customer, *columns, *source.counts.values()).group_by(customer, *columns)
        for who, *row in conn.execute(query):
            key, counts = _key(row[: len(columns)]), row[len(columns) :]
            _add(sums[key, who], zip(source.counts, counts, strict=True))
    return [(key, who, mine) for (key, who), mine in sums.items()]


def _nothing() -> Sums:
    return dict.fromkeys(MEASURES, 0)


class _Source(NamedTuple):
    """Where sums come from: what is joined, on which condition, what is counted, over which link, in which currency.

    whose: the condition that a row is about one of these numbers, as an index finds it.
    """

    joined: Select[Any]
    counts: Mapping[str, ColumnElement[Any]]
    link: ColumnElement[Any]
    currency: ColumnElement[Any]
    number: ColumnElement[Any]
    whose: Callable[[Sequence[str]], ColumnElement[bool]]


def _sent(begin: datetime, end: datetime) -> _Source:
    m = message.c
    mine = (m.id >= first_id("msg", begin), m.id < first_id("msg", end), m.sent_at.is_not(None))
    counts = {
        "messages": func.count(),
        "parts": _sum(m.parts),
        "delivered": _sum(case((m.state == "delivered", 1), else_=0)),
        "failed": _sum(case((m.state.in_(_FAILED), 1), else_=0)),
        "planned": _sum(func.coalesce(m.price, 0)),
    }
    return _Source(select().select_from(message).where(*mine), counts, m.link, m.currency, m.recipient, m.recipient.in_)


def _charged(begin: datetime, end: datetime) -> _Source:
    m, e, i = message.c, cost_entry.c, inbound.c
    joined = (
        select()
        .select_from(cost_entry)
        .join(message, m.id == e.message_id, isouter=True)
        .join(inbound, i.id == e.message_id, isouter=True)
        .where(e.at >= begin, e.at < end)
    )
    number = func.coalesce(m.recipient, i.sender, "")

    def whose(numbers: Sequence[str]) -> ColumnElement[bool]:
        sent, came = message.alias("theirs").c, inbound.alias("came").c
        ids = select(sent.id).where(sent.recipient.in_(numbers)), select(came.id).where(came.sender.in_(numbers))
        return e.message_id.in_(union_all(*ids))

    return _Source(joined, {"amount": _sum(e.amount)}, e.link, e.currency, number, whose)


def _replied(begin: datetime, end: datetime) -> _Source:
    i = inbound.c
    mine = (i.id >= first_id("in", begin), i.id < first_id("in", end), i.kind.in_(("text", "mms", "mail")))
    return _after(select().select_from(inbound).where(*mine), i.sender, i.received_at, "replies", begin)


def _ordered(begin: datetime, end: datetime) -> _Source:
    o = order.c
    mine = (o.confirmed_at >= begin, o.confirmed_at < end)
    return _after(select().select_from(order).where(*mine), o.address, o.created_at, "orders", begin)


def _after(
    joined: Select[Any], number: ColumnElement[Any], at: ColumnElement[Any], name: str, begin: datetime
) -> _Source:
    """Rows that follow the last message to the same number, and count for it."""
    m, before = message.c, message.alias("before")
    newest = (
        select(func.max(before.c.id))
        .where(before.c.recipient == number, before.c.id >= first_id("msg", begin - ANSWERS_WITHIN))
        .where(before.c.sent_at <= at)
        .scalar_subquery()
    )
    return _Source(
        joined.join(message, m.id == newest), {name: func.count()}, m.link, m.currency, m.recipient, number.in_
    )


def _sum(of: ColumnElement[Any]) -> ColumnElement[Any]:
    return sql_cast(func.sum(of), BigInteger)


def _by_key(conn: Connection, source: _Source, sums: dict[Key, Sums]) -> None:
    columns = _columns(source)
    query = source.joined.add_columns(*columns, *source.counts.values()).group_by(*columns)
    for row in conn.execute(query):
        _add(sums[_key(row[: len(columns)])], zip(source.counts, row[len(columns) :], strict=True))


def _columns(source: _Source) -> list[ColumnElement[Any]]:
    m = message.c
    kind = case((m.encoding.in_(("mms", "mail")), m.encoding), else_="sms")
    # All mail addresses are one place: who they belong to is nothing for a sum.
    first = case((source.number.contains("@"), "@"), else_=func.substr(source.number, 1, FIRST))
    return [
        func.coalesce(source.link, ""), first, func.coalesce(m.client, ""),
        func.coalesce(m.campaign_id, ""), func.coalesce(m.category, ""), func.coalesce(m.sender, ""),
        kind, func.coalesce(source.currency, ""),
    ]  # fmt: skip


def _key(row: Sequence[Any]) -> Key:
    link, first, client, campaign, category, sender, kind, currency = row
    place = place_of(first)
    return Key(link, place.country, place.prefix, client, campaign, category, sender, kind, currency)


def _by_person(conn: Connection, source: _Source, sums: dict[Person, Sums]) -> None:
    customer = func.coalesce(address.c.customer_id, source.number, "")
    currency = func.coalesce(source.currency, "")
    joined = source.joined.join(address, address.c.address == source.number, isouter=True)
    query = joined.add_columns(customer, currency, *source.counts.values()).group_by(customer, currency)
    for who, paid_in, *counts in conn.execute(query):
        _add(sums[Person(who, paid_in)], zip(source.counts, counts, strict=True))


def _add(sums: Sums, counts: Iterable[tuple[str, int]]) -> None:
    for name, count in counts:
        sums[name] += int(count or 0)
