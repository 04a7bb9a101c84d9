"""Consent and its categories, wordings, questions and doubts; suppressions; and the rules that people set for the gate.

`consent` is append only, and so are `refusal` and `gate_change`: whoever cached the rules looks at the newest change.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from .types import Counting, Json, Moment, metadata, one_of

# Append only: who said yes or no to what. A yes undoes a no only if it was both said and written down after it.
consent = Table(
    "consent",
    metadata,
    Column("id", Counting, primary_key=True, autoincrement=True),
    Column("address", String(254), nullable=False),
    Column("purpose", String(24), nullable=False),  # a category's code, or "*", "marketing", "orders"
    Column("statement", String(10), nullable=False),
    Column("source", String(16), nullable=False),  # sms, form, paper, import, clerk, api, smpp, page
    Column("words", Text, nullable=False),  # the proof: what was said
    Column("inbound_id", String(40)),
    Column("by", String(64), nullable=False),
    Column("at", Moment, nullable=False),  # when it was said
    Column("recorded_at", Moment),  # when it was written down, if that was later
    Column("customer_id", String(40)),
    Column("basis", String(16)),  # None: consent; "soft_opt_in": an existing customer, similar products
    Column("wording_id", BigInteger),  # which text of ours they answered
    Column("opt_in_id", BigInteger),  # the question that this answers
    Column("expires_at", Moment),
    Column("note", Text),
    one_of("statement", ("granted", "withdrawn")),
)
Index("ix_consent_address", consent.c.address, consent.c.purpose, consent.c.id)
Index(
    "ix_consent_withdrawn",
    consent.c.purpose,
    consent.c.address,
    sqlite_where=text("statement = 'withdrawn'"),
    postgresql_where=text("statement = 'withdrawn'"),
)

category = Table(
    "category",
    metadata,
    Column("code", String(24), primary_key=True),  # a-z, 0-9, -: what programs say
    Column("names", Json, nullable=False),  # by language: {"sl": "šolske potrebščine"}
    Column("words", Json, nullable=False),  # what people call it in "STOP school", besides code and names
    Column("active", Boolean, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("by", String(64), nullable=False),
)

# Append only: each text by which somebody was asked, so that a statement can say which version it answered.
consent_wording = Table(
    "consent_wording",
    metadata,
    Column("id", Counting, primary_key=True, autoincrement=True),
    Column("name", String(60), nullable=False),  # such as "double_opt_in.sl" or "web form"
    Column("version", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("since", Moment, nullable=False),
    UniqueConstraint("name", "version"),
)

# A double opt-in: what we asked, and what became of it. Pending while closed_at is empty.
opt_in = Table(
    "opt_in",
    metadata,
    Column("id", Counting, primary_key=True, autoincrement=True),
    Column("address", String(254), nullable=False),
    Column("category", String(24), nullable=False),
    Column("language", String(12), nullable=False),
    Column("wording_id", BigInteger, nullable=False),
    Column("source", String(16), nullable=False),  # where the wish came from
    Column("words", Text, nullable=False),
    Column("by", String(64), nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("remind_at", Moment),  # None: it was reminded of
    Column("expires_at", Moment, nullable=False),
    Column("closed_at", Moment),
    Column("outcome", String(10)),
    one_of("outcome", ("granted", "declined", "lapsed")),
    CheckConstraint("(closed_at IS NULL) = (outcome IS NULL)", name="closed"),
)
Index("ix_opt_in_address", opt_in.c.address, opt_in.c.id)
Index(
    "ix_opt_in_pending",
    opt_in.c.expires_at,
    sqlite_where=text("closed_at IS NULL"),
    postgresql_where=text("closed_at IS NULL"),
)

# Texts about consent that the gateway owes somebody: stored with what they answer, sent a moment later.
consent_answer = Table(
    "consent_answer",
    metadata,
    Column("id", Counting, primary_key=True, autoincrement=True),
    Column("address", String(254), nullable=False),
    Column("inbound_id", String(40)),  # None: nobody wrote, as with a question of ours
    Column("kind", String(16), nullable=False),
    Column("text", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("settled_at", Moment),
    Column("message_id", String(40)),  # None: it was not sent, and `why` says why
    Column("why", Text),
    one_of("kind", ("stop", "start", "help", "status", "ask", "remind", "link")),
)
Index("ix_consent_answer_address", consent_answer.c.address, consent_answer.c.id)
Index(
    "ix_consent_answer_owed",
    consent_answer.c.id,
    sqlite_where=text("settled_at IS NULL"),
    postgresql_where=text("settled_at IS NULL"),
)

# A text that smells of "leave me alone": marketing to the number is held until a person decides.
suspected_stop = Table(
    "suspected_stop",
    metadata,
    Column("inbound_id", String(40), primary_key=True),
    Column("address", String(254), nullable=False),
    Column("words", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("decided_at", Moment),
    Column("decided_by", String(64)),
    Column("meant", Boolean),  # whether it was a stop
    CheckConstraint("(decided_at IS NULL) = (meant IS NULL)", name="decided"),
)
Index(
    "ix_suspected_stop_open",
    suspected_stop.c.address,
    sqlite_where=text("decided_at IS NULL"),
    postgresql_where=text("decided_at IS NULL"),
)

# Nothing is sent to these, whoever asks. Only a keyed digest of the address: it also stands for people we forgot.
suppression = Table(
    "suppression",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("reach", String(12), nullable=False),
    Column("why", Text, nullable=False),
    Column("hint", String(30)),  # the number with its middle starred out; None for the forgotten
    Column("by", String(64), nullable=False),
    Column("at", Moment, nullable=False),
    one_of("reach", ("everything", "marketing")),
)

# Keys that the gateway made for itself, kept with the data that they are about.
own_key = Table(
    "own_key",
    metadata,
    Column("name", String(24), primary_key=True),
    Column("key", LargeBinary, nullable=False),
)

# Append only: who changed what of the rules below, when. Its newest line tells whether what was cached still holds.
gate_change = Table(
    "gate_change",
    metadata,
    Column("id", Counting, primary_key=True, autoincrement=True),
    Column("what", Text, nullable=False),
    Column("by", String(64), nullable=False),
    Column("at", Moment, nullable=False),
)

frequency_cap = Table(
    "frequency_cap",
    metadata,
    Column("category", String(24), primary_key=True),  # "*": all together
    Column("days", SmallInteger, primary_key=True),
    Column("most", Integer, nullable=False),
    CheckConstraint("days IN (1, 7, 30) AND most >= 0", name="cap_range"),
)

# When marketing may arrive, where people set it otherwise than destinations.toml has it.
open_hours = Table(
    "open_hours",
    metadata,
    Column("region", String(2), primary_key=True),  # ISO 3166; "*" for all others
    Column("hours", Json, nullable=False),  # ["Mo-Sa 08:00-20:00"]
    Column("holidays", Boolean, nullable=False),  # whether public holidays are quiet all day
)

# Keywords beside those that come with smsgw, or one of these that does not count here.
consent_word = Table(
    "consent_word",
    metadata,
    Column("words", String(60), primary_key=True),  # as the reader compares them
    Column("meaning", String(10), nullable=False),
    Column("language", String(12)),
    one_of("meaning", ("stop", "start", "help", "status", "courtesy", "nothing")),
)

# Append only: what the gate refused, which is stored nowhere else.
refusal = Table(
    "refusal",
    metadata,
    Column("id", Counting, primary_key=True, autoincrement=True),
    Column("client", String(64), nullable=False),
    Column("recipient", String(254), nullable=False),
    Column("purpose", String(16), nullable=False),
    Column("category", String(24)),
    Column("code", String(40), nullable=False),
    Column("says", Text, nullable=False),
    Column("at", Moment, nullable=False),
)
Index("ix_refusal_recipient", refusal.c.recipient, refusal.c.id)
Index("ix_refusal_at", refusal.c.at)
