"""The data model: columns and constraints, one file per noun group; no behaviour.

`metadata` holds every table. Two column types are ours: `Moment` (a point in time, UTC) and `Json`.
"""

from __future__ import annotations

from .access import account, api_key, idempotency, session
from .inbound import inbound, inbound_part
from .outbound import message, part, receipt
from .record import consent, follower, history, link
from .telephony import balance, call
from .types import metadata

__all__ = [
    "account",
    "api_key",
    "balance",
    "call",
    "consent",
    "follower",
    "history",
    "idempotency",
    "inbound",
    "inbound_part",
    "link",
    "message",
    "metadata",
    "part",
    "receipt",
    "session",
]
