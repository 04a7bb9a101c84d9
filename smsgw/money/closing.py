"""Close a day: add it up once, so that a report of a year reads a few thousand rows and not ten million; open it again.

What is added up is read outside the writer, and written in pieces: until the day's row in `closing` stands, reports add
the day up themselves. A day with messages that are not final yet is closed again, night after night, until they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, bindparam, delete, func, insert, literal, select
from sqlalchemy.dialects import postgresql, sqlite

from ..store.database import Database, Writer
from ..store.prepared import Prepared, among
from ..store.tables import closing, cost_entry, customer_total, day_total, message
from . import facts
from .facts import MEASURES, Day, Key, Person, Sums

PIECE = 400  # customers in one transaction
BEING_CLOSED = -1
SETTLED = timedelta(days=40)  # after that a day stays as it was closed last


_C = customer_total.c
_ALL = [column.name for column in _C]
_MINE = (_C.period == bindparam("period"), among(_C.customer))
_KNOWN = Prepared(select(customer_total).where(*_MINE))
_GONE = Prepared(delete(customer_total).where(*_MINE))
_PUT = Prepared(insert(customer_total), _ALL)


def _adding(into: Any) -> Any:
    """An insert that adds to the row that is there."""
    sums = {name: _C[name] + into.excluded[name] for name in MEASURES}
    return into.on_conflict_do_update(index_elements=["period", "customer", "currency"], set_=sums)


_ADD = Prepared(_adding(sqlite.insert(customer_total)), _ALL, postgresql=_adding(postgresql.insert(customer_total)))


@dataclass(frozen=True, slots=True)
class _People:
    """A piece of a day's sums by customer, as they are to be."""

    day: date
    sums: Sequence[tuple[Person, Sums | None]]


@dataclass(frozen=True, slots=True)
class _Whole:
    """A day's other sums; with them it is closed."""

    day: date
    sums: Mapping[Key, Sums]
    open: int
    entries: int
    at: datetime


def close(database: Database, day: date, zone: ZoneInfo, now: datetime) -> Day:
    """Close a day, also one that is closed already; returns what it came to."""
    database.writer.do(_begin, (day, now))
    with database.reading() as conn:
        found = facts.of(conn, day, day, zone)
        c = customer_total.c
        known = conn.execute(select(c.customer, c.currency).where(c.period == day.isoformat())).all()
    gone = {Person(*row) for row in known} - set(found.by_person)
    people: list[tuple[Person, Sums | None]] = [*found.by_person.items(), *((person, None) for person in gone)]
    for piece in _pieces(sorted(people, key=lambda one: one[0])):
        database.writer.do(_put_people, _People(day, piece))
    database.writer.do(_put_whole, _Whole(day, found.by_key, found.open, found.entries, now))
    return found


def _begin(conn: Connection, batch: list[tuple[date, datetime]]) -> list[None]:
    """From now on the month's sums by customer may hold a part of this day, unless it is closed already."""
    into = (postgresql if conn.dialect.name == "postgresql" else sqlite).insert(closing)
    rows = [{"day": day.isoformat(), "closed_at": now, "open": BEING_CLOSED, "entries": 0} for day, now in batch]
    conn.execute(into.on_conflict_do_nothing(), rows)
    return [None] * len(batch)


def _pieces(people: Sequence[tuple[Person, Sums | None]]) -> Iterator[list[tuple[Person, Sums | None]]]:
    """People in order, in pieces of which none divides a customer who pays in several currencies."""
    piece: list[tuple[Person, Sums | None]] = []
    for one in people:
        if len(piece) >= PIECE and piece[-1][0].customer != one[0].customer:
            yield piece
            piece = []
        piece.append(one)
    if piece:
        yield piece


def _put_whole(conn: Connection, batch: list[_Whole]) -> list[None]:
    for whole in batch:
        day = whole.day.isoformat()
        conn.execute(delete(day_total).where(day_total.c.day == day))
        conn.execute(delete(closing).where(closing.c.day == day))
        rows = [{"day": day, **key._asdict(), **sums} for key, sums in whole.sums.items()]
        if rows:
            conn.execute(day_total.insert(), rows)
        values = {"day": day, "closed_at": whole.at, "open": whole.open, "entries": whole.entries}
        conn.execute(closing.insert().values(values))
    return [None] * len(batch)


