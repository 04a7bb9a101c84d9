"""Call and Balance: who rang us, and what was left on a SIM when its operator was asked."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, String, Table, Text, text

from ..lifecycle import CALL
from .types import Counting, Moment, metadata, one_of

call = Table(
    "call",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("state", String(12), nullable=False),
    Column("why", Text, nullable=False),
    Column("link", String(40), nullable=False),
    Column("caller", String(20)),  # E.164 where it can be read as such; None: withheld
    Column("at", Moment, nullable=False),  # when it began to ring
    Column("heard", Moment, nullable=False),  # when it was told last: the same ringing may be told twice
    Column("copies", Integer, nullable=False),  # how often the same ringing was told
    Column("message_id", String(40)),  # the automatic text that answered it
    one_of("state", CALL.states),
    CheckConstraint("copies >= 1", name="copies_counted"),
    CheckConstraint("(state = 'answered') = (message_id IS NOT NULL)", name="answered"),
)
Index("ix_call_caller", call.c.caller, call.c.id)
# What is not decided yet; partial, for nearly every call is.
Index(
    "ix_call_rang",
    call.c.id,
    sqlite_where=text("state = 'rang'"),
    postgresql_where=text("state = 'rang'"),
)

# Append only. A row for each time that the network was asked, also in vain: the next time is reckoned from it.
balance = Table(
    "balance",
    metadata,
    Column("id", Counting, primary_key=True, autoincrement=True),
    Column("link", String(40), nullable=False),
    Column("at", Moment, nullable=False),
    Column("amount", BigInteger),  # in millionths; None: not found in what was said, or nothing was said
    Column("currency", String(8)),
    Column("said", Text, nullable=False),  # the network's words; "" when it did not answer
    Column("trouble", Text),  # why there was no answer
    CheckConstraint("trouble IS NULL OR amount IS NULL", name="trouble_or_amount"),
)
Index("ix_balance_link", balance.c.link, balance.c.id)
