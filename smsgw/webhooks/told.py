"""What is told of a message that moved, to webhooks and to the URL that it brought along: the same JSON."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic_core import to_json

from ..access.idempotency import REF
from ..store import said_before

PLACE = "compat"  # our place in a message's metadata: what a dialect must remember of the request


def written(record: str, now: str, at: datetime, data: Mapping[str, Any]) -> str:
    """An event as JSON: `{"type", "timestamp", "data"}`."""
    return to_json({"type": f"{record}.{now}", "timestamp": at, "data": data}).decode()


def message_told(row: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a message besides its state; its text is left out."""
    ref = row["client_ref"]
    return {
        "direction": "outbound",
        "to": row["recipient"],
        "from": row["sender"],
        "client_ref": None if ref is None or ref.startswith(REF) else ref,
        "link": row["link"],
        "parts": row["parts"],
        "purpose": row["purpose"],
        "reply_to": row["reply_to"],
        "attempts": row["attempts"],
        "created_at": row["created_at"],
        "sent_at": row["sent_at"],
        "final_at": row["final_at"],
        "metadata": {name: word for name, word in said_before.without(row["metadata"]).items() if name != PLACE},
    }