def _put_people(conn: Connection, batch: list[_People]) -> list[None]:
    """A month's row is the sum of its days' rows after each transaction: a crash between two pieces harms nothing."""
    for piece in batch:
        day = piece.day.isoformat()
        mine = {"period": day, "ids": sorted({who.customer for who, _ in piece.sums})}
        before = {Person(row["customer"], row["currency"]): row for row in _KNOWN.records(conn, mine)}
        _GONE.run(conn, mine)
        days = [{"period": day, **who._asdict(), **sums} for who, sums in piece.sums if sums is not None]
        months = [{"period": day[:7], **who._asdict(), **_change(before.get(who), sums)} for who, sums in piece.sums]
        _PUT.many(conn, days)
        _ADD.many(conn, months)
    return [None] * len(batch)


def _change(before: Mapping[str, int] | None, after: Sums | None) -> Sums:
    return {name: (after[name] if after else 0) - (before[name] if before else 0) for name in MEASURES}


def reopen(writer: Writer, first: date, last: date) -> int:
    """Open days again, both included: each report adds them up anew until they are closed; returns how many."""
    return writer.do(_reopen, (first, last))


def _reopen(conn: Connection, batch: list[tuple[date, date]]) -> list[int]:
    c = closing.c
    counts = []
    for first, last in batch:
        days = conn.scalars(select(c.day).where(c.day.between(first.isoformat(), last.isoformat()))).all()
        for day in days:
            _reopen_day(conn, day)
        counts.append(len(days))
    return counts


def _reopen_day(conn: Connection, day: str) -> None:
    """The month loses what the day gave it: a month's row stays the sum of its days' rows."""
    less = [(-_C[name]).label(name) for name in MEASURES]
    taken = select(literal(day[:7]), _C.customer, _C.currency, *less).where(_C.period == day)
    into = (postgresql if conn.dialect.name == "postgresql" else sqlite).insert(customer_total)
    conn.execute(_adding(into.from_select(["period", "customer", "currency", *MEASURES], taken)))
    conn.execute(delete(customer_total).where(_C.period == day))
    conn.execute(delete(closing).where(closing.c.day == day))


def closed(conn: Connection, first: date, last: date) -> set[date]:
    """Which of these days are closed."""
    c = closing.c
    days = conn.scalars(select(c.day).where(c.day.between(first.isoformat(), last.isoformat()), c.open >= 0))
    return {date.fromisoformat(day) for day in days}


def clean(conn: Connection, first: date, last: date) -> bool:
    """Whether none of these days is being closed at this moment, or was when the process ended."""
    c = closing.c
    halfway = (c.day.between(first.isoformat(), last.isoformat()), c.open == BEING_CLOSED)
    return conn.scalar(select(func.count()).select_from(closing).where(*halfway)) == 0


def due(conn: Connection, zone: ZoneInfo, now: datetime, since_midnight: timedelta) -> date | None:
    """The next day to close: the oldest that is not closed, else one with messages that were open at the last time.

    since_midnight: how long after midnight a day is over for us.
    """
    here = now.astimezone(zone)
    last = (here - since_midnight).date() - timedelta(days=1)
    first = first_day(conn, zone)
    if first is None or first > last:
        return None
    done = closed(conn, first, last)
    if len(done) <= (last - first).days:
        return next(day for day in _days(first, last) if day not in done)
    tonight = (datetime(here.year, here.month, here.day, tzinfo=zone) + since_midnight).astimezone(UTC)
    c = closing.c
    again = select(func.min(c.day)).where(
        c.open > 0, c.closed_at < tonight, c.day >= (last - SETTLED).isoformat(), c.day <= last.isoformat()
    )
    found = conn.scalar(again) if now >= tonight else None
    return None if found is None else date.fromisoformat(found)


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def first_day(conn: Connection, zone: ZoneInfo) -> date | None:
    """The first day with a message or an entry; None when there is neither."""
    earliest = [
        conn.scalar(select(message.c.created_at).order_by(message.c.id).limit(1)),
        conn.scalar(select(cost_entry.c.at).order_by(cost_entry.c.at).limit(1)),
    ]
    known = [at for at in earliest if at is not None]
    return min(known).astimezone(zone).date() if known else None
