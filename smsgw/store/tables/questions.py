"""Question: a part whose receipt does not come, and when its network was asked what became of it."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, SmallInteger, String, Table, Text

from .types import Moment, metadata

question = Table(
    "question",
    metadata,
    Column("message_id", String(40), primary_key=True),
    Column("position", SmallInteger, primary_key=True),
    Column("asked_at", Moment, nullable=False),
    Column("times", SmallInteger, nullable=False),
    Column("next_at", Moment, nullable=False),  # not asked again before
    Column("trouble", Text),  # why there was no answer the last time
    ForeignKeyConstraint(["message_id", "position"], ["part.message_id", "part.position"], ondelete="CASCADE"),
    CheckConstraint("times >= 1", name="times_range"),
)
