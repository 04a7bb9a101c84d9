"""The gateway's own words, for a URL that a message brought along: what webhooks are told, signed as they are."""

from __future__ import annotations

from base64 import b64encode

from ..signing import PREFIX
from ..told import message_told, written
from .event import Event, Request


def secret_of(secret_hash: bytes) -> str:
    """What signs for a client: made of the SHA-256 of its key, which it can make itself and nobody else sees."""
    return PREFIX + b64encode(secret_hash).decode()


def render(event: Event) -> Request | None:
    """The call that tells an event of a message."""
    if event.is_inbound:
        return None
    row = event.row
    data = {"id": row["id"], "status": event.now, "was": event.was, "why": event.why, "by": event.by}
    body = written(event.record, event.now, event.at, data | message_told(row))
    return Request("POST", str(event.terms["url"]), body, {"Content-Type": "application/json"}, key=event.secret)
