"""Webhooks of the SMS Gateway for Android: {deviceId, event, id, webhookId, payload}, signed over body and time."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic_core import to_json

from ..inbound_media import seen
from .event import Event, Request, callable_url
from .words import uuid

EVENTS = {
    "sms:received": "inbound.received",
    "sms:data-received": "inbound.received",
    "sms:sent": "message.sent",
    "sms:delivered": "message.delivered",
    "sms:failed": "message.*",
    "sms:cancelled": "message.cancelled",
    "mms:received": "inbound.received",
    "mms:downloaded": "inbound.received",
    "system:ping": "",
    "app:started": "",
}
"""What each of its events is here; those without a counterpart are accepted and never come."""
REF = "android:"  # how our client_ref begins for a message of this door: android:ID:NUMBER
FAILURES = ("failed", "refused", "undelivered", "expired")


def own_id(row: Any) -> str:
    """The id by which the client knows a message."""
    ref = row["client_ref"] or ""
    return ref[len(REF) :].rpartition(":")[0] if ref.startswith(REF) else uuid(row["id"])


def render(event: Event) -> Request | None:
    """The call that tells an event."""
    name = str(event.terms["event"])
    payload = _payload(name, event)
    if payload is None:
        return None
    told = {
        "deviceId": event.row["link"], "event": name, "id": event.id, "webhookId": event.terms["id"],
        "payload": payload,
    }  # fmt: skip
    bare, headers = callable_url(str(event.terms["url"]))
    headers["Content-Type"] = "application/json"
    return Request("POST", bare, to_json(told).decode(), headers, key=event.secret)


def _payload(name: str, event: Event) -> dict[str, Any] | None:
    row = event.row
    if event.is_inbound and row["kind"] == "mms":
        return _mms(name, event)
    if event.is_inbound:
        is_data = row["kind"] == "data"
        if name != ("sms:data-received" if is_data else "sms:received"):
            return None
        what = {"data": row["text"]} if is_data else {"message": row["text"]}
        return {
            "messageId": uuid(row["id"]), **what, "sender": row["sender"], "phoneNumber": row["sender"],
            "recipient": row["recipient"], "simNumber": 1, "receivedAt": written(row["received_at"]),
        }  # fmt: skip
    states = {"sms:sent": ("sent",), "sms:delivered": ("delivered",), "sms:failed": FAILURES}
    if event.now not in states.get(name, ("cancelled",) if name == "sms:cancelled" else ()):
        return None
    told: dict[str, Any] = {
        "messageId": own_id(row), "phoneNumber": row["recipient"], "recipient": row["recipient"],
        "sender": row["sender"], "simNumber": 1, f"{name.partition(':')[2]}At": written(event.at),
    }  # fmt: skip
    if name == "sms:sent":
        told["partsCount"] = row["parts"]
    if name == "sms:failed":
        told["reason"] = event.why
    return told


def _mms(name: str, event: Event) -> dict[str, Any] | None:
    """An MMS is told twice, as a phone tells it: that it is there, and what is in it; here both are known at once."""
    row, media = event.row, seen(event.row.get("media", []))
    told: dict[str, Any] = {
        "messageId": uuid(row["id"]), "phoneNumber": row["sender"], "sender": row["sender"],
        "recipient": row["recipient"], "simNumber": 1, "subject": row.get("subject") or None,
        "receivedAt": written(row["received_at"]),
    }  # fmt: skip
    if name == "mms:received":
        size = sum(one["size"] for one in media)
        return told | {"transactionId": uuid(row["id"]), "contentClass": "content-basic", "size": size}
    if name != "mms:downloaded":
        return None
    parts = [
        {"partId": number, "contentType": one["type"], "name": one["name"], "size": one["size"], "data": None}
        for number, one in enumerate(media, 1)
    ]
    return told | {"body": row["text"], "attachments": parts}


def written(at: datetime) -> str:
    """A time as this API writes it (RFC 3339 with thousandths)."""
    return at.isoformat(timespec="milliseconds")
