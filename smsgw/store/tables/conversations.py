"""Conversation: what people decided about all that was said with one number. There is a row only once they did."""

from __future__ import annotations

from sqlalchemy import Column, Index, String, Table, text

from .types import Moment, metadata

conversation = Table(
    "conversation",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("number", String(254), nullable=False, unique=True),
    Column("assigned_to", String(64)),  # whose it is; None: nobody's
    Column("snoozed_until", Moment),  # not shown before, unless the number writes again
    Column("closed_at", Moment),  # done, until the number writes again
    Column("changed_at", Moment, nullable=False),
    Column("by", String(64), nullable=False),
    Column("upto", String(40)),  # their newest text when it was put off or closed: a later one ends that
)
for _name, _beside in (("assigned_to", "number"), ("snoozed_until", "id"), ("closed_at", "id")):
    _there = text(f"{_name} IS NOT NULL")
    Index(
        f"ix_conversation_{_name}",
        conversation.c[_name],
        conversation.c[_beside],
        sqlite_where=_there,
        postgresql_where=_there,
    )
