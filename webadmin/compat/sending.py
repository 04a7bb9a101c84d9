"""What every door does the same way: who may, what a number is, its callback, and in through the one door."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from flask import current_app, request

from smsgw.access.keys import Client
from smsgw.clients.asking import spelled
from smsgw.errors import BadInput, Fault
from smsgw.gateway import Gateway
from smsgw.link import Alphabet
from smsgw.listener import Octets
from smsgw.media.contents import Contents
from smsgw.outbound.submit import Accepted, Asked, Ready
from smsgw.webhooks import clients
from smsgw.webhooks.addresses import Allowed
from smsgw.webhooks.dialects.event import PLACE
from smsgw.webhooks.terms import allowed_of

from ..context import here, the_gateway
from .entering import Entrance

SEND, READ = "messages:send", "messages:read"
KEY_HEADERS = ("Idempotency-Key", "I-Twilio-Idempotency-Token")
LONGEST_REF = 200
WAIT = 60.0  # seconds for the store
MESSAGE_ID = "X-Smsgw-Message-Id"


@dataclass(frozen=True, slots=True)
class Wish:
    """What a client of a door wants sent. kept: what its dialect must remember; a `url` in it is told of it."""

    to: str
    text: str
    sender: str | None = None
    data: bytes | None = None
    ports: tuple[int, int] | None = None
    send_at: datetime | None = None
    expires_in: int | None = None
    priority: int | None = None
    message_class: int | None = None
    ref: str | None = None
    link: str | None = None
    kept: Mapping[str, Any] | None = None
    content: Contents | None = None  # media, with the text in them
    piece: Octets | None = None  # as it goes over the air, with a header of the client's own; `data` holds it too


def enter(scope: str, *secrets: str | None) -> Client:
    """The client with one of these secrets. Raises Unauthenticated, Forbidden, QueueFull (rate_limited)."""
    entrance: Entrance = current_app.extensions["doors"]
    return entrance.enter(request, scope, *secrets)


def allowed() -> Allowed:
    """Whom callbacks may call."""
    gateway = the_gateway()
    return allowed_of(gateway.config.webhooks, lambda: {gateway.config.web.port, *gateway.config.doors.ports})


def send(client: Client, dialect: str, wish: Wish) -> Accepted:
    """Take one message; returns when it and its callback are on disk.

    Raises BadInput, RefusedByPolicy, Conflict, QueueFull, StoreError.
    """
    gateway = the_gateway()
    here().quotas.send(client)
    ask = asked(gateway, client, dialect, wish)
    empty = not ask.text and ask.data is None and ask.content is None
    ready = gateway.door.read(replace(ask, text=" ") if empty else ask)
    if empty or wish.piece is not None:
        ready = _with(ready, wish.piece or Octets(Alphabet.GSM7, b""), ready.row["encoding"] if empty else "data")
    return gateway.door.put([ready])[0].result(WAIT)


def _with(ready: Ready, piece: Octets, encoding: str) -> Ready:
    """The same message with this piece in the place of its own."""
    part = {**ready.parts[0], "alphabet": piece.alphabet.value, "user_data": piece.user_data, "udh": piece.udh}
    row = {**ready.row, "text": piece.user_data.hex(), "encoding": encoding, "parts": 1}
    return replace(ready, row=row, parts=[part])


def number(written: str) -> str:
    """A number as the door reads it: digits that name no country are international ones without their plus."""
    return spelled(written.strip(), the_gateway().config.sending.region)


def asked(gateway: Gateway, client: Client, dialect: str, wish: Wish) -> Asked:
    """The wish as the door is asked. Raises BadInput for a URL that may not be called."""
    kept = {"dialect": dialect, **(wish.kept or {})}
    if kept.get("url"):
        entrance: Entrance = current_app.extensions["doors"]
        url = str(kept["url"])
        ensure = partial(clients.callback, gateway.database.writer, client.id, url, allowed(), gateway.clock())
        kept["origin"] = entrance.called(client.id, url, ensure)
    return Asked(
        to=number(wish.to),
        text=wish.text if wish.content is None else "",
        content=wish.content,
        client=client.id,
        sender=number(wish.sender) if wish.sender else None,
        client_ref=wish.ref or _ref(client, wish),
        purpose="transactional" if client.category is None else "marketing",
        category=client.category,
        send_at=wish.send_at,
        expires_in=wish.expires_in,
        priority=wish.priority,
        message_class=wish.message_class,
        max_parts=gateway.config.doors.max_parts,
        allow_duplicate=True,  # none of these gateways refuses one
        data=wish.data,
        ports=wish.ports,
        link=wish.link if wish.link in gateway.network.links else None,
        metadata={PLACE: kept},
    )


def _ref(client: Client, wish: Wish) -> str | None:
    """The client's name for this request, so that it is done once: one for each recipient."""
    given = next((word for name in KEY_HEADERS if (word := request.headers.get(name))), None)
    if given is None:
        return None
    if len(given) > LONGEST_REF or not given.isascii():
        raise BadInput([Fault("", "validation_failed", f"a key has at most {LONGEST_REF} plain letters")])
    return f"door:{hashlib.sha256(f'{given} {wish.to}'.encode()).hexdigest()[:40]}"
