"""Look at the links and how each is."""

from __future__ import annotations

import time
from typing import Any

from flask import Response

from smsgw.gateway import Gateway
from smsgw.store import links as stored
from smsgw.store.tables.types import AnyRow

from ..context import the_gateway
from .routes import answer, route
from .surroundings import LinkPage


@route("GET", "/links", scope="links:read", answers={200: LinkPage})
def links() -> Response:
    """List the links and how each is."""
    gateway = the_gateway()
    with gateway.database.reading() as conn:
        rows = stored.listing(conn)
    return answer({"data": [_link(gateway, row) for row in rows], "next_cursor": None})


def _link(gateway: Gateway, row: AnyRow) -> dict[str, Any]:
    told = {name: getattr(row, name) for name in ("name", "kind", "health", "why", "facts", "since")}
    hours = gateway.network.hours_told(row.name, gateway.clock())
    facts = row.facts if hours is None else row.facts | {"hours": hours}
    return told | {"facts": facts, "pace": _pace(gateway, row)}


def _pace(gateway: Gateway, row: AnyRow) -> dict[str, Any] | None:
    """How fast a link sends: at this moment if it is ours, else as it was last written down."""
    pace: dict[str, Any] | None = row.pace
    sender = gateway.senders.get(row.name)
    if sender is not None and sender.started:
        return sender.pace.reading(time.monotonic()).as_json() | {"past": (pace or {}).get("past", [])}
    return pace
