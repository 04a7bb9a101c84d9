"""Cost reports: what a month came to by link, country, customer or whatever; from the closings, and from open days.

Money of other currencies is exchanged at the rate of the last day that is reported; what no rate of exchange knows is
told beside, never added.
"""

from __future__ import annotations

import calendar
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, func, select
from sqlalchemy import cast as sql_cast
from sqlalchemy.types import BigInteger

from ..errors import BadInput, Fault
from ..store.tables import api_key, campaign, customer, customer_total, day_total
from . import closing, facts
from .exchange import Exchange
from .facts import MEASURES, Sums
from .places import country_name
from .rates import spelled
from .till import Till

DIMENSIONS = ("link", "country", "prefix", "client", "campaign", "category", "sender", "kind", "customer", "day")
LONGEST = timedelta(days=3660)
MOST = 5000  # rows of a report; the rest is one row
REST = "…"


@dataclass(frozen=True, slots=True)
class Asked:
    """Which days, both included; by what; and only what is so: {"link": "carrier"}."""

    first: date
    last: date
    by: str
    only: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Line:
    """A line of a report. planned, amount: millionths of the report's currency.

    others: what was booked in currencies that no rate exchanges, by currency.
    """

    key: str
    name: str
    messages: int = 0
    parts: int = 0
    delivered: int = 0
    failed: int = 0
    planned: int = 0
    amount: int = 0
    replies: int = 0
    orders: int = 0
    others: dict[str, int] = field(default_factory=dict)

    @property
    def delivered_share(self) -> Decimal | None:
        """How much of what went out arrived, 0 to 1; None when nothing went out."""
        return Decimal(self.delivered) / self.messages if self.messages else None

    def cost_per(self, measure: str) -> Decimal | None:
        """What one delivered message, reply or order cost; None when there was none. In units, not millionths."""
        count = getattr(self, measure)
        return Decimal(self.amount) / 1_000_000 / count if count else None


@dataclass(frozen=True, slots=True)
class Report:
    """asked: what it is about. open_days: days that were added up just now, for they are not closed."""

    asked: Asked
    currency: str
    lines: Sequence[Line]
    total: Line
    open_days: int
    notes: Sequence[str]


def month_of(written: str, today: date) -> tuple[date, date]:
    """The first and the last day of a month "2026-11"; of `today`'s for "". Raises BadInput."""
    try:
        first = date.fromisoformat(f"{written}-01") if written else today.replace(day=1)
    except ValueError as wrong:
        says = f"{written[:20]!r} must be a month such as 2026-11"
        raise BadInput([Fault("/month", "month_invalid", says)]) from wrong
    return first, first.replace(day=calendar.monthrange(first.year, first.month)[1])


def read_asked(told: Mapping[str, str], today: date) -> Asked:
    """What is asked, from its written fields: month, or since and until; by; and the dimensions by name.

    Raises BadInput with every fault.
    """
    faults: list[Fault] = []
    first, last = today.replace(day=1), today
    try:
        first, last = month_of(told.get("month", ""), today)
        first = date.fromisoformat(told["since"]) if told.get("since") else first
        last = date.fromisoformat(told["until"]) if told.get("until") else last
    except BadInput as wrong:
        faults += wrong.faults
    except ValueError:
        faults.append(Fault("/since", "day_invalid", "since and until must be days such as 2026-11-26"))
    if not faults and not timedelta(0) <= last - first <= LONGEST:
        faults.append(Fault("/until", "day_invalid", "until must not be before since, nor ten years after it"))
    by = told.get("by") or "link"
    if by not in DIMENSIONS:
        faults.append(Fault("/by", "by_invalid", f"by must be one of {', '.join(DIMENSIONS)}"))
    if faults:
        raise BadInput(faults)
    only = {name: told[name] for name in DIMENSIONS if name != "day" and told.get(name) is not None}
    return Asked(first, last, by, only)


def costs(conn: Connection, asked: Asked, till: Till, now: datetime, most: int = MOST) -> Report:
    """The report that is asked for. most: lines; what is more is the last one together."""
    today = now.astimezone(till.zone).date()
    last = min(asked.last, today)
    begun = closing.first_day(conn, till.zone)
    first = max(asked.first, begun) if begun is not None else last + timedelta(days=1)
    done = closing.closed(conn, first, last)
    sums: dict[tuple[str, str], Sums] = defaultdict(lambda: dict.fromkeys(MEASURES, 0))
    by_person = asked.by == "customer" or "customer" in asked.only
    mixed = by_person and bool({asked.by, *asked.only} - {"customer"})
    opened = [day for day in _days(first, last) if mixed or day not in done]
    way = _both if mixed else _people if by_person else _keys
    for run in [[day] for day in opened] if asked.by == "day" else _runs(opened):
        _add(sums, way(conn, asked, run[0], run[-1], till))
    if by_person and not mixed:
        others = sorted({key for key, _ in sums})
        _add(sums, _closed_people(conn, asked, first, last, done, most, others))
    elif not mixed:
        _add(sums, _closed(conn, asked, done))
    at = facts.span(last, last, till.zone)[1] if first <= last else now
    lines, total, notes = _lines(conn, asked, sums, till, min(at, now), most)
    return Report(asked, till.currency, lines, total, len([day for day in opened if day not in done]), notes)


