"""What else the SMS Gateway for Android offers: webhooks, devices, the inbox, settings, health, tokens."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from flask import Response, request
from sqlalchemy import select

from smsgw import __version__
from smsgw.access.keys import Client
from smsgw.errors import NotFound, Unauthenticated
from smsgw.link import LinkState
from smsgw.media import store
from smsgw.media.page_content import name_of
from smsgw.store.tables import inbound
from smsgw.store.tables.types import AnyRow
from smsgw.webhooks import clients
from smsgw.webhooks.clients import ClientHook
from smsgw.webhooks.dialects.android import EVENTS, written
from smsgw.webhooks.dialects.words import ours, uuid
from smsgw.webhooks.inbound_media import media_of

from ..api.media import octets_response
from ..context import the_gateway
from .android import MOST_LISTED, USUAL, _moment, _whole, body, door, said, who, wrong
from .android_contents import attachments, numbered
from .sending import READ, allowed

NAME = "android"


@door.get("/webhooks")
def webhooks() -> Response:
    """List this client's webhooks."""
    client = who(READ)
    with the_gateway().database.reading() as conn:
        rows = clients.listing(conn, client.id, NAME)
    return said(
        [
            {"id": row.terms["id"], "url": row.terms["url"], "event": row.terms["event"], "deviceId": None}
            for row in rows
        ]
    )


@door.post("/webhooks")
@door.put("/webhooks")
def register() -> Response:
    """Set up a webhook for one event, or set it anew under its id."""
    client, told, gateway = who(READ), body(), the_gateway()
    event, url = told.get("event"), told.get("url")
    if event not in EVENTS:
        raise wrong("/event", f"there is no such event; there are: {', '.join(EVENTS)}")
    if not isinstance(url, str) or not url:
        raise wrong("/url", "say where it is told", "url_invalid")
    id = told.get("id") or secrets.token_urlsafe(15)
    if not isinstance(id, str) or len(id) > 64:
        raise wrong("/id", "an id has at most 64 letters")
    patterns = [EVENTS[event]] if EVENTS[event] else []
    wish = ClientHook(client.id, NAME, url, patterns, gateway.clock(), {"id": id, "event": event})
    clients.put(gateway.database.writer, wish, allowed(), {"id": id})
    _key(client)
    return said({"id": id, "url": url, "event": event, "deviceId": None}, 201)


@door.delete("/webhooks/<id>")
def forget(id: str) -> Response:
    """Take a webhook away."""
    clients.remove(the_gateway().database.writer, who(READ).id, NAME, {"id": id})
    return Response(status=204)


def _key(client: Client) -> str:
    """What signs this client's webhooks: X-Signature over body and X-Timestamp."""
    gateway = the_gateway()
    with gateway.database.reading() as conn:
        known = clients.secret_of(conn, client.id, NAME)
    if known is None:
        known = secrets.token_urlsafe(24)
        clients.sign_with(gateway.database.writer, client.id, NAME, known)
    return known


@door.get("/settings")
def settings() -> Response:
    """Show the settings that mean something here: the key that signs webhooks."""
    return said({"webhooks": {"signing_key": _key(who(READ)), "internet_required": False}})


@door.put("/settings")
@door.patch("/settings")
def change() -> Response:
    """Choose the key that signs webhooks; other settings are a phone's, and are taken without effect."""
    client, told = who(READ), body()
    hooks = told.get("webhooks")
    key = (hooks.get("signing_key") or hooks.get("signingKey")) if isinstance(hooks, dict) else None
    if key is not None:
        if not isinstance(key, str) or not 8 <= len(key) <= 200:
            raise wrong("/webhooks/signing_key", "a key has 8 to 200 letters")
        clients.sign_with(the_gateway().database.writer, client.id, NAME, key)
    return said({**told, "webhooks": {"signing_key": _key(client)}})


@door.get("/devices")
def devices() -> Response:
    """List the links, as devices."""
    who(READ)
    network, now = the_gateway().network, written(the_gateway().clock())
    told = []
    for name in sorted(network.links):
        health, since = network.health(name)
        seen = now if health.state is LinkState.UP else written(since)
        told.append(
            {
                "id": name,
                "name": name,
                "createdAt": written(since),
                "updatedAt": now,
                "deletedAt": None,
                "lastSeen": seen,
            }
        )
    return said(told)


@door.get("/logs")
def logs() -> Response:
    """List nothing: the history of each message is the log here."""
    who(READ)
    return said([])


