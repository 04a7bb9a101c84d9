"""Closing, DayTotal and CustomerTotal: what a day came to, added up once so that a report need not add it up again."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table

from .types import Counting, Moment, metadata

# A row for each day that is closed, in the operator's zone. Opening it again is taking the row away.
closing = Table(
    "closing",
    metadata,
    Column("day", String(10), primary_key=True),
    Column("closed_at", Moment, nullable=False),
    Column("open", Integer, nullable=False),  # messages that were not final yet: look again; -1: it is being closed
    Column("entries", BigInteger, nullable=False),  # cost entries of this day
)


def _measures() -> list[Column[int]]:
    """What is counted, of messages that went out on a day; money by the day on which it was booked."""
    return [
        Column("messages", BigInteger, nullable=False),
        Column("parts", BigInteger, nullable=False),
        Column("delivered", BigInteger, nullable=False),
        Column("failed", BigInteger, nullable=False),
        Column("planned", BigInteger, nullable=False),  # millionths
        Column("amount", BigInteger, nullable=False),  # millionths
        Column("replies", BigInteger, nullable=False),
        Column("orders", BigInteger, nullable=False),
    ]


day_total = Table(
    "day_total",
    metadata,
    Column("id", Counting, primary_key=True, autoincrement=True),
    Column("day", String(10), nullable=False),
    Column("link", String(40), nullable=False),
    Column("country", String(3), nullable=False),  # ISO 3166, 001 for numbers of no country
    Column("prefix", String(16), nullable=False),  # with the area or network: +38640
    Column("client", String(64), nullable=False),
    Column("campaign", String(40), nullable=False),
    Column("category", String(40), nullable=False),
    Column("sender", String(254), nullable=False),
    Column("currency", String(3), nullable=False),  # "" where no rate says what it costs
    *_measures(),
    Column("kind", String(4), nullable=False),  # sms, mms or mail
)
Index("ix_day_total_day", day_total.c.day)

# By customer, of a day ("2026-11-26") and of a month ("2026-11"): the sum of its days.
customer_total = Table(
    "customer_total",
    metadata,
    Column("period", String(10), primary_key=True),
    Column("customer", String(254), primary_key=True),  # the customer's id, or a number that belongs to nobody
    Column("currency", String(3), primary_key=True),
    *_measures(),
)
