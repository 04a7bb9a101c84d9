"""What a text may say of the one who gets it: the customer's fields, and facts from the customer's own orders.

Only what a text speaks of is looked up, once for a batch.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from babel import localedata
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal
from sqlalchemy import Connection, select

from ..customers import fields
from ..store.history import chunks
from ..store.tables import address, order, order_line
from ..store.tables.types import AnyRow

OWN = ("first_name", "name", "language", "number")
OF_ORDERS = ("last_order", "last_order_date", "last_order_cost", "usual", "usual_cost", "branch")
MOST_ORDERS = 20  # of one customer, the newest
_BOUGHT = ("confirmed", "fulfilled")


@dataclass(slots=True)  # not frozen: there is one for each message, and a frozen one costs four times as much
class Person:
    """One whom a campaign is about. address: the number, the mail address of who has no number, "" without either.
    target_id: once the audience is frozen."""

    customer_id: str | None
    address: str
    language: str | None = None
    name: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)
    channel: str | None = None
    variant: str | None = None
    target_id: int = 0


def known(conn: Connection) -> list[str]:
    """The variables that a text may speak of."""
    return [*OWN, *OF_ORDERS, *(name for name in fields.defined(conn) if name not in OF_ORDERS)]


def values(
    conn: Connection, people: Sequence[Person], names: Collection[str], language: str
) -> list[dict[str, str | None]]:
    """For each of these people what the variables `names` stand for. language: of those who have none."""
    of_orders = _orders(conn, people) if set(names) & set(OF_ORDERS) else {}
    wanted = [name for name in names if name not in OWN]
    found = []
    for person in people:
        locale = _locale(person.language or language)
        told: dict[str, str | None] = {
            "first_name": person.name.split(" ", 1)[0],
            "name": person.name,
            "language": person.language,
            "number": person.address,
        }
        history = of_orders.get(person.customer_id or "", ())
        for name in wanted:
            value = person.fields.get(name)
            told[name] = _of_history(name, history, locale) if value is None else _spelled(value, locale)
        found.append(told)
    return found


@dataclass(frozen=True, slots=True)
class _Order:
    """What a customer bought at once."""

    at: datetime
    total: int | None
    currency: str | None
    link: str | None
    lines: tuple[AnyRow, ...]


def _orders(conn: Connection, people: Sequence[Person]) -> dict[str, list[_Order]]:
    """The newest orders of these people, by customer, newest first."""
    found: dict[str, list[_Order]] = {}
    ids = [person.customer_id for person in people if person.customer_id is not None]
    for some in chunks(ids):
        rows = conn.execute(
            select(order, address.c.customer_id)
            .join_from(order, address, order.c.address == address.c.address)
            .where(address.c.customer_id.in_(some), order.c.state.in_(_BOUGHT))
            .order_by(order.c.id.desc())
        ).all()
        kept: dict[str, list[AnyRow]] = {}
        for row in rows:
            of_one = kept.setdefault(row.customer_id, [])
            if len(of_one) < MOST_ORDERS:
                of_one.append(row)
        lines = _lines(conn, [row for of_one in kept.values() for row in of_one])
        for customer_id, of_one in kept.items():
            found[customer_id] = [
                _Order(r.created_at, r.total, r.currency, r.link, tuple(lines.get(r.id, ()))) for r in of_one
            ]
    return found


def _lines(conn: Connection, orders: Sequence[AnyRow]) -> dict[str, list[AnyRow]]:
    newest = {row.id: row.revision for row in orders}
    found: dict[str, list[AnyRow]] = {}
    for some in chunks(list(newest)):
        query = select(order_line).where(order_line.c.order_id.in_(some)).order_by(order_line.c.position)
        for line in conn.execute(query):
            if line.revision == newest[line.order_id]:
                found.setdefault(line.order_id, []).append(line)
    return found


def _of_history(name: str, history: Sequence[_Order], locale: str) -> str | None:
    if not history:
        return None
    last = history[0]
    if name == "last_order":
        return ", ".join(_line(line, locale) for line in last.lines) or None
    if name == "last_order_date":
        return _day(last.at.date(), locale)
    if name == "last_order_cost":
        return _money(last.total, last.currency, locale)
    if name == "branch":
        return last.link
    return _usual(name, history, locale) if name in ("usual", "usual_cost") else None


def _usual(name: str, history: Sequence[_Order], locale: str) -> str | None:
    """What somebody buys most often, in two orders or more; and what it cost the last time."""
    counted = Counter(sku for one in history for sku in {line.sku for line in one.lines})
    if not counted or counted.most_common(1)[0][1] < 2:
        return None
    most = counted.most_common(1)[0][1]
    skus = {sku for sku, times in counted.items() if times == most}
    line = next(line for one in history for line in one.lines if line.sku in skus)  # of several the newest
    return str(line.name) if name == "usual" else _money(line.amount, line.currency, locale)


def _line(line: AnyRow, locale: str) -> str:
    if line.quantity is None or line.quantity == 1000:
        return str(line.name)
    return f"{format_decimal(line.quantity / 1000, locale=locale)}× {line.name}"


def _money(amount: int | None, currency: str | None, locale: str) -> str | None:
    if amount is None or currency is None:
        return None
    return str(format_currency(amount / 1_000_000, currency, locale=locale)).replace("\xa0", " ")


def _spelled(value: Any, locale: str) -> str | None:
    """A field's value in words: dates as the language writes them; yes and no say nothing."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return str(format_decimal(value, locale=locale))
    if isinstance(value, str) and len(value) == 10 and value[4:8:3] == "--":
        try:
            return _day(date.fromisoformat(value), locale)
        except ValueError:
            return value
    return str(value)


def _day(day: date, locale: str) -> str:
    return str(format_date(day, "d. M. y" if locale in ("sl", "hr", "de") else "medium", locale=locale))


def _locale(language: str) -> str:
    plain = language.split("-")[0]
    return plain if localedata.exists(plain) else "en"
