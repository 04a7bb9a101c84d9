"""MMS that wait in the network until they are fetched, and the WAP pushes that are no MMS."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text, text

from ..lifecycle import MMS_NOTICE
from .types import Moment, metadata, one_of

mms_notice = Table(
    "mms_notice",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("state", String(12), nullable=False),
    Column("why", Text, nullable=False),
    Column("inbound_id", ForeignKey("inbound.id", ondelete="CASCADE"), nullable=False),  # the push that announced it
    Column("link", String(40), nullable=False),  # that announced it last
    Column("place", String(64), nullable=False, unique=True),  # SHA-256 of its location: one MMS, one row
    Column("location", Text, nullable=False),
    Column("transaction_id", Text, nullable=False),
    Column("version", String(8), nullable=False),
    Column("sender", String(254)),
    Column("subject", Text, nullable=False),  # until it is fetched or given up; then it stands there
    Column("size", Integer, nullable=False),  # octets, as announced
    Column("announced_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("copies", Integer, nullable=False),  # how often it was announced
    Column("attempts", Integer, nullable=False),  # of what is tried now: to fetch, then to tell the network
    Column("due_at", Moment, nullable=False),
    Column("deferred_at", Moment),  # when the network was told that we fetch it later
    Column("fetch_id", Text),  # the network's name for the fetch
    Column("reference", String(120)),  # of the content, in `inbound`
    Column("ended_at", Moment),
    one_of("state", MMS_NOTICE.states),
    CheckConstraint("copies >= 1 AND attempts >= 0 AND size >= 0", name="counts"),
    CheckConstraint("(state IN ('done', 'given_up')) = (ended_at IS NOT NULL)", name="ended"),
    CheckConstraint("state IN ('waiting', 'given_up') OR reference IS NOT NULL", name="fetched"),
)
Index(
    "ix_mms_notice_due",
    mms_notice.c.due_at,
    sqlite_where=text("ended_at IS NULL"),
    postgresql_where=text("ended_at IS NULL"),
)
Index("ix_mms_notice_inbound_id", mms_notice.c.inbound_id)

wap_push = Table(
    "wap_push",
    metadata,
    Column("inbound_id", ForeignKey("inbound.id", ondelete="CASCADE"), primary_key=True),
    Column("link", String(40), nullable=False),
    Column("sender", String(254), nullable=False),
    Column("content_type", String(120), nullable=False),
    Column("application", String(80)),  # the program of a phone that it is for
    Column("says", Text, nullable=False),  # what we make of it, in words
    Column("octets", LargeBinary, nullable=False),
    Column("received_at", Moment, nullable=False),
)