_Sum = tuple[str, str, Sequence[int]]  # the key, the currency, the measures


def _add(sums: dict[tuple[str, str], Sums], found: Iterable[_Sum]) -> None:
    for key, currency, counts in found:
        mine = sums[key, currency]
        for name, count in zip(MEASURES, counts, strict=True):
            mine[name] += int(count or 0)


def _closed(conn: Connection, asked: Asked, done: set[date]) -> list[_Sum]:
    """The sums of the closed days."""
    if not done:
        return []
    c = day_total.c
    key = c[asked.by]
    query = select(key, c.currency, *_sums(c)).where(*_of_days(done), *_only(c, asked)).group_by(key, c.currency)
    return [(key, currency, counts) for key, currency, *counts in conn.execute(query)]


def _of_days(done: set[date]) -> list[Any]:
    """The rows of the closed days. Those that were opened again may have old rows: they are left out by name."""
    c = day_total.c
    others = [day.isoformat() for day in _days(min(done), max(done)) if day not in done]
    between = c.day.between(min(done).isoformat(), max(done).isoformat())
    return [between, c.day.not_in(others)] if others else [between]


def _sums(c: Any) -> list[Any]:
    return [sql_cast(func.sum(c[name]), BigInteger) for name in MEASURES]


def _only(c: Any, asked: Asked) -> list[Any]:
    return [c[name] == value for name, value in asked.only.items()]


def _closed_people(
    conn: Connection, asked: Asked, first: date, last: date, done: set[date], most: int, others: Sequence[str]
) -> list[_Sum]:
    """The same by customer: the dearest `most`, besides them `others`, and the rest as one."""
    periods = _periods(conn, first, last, done)
    if not periods:
        return []
    c = customer_total.c
    mine = (c.period.in_(periods), *_only(c, asked))
    by_customer = select(c.customer, c.currency, *_sums(c)).where(*mine).group_by(c.customer, c.currency)
    dearest = by_customer.order_by(func.sum(c.amount).desc(), func.sum(c.messages).desc())
    if len(periods) == 1:  # then each customer has one row, and the engine need not look for more
        by_customer = select(c.customer, c.currency, *(c[name] for name in MEASURES)).where(*mine)
        dearest = by_customer.order_by(c.amount.desc(), c.messages.desc())
    d = day_total.c  # the same sums, in fewer rows
    total = select(d.currency, *_sums(d)).where(*_of_days(done)).group_by(d.currency)
    if asked.only:
        total = select(c.currency, *_sums(c)).where(*mine).group_by(c.currency)
    whole = conn.execute(total).all()
    if len([row for row in whole if row.currency]) > 1:  # which is the dearest is known once they are exchanged
        return [(key, currency, counts) for key, currency, *counts in conn.execute(by_customer)]
    found = {(row[0], row[1]): row[2:] for row in conn.execute(dearest.limit(most))}
    for start in range(0, len(others), 500):
        some = by_customer.where(c.customer.in_(others[start : start + 500]))
        found |= {(row[0], row[1]): row[2:] for row in conn.execute(some)}
    listed: list[_Sum] = [(key, currency, counts) for (key, currency), counts in found.items()]
    for currency, *counts in whole:
        shown = [sums for (_, paid_in), sums in found.items() if paid_in == currency]
        rest = [total - sum(sums[place] for sums in shown) for place, total in enumerate(counts)]
        listed += [(REST, currency, rest)] if any(rest) else []
    return listed


def _periods(conn: Connection, first: date, last: date, done: set[date]) -> list[str]:
    """Whose rows by customer make up the closed days: months of which every closed day is asked for, else days."""
    periods: list[str] = []
    for month in dict.fromkeys(day.replace(day=1) for day in _days(first, last)):
        end = month.replace(day=calendar.monthrange(month.year, month.month)[1])
        days = [day for day in _days(max(month, first), min(end, last)) if day in done]
        whole = len(days) == len(closing.closed(conn, month, end)) and closing.clean(conn, month, end)
        periods += [f"{month:%Y-%m}"] if days and whole else [day.isoformat() for day in days]
    return periods


