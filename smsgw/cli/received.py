"""Inbound texts as commands show them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, select

from smsgw.cli.voice import harmless, local
from smsgw.errors import NotFound
from smsgw.store.tables import inbound
from smsgw.store.tables.types import AnyRow

KEYS = ("text", "kind", "parts", "missing", "link", "received_at", "sent_at", "understood_as", "explanation", "why")


def received(conn: Connection, id: str) -> AnyRow:
    """The row of an inbound text. Raises NotFound."""
    row = conn.execute(select(inbound).where(inbound.c.id == id)).first()
    if row is None:
        raise NotFound(f"there is no inbound text {id}", hint="smsgw inbox lists them")
    return row


def shape(row: AnyRow) -> dict[str, Any]:
    """A text for programs, as the API shows it."""
    named = {"id": row.id, "direction": "inbound", "status": row.state, "from": row.sender, "to": row.recipient}
    return named | {key: row._mapping[key] for key in KEYS}


def received_lines(row: AnyRow) -> Iterator[str]:
    """A text with everything that is known of it."""
    yield f"{row.id}  {row.state}: {row.why}"
    taken_for = f", understood as {row.understood_as}" if row.understood_as else ""
    yield f"  from {row.sender} to {row.recipient or 'us'} over {row.link}, {local(row.received_at)}{taken_for}"
    yield "  text:"
    yield from (f"    {each}" for each in harmless(row.text).split("\n"))
