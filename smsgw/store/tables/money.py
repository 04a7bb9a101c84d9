"""Rate and CostEntry: what a part costs over a link from a day on, and what was charged. Money is in millionths."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    text,
)

from .types import Counting, Moment, metadata, one_of

# Append only, but for `gone_at`: what was booked by a rate can be followed to it also when it counts no more.
rate = Table(
    "rate",
    metadata,
    Column("id", Counting, primary_key=True, autoincrement=True),
    Column("link", String(40), nullable=False),
    Column("prefix", String(16), nullable=False),  # "+386"; "" is every number
    Column("valid_from", Moment, nullable=False),
    Column("amount", BigInteger, nullable=False),  # millionths for one part
    Column("currency", String(3), nullable=False),  # ISO 4217
    Column("charged", String(8), nullable=False),  # when it falls due: on submit, or on delivery only
    Column("gone_at", Moment),  # replaced by another, or taken away
    one_of("charged", ("submit", "delivery")),
    CheckConstraint("amount >= 0", name="amount_range"),
)

Index(
    "uq_rate_in_use",
    rate.c.link,
    rate.c.prefix,
    rate.c.valid_from,
    unique=True,
    sqlite_where=text("gone_at IS NULL"),
    postgresql_where=text("gone_at IS NULL"),
)

# Append only: what was charged stays. A correction is an entry of its own.
cost_entry = Table(
    "cost_entry",
    metadata,
    Column("id", Counting, primary_key=True, autoincrement=True),
    Column("message_id", String(40), nullable=False),
    Column("link", String(40), nullable=False),
    Column("parts", SmallInteger, nullable=False),
    Column("amount", BigInteger, nullable=False),  # millionths for all these parts
    Column("currency", String(3), nullable=False),
    Column("event", String(8), nullable=False),  # what made it due: submit or delivery
    Column("rate_id", Integer, nullable=False),  # by which rate; rates change, this row does not
    Column("at", Moment, nullable=False),
    one_of("event", ("submit", "delivery")),
)
Index("ix_cost_entry_message", cost_entry.c.message_id)
