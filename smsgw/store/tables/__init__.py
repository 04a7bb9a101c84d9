"""The data model: columns and constraints, one file per noun group; no behaviour.

`metadata` holds every table. Two column types are ours: `Moment` (a point in time, UTC) and `Json`.
"""

from __future__ import annotations

from .access import account, api_key, idempotency, session
from .clients import smpp_client, submitted_part
from .inbound import inbound, inbound_part
from .money import cost_entry, rate
from .outbound import earlier_try, message, part, receipt
from .questions import question
from .record import consent, follower, history, link
from .telephony import balance, call
from .types import metadata
from .webhooks import delivery, webhook

__all__ = [
    "account",
    "api_key",
    "balance",
    "call",
    "consent",
    "cost_entry",
    "delivery",
    "earlier_try",
    "follower",
    "history",
    "idempotency",
    "inbound",
    "inbound_part",
    "link",
    "message",
    "metadata",
    "part",
    "question",
    "rate",
    "receipt",
    "session",
    "smpp_client",
    "submitted_part",
    "webhook",
]
