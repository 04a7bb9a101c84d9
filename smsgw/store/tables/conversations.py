"""Conversation: what people decided about all that was said with one number. There is a row only once they did."""

from __future__ import annotations

from sqlalchemy import Column, String, Table

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
)
