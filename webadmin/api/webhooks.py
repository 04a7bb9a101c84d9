"""Set up webhooks over the API: add, change, test and remove them, see their log, and have it told again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from flask import Response, request
from sqlalchemy import Connection

from smsgw.errors import NotFound
from smsgw.store.tables import webhook as stored
from smsgw.store.tables.types import AnyRow
from smsgw.webhooks import deliveries, hooks, trial
from smsgw.webhooks.addresses import Allowed
from smsgw.webhooks.terms import allowed_of, terms_of

from ..context import the_gateway
from . import paging
from .matching import hold
from .routes import answer, client, route
from .telling import (
    DeliveryFilter,
    DeliveryPage,
    NewWebhook,
    Replay,
    Replayed,
    Rotation,
    Tried,
    Webhook,
    WebhookChange,
    WebhookPage,
    WebhookWithSecret,
    WholeDelivery,
)

SCOPE = "webhooks:manage"


def _own_ports() -> set[int]:
    """Where this gateway listens: as configured, and where this very request came in."""
    config = the_gateway().config
    return {config.web.port, *config.doors.ports, int(request.environ.get("SERVER_PORT") or 0)}


def allowed() -> Allowed:
    """Whom webhooks may call."""
    return allowed_of(the_gateway().config.webhooks, _own_ports)


def _known(id: str, prefix: str = "whk", what: str = "webhook") -> str:
    if not paging.looks_like(id, prefix):
        raise NotFound(f"there is no {what} {id[:60]}", hint="GET /api/v1/webhooks lists them")
    return id


def webhook_json(row: AnyRow, waiting: Mapping[str, int]) -> dict[str, Any]:
    """A webhook's row as the API shows it: telling.Webhook."""
    ends = [one["until"] for one in row.secrets if one["until"] is not None]
    return {
        "id": row.id,
        **_changeable(row),
        "why": row.why,
        "created_at": row.created_at,
        "by": row.by,
        "failing_since": row.failing_since,
        "waiting": waiting.get(row.id, 0),
        "old_secret_until": max(map(datetime.fromisoformat, ends), default=None),
    }


def _changeable(row: AnyRow) -> dict[str, Any]:
    return {"url": row.url, "events": row.events, "status": row.state}


def _written(conn: Connection, id: str) -> dict[str, Any]:
    """What If-Match compares, and nobody changes until the transaction ends."""
    hold(conn, stored.c.id, _known(id))
    return _changeable(hooks.get(conn, id))


def delivery_json(row: AnyRow) -> dict[str, Any]:
    """A delivery's row as the API shows it: telling.Delivery."""
    return {
        "id": row.id,
        "event": row.event,
        "about": row.record_id,
        "status": row.state,
        "why": row.why,
        "created_at": row.created_at,
        "due_at": row.due_at,
        "ended_at": row.ended_at,
        "attempts": row.attempts,
        "answer_status": row.status,
        "answer_said": row.said,
        "failures": row.tries or [],
    }


def _shown(id: str, status: int = 200, **more: Any) -> Response:
    with the_gateway().database.reading() as conn:
        told = webhook_json(hooks.get(conn, id), deliveries.waiting(conn))
    headers = {"Location": f"/api/v1/webhooks/{id}"} if status == 201 else None
    return answer(told | more, status, headers)


@route("GET", "/webhooks", scope=SCOPE, answers={200: WebhookPage})
def webhooks() -> Response:
    """List the webhooks, oldest first."""
    with the_gateway().database.reading() as conn:
        waiting = deliveries.waiting(conn)
        return answer({"data": [webhook_json(row, waiting) for row in hooks.listing(conn)], "next_cursor": None})


@route("POST", "/webhooks", scope=SCOPE, takes=NewWebhook, answers={201: WebhookWithSecret})
def add_webhook(body: NewWebhook) -> Response:
    """Set up a webhook; it is told what happens from now on, signed with the secret that is shown this once."""
    gateway = the_gateway()
    wish = hooks.NewHook(body.url, body.events, client().id, gateway.clock(), body.secret)
    id, secret = hooks.create(gateway.database.writer, wish, allowed())
    return _shown(id, 201, secret=secret)


@route("GET", "/webhooks/<id>", scope=SCOPE, answers={200: Webhook}, errors=("not_found",), written=_written)
def webhook(id: str) -> Response:
    """Show a webhook."""
    return _shown(_known(id))


