"""Inbound and InboundPart: a whole message that somebody sent us, and the pieces as the network handed them over.

Every piece is kept as it came, also that of a one-piece text: it is the proof, and what a repeat is measured against.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from ..lifecycle import INBOUND
from .types import Counting, Json, Moment, metadata, one_of

inbound = Table(
    "inbound",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("state", String(12), nullable=False),
    Column("why", Text, nullable=False),
    Column("link", String(40), nullable=False),
    Column("reference", String(120), nullable=False),  # of its first piece
    Column("sender", String(254), nullable=False),
    Column("recipient", String(254)),  # which of our numbers or mail addresses
    Column("text", Text, nullable=False),
    Column("kind", String(12), nullable=False),
    Column("parts", SmallInteger, nullable=False),
    Column("missing", SmallInteger, nullable=False),  # pieces that never came
    Column("sent_at", Moment),  # by the network's clock
    Column("received_at", Moment, nullable=False),
    Column("understood_as", String(24)),  # which reader took it
    Column("explanation", Json),  # which words made the decision
    Column("handled_at", Moment),
    UniqueConstraint("link", "reference"),
    one_of("state", INBOUND.states),
    one_of("kind", ("text", "flash", "indication", "silent", "data", "mms", "mail")),
    CheckConstraint("parts >= 1 AND missing BETWEEN 0 AND parts", name="counts"),
)
Index("ix_inbound_sender", inbound.c.sender, inbound.c.id)
# What nobody has read yet; partial, for nearly every text is.
Index(
    "ix_inbound_received",
    inbound.c.id,
    sqlite_where=text("state = 'received'"),
    postgresql_where=text("state = 'received'"),
)
# The pile of what a person must look at.
Index(
    "ix_inbound_waiting",
    inbound.c.sender,
    inbound.c.id,
    sqlite_where=text("state = 'waiting'"),
    postgresql_where=text("state = 'waiting'"),
)

inbound_part = Table(
    "inbound_part",
    metadata,
    Column("id", Counting, primary_key=True, autoincrement=True),
    Column("link", String(40), nullable=False),
    Column("reference", String(120), nullable=False),
    Column("copies", Integer, nullable=False),  # how often the network handed it over
    Column("sender", String(20), nullable=False),
    Column("recipient", String(20)),
    Column("kind", String(12), nullable=False),
    Column("series", Integer),  # the concatenation reference; None: a whole in one piece
    Column("wide", Boolean, nullable=False),
    Column("of", SmallInteger, nullable=False),
    Column("position", SmallInteger, nullable=False),
    Column("alphabet", String(8), nullable=False),
    Column("user_data", LargeBinary, nullable=False),
    Column("udh", LargeBinary, nullable=False),
    Column("sent_at", Moment),
    Column("received_at", Moment, nullable=False),
    Column("inbound_id", ForeignKey("inbound.id", ondelete="CASCADE")),  # None while it waits for its siblings
    UniqueConstraint("link", "reference"),
    one_of("alphabet", ("gsm7", "octets", "ucs2")),
    CheckConstraint("copies >= 1", name="copies_counted"),
    CheckConstraint("of BETWEEN 1 AND 255 AND position BETWEEN 1 AND of", name="place"),
    CheckConstraint("series IS NOT NULL OR (of = 1 AND inbound_id IS NOT NULL)", name="whole_is_joined"),
)
Index(
    "ix_inbound_part_waiting",
    inbound_part.c.link,
    inbound_part.c.sender,
    inbound_part.c.series,
    sqlite_where=text("inbound_id IS NULL"),
    postgresql_where=text("inbound_id IS NULL"),
)
Index("ix_inbound_part_inbound", inbound_part.c.inbound_id)
