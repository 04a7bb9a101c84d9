"""Look at the links and how each is; stop, start and try them."""

from __future__ import annotations

import time
from typing import Any

from flask import Response

from smsgw import switching
from smsgw.errors import NotFound
from smsgw.gateway import Gateway
from smsgw.outbound.submit import Asked
from smsgw.store import links as stored
from smsgw.store.tables.types import AnyRow

from ..context import the_gateway
from . import paging
from .refusals import BUSY, POLICY
from .routes import answer, client, route
from .shapes import Paging
from .surroundings import LinkEventPage, LinkHealth, LinkPage, LinkTrial, LinkTried

MANAGE = "links:manage"


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


@route("GET", "/links/<name>", scope="links:read", answers={200: LinkHealth}, errors=("not_found",))
def one_link(name: str) -> Response:
    """Show a link and how it is."""
    gateway = the_gateway()
    return answer(_link(gateway, _row(gateway, name)))


def _row(gateway: Gateway, name: str) -> AnyRow:
    with gateway.database.reading() as conn:
        row = next((row for row in stored.listing(conn) if row.name == name), None)
    if row is None:
        raise NotFound(f"there is no link {name[:60]!r}", hint="GET /api/v1/links lists them")
    return row


@route(
    "GET", "/links/<name>/events", scope="links:read", query=Paging, answers={200: LinkEventPage}, errors=("not_found",)
)
def link_events(name: str, query: Paging) -> Response:
    """Tell when a link was up, down, degraded or resting, newest first."""
    gateway = the_gateway()
    _row(gateway, name)
    edge = paging.after_number(query)
    with gateway.database.reading() as conn:
        rows = stored.events(conn, name, query.limit + 1, edge)
    return paging.page(rows, query.limit, lambda row: {"status": row.now, "why": row.why, "at": row.at}, edge)


@route("POST", "/links/<name>/stop", scope=MANAGE, answers={200: LinkHealth}, errors=("not_found", "conflict"))
def stop_link(name: str) -> Response:
    """Stop a link until it is started, or the gateway is: its device or session is free, and nothing goes over it."""
    gateway = the_gateway()
    switching.stop(gateway, name, client().id)
    return answer(_now(gateway, name))


@route("POST", "/links/<name>/start", scope=MANAGE, answers={200: LinkHealth}, errors=("not_found", "conflict"))
def start_link(name: str) -> Response:
    """Start a link that was stopped."""
    gateway = the_gateway()
    switching.start(gateway, name, client().id)
    return answer(_now(gateway, name))


def _now(gateway: Gateway, name: str) -> dict[str, Any]:
    """How a link of ours is at this moment, which may not be written down yet."""
    health, since = gateway.network.health(name)
    told = _link(gateway, _row(gateway, name))
    return told | {"health": health.state.value, "why": health.why, "since": since}


@route(
    "POST",
    "/links/<name>/test",
    scope=MANAGE,
    takes=LinkTrial,
    answers={200: LinkTried},
    errors=("not_found", *POLICY, *BUSY),
    outside=True,
)
def test_link(name: str, body: LinkTrial) -> Response:
    """Tell how a link is and, with a number, send a text over it and no other."""
    gateway = the_gateway()
    row = _row(gateway, name)
    message = None
    if body.to is not None:
        asked = Asked(body.to, body.text, client().id, link=name, allow_duplicate=True)
        message = gateway.door.submit(asked).row["id"]
    return answer({"health": row.health, "why": row.why, "facts": row.facts, "message": message})
