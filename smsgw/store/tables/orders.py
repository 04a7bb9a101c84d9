"""What can be had (Product, Alias), who asked for what (Order, its revisions and lines), what we asked (Expectation).

Quantities are whole thousandths of the product's unit, prices whole millionths of a currency for one unit.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from ..lifecycle import ORDER
from .types import Counting, Json, Moment, metadata, one_of

# A product that is sold no more stays, inactive: orders name it.
product = Table(
    "product",
    metadata,
    Column("sku", String(40), primary_key=True),
    Column("code", String(20)),  # the short number that customers may type
    Column("names", Json, nullable=False),  # by language tag; "" is any language
    Column("unit", String(12), nullable=False),
    Column("pack", String(20)),  # what is in one, as written: "250 g"
    Column("price", BigInteger),  # millionths for one unit; None: a person says
    Column("currency", String(3)),  # ISO 4217
    Column("max_auto", BigInteger, nullable=False),  # thousandths that are taken without a person
    Column("stock", String(8)),  # a hint, no count
    Column("valid_from", Moment),
    Column("valid_to", Moment),  # not at this moment any more
    Column("active", Boolean, nullable=False),
    Column("changed_at", Moment, nullable=False),
    one_of("unit", ("pcs", "pack", "kg")),
    one_of("stock", ("in", "low", "out")),
    CheckConstraint("(price IS NULL) = (currency IS NULL)", name="price_whole"),
    CheckConstraint("(price IS NULL OR price >= 0) AND max_auto > 0", name="bounds"),
)

alias = Table(
    "alias",
    metadata,
    Column("id", Counting, primary_key=True, autoincrement=True),
    Column("sku", ForeignKey("product.sku", ondelete="CASCADE"), nullable=False),
    Column("language", String(12), nullable=False),  # a tag; "" is any language
    Column("words", String(120), nullable=False),
    Column("source", String(8), nullable=False),
    Column("by", String(64), nullable=False),
    Column("at", Moment, nullable=False),
    UniqueConstraint("sku", "language", "words"),
    one_of("source", ("file", "person")),  # an import replaces those of a file; what a person taught stays
)

# Append only. The newest id is the version of the catalogue.
catalogue_change = Table(
    "catalogue_change",
    metadata,
    Column("id", Counting, primary_key=True, autoincrement=True),
    Column("what", Text, nullable=False),  # in words
    Column("by", String(64), nullable=False),
    Column("at", Moment, nullable=False),
)

order = Table(
    "order",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("state", String(12), nullable=False),
    Column("why", Text, nullable=False),
    Column("number", Integer, nullable=False, unique=True),  # what people call it
    Column("address", String(254), nullable=False),  # the customer's number
    Column("recipient", String(254)),  # which of our numbers
    Column("link", String(40)),
    Column("language", String(12), nullable=False),
    Column("campaign", String(40)),  # the offer that it answers
    Column("revision", Integer, nullable=False),  # the newest
    Column("total", BigInteger),  # millionths, of the newest revision; None: a price is not known
    Column("currency", String(3)),
    Column("wish", Text),  # about the delivery, as written
    Column("reasons", Json),  # why a person must look
    Column("candidates", Json),  # products that may be meant
    Column("request", Json),  # what the customer wants changed after it was confirmed, or is asked about: words, lines
    Column("unclear", SmallInteger, nullable=False),  # answers in a row that nobody understood
    Column("created_at", Moment, nullable=False),
    Column("asked_at", Moment),  # when the newest summary went to the customer
    Column("remind_at", Moment),  # None: reminded, or not asked
    Column("lapses_at", Moment),
    Column("confirmed_at", Moment),
    Column("confirmed_revision", Integer),
    Column("proof", Json),  # what confirmed it: inbound_id, words, sent_at, or the person
    Column("ended_at", Moment),
    one_of("state", ORDER.states),
    CheckConstraint("number > 0 AND revision > 0 AND unclear >= 0", name="counts"),
    CheckConstraint("confirmed_at IS NOT NULL OR state NOT IN ('confirmed', 'fulfilled')", name="confirmed"),
    CheckConstraint("(confirmed_at IS NULL) = (proof IS NULL)", name="proven"),
    CheckConstraint("asked_at IS NOT NULL OR state <> 'asked'", name="asked"),
    CheckConstraint("(state = 'asked') = (lapses_at IS NOT NULL)", name="lapses"),
)
Index("ix_order_address", order.c.address, order.c.id)
Index("ix_order_state", order.c.state, order.c.id)
Index(
    "ix_order_lapses",
    order.c.lapses_at,
    sqlite_where=text("state = 'asked'"),
    postgresql_where=text("state = 'asked'"),
)

# Append only: what was asked at each turn stays, with the prices that it was asked with.
order_revision = Table(
    "order_revision",
    metadata,
    Column("order_id", ForeignKey("order.id", ondelete="CASCADE"), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("total", BigInteger),
    Column("currency", String(3)),
    Column("inbound_id", String(40)),  # the text that made it; None: a person did
    Column("words", Text, nullable=False),  # that text, or the person's reason
    Column("by", String(64), nullable=False),
    Column("at", Moment, nullable=False),
)

order_line = Table(
    "order_line",
    metadata,
    Column("order_id", String(40), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("position", SmallInteger, primary_key=True),
    Column("sku", String(40), nullable=False),
    Column("name", Text, nullable=False),  # in the customer's language, as it was then
    Column("unit", String(12), nullable=False),
    Column("quantity", BigInteger),  # thousandths; None: the customer did not say
    Column("price", BigInteger),  # millionths for one unit, frozen
    Column("amount", BigInteger),  # millionths
    Column("currency", String(3)),
    Column("spans", Json, nullable=False),  # which words of the revision's text made it: [[start, end]]
    Column("how", Text, nullable=False),
    ForeignKeyConstraint(
        ["order_id", "revision"], ["order_revision.order_id", "order_revision.revision"], ondelete="CASCADE"
    ),
    CheckConstraint("quantity IS NULL OR quantity > 0", name="quantity_range"),
    CheckConstraint("position > 0", name="position_range"),
)

expectation = Table(
    "expectation",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("address", String(254), nullable=False),  # whom we asked
    Column("recipient", String(254)),  # from which of our numbers; None: any
    Column("kind", String(8), nullable=False),
    Column("subject", String(40)),  # the record that it is about: an order, a survey, a campaign
    Column("campaign", String(40)),
    Column("payload", Json, nullable=False),  # what a reading needs: text, choices, quantity, pending, scale, order
    Column("revision", Integer, nullable=False),
    Column("message_id", String(40)),  # the text that asked
    Column("sent_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("closed_at", Moment),
    Column("closed_why", Text),
    one_of("kind", ("offer", "confirm", "survey", "rsvp", "clarify", "optin", "notice")),
    CheckConstraint("(closed_at IS NULL) = (closed_why IS NULL)", name="closed"),
)
Index(
    "ix_expectation_open",
    expectation.c.address,
    expectation.c.sent_at,
    sqlite_where=text("closed_at IS NULL"),
    postgresql_where=text("closed_at IS NULL"),
)
Index("ix_expectation_subject", expectation.c.subject)