def _keys(conn: Connection, asked: Asked, first: date, last: date, till: Till) -> list[_Sum]:
    """The sums of days that are open, added up from the rows themselves."""
    found = facts.of(conn, first, last, till.zone, people=False).by_key
    return _listed(asked, first, ((key._asdict(), sums) for key, sums in found.items()))


def _people(conn: Connection, asked: Asked, first: date, last: date, till: Till) -> list[_Sum]:
    """The same by customer."""
    found = facts.of(conn, first, last, till.zone, rest=False).by_person
    return _listed(asked, first, ((key._asdict(), sums) for key, sums in found.items()))


def _both(conn: Connection, asked: Asked, first: date, last: date, till: Till) -> list[_Sum]:
    """The same by customer and something else, which no closing knows together."""
    found = facts.both(conn, first, last, till.zone, asked.only.get("customer"))
    return _listed(asked, first, (({**key._asdict(), "customer": who}, sums) for key, who, sums in found))


def _listed(asked: Asked, first: date, found: Iterable[tuple[dict[str, str], Sums]]) -> list[_Sum]:
    listed: list[_Sum] = []
    for told, sums in found:
        told["day"] = first.isoformat()
        if all(told[name] == value for name, value in asked.only.items()):
            listed.append((told[asked.by], told["currency"], [sums[name] for name in MEASURES]))
    return listed


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _runs(days: Sequence[date]) -> list[list[date]]:
    """Days that follow each other, together."""
    runs: list[list[date]] = []
    for day in days:
        if runs and day - runs[-1][-1] == timedelta(days=1):
            runs[-1].append(day)
        else:
            runs.append([day])
    return runs


def _lines(
    conn: Connection, asked: Asked, sums: Mapping[tuple[str, str], Sums], till: Till, at: datetime, most: int
) -> tuple[list[Line], Line, list[str]]:
    lines: dict[str, Line] = {}
    unknown: set[str] = set()
    for (key, currency), counts in sums.items():
        if not any(counts.values()):
            continue
        line = lines.setdefault(key, Line(key, key))
        for name in MEASURES:
            if name not in ("planned", "amount"):
                setattr(line, name, getattr(line, name) + counts[name])
        unknown |= _exchanged(line, currency, counts, till.exchange, till.currency, at)
    rest = lines.pop(REST, None)
    order = sorted(lines.values(), key=lambda line: line.key)
    if asked.by != "day":
        order.sort(key=lambda line: (-line.amount, -line.messages))
    total = _together([*order, *([rest] if rest else [])], "", "")
    if len(order) > most or rest is not None:
        order = [*order[:most], _together([*order[most:], *([rest] if rest else [])], REST, REST)]
    names = names_of(conn, asked.by, [line.key for line in order])
    for line in order:
        line.name = names.get(line.key, line.key)
    notes = [
        f"{spelled(total.others[currency])} {currency} are not in the sums: no rate of exchange is known"
        for currency in sorted(unknown)
    ]
    return order, total, notes


def _exchanged(line: Line, currency: str, counts: Sums, exchange: Exchange, into: str, at: datetime) -> set[str]:
    """Add what a line planned and spent in a currency; returns the currency if nobody knows what it is worth."""
    if not currency or not (counts["amount"] or counts["planned"]):
        return set()
    amount = exchange.convert(counts["amount"], currency, into, at)
    planned = exchange.convert(counts["planned"], currency, into, at)
    if amount is None or planned is None:
        line.others[currency] = line.others.get(currency, 0) + counts["amount"]
        return {currency}
    line.amount += amount
    line.planned += planned
    return set()


def _together(lines: Iterable[Line], key: str, name: str) -> Line:
    total = Line(key, name)
    for line in lines:
        for measure in MEASURES:
            setattr(total, measure, getattr(total, measure) + getattr(line, measure))
        for currency, amount in line.others.items():
            total.others[currency] = total.others.get(currency, 0) + amount
    return total


def names_of(conn: Connection, by: str, keys: Sequence[str], language: str = "en") -> dict[str, str]:
    """What people call these keys of a dimension; those that have no other name are left out."""
    if by == "country":
        return {key: country_name(key, language) for key in keys}
    table = {"client": api_key, "campaign": campaign, "customer": customer}.get(by)
    if table is None:
        return {}
    found: dict[str, str] = {}
    for start in range(0, len(keys), 500):
        query = select(table.c.id, table.c.name).where(table.c.id.in_(keys[start : start + 500]))
        found |= {row.id: row.name for row in conn.execute(query) if row.name}
    return found
