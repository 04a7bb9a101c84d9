"""Template, Campaign, Target and Unreachable: what is said to many, to whom it is said, and whom it cannot reach."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
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

from ..lifecycle import CAMPAIGN
from .types import Counting, Json, Moment, metadata, one_of

template = Table(
    "template",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("name", String(80), nullable=False),
    Column("texts", Json, nullable=False),  # by language: {"sl": "…", "en": "…"}
    Column("language", String(8), nullable=False),  # whose text is for everybody without one of their own
    Column("vars", Json),  # what whoever sends a message from it gives, besides what customers' cards know
    Column("by", String(64), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("gone_at", Moment),
    CheckConstraint("name <> ''", name="named"),
)
Index(
    "uq_template_in_use",
    template.c.name,
    unique=True,
    sqlite_where=text("gone_at IS NULL"),
    postgresql_where=text("gone_at IS NULL"),
)

campaign = Table(
    "campaign",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("state", String(12), nullable=False),
    Column("why", Text, nullable=False),
    Column("name", String(120), nullable=False),
    Column("kind", String(10), nullable=False),  # once, recurring, relative, follow_up
    Column("parent_id", ForeignKey("campaign.id")),  # the series or campaign that it is a run of, or follows
    Column("run", String(40)),  # which run of its parent: a day, a moment
    Column("purpose", String(16), nullable=False),
    Column("category", String(40)),
    Column("audience", Json, nullable=False),  # {"rule": …}, {"segment": …}, {"numbers": […]}
    Column("texts", Json, nullable=False),  # by variant and language: {"a": {"sl": "…"}}
    Column("language", String(8), nullable=False),
    Column("template_id", String(40)),  # where the texts were taken from, as they were then
    Column("sender", String(20)),
    Column("link", String(40)),
    Column("terms", Json, nullable=False),  # how it is sent, and what stops it: see smsgw/campaigns/terms.py
    Column("starts_at", Moment),  # scheduled: begins then; of a series: its next run
    Column("ends_at", Moment),  # nothing of it begins later
    Column("started_at", Moment),
    Column("frozen_upto", String(40)),  # the last customer that the frozen audience was asked about
    Column("frozen_at", Moment),  # since when the audience is complete
    Column("ended_at", Moment),
    Column("base", Json),  # how it fared when it began or was resumed: only what came after makes it pause by itself
    Column("consent_from", BigInteger),  # the last statement of the ledger when it began: later ones are told apart
    Column("wave", SmallInteger, nullable=False),  # up to which wave targets may go: canary, test, rest
    Column("wave_at", Moment),
    Column("winner", String(1)),  # the variant that the rest gets
    Column("paced_at", Moment),  # up to when its own pace has been used
    Column("placed", Integer, nullable=False),  # messages that it has put into the queue
    Column("planned", BigInteger, nullable=False),  # what these were to cost when they were put there, in millionths
    Column("currency", String(3)),
    Column("estimate", Json),
    Column("estimated_at", Moment),
    Column("approved_by", String(64)),
    Column("approved_at", Moment),
    Column("by", String(64), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    UniqueConstraint("parent_id", "run"),
    one_of("state", CAMPAIGN.states),
    one_of("kind", ("once", "recurring", "relative", "follow_up")),
    one_of("purpose", ("transactional", "service", "marketing")),
    CheckConstraint("(parent_id IS NULL) = (run IS NULL)", name="run_of_parent"),
    CheckConstraint("placed >= 0 AND planned >= 0 AND wave >= 0", name="counts"),
)
Index(
    "ix_campaign_open",
    campaign.c.state,
    campaign.c.starts_at,
    sqlite_where=text("ended_at IS NULL"),
    postgresql_where=text("ended_at IS NULL"),
)

# Everybody whom a campaign was about when it began, those left out with why; what became of one is in its message.
target = Table(
    "target",
    metadata,
    Column("id", Counting, primary_key=True, autoincrement=True),
    Column("campaign_id", ForeignKey("campaign.id", ondelete="CASCADE"), nullable=False),
    Column("customer_id", String(40)),
    Column("address", String(254), nullable=False),  # "" for a customer without a number
    Column("language", String(8)),
    Column("wave", SmallInteger, nullable=False),
    Column("variant", String(1)),  # which text; None: the winner's
    Column("left_out", String(24)),  # why it gets nothing, a stable code
    Column("says", Text),  # the same in words, where there is more to say than the code does
    Column("message_id", String(40)),
)
Index(
    "uq_target_going",
    target.c.campaign_id,
    target.c.address,
    unique=True,
    sqlite_where=text("left_out IS NULL"),
    postgresql_where=text("left_out IS NULL"),
)
Index("ix_target_campaign", target.c.campaign_id, target.c.id)
Index(
    "ix_target_next",
    target.c.campaign_id,
    target.c.wave,
    target.c.id,
    sqlite_where=text("left_out IS NULL AND message_id IS NULL"),
    postgresql_where=text("left_out IS NULL AND message_id IS NULL"),
)
Index(
    "ix_target_left_out",
    target.c.campaign_id,
    target.c.left_out,
    sqlite_where=text("left_out IS NOT NULL"),
    postgresql_where=text("left_out IS NOT NULL"),
)
Index("ix_target_address", target.c.address)

# Numbers that lately could not be reached, time after time; a sign of life takes one out again.
unreachable = Table(
    "unreachable",
    metadata,
    Column("address", String(254), primary_key=True),
    Column("failures", SmallInteger, nullable=False),
    Column("first_at", Moment, nullable=False),
    Column("last_at", Moment, nullable=False),
    Column("why", Text, nullable=False),
    CheckConstraint("failures >= 1", name="counts"),
)
