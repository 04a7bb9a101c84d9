"""Look at the texts that came in."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

from flask import Response
from sqlalchemy import Connection, select

from smsgw.errors import BadInput, NotFound
from smsgw.inbound import inbox
from smsgw.inbound.contents import content_row
from smsgw.store.tables import inbound as inbound_table
from smsgw.store.tables.types import AnyRow

from ..context import the_gateway
from . import paging
from .carried import inbound_media
from .messages import number_of
from .routes import answer, route
from .shapes import Inbound, InboundFilter, InboundPage


@route("GET", "/inbound", scope="messages:read", query=InboundFilter, answers={200: InboundPage})
def inbound(query: InboundFilter) -> Response:
    """List texts that came in, newest first."""
    before = paging.after(query)
    wanted = inbox.Wanted(
        sender_of(query.from_), query.status, query.since, query.until,
        recipient=sender_of(query.to), customer=query.customer, words=query.q,
    )  # fmt: skip
    with the_gateway().database.reading() as conn:
        rows = inbox.listing(conn, wanted, query.limit + 1, before)
        told = _told(conn, rows)
    return paging.page(rows, query.limit, lambda row: told[row.id], before)


def _told(conn: Connection, rows: Sequence[AnyRow]) -> dict[str, dict[str, Any]]:
    """Each of these as the API shows it, by id."""
    no_texts = [row.id for row in rows if row.kind == "data"]
    data = inbox.data_of(conn, no_texts) if no_texts else {}
    more = carried_of(conn, rows)
    return {row.id: inbound_json(row, *data.get(row.id, ())) | more.get(row.id, {}) for row in rows}


@route("GET", "/inbound/<id>", scope="messages:read", answers={200: Inbound}, errors=("not_found",))
def one_inbound(id: str) -> Response:
    """Show a text that came in."""
    with the_gateway().database.reading() as conn:
        rows: Sequence[AnyRow] = ()
        if paging.looks_like(id, "in"):
            rows = conn.execute(select(inbound_table).where(inbound_table.c.id == id)).all()
        if not rows:
            raise NotFound(f"there is no text {id[:60]}", hint="GET /api/v1/inbound lists them")
        return answer(_told(conn, rows)[id])


def carried_of(conn: Connection, rows: Sequence[AnyRow]) -> dict[str, dict[str, Any]]:
    """The subject and media of those of these inbound rows that are more than texts, by id."""
    ids = [row.id for row in rows if row.kind in ("mms", "mail")]
    media = inbound_media(conn, ids)
    found: dict[str, dict[str, Any]] = {}
    for id in ids:
        content = content_row(conn, id)
        found[id] = {"subject": None if content is None else content.subject, "media": media.get(id, [])}
    return found


def sender_of(written: str | None) -> str | None:
    """Who sends or is written to, in the one spelling; what is no number is a name."""
    try:
        return None if written is None else number_of(written, "/from")
    except BadInput:
        return written


def inbound_json(row: AnyRow, data: bytes | None = None, ports: tuple[int, int] | None = None) -> dict[str, Any]:
    """An inbound text's row as the API shows it: shapes.Inbound. data, ports: of what is no text."""
    return {
        "id": row.id,
        "direction": "inbound",
        "status": row.state,
        "from": row.sender,
        "to": row.recipient,
        "text": row.text if data is None else "",
        "data": None if data is None else base64.b64encode(data).decode(),
        "ports": None if ports is None else {"to": ports[0], "from": ports[1]},
        "kind": row.kind,
        "parts": row.parts,
        "missing": row.missing,
        "link": row.link,
        "received_at": row.received_at,
        "sent_at": row.sent_at,
        "understood_as": row.understood_as,
        "explanation": row.explanation,
        "subject": None,
        "media": [],
    }