@route("PATCH", "/webhooks/<id>", scope=SCOPE, takes=WebhookChange, answers={200: Webhook}, errors=("not_found",))
def change_webhook(id: str, body: WebhookChange) -> Response:
    """Change a webhook, switch it off or on again."""
    gateway = the_gateway()
    active = None if body.status is None else body.status == "active"
    wish = hooks.Change(_known(id), client().id, gateway.clock(), body.url, body.events, active)
    hooks.change(gateway.database.writer, wish, allowed())
    return _shown(id)


@route("DELETE", "/webhooks/<id>", scope=SCOPE, answers={204: None}, errors=("not_found",), audited="webhook.removed")
def remove_webhook(id: str) -> Response:
    """Take a webhook away, with its log and what waits for it."""
    hooks.remove(the_gateway().database.writer, _known(id))
    return Response(status=204)


@route(
    "POST",
    "/webhooks/<id>/rotate-secret",
    scope=SCOPE,
    takes=Rotation,
    answers={200: WebhookWithSecret},
    errors=("not_found",),
    audited="webhook.rotated",
)
def rotate_secret(id: str, body: Rotation) -> Response:
    """Give a webhook a new secret, shown this once; the old one signs beside it for a while."""
    gateway = the_gateway()
    overlap = timedelta(seconds=body.overlap)
    secret = hooks.rotate(gateway.database.writer, _known(id), gateway.clock(), overlap)
    return _shown(id, secret=secret)


@route("POST", "/webhooks/<id>/test", scope=SCOPE, answers={200: Tried}, errors=("not_found",), outside=True)
def test_webhook(id: str) -> Response:
    """Send a webhook.test now, and tell how it was answered."""
    gateway = the_gateway()
    terms = terms_of(gateway.config.webhooks, _own_ports, gateway.clock)
    delivery, told = trial.try_out(gateway.database, _known(id), client().id, terms)
    shown = {"ok": told.good, "status": told.status, "said": told.said, "error": told.error, "ms": told.ms}
    return answer({"delivery": delivery, **shown})


@route(
    "GET",
    "/webhooks/<id>/deliveries",
    scope=SCOPE,
    query=DeliveryFilter,
    answers={200: DeliveryPage},
    errors=("not_found",),
)
def webhook_deliveries(id: str, query: DeliveryFilter) -> Response:
    """List what was told and what waits, newest first."""
    wanted = deliveries.Wanted(_known(id), query.status, query.event, paging.after(query))
    with the_gateway().database.reading() as conn:
        rows = deliveries.listing(conn, wanted, query.limit + 1)
    return paging.page(rows, query.limit, delivery_json, paging.after(query))


@route("GET", "/webhooks/<id>/deliveries/<delivery>", scope=SCOPE, answers={200: WholeDelivery}, errors=("not_found",))
def webhook_delivery(id: str, delivery: str) -> Response:
    """Show a delivery, with what is sent and every failed try."""
    with the_gateway().database.reading() as conn:
        row = deliveries.get(conn, _known(id), _known(delivery, "evt", "delivery"))
    return answer(delivery_json(row) | {"body": json.loads(row.body)})


@route(
    "POST",
    "/webhooks/<id>/deliveries/<delivery>/replay",
    scope=SCOPE,
    answers={202: Replayed},
    errors=("not_found",),
)
def replay_delivery(id: str, delivery: str) -> Response:
    """Tell one event again, under the same id."""
    gateway = the_gateway()
    wanted = _known(delivery, "evt", "delivery")
    deliveries.replay(gateway.database.writer, _known(id), wanted, client().id, gateway.clock())
    return answer({"replayed": 1}, 202)


@route(
    "POST",
    "/webhooks/<id>/replay",
    scope=SCOPE,
    takes=Replay,
    answers={202: Replayed},
    errors=("not_found",),
    audited="webhook.replayed",
)
def replay_webhook(id: str, body: Replay) -> Response:
    """Tell again everything that happened since a time, also what a webhook missed while it was switched off."""
    gateway = the_gateway()
    count = deliveries.replay_since(
        gateway.database, _known(id), body.since, client().id, gateway.clock(), only_dead=body.only_dead
    )
    return answer({"replayed": count}, 202)
