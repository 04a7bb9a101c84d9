"""Webhook and Delivery: where a client wants to be told, and one row for each event that it is to be told.

A webhook's secrets are stored as they are: what signs must be known. They go out once, when they are made.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from ..lifecycle import DELIVERY, WEBHOOK
from .types import Json, Moment, metadata, one_of

webhook = Table(
    "webhook",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("state", String(12), nullable=False),
    Column("why", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("events", Json, nullable=False),  # patterns, such as "message.*"
    Column("secrets", Json, nullable=False),  # newest first: {"secret", "until"}; until: null, or when it ends
    Column("after", BigInteger, nullable=False),  # a history id: it is told what came later
    Column("by", String(64), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("failing_since", Moment),  # the first failure after the last success
    Column("dialect", String(12)),  # in whose words it is told: kannel, twilio, …; None: Standard Webhooks
    Column("client", String(64)),  # whose messages it is told of, if it speaks a dialect
    Column("terms", Json),  # what its dialect wants to know: method, number, which events
    one_of("state", WEBHOOK.states),
)

delivery = Table(
    "delivery",
    metadata,
    Column("id", String(40), primary_key=True),  # the header webhook-id, the same over all tries
    Column("state", String(12), nullable=False),
    Column("why", Text, nullable=False),
    Column("webhook_id", ForeignKey("webhook.id", ondelete="CASCADE"), nullable=False),
    Column("event", String(40), nullable=False),  # "message.delivered"
    Column("record_id", String(40), nullable=False),  # what it is about: its events keep their order
    Column("line", BigInteger, nullable=False),  # the history id of the event; 0: a test
    Column("body", Text, nullable=False),  # the JSON that is sent
    Column("created_at", Moment, nullable=False),
    Column("due_at", Moment),  # not before this time; None: never tried, at once
    Column("attempts", Integer, nullable=False),
    Column("status", SmallInteger),  # of the last answer
    Column("said", Text),  # how the last answer began
    Column("ended_at", Moment),
    Column("tries", Json),  # those that failed: {"at", "url", "status", "error", "said", "ms"}
    Column("request", Json),  # method, URL and headers, where a dialect has its own
    Column("reply", Text),  # what the receiver answered to the phone, until that is on its way
    UniqueConstraint("webhook_id", "record_id", "line"),
    one_of("state", DELIVERY.states),
    CheckConstraint("(state = 'pending') = (ended_at IS NULL)", name="ended"),
    CheckConstraint("attempts >= 0", name="counts"),
)
# What waits for a webhook, in the order of history; partial, so that what is done costs it nothing.
Index(
    "ix_delivery_pending",
    delivery.c.webhook_id,
    delivery.c.due_at,
    delivery.c.line,
    sqlite_where=text("state = 'pending'"),
    postgresql_where=text("state = 'pending'"),
)
Index(
    "ix_delivery_reply",
    delivery.c.id,
    sqlite_where=text("reply IS NOT NULL"),
    postgresql_where=text("reply IS NOT NULL"),
)

# What signs for a client whose dialect signs with the client's own secret (Twilio): kept in clear, as webhooks' are.
signing = Table(
    "signing",
    metadata,
    Column("key_id", ForeignKey("api_key.id", ondelete="CASCADE"), primary_key=True),
    Column("dialect", String(12), primary_key=True),
    Column("secret", Text, nullable=False),
)
