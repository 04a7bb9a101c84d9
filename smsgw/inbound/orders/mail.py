"""The letter about a confirmed order: written in the transaction that confirms it, sent by `media.mail`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from ...media import mail
from ...store.tables.types import AnyRow
from . import orders
from .money import money, quantity


def confirmed(conn: Connection, row: AnyRow, to: Sequence[str], now: datetime) -> None:
    """Write to everybody who wants to know of confirmed orders; each gets one letter for each confirmation."""
    if not to:
        return
    lines = orders.lines_of(conn, row.id, row.confirmed_revision or row.revision)
    reference = f"{row.id}:{row.revision}"
    subject = f"Order {row.number}: {money(row.total, row.currency, 'en')}"
    letters = [mail.Letter(reference, address, subject, _body(row, lines)) for address in to]
    mail.write(conn, letters, now)


def _body(row: AnyRow, lines: Sequence[AnyRow]) -> str:
    told = [
        f"Order {row.number}, confirmed {row.confirmed_at:%Y-%m-%d %H:%M} UTC",
        f"Customer: {row.address}",
        "",
    ]
    for line in lines:
        amount = money(line.amount, line.currency, "en")
        told.append(f"{quantity(line.quantity, 'en'):>8} {line.unit:4}  {line.sku:16}  {line.name}  {amount}")
    told += ["", f"Total: {money(row.total, row.currency, 'en')}"]
    if row.wish:
        told.append(f"Wish: {row.wish}")
    proof = row.proof or {}
    told += ["", f"Confirmed with the words: {proof.get('words', '')}", f"Id: {row.id}"]
    return "\n".join(told) + "\n"
