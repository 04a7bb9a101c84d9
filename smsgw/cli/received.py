"""Inbound texts as commands show them."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, select

from smsgw.cli.voice import harmless, local
from smsgw.errors import NotFound
from smsgw.inbound import inbox
from smsgw.store.tables import inbound
from smsgw.store.tables.types import AnyRow

KEYS = ("kind", "parts", "missing", "link", "received_at", "sent_at", "understood_as", "explanation", "why")


def received(conn: Connection, id: str) -> AnyRow:
    """The row of an inbound text. Raises NotFound."""
    row = conn.execute(select(inbound).where(inbound.c.id == id)).first()
    if row is None:
        raise NotFound(f"there is no inbound text {id}", hint="smsgw inbox lists them")
    return row


Data = dict[str, tuple[bytes, tuple[int, int] | None]]  # octets and ports by id, as inbox.data_of finds them


def data_among(conn: Connection, rows: Sequence[AnyRow]) -> Data:
    """The octets and ports of those that are no text."""
    ids = [row.id for row in rows if row.kind == "data"]
    return inbox.data_of(conn, ids) if ids else {}


def shape(row: AnyRow, data: Data) -> dict[str, Any]:
    """A text for programs, as the API shows it."""
    named = {"id": row.id, "direction": "inbound", "status": row.state, "from": row.sender, "to": row.recipient}
    return named | contents(row.text, *data.get(row.id, (None, None))) | {key: row._mapping[key] for key in KEYS}


def contents(text: str, data: bytes | None, ports: tuple[int, int] | None) -> dict[str, Any]:
    """Text, data and ports for programs."""
    named = None if ports is None else {"to": ports[0], "from": ports[1]}
    octets = None if data is None else base64.b64encode(data).decode()
    return {"text": text if data is None else "", "data": octets, "ports": named}


def body(row: AnyRow, data: Data) -> list[str]:
    """The lines of a text for people; of data its octets in hexadecimal digits, 32 in a line."""
    octets, ports = data.get(row.id, (None, None))
    if octets is None:
        return harmless(row.text).split("\n")
    head = "data" if ports is None else f"data for port {ports[0]} from {ports[1]}"
    return [head, *(octets[at : at + 32].hex(" ") for at in range(0, len(octets), 32))]


def received_lines(row: AnyRow, data: Data) -> Iterator[str]:
    """A text with everything that is known of it."""
    yield f"{row.id}  {row.state}: {row.why}"
    taken_for = f", understood as {row.understood_as}" if row.understood_as else ""
    yield f"  from {row.sender} to {row.recipient or 'us'} over {row.link}, {local(row.received_at)}{taken_for}"
    yield "  text:"
    yield from (f"    {each}" for each in body(row, data))
