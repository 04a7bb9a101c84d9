"""Jasmin's dlr-url and HTTP connectors: the receiver must answer ACK/Jasmin, else it is told again."""

from __future__ import annotations

from dataclasses import replace

from . import kannel
from .event import Event, Request, form
from .words import STATES, uuid

ACK = "ACK/Jasmin"


def render(event: Event) -> Request | None:
    """The call that tells an event."""
    words = _text(event) if event.is_inbound else _report(event)
    if words is None:
        return None
    return replace(form(str(event.terms.get("method") or "POST"), str(event.terms["url"]), words), expects=ACK)


def _report(event: Event) -> list[tuple[str, str]] | None:
    wanted = int(event.terms.get("level") or 1)
    words = [("id", uuid(event.row["id"])), ("connector", str(event.row["link"] or ""))]
    if event.now in ("sent", "failed", "refused") and wanted in (1, 3):
        status = "ESME_ROK" if event.now == "sent" else "ESME_RSUBMITFAIL"
        return [*words, ("level", "1"), ("message_status", status)]
    if event.now not in ("delivered", "undelivered", "expired", "cancelled", "failed", "refused") or wanted == 1:
        return None
    first = next((reference for reference, _ in event.parts if reference), None) or ""
    good = event.now == "delivered"
    error = next((error for _, error in event.parts if error), None)
    return [
        *words, ("level", "2"), ("message_status", STATES[event.now].stat), ("id_smsc", first), ("sub", "001"),
        ("dlvrd", "001" if good else "000"), ("subdate", f"{event.row['created_at']:%y%m%d%H%M}"),
        ("donedate", f"{event.at:%y%m%d%H%M}"), ("err", "000" if good else kannel.error_number(error)),
        ("text", event.row["text"][:20]),
    ]  # fmt: skip


def _text(event: Event) -> list[tuple[str, str]]:
    row = event.row
    gsm = row["text"].isascii()
    octets = row["text"].encode() if gsm else row["text"].encode("utf-16-be")
    return [
        ("id", uuid(row["id"])), ("from", row["sender"]), ("to", row["recipient"] or ""),
        ("origin-connector", row["link"]), ("priority", "0"), ("coding", "0" if gsm else "8"), ("validity", "None"),
        ("content", row["text"]), ("binary", octets.hex()),
    ]  # fmt: skip