@door.get("/inbox")
def inbox() -> Response:
    """List texts that came in, newest first."""
    who(READ)
    given, c = request.args, inbound.c
    most, skip = _whole(given.get("limit"), USUAL, MOST_LISTED), _whole(given.get("offset"), 0, 1_000_000)
    query = select(inbound).order_by(c.id.desc()).offset(skip).limit(most)
    for column, name in ((c.sender, "sender"), (c.link, "deviceId")):
        if given.get(name):
            query = query.where(column == given[name])
    if given.get("type"):
        query = query.where(c.kind.in_([kind for kind in INBOUND_KINDS if _type(kind) == given["type"]]))
    for name, low in (("from", True), ("to", False)):
        if given.get(name):
            at = _moment(given[name], name)
            query = query.where(c.received_at >= at if low else c.received_at <= at)
    with the_gateway().database.reading() as conn:
        rows = conn.execute(query).all()
        wants = given.get("includeAttachments", "").lower() in ("true", "1")
        media = attachments(conn, [row.id for row in rows if row.kind == "mms"]) if wants else {}
    return said([_shown(row, media.get(row.id)) for row in rows])


INBOUND_KINDS = ("text", "flash", "indication", "silent", "data", "mms", "mail")


def _type(kind: str) -> str:
    return {"data": "DATA_SMS", "mms": "MMS_DOWNLOADED"}.get(kind, "SMS")


def _shown(row: AnyRow, media: list[dict[str, Any]] | None) -> dict[str, Any]:
    told = {
        "id": uuid(row.id), "deviceId": row.link, "type": _type(row.kind), "sender": row.sender,
        "recipient": row.recipient, "simNumber": 1, "contentPreview": row.text[:200],
        "createdAt": written(row.received_at),
    }  # fmt: skip
    return told if media is None else told | {"attachments": media}


@door.get("/inbox/<id>/attachments/<part>")
def attachment(id: str, part: str) -> Response:
    """Give the octets of an attachment."""
    who(READ)
    its = ours("in", id.replace("-", "")) or ""
    with the_gateway().database.reading() as conn:
        told = media_of(conn, [its]).get(its, {"media": []})
        found = {str(number): one for number, one in numbered(told)}.get(part)
        if found is None or found["url"] is None:
            raise NotFound(f"there is no attachment {part[:20]} of {id[:60]}")
        known = store.get(conn, found["id"])
        octets = store.octets_of(conn, [found["id"]])[found["id"]]
    return octets_response(known, octets, name_of(known.media_type, int(part)))


@door.post("/inbox/refresh")
@door.post("/inbox/export")
@door.post("/messages/inbox/export")
def refresh() -> Response:
    """Take note: what comes in is told at once, and can be replayed with smsgw webhook replay."""
    who(READ)
    return said({}, 202)


@door.get("/health")
@door.get("/health/<which>")
def health(which: str = "ready") -> Response:
    """Say how the gateway is; without a key, as monitors ask."""
    network = the_gateway().network
    checks: dict[str, Any] = {}
    states = [network.health(name)[0].state for name in network.links]
    up = sum(state is LinkState.UP for state in states)
    status = "pass" if up == len(states) else "warn" if up else "fail"
    checks["links:up"] = {
        "status": status,
        "description": "links that are up",
        "observedValue": up,
        "observedUnit": "links",
    }
    overall = "pass" if which in ("live", "startup") else "warn" if status == "fail" else status
    return said({"status": overall, "version": __version__, "releaseId": 1, "checks": checks})


@door.post("/auth/token")
@door.post("/auth/token/refresh")
def token() -> Response:
    """Give the key itself as the token: it has its scopes already, and `smsgw key revoke` ends it."""
    client, given = who(READ), request.authorization
    secret = None if given is None else given.token or given.password or given.username
    if secret is None:
        raise Unauthenticated("there is no key")
    ends = the_gateway().clock() + timedelta(days=365)
    told = {"token_type": "Bearer", "access_token": secret, "refresh_token": secret, "expires_at": written(ends)}
    spelled = {"tokenType": "Bearer", "accessToken": secret, "refreshToken": secret, "expiresAt": written(ends)}
    return said(
        {"id": client.id, **told, **spelled}, 201
    )  # its server writes the first, its newest client reads the second


@door.delete("/auth/token/<id>")
def revoke(id: str) -> Response:
    """Take note; the key stays good until it is revoked."""
    who(READ)
    return Response(status=204)
