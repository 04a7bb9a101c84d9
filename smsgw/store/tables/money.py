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
    Column("kind", String(8), nullable=False, server_default="sms"),  # what it is the price of
    Column("network", String(6), nullable=False, server_default=""),  # MCC and MNC, such as 29341; "" is every network
    Column("upto", Integer, nullable=False, server_default="0"),  # of an MMS: kilobytes at most; 0 is every size
    Column("failed", BigInteger),  # for one part that did not arrive; None: nothing that was charged is given back
    Column("minimum", BigInteger),  # the least for one message
    Column("step", BigInteger),  # the price of a message is rounded up to a multiple of it
    Column("added_at", Moment),  # when we were told it
    one_of("charged", ("submit", "delivery")),
    one_of("kind", ("sms", "mms", "inbound", "ussd")),
    CheckConstraint("amount >= 0", name="amount_range"),
    CheckConstraint("failed >= 0 AND minimum >= 0 AND step > 0 AND upto >= 0", name="extras_range"),
)

Index(
    "uq_rate_in_use",
    rate.c.link,
    rate.c.kind,
    rate.c.network,
    rate.c.prefix,
    rate.c.upto,
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
    Column("message_id", String(40), nullable=False),  # or the inbound text, or the question to an operator
    Column("link", String(40), nullable=False),
    Column("parts", SmallInteger, nullable=False),
    Column("amount", BigInteger, nullable=False),  # millionths for all these parts; below 0 in a reversal
    Column("currency", String(3), nullable=False),
    Column("event", String(8), nullable=False),  # what made it due
    Column("rate_id", Integer, nullable=False),  # by which rate; rates change, this row does not; 0: by none
    Column("at", Moment, nullable=False),
    Column("free", SmallInteger),  # how many of the parts a bundle paid for
    Column("plan_id", Integer),  # whose bundle that was
    one_of("event", ("submit", "delivery", "failure", "reversal", "inbound", "ussd")),
)
Index("ix_cost_entry_message", cost_entry.c.message_id)
Index("ix_cost_entry_at", cost_entry.c.at)

# Append only, but for `gone_at`. What one unit of `currency` is worth in `into`, from a moment on.
exchange = Table(
    "exchange",
    metadata,
    Column("id", Counting, primary_key=True, autoincrement=True),
    Column("currency", String(3), nullable=False),
    Column("into", String(3), nullable=False),
    Column("valid_from", Moment, nullable=False),
    Column("worth", BigInteger, nullable=False),  # in thousand-millionths
    Column("added_at", Moment, nullable=False),
    Column("gone_at", Moment),
    CheckConstraint("worth > 0", name="worth_range"),
)
Index(
    "uq_exchange_in_use",
    exchange.c.currency,
    exchange.c.into,
    exchange.c.valid_from,
    unique=True,
    sqlite_where=text("gone_at IS NULL"),
    postgresql_where=text("gone_at IS NULL"),
)

# Which network numbers belong to that begin so; a whole number is one that was ported.
numbering = Table(
    "numbering",
    metadata,
    Column("prefix", String(16), primary_key=True),
    Column("network", String(6), nullable=False),  # MCC and MNC
    Column("name", String(60), nullable=False),
)
