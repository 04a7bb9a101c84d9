"""Talk: a telephone call at the desk, in or out: who, when, what came of it, and what was promised."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, String, Table, Text, UniqueConstraint, text

from ..lifecycle import TALK
from .types import Moment, metadata, one_of

OUTCOMES = ("solved", "ordered", "callback", "not_reached", "wrong_number", "complaint", "other")
"""What came of a call."""

talk = Table(
    "talk",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("state", String(12), nullable=False),
    Column("why", Text, nullable=False),
    Column("direction", String(3), nullable=False),
    Column("number", String(20)),  # the other end, E.164 where it can be read as such; None: withheld
    Column("source", String(64), nullable=False),  # who told: an API key's or account's id, or a link
    Column("reference", String(120)),  # the telephone system's own name for the call
    Column("call_id", String(40), unique=True),  # the ringing of a modem that it came of
    Column("began_at", Moment, nullable=False),
    Column("taken_at", Moment),
    Column("ended_at", Moment),
    Column("agent", String(64)),  # the account of whoever spoke
    Column("outcome", String(16)),
    Column("note", Text, nullable=False),
    Column("promised", Text),  # the answer that was promised
    Column("promised_at", Moment),  # until when
    Column("inquiry_id", String(40)),  # which reminds of the promise
    Column("message_id", String(40)),  # or the planned message that keeps it
    UniqueConstraint("source", "reference"),
    one_of("state", TALK.states),
    one_of("direction", ("in", "out")),
    one_of("outcome", OUTCOMES),
    CheckConstraint("(promised IS NULL) = (promised_at IS NULL)", name="promise_whole"),
    CheckConstraint("ended_at IS NOT NULL OR state NOT IN ('done', 'missed')", name="ended"),
)
Index("ix_talk_number", talk.c.number, talk.c.id)
# What rings or is spoken now; partial, for nearly every call is over.
Index(
    "ix_talk_now",
    talk.c.id,
    sqlite_where=text("ended_at IS NULL"),
    postgresql_where=text("ended_at IS NULL"),
)
