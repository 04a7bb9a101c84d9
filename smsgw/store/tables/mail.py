"""Mail: letters that go out by SMTP, each kept until a server took it, or until we gave up."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, Integer, String, Table, Text, UniqueConstraint, text

from ..lifecycle import MAIL
from .types import Moment, metadata, one_of

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
