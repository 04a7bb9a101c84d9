"""Mail: letters that go out by SMTP, the conversations that answers to them come back to, and what came back.

A letter about what somebody sent us carries no words of its own: they are read where they are stored, when it goes.
"""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from ..lifecycle import MAIL
from .types import Counting, Moment, metadata, one_of

mail = Table(
    "mail",
    metadata,
    Column("id", String(40), primary_key=True),  # also in its Message-ID, the same over all tries
    Column("state", String(12), nullable=False),
    Column("why", Text, nullable=False),
    Column("reference", String(120), nullable=False),  # the writer's own name for it: asked twice, sent once
    Column("recipient", String(254), nullable=False),
    Column("subject", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("ended_at", Moment),
    Column("inbound_id", String(40)),  # what it tells of: its words and media are read there
    Column("thread_id", Integer),  # the conversation that an answer to it belongs to
    Column("answer_to", String(254)),  # the address that answers come back to
    Column("bounce_to", String(254)),  # the envelope's sender; None: that of the configuration
    Column("follows", Text),  # the Message-ID of the mail before it in the conversation
    UniqueConstraint("reference", "recipient"),
    one_of("state", MAIL.states),
    CheckConstraint("(state = 'pending') = (ended_at IS NULL)", name="ended"),
    CheckConstraint("attempts >= 0", name="counts"),
)
Index(
    "ix_mail_due",
    mail.c.due_at,
    sqlite_where=text("state = 'pending'"),
    postgresql_where=text("state = 'pending'"),
)
Index(
    "ix_mail_thread",
    mail.c.thread_id,
    mail.c.recipient,
    sqlite_where=text("thread_id IS NOT NULL"),
    postgresql_where=text("thread_id IS NOT NULL"),
)
Index(
    "ix_mail_inbound",
    mail.c.inbound_id,
    sqlite_where=text("inbound_id IS NOT NULL"),
    postgresql_where=text("inbound_id IS NOT NULL"),
)

# What makes the addresses that nobody can guess; a revoked one makes and proves none any more.
mail_key = Table(
    "mail_key",
    metadata,
    Column("id", Counting, primary_key=True, autoincrement=True),
    Column("secret", LargeBinary, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("revoked_at", Moment),
)

# A conversation that mails are about: one for each number or mail address that wrote to us.
mail_thread = Table(
    "mail_thread",
    metadata,
    Column("id", Counting, primary_key=True, autoincrement=True),  # in its addresses, five octets
    Column("address", String(254), nullable=False, unique=True),  # the customer's
    Column("series", Integer, nullable=False),  # grows when its addresses are revoked
    Column("inbound_id", String(40)),  # the newest that was told of: what an answer answers
    Column("last_mail", Text),  # the Message-ID of its newest mail, in either direction
    Column("answers_until", Moment, nullable=False),  # after it its addresses are expired
    Column("created_at", Moment, nullable=False),
    CheckConstraint("series >= 0", name="series_range"),
)

# Mails that came back: each once by its Message-ID, and what became of it.
mail_answer = Table(
    "mail_answer",
    metadata,
    Column("id", Counting, primary_key=True, autoincrement=True),
    Column("thread_id", Integer, nullable=False),
    Column("message_id", String(254), nullable=False),  # of the mail (RFC 5322 section 3.6.4), or what stands for it
    Column("sender", String(254), nullable=False),
    Column("sent_id", String(40)),  # the message that went to the customer; None: it was refused
    Column("why", Text, nullable=False),
    Column("at", Moment, nullable=False),
    UniqueConstraint("thread_id", "message_id"),
)
Index("ix_mail_answer_thread", mail_answer.c.thread_id, mail_answer.c.at)
