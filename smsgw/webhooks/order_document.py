"""An order as other programs get it: over the API, and in the events that are pushed to the business's own system.

Quantities and amounts are decimals in strings, so that no program rounds them. docs/orders.md describes the document.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, select

from ..store.tables import order, order_line, order_revision
from ..store.tables.types import AnyRow

THOUSAND, MILLION = 1_000, 1_000_000


def documents(conn: Connection, ids: Collection[str]) -> dict[str, dict[str, Any]]:
    """The orders with these ids, each as it stands, with the lines of its newest revision."""
    o, r, c = order.c, order_revision.c, order_line.c
    rows = list(conn.execute(select(order).where(o.id.in_(list(ids)))))
    newest = {row.id: row.revision for row in rows}
    words: dict[str, str] = {}
    for made in conn.execute(select(r.order_id, r.revision, r.words).where(r.order_id.in_(newest))):
        if made.revision == newest[made.order_id]:
            words[made.order_id] = made.words
    lines: dict[str, list[AnyRow]] = {id: [] for id in newest}
    for line in conn.execute(select(order_line).where(c.order_id.in_(newest)).order_by(c.order_id, c.position)):
        if line.revision == newest[line.order_id]:
            lines[line.order_id].append(line)
    return {row.id: document(row, lines[row.id], words.get(row.id, "")) for row in rows}


def document(row: AnyRow, lines: Iterable[AnyRow], words: str) -> dict[str, Any]:
    """An order's row with the lines of its newest revision, and the words that made it."""
    return {
        "id": row.id,
        "number": row.number,
        "status": row.state,
        "why": row.why,
        "from": row.address,
        "to": row.recipient,
        "language": row.language,
        "campaign": row.campaign,
        "revision": row.revision,
        "lines": [line_document(line) for line in lines],
        "total": money(row.total, row.currency),
        "wish": row.wish,
        "words": words,
        "reasons": row.reasons or [],
        "candidates": row.candidates or [],
        "request": _request(row.request),
        "created_at": row.created_at,
        "asked_at": row.asked_at,
        "lapses_at": row.lapses_at,
        "confirmed_at": row.confirmed_at,
        "confirmed_revision": row.confirmed_revision,
        "proof": row.proof,
        "ended_at": row.ended_at,
    }


def line_document(line: AnyRow) -> dict[str, Any]:
    """A line of an order."""
    return {
        "sku": line.sku,
        "name": line.name,
        "unit": line.unit,
        "quantity": None if line.quantity is None else decimal(line.quantity, THOUSAND),
        "price": money(line.price, line.currency),
        "amount": money(line.amount, line.currency),
        "spans": line.spans,
        "how": line.how,
    }


def money(amount: int | None, currency: str | None) -> dict[str, str] | None:
    """An amount, if it is known."""
    return None if amount is None or currency is None else {"amount": decimal(amount, MILLION), "currency": currency}


def decimal(value: int, scale: int) -> str:
    """A whole number of parts as a decimal without needless zeros: 5800000 millionths are "5.8"."""
    return f"{(Decimal(value) / scale).normalize():f}"


def _request(told: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if told is None:
        return None
    lines = [{"sku": sku, "quantity": quantity} for sku, quantity in told.get("items", ())]
    return {"what": told["what"], "words": told["words"], "inbound_id": told["inbound_id"], "lines": lines}
