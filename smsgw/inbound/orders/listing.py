"""Orders as they are looked at: lists, one whole, the usual of a customer, where an order is, and a CSV file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from ...errors import NotFound
from ...store import keyset
from ...store.keyset import Edge
from ...store.tables import history, order, order_line, order_revision
from ...store.tables.types import AnyRow
from ...webhooks.order_document import decimal
from ..catalogue.catalogue import THOUSAND
from . import orders
from .money import MILLION


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which orders: by state, by the customer's number, made since a time; before: this id."""

    state: str | None = None
    address: str | None = None
    since: datetime | None = None
    before: Edge = None


def listing(conn: Connection, wanted: Wanted, limit: int) -> list[AnyRow]:
    """Orders, newest first."""
    o = order.c
    query = select(order)
    for column, value in ((o.state, wanted.state), (o.address, wanted.address)):
        if value is not None:
            query = query.where(column == value)
    if wanted.since is not None:
        query = query.where(o.created_at >= wanted.since)
    return keyset.rows(conn, query, o.id, wanted.before, limit)


def find(conn: Connection, named: str) -> AnyRow:
    """The order with this id or number. Raises NotFound."""
    o = order.c
    digits = named.strip().lstrip("#")
    by = o.number == int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else o.id == named
    row = conn.execute(select(order).where(by)).first()
    if row is None:
        raise NotFound(f"there is no order {named!r}", hint="smsgw order list shows them")
    return row


def lines(conn: Connection, rows: Sequence[AnyRow]) -> dict[str, list[AnyRow]]:
    """The lines of the newest revision of each of these orders, by id."""
    newest = {row.id: row.revision for row in rows}
    found: dict[str, list[AnyRow]] = {id: [] for id in newest}
    c = order_line.c
    for line in conn.execute(select(order_line).where(c.order_id.in_(newest)).order_by(c.order_id, c.position)):
        if line.revision == newest[line.order_id]:
            found[line.order_id].append(line)
    return found


def revisions(conn: Connection, id: str) -> list[tuple[AnyRow, list[AnyRow]]]:
    """Every revision of an order with its lines, oldest first."""
    r, c = order_revision.c, order_line.c
    made = list(conn.execute(select(order_revision).where(r.order_id == id).order_by(r.revision)))
    every = list(conn.execute(select(order_line).where(c.order_id == id).order_by(c.revision, c.position)))
    return [(one, [line for line in every if line.revision == one.revision]) for one in made]


def events(conn: Connection, id: str) -> list[AnyRow]:
    """What happened to an order, oldest first."""
    return list(conn.execute(select(history).where(history.c.record_id == id).order_by(history.c.id)))


def usual(conn: Connection, address: str) -> AnyRow | None:
    """The last order that this customer confirmed: what "the usual" means."""
    o = order.c
    asked = select(order).where(o.address == address, o.state.in_(("confirmed", "fulfilled")))
    return conn.execute(asked.order_by(o.confirmed_at.desc(), o.id.desc()).limit(1)).first()


def recent(conn: Connection, address: str, now: datetime, within: timedelta = timedelta(days=30)) -> list[AnyRow]:
    """The orders of a customer that somebody may ask about, newest first: not cancelled, not lapsed."""
    o = order.c
    asked = select(order).where(
        o.address == address, o.created_at > now - within, o.state.in_((*orders.OPEN, "confirmed", "fulfilled"))
    )
    return list(conn.execute(asked.order_by(o.id.desc())))


COLUMNS = (
    "number", "id", "state", "customer", "created_at", "confirmed_at", "sku", "name", "quantity", "unit", "price",
    "amount", "currency", "total", "wish", "words",
)  # fmt: skip


def as_csv(rows: Iterable[AnyRow], told: dict[str, list[AnyRow]]) -> str:
    """Orders as CSV, a row for each line; told: their lines by id."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(COLUMNS)
    for row in rows:
        head = [row.number, row.id, row.state, row.address, _time(row.created_at), _time(row.confirmed_at)]
        tail = [_decimal(row.total, MILLION), _harmless(row.wish), _harmless((row.proof or {}).get("words"))]
        if not told.get(row.id):
            table.writerow([*head, *[""] * 6, row.currency or "", *tail])
        for line in told.get(row.id, ()):
            amounts = [_decimal(line.price, MILLION), _decimal(line.amount, MILLION), line.currency or ""]
            name, count = _harmless(line.name), _decimal(line.quantity, THOUSAND)
            table.writerow([*head, line.sku, name, count, line.unit, *amounts, *tail])
    return out.getvalue()


def _decimal(value: int | None, scale: int) -> str:
    return "" if value is None else decimal(value, scale)


def _time(at: datetime | None) -> str:
    return "" if at is None else at.isoformat()


def _harmless(words: Any) -> str:
    """Words that a customer wrote, so that no spreadsheet takes them for a formula."""
    said = str(words or "")
    return "'" + said if said[:1] in ("=", "+", "-", "@", "\t", "\r") else said
