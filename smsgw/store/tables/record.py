"""History, its Followers and Link: what moved, who reads on, how each connection is."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, String, Table, Text

from .types import Counting, Json, Moment, metadata, one_of

history = Table(
    "history",
    metadata,
    Column("id", Counting, primary_key=True, autoincrement=True),
    Column("record", String(16), nullable=False),  # "message", "inbound"
    Column("record_id", String(40), nullable=False),
    Column("event", String(16), nullable=False),
    Column("was", String(12)),  # None: it was born
    Column("now", String(12), nullable=False),
    Column("why", Text, nullable=False),
    Column("by", String(64), nullable=False),  # the link, the clock, a person, an API key
    Column("at", Moment, nullable=False),
)
Index("ix_history_record", history.c.record_id, history.c.id)

# How far somebody has told on what is in history: history is the outbox.
follower = Table(
    "follower",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("upto", BigInteger, nullable=False),  # a history id: everything up to it is told
    Column("updated_at", Moment, nullable=False),
)

link = Table(
    "link",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("health", String(12), nullable=False),
    Column("why", Text, nullable=False),
    Column("facts", Json, nullable=False),
    Column("since", Moment, nullable=False),  # in this health
    Column("pace", Json),  # how fast it may send and did, when it was last looked at
    one_of("health", ("down", "resting", "connecting", "degraded", "up")),
)
