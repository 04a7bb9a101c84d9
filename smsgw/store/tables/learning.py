"""Correction: what a person says that a text meant; a proposal until a person approves it."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, String, Table, Text, text

from ..lifecycle import CORRECTION
from .types import Moment, metadata, one_of

correction = Table(
    "correction",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("state", String(12), nullable=False),
    Column("why", Text, nullable=False),
    Column("kind", String(8), nullable=False),  # alias: words mean a product; label: the whole text is of a kind
    Column("inbound_id", String(40)),
    Column("text", Text, nullable=False),
    Column("language", String(8), nullable=False),
    Column("words", Text),  # of an alias
    Column("sku", String(40)),
    Column("meant", String(24)),  # of a label: a kind of reading
    Column("topic", String(24)),
    Column("by", String(64), nullable=False),
    Column("at", Moment, nullable=False),
    Column("decided_at", Moment),
    one_of("state", CORRECTION.states),
    one_of("kind", ("alias", "label")),
    CheckConstraint("(kind = 'alias') = (words IS NOT NULL AND sku IS NOT NULL)", name="alias_of_product"),
    CheckConstraint("(kind = 'label') = (meant IS NOT NULL)", name="label_of_kind"),
)
Index(
    "ix_correction_proposed",
    correction.c.id,
    sqlite_where=text("state = 'proposed'"),
    postgresql_where=text("state = 'proposed'"),
)
