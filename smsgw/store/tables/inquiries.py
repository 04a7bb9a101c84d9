"""Inquiry and its texts; answer_topic, answer_template, auto_answer: what a person answers, and what goes alone."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from ..lifecycle import ANSWER_TOPIC, AUTO_ANSWER, INQUIRY
from .types import Counting, Json, Moment, metadata, one_of

PRIORITIES = ("low", "normal", "high", "urgent")
"""What the numbers of `inquiry.priority` mean."""

inquiry = Table(
    "inquiry",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("state", String(12), nullable=False),
    Column("why", Text, nullable=False),
    Column("address", String(254), nullable=False),  # who asked
    Column("topic", String(24), nullable=False),
    Column("priority", SmallInteger, nullable=False),  # 0 low to 3 urgent
    Column("assigned_to", String(64)),
    Column("language", String(8), nullable=False),
    Column("about", String(40)),  # the order that it is about
    Column("proposal", Json),  # what the learned model proposes: {"topic", "share"}
    Column("opened_at", Moment, nullable=False),  # for the last time
    Column("due_at", Moment, nullable=False),  # by business hours
    Column("answered_at", Moment),
    Column("closed_at", Moment),
    Column("closed_for", String(24)),  # the reason, in one of a few words
    one_of("state", INQUIRY.states),
    CheckConstraint("priority BETWEEN 0 AND 3", name="priority_range"),
    CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed"),
    CheckConstraint("(closed_at IS NULL) = (closed_for IS NULL)", name="closed_for_something"),
)
# One that is not closed for each address and topic: it collects what they write further.
Index(
    "ix_inquiry_running",
    inquiry.c.address,
    inquiry.c.topic,
    unique=True,
    sqlite_where=text("state <> 'closed'"),
    postgresql_where=text("state <> 'closed'"),
)
Index(
    "ix_inquiry_due",
    inquiry.c.due_at,
    sqlite_where=text("state = 'open'"),
    postgresql_where=text("state = 'open'"),
)

inquiry_text = Table(
    "inquiry_text",
    metadata,
    Column("id", Counting, primary_key=True, autoincrement=True),
    Column("inquiry_id", ForeignKey("inquiry.id", ondelete="CASCADE"), nullable=False),
    Column("text_id", String(40), nullable=False),  # of inbound, or of the message that answers
    Column("mine", Boolean, nullable=False),  # we said it
    Column("at", Moment, nullable=False),
    UniqueConstraint("inquiry_id", "text_id"),
)
Index("ix_inquiry_text_text", inquiry_text.c.text_id)

# How far a topic is answered by itself. Its id is the topic's name.
answer_topic = Table(
    "answer_topic",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("state", String(12), nullable=False),
    Column("why", Text, nullable=False),
    Column("confidence", Float, nullable=False),  # of a reading, at least
    Column("measured_from", Moment, nullable=False),  # what was decided before counts no more
    one_of("state", ANSWER_TOPIC.states),
    CheckConstraint("confidence BETWEEN 0 AND 1", name="confidence_range"),
)

answer_template = Table(
    "answer_template",
    metadata,
    Column("topic", String(24), primary_key=True),
    Column("language", String(8), primary_key=True),
    Column("text", Text, nullable=False),  # with {fields}
    Column("by", String(64), nullable=False),
    Column("changed_at", Moment, nullable=False),
)

auto_answer = Table(
    "auto_answer",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("state", String(12), nullable=False),
    Column("why", Text, nullable=False),
    Column("topic", String(24), nullable=False),
    Column("address", String(254), nullable=False),
    Column("inbound_id", String(40), nullable=False),
    Column("language", String(8), nullable=False),
    Column("text", Text, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("decided_at", Moment),
    UniqueConstraint("inbound_id"),
    one_of("state", AUTO_ANSWER.states),
)
Index("ix_auto_answer_address", auto_answer.c.address, auto_answer.c.id)
Index("ix_auto_answer_topic", auto_answer.c.topic, auto_answer.c.made_at)
