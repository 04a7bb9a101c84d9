"""SmppClient and SubmittedPart: who may send to us as to an SMSC, and parts of long texts that wait for the rest."""

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
)

from .types import Counting, Json, Moment, metadata, one_of

smpp_client = Table(
    "smpp_client",
    metadata,
    Column("key_id", ForeignKey("api_key.id", ondelete="CASCADE"), primary_key=True),
    Column("system_id", String(15), nullable=False, unique=True),
    Column("password_hash", Text, nullable=False),  # argon2id: eight letters are few
    Column("networks", Json, nullable=False),  # where it may come from; empty: anywhere
    Column("senders", Json, nullable=False),  # whom its texts may be from; empty: anybody
    Column("inbound", Json, nullable=False),  # numbers and links (link:NAME) whose texts it gets; "*": all
    Column("binds", SmallInteger, nullable=False),  # how often it may be bound at a time
    Column("window", Integer, nullable=False),  # submits without an answer on one bind
    Column("pace", Integer),  # messages a second; None: as fast as we can
    Column("alphabet", String(8), nullable=False),  # what its data_coding 0 means
    Column("allow_duplicates", Boolean, nullable=False),
    one_of("alphabet", ("gsm7", "latin1")),
    CheckConstraint('binds >= 1 AND "window" >= 1 AND (pace IS NULL OR pace >= 1)', name="bounds"),
)

# A part is stored before it is acknowledged. When the last one comes the whole becomes a message, in that transaction;
# its parts stay for a while, so that one that is said again gets the answer it had.
submitted_part = Table(
    "submitted_part",
    metadata,
    Column("id", Counting, primary_key=True, autoincrement=True),
    Column("series", String(32), nullable=False),  # client, sender, recipients, reference and count, as a digest
    Column("position", SmallInteger, nullable=False),
    Column("client", String(64), nullable=False),
    Column("message_id", String(40), nullable=False),  # of the message it becomes part of
    Column("of", SmallInteger, nullable=False),
    Column("alphabet", String(8), nullable=False),
    Column("user_data", LargeBinary, nullable=False),
    Column("udh", LargeBinary, nullable=False),
    Column("asked", Json, nullable=False),  # everything else that came with it
    Column("received_at", Moment, nullable=False),
    Column("joined_at", Moment),  # None while it waits
    UniqueConstraint("series", "position"),
    one_of("alphabet", ("gsm7", "octets", "ucs2")),
    CheckConstraint('position BETWEEN 1 AND "of"', name="place"),
)
Index("ix_submitted_part_received_at", submitted_part.c.received_at)
