"""Plan, Budget and Alert: a SIM's bundle and caps, what may be spent, what the owner is told."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    Text,
)
from sqlalchemy import text as sql

from ..lifecycle import ALERT
from .types import Counting, Json, Moment, metadata, one_of

# Append only, but for `gone_at`: entries name the plan whose bundle paid for them.
plan = Table(
    "plan",
    metadata,
    Column("id", Counting, primary_key=True, autoincrement=True),
    Column("link", String(40), nullable=False),
    Column("name", String(60), nullable=False),
    Column("units", Integer, nullable=False),  # free parts in a period; 0: there is no bundle, only caps
    Column("period", String(8), nullable=False),
    Column("reset_day", SmallInteger, nullable=False),  # of the month, or of the week (1 is Monday)
    Column("rollover", SmallInteger, nullable=False),  # for how many periods what is left is kept
    Column("scope", Json, nullable=False),  # prefixes that the bundle is for; [] is every number
    Column("beyond", String(8), nullable=False),  # when nothing is left: go on at the rate's price, or stop
    Column("hour_cap", Integer),  # parts, whatever they cost: fair use
    Column("day_cap", Integer),
    Column("people_cap", Integer),  # different numbers in a month
    Column("warn_at", SmallInteger, nullable=False),  # per cent of the bundle
    Column("currency", String(3), nullable=False),  # in which an entry says 0
    Column("valid_from", Moment, nullable=False),
    Column("gone_at", Moment),
    one_of("period", ("day", "week", "month")),
    one_of("beyond", ("price", "stop")),
    CheckConstraint("units >= 0 AND rollover >= 0 AND reset_day BETWEEN 1 AND 31", name="bundle_range"),
    CheckConstraint("hour_cap > 0 AND day_cap > 0 AND people_cap > 0", name="caps_range"),
    CheckConstraint("warn_at BETWEEN 1 AND 100", name="warn_range"),
)
Index("ix_plan_link", plan.c.link, plan.c.id)

# What a bundle gave in a period, written in the transaction of the entry.
plan_use = Table(
    "plan_use",
    metadata,
    Column("plan_id", Integer, primary_key=True, autoincrement=False),
    Column("period", String(10), primary_key=True),  # the day on which it began, in the link's zone
    Column("kept", Integer, nullable=False),  # what the period before left
    Column("used", Integer, nullable=False),
)

# Whom a SIM wrote to in a month: operators count that.
plan_person = Table(
    "plan_person",
    metadata,
    Column("link", String(40), primary_key=True),
    Column("month", String(7), primary_key=True),
    Column("recipient", String(254), primary_key=True),
)

# What it allows may be changed; whose it is and its currency may not, for what was spent is counted by its id.
budget = Table(
    "budget",
    metadata,
    Column("id", Counting, primary_key=True, autoincrement=True),
    Column("name", String(60), nullable=False),
    Column("scope", String(8), nullable=False),
    Column("subject", String(64), nullable=False),  # which key, campaign, customer or link; "" for the company
    Column("period", String(8), nullable=False),
    Column("ceiling", BigInteger, nullable=False),  # millionths
    Column("currency", String(3), nullable=False),
    Column("warn_at", SmallInteger, nullable=False),  # per cent
    Column("beyond", String(8), nullable=False),  # at the ceiling: hold, or refuse
    Column("exempt", Json, nullable=False),  # purposes that go whatever is spent; they count all the same
    Column("created_at", Moment, nullable=False),
    Column("gone_at", Moment),
    one_of("scope", ("company", "client", "campaign", "customer", "link")),
    one_of("period", ("day", "month", "whole")),
    one_of("beyond", ("hold", "refuse")),
    CheckConstraint("ceiling >= 0", name="ceiling_range"),
    CheckConstraint("warn_at BETWEEN 1 AND 100", name="warn_range"),
    CheckConstraint("(scope = 'company') = (subject = '')", name="subject_of_scope"),
)

budget_use = Table(
    "budget_use",
    metadata,
    Column("budget_id", Integer, primary_key=True, autoincrement=False),
    Column("period", String(10), primary_key=True),  # "2026-11-26", "2026-11" or "whole"
    Column("kept", BigInteger, nullable=False),  # for messages that are not booked yet
    Column("spent", BigInteger, nullable=False),
    Column("told", SmallInteger, nullable=False),  # 0: nothing yet, 1: the warning, 2: the ceiling
    CheckConstraint("kept >= 0", name="kept_range"),
)

# What is kept of a budget for a message: written with the message, gone with its booking or its end.
reservation = Table(
    "reservation",
    metadata,
    Column("message_id", String(40), primary_key=True),  # no foreign key: it is written before the message
    Column("budget_id", Integer, primary_key=True, autoincrement=False),
    Column("period", String(10), nullable=False),
    Column("amount", BigInteger, nullable=False),  # in the budget's currency
)

# What the owner is to know: a budget is nearly spent, a bundle runs out, a client runs away, the sums do not agree.
alert = Table(
    "alert",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("state", String(12), nullable=False),
    Column("why", Text, nullable=False),
    Column("kind", String(24), nullable=False),
    Column("subject", String(120), nullable=False),  # what it is about: the same is not told twice while it stands
    Column("at", Moment, nullable=False),
    Column("told_at", Moment),  # when the owner was texted and written to; None: not yet
    Column("over_told_at", Moment),  # and that it is over
    one_of("state", ALERT.states),
)
Index(
    "uq_alert_standing",
    alert.c.kind,
    alert.c.subject,
    unique=True,
    sqlite_where=sql("state != 'over'"),
    postgresql_where=sql("state != 'over'"),
)

# What the owner lets pass that the brake would hold.
clearance = Table(
    "clearance",
    metadata,
    Column("id", Counting, primary_key=True, autoincrement=True),
    Column("client", String(64), nullable=False),  # "" is everybody
    Column("prefix", String(16), nullable=False),  # "" is the pace
    Column("until", Moment),  # None: for good
    Column("by", String(64), nullable=False),
    Column("at", Moment, nullable=False),
)
