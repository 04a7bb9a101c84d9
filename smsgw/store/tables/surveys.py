"""Survey, survey_question, participant and survey_answer: what we asked many, and what each of them answered."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from ..lifecycle import PARTICIPANT, SURVEY
from .types import Json, Moment, metadata, one_of

survey = Table(
    "survey",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("state", String(12), nullable=False),
    Column("why", Text, nullable=False),
    Column("name", String(80), nullable=False),
    Column("thanks", Json, nullable=False),  # by language; {}: our own words
    Column("closes_at", Moment, nullable=False),
    Column("remind_after", Integer),  # seconds after a question; None: nobody is reminded
    Column("by", String(64), nullable=False),
    Column("created_at", Moment, nullable=False),
    UniqueConstraint("name"),
    one_of("state", SURVEY.states),
    CheckConstraint("remind_after > 0", name="remind_after_range"),
)
Index(
    "ix_survey_running",
    survey.c.closes_at,
    sqlite_where=text("state = 'running'"),
    postgresql_where=text("state = 'running'"),
)

survey_question = Table(
    "survey_question",
    metadata,
    Column("survey_id", ForeignKey("survey.id", ondelete="CASCADE"), primary_key=True),
    Column("position", SmallInteger, primary_key=True),  # from 1
    Column("kind", String(8), nullable=False),
    Column("text", Json, nullable=False),  # by language
    Column("low", Integer),  # of a scale
    Column("high", Integer),
    Column("labels", Json, nullable=False),  # of choices, in order: [{language: label}]
    Column("branches", Json, nullable=False),  # [{"low", "high", "next"}]: answers from, to, question; next 0: the end
    one_of("kind", ("scale", "choice", "free")),
    CheckConstraint("position >= 1", name="position_range"),
    CheckConstraint("(kind = 'scale') = (low IS NOT NULL AND high IS NOT NULL)", name="scale_if_scale"),
    CheckConstraint("low < high", name="scale_range"),
)

participant = Table(
    "participant",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("state", String(12), nullable=False),
    Column("why", Text, nullable=False),
    Column("survey_id", ForeignKey("survey.id", ondelete="CASCADE"), nullable=False),
    Column("address", String(254), nullable=False),
    Column("language", String(8), nullable=False),
    Column("position", SmallInteger, nullable=False),  # the question that is open, or the last one
    Column("asked_again", Boolean, nullable=False),  # an answer to it was out of range once
    Column("expectation_id", String(40)),
    Column("invited_at", Moment, nullable=False),
    Column("remind_at", Moment),  # None: not, or not any more
    Column("reminders", SmallInteger, nullable=False),
    Column("ended_at", Moment),
    UniqueConstraint("survey_id", "address"),
    one_of("state", PARTICIPANT.states),
)
Index("ix_participant_address", participant.c.address)
Index(
    "ix_participant_invited",
    participant.c.survey_id,
    participant.c.id,
    sqlite_where=text("state = 'invited'"),
    postgresql_where=text("state = 'invited'"),
)
Index(
    "ix_participant_remind",
    participant.c.remind_at,
    sqlite_where=text("remind_at IS NOT NULL"),
    postgresql_where=text("remind_at IS NOT NULL"),
)

survey_answer = Table(
    "survey_answer",
    metadata,
    Column("participant_id", ForeignKey("participant.id", ondelete="CASCADE"), primary_key=True),
    Column("position", SmallInteger, primary_key=True),
    Column("value", Integer),  # the number on the scale, or of the choice
    Column("words", Text, nullable=False),  # as they were written
    Column("comment", Text),
    Column("inbound_id", String(40), nullable=False),
    Column("at", Moment, nullable=False),
    Column("times", SmallInteger, nullable=False),  # how often it was given: the last one counts
)
