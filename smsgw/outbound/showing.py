"""What receipts about contents tell: that a phone has shown one, that it cannot, that somebody read it.

Only links that carry MMS are looked at, so receipts of texts cost nothing here. What is heard late changes the record
and sends nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from ..link import Receipt
from ..media import capability
from ..media.capability import Says, Sign
from ..store import history
from ..store.lifecycle import MESSAGE
from ..store.tables import message, message_content
from ..store.tables.types import AnyRow

READ = "read"
"""What a driver puts into `Receipt.said` of a delivered content that somebody has read."""


class Showing:
    """See the module. carries: whether a link of this name carries MMS or mail."""

    def __init__(self, carries: Callable[[str], bool]) -> None:
        self.carries = carries

    def heard(self, conn: Connection, link: str, told: Sequence[tuple[Receipt, str | None]], now: datetime) -> None:
        """Note what these receipts of a link, each with its message's id, tell of contents."""
        ids = list(dict.fromkeys(id for _, id in told if id is not None))
        if not ids:
            return
        rows = _rows(conn, ids)
        for receipt, id in told:
            row = rows.get(id or "")
            if row is not None:
                self._heard(conn, link, receipt, row, now)

    def _heard(self, conn: Connection, link: str, receipt: Receipt, row: AnyRow, now: datetime) -> None:
        values: dict[str, Any] = {}
        if receipt.state.value == "delivered":
            values = self._shown(conn, link, receipt, row, now)
        says = capability.sign_of_receipt(receipt.state.value, receipt.error, receipt.said)
        again = says is Says.RETRIEVED and row.shown_at is not None
        if says is not None and row.way == "mms" and not again:
            note = None if is_read(receipt.said) else receipt.said
            capability.hear(conn, [Sign(row.recipient, says, link, now, row.message_id, row.digest, note=note)])
        if values:
            where = message_content.c.message_id == row.message_id
            conn.execute(update(message_content).where(where).values(**values))

    def _shown(self, conn: Connection, link: str, receipt: Receipt, row: AnyRow, now: datetime) -> dict[str, Any]:
        at = receipt.at or now
        values: dict[str, Any] = {"fallback_at": None}
        if row.shown_at is None:
            values["shown_at"] = at
        if is_read(receipt.said) and row.read_at is None:
            values["read_at"] = at
            note = history.Step(row.message_id, "somebody has read it")
            history.note(conn, MESSAGE, "read", [note], by=link, now=now)
        if row.fallback_id is not None and row.shown_at is None:
            why = f"the phone fetched it after all, when the link had gone out ({row.fallback_id})"
            history.note(conn, MESSAGE, "late", [history.Step(row.message_id, why)], by=link, now=now)
        return values


def is_read(said: str | None) -> bool:
    """Whether a network says that somebody read it: the first word, for some tell more."""
    return (said or "").partition(":")[0].strip().lower() == READ


def _rows(conn: Connection, ids: Sequence[str]) -> Mapping[str, AnyRow]:
    found: dict[str, AnyRow] = {}
    c = message_content.c
    for some in history.chunks(ids):
        query = (
            select(c.message_id, c.way, c.digest, c.fallback_id, c.shown_at, c.read_at, message.c.recipient)
            .join_from(message_content, message, message.c.id == c.message_id)
            .where(c.message_id.in_(some), c.way != "link")
        )
        found |= {row.message_id: row for row in conn.execute(query)}
    return found
