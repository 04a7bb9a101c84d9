"""Message, Part and Receipt: what we were asked to send, its pieces in the air, what networks said about them."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
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

from ..lifecycle import MESSAGE
from .types import Counting, Json, Moment, metadata, one_of

_UNROUTED = "'accepted', 'held', 'refused', 'expired', 'cancelled'"
_FINAL = ", ".join(f"'{state}'" for state in sorted(MESSAGE.final))

message = Table(
    "message",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("state", String(12), nullable=False),
    Column("why", Text, nullable=False),  # the reason for the present state, in words
    Column("client", String(64), nullable=False),  # who asked: an API key's id, an account's id, "cli"
    Column("client_ref", String(120)),  # the client's own name for it
    Column("recipient", String(254), nullable=False),  # E.164, a short code, or a mail address
    Column("sender", String(254)),
    Column("text", Text, nullable=False),  # of data its octets in hexadecimal digits
    Column("ports", Json),  # of data: [destination, origin]
    Column("encoding", String(40), nullable=False),
    Column("parts", SmallInteger, nullable=False),
    Column("message_class", SmallInteger),
    Column("priority", SmallInteger, nullable=False),
    Column("purpose", String(16), nullable=False),
    Column("on_unsure", String(8), nullable=False),  # resend, hold or fail
    Column("link", String(40)),
    Column("wanted_link", String(40)),  # the caller insists on this link
    Column("created_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),  # held: released then; queued: not claimed before
    Column("deliver_at", Moment),  # the network is asked to keep it until then
    Column("valid_until", Moment, nullable=False),
    Column("claimed_at", Moment),
    Column("sent_at", Moment),
    Column("final_at", Moment),
    Column("attempts", Integer, nullable=False),
    Column("reply_to", String(40)),  # the inbound it answers
    Column("metadata", Json),
    Column("trace", Json),  # why this link: one sentence for each decision
    Column("tried", Json),  # the links that refused it, so that it does not come back to them
    Column("price", BigInteger),  # what it will cost as far as the rates know, in millionths
    Column("currency", String(3)),  # ISO 4217
    Column("category", String(24)),  # of marketing: what the consent must be for
    Column("campaign_id", String(40)),  # the campaign that asked for it
    UniqueConstraint("client", "client_ref"),
    one_of("state", MESSAGE.states),
    one_of("purpose", ("transactional", "service", "conversational", "marketing", "otp")),
    one_of("on_unsure", ("resend", "hold", "fail")),
    CheckConstraint(f"link IS NOT NULL OR state IN ({_UNROUTED})", name="routed"),
    CheckConstraint("(state = 'sending') = (claimed_at IS NOT NULL)", name="claimed"),
    CheckConstraint(f"(state IN ({_FINAL})) = (final_at IS NOT NULL)", name="final"),
    CheckConstraint("sent_at IS NOT NULL OR state NOT IN ('sent', 'delivered', 'undelivered')", name="sent"),
    CheckConstraint("priority BETWEEN 0 AND 9", name="priority_range"),
    CheckConstraint("parts BETWEEN 1 AND 255 AND attempts >= 0", name="counts"),
    CheckConstraint("message_class BETWEEN 0 AND 3", name="class_range"),
)
# The queue: what a link claims next. Partial, so that a million old messages cost it nothing.
Index(
    "ix_message_queue",
    message.c.link,
    message.c.priority.desc(),
    message.c.due_at,
    message.c.id,
    sqlite_where=text("state = 'queued'"),
    postgresql_where=text("state = 'queued'"),
)
# What the clock and a start look through: everything that is not final. Who asks must say so too, final_at IS NULL:
# SQLite uses an index of a part only where the question names that part (sqlite.org/partialindex.html, section 3).
Index(
    "ix_message_open",
    message.c.state,
    message.c.due_at,
    sqlite_where=text("final_at IS NULL"),
    postgresql_where=text("final_at IS NULL"),
)
Index("ix_message_recipient", message.c.recipient, message.c.id)
# What ended badly is found among millions that arrived. A part of them, for the same reason as above: those that arrive
# pay nothing for it.
BAD_ENDS = ("cancelled", "expired", "failed", "refused", "undelivered")
ENDED_BADLY = f"state IN {BAD_ENDS}"
Index(
    "ix_message_ended_badly",
    message.c.state,
    message.c.id,
    sqlite_where=text(ENDED_BADLY),
    postgresql_where=text(ENDED_BADLY),
)
Index(
    "ix_message_campaign",
    message.c.campaign_id,
    message.c.state,
    sqlite_where=text("campaign_id IS NOT NULL"),
    postgresql_where=text("campaign_id IS NOT NULL"),
)

part = Table(
    "part",
    metadata,
    Column("message_id", ForeignKey("message.id", ondelete="CASCADE"), primary_key=True),
    Column("position", SmallInteger, primary_key=True),  # from 1
    Column("alphabet", String(8), nullable=False),
    Column("user_data", LargeBinary, nullable=False),
    Column("udh", LargeBinary, nullable=False),
    Column("written_at", Moment),  # from this moment on it may be in the air
    Column("answer", String(8)),  # what the network said to it; None while it is open
    Column("answered_at", Moment),
    Column("link", String(40)),
    Column("reference", String(80)),
    Column("error", Text),
    Column("retry_at", Moment),  # put back: not before this time
    Column("counted", Boolean),  # put back: whether the try counts against the message's attempts
    Column("outcome", String(16)),  # what a receipt said, once it is decided
    Column("outcome_at", Moment),
    one_of("alphabet", ("gsm7", "octets", "ucs2")),
    one_of("answer", ("taken", "put_back", "refused", "lost")),
    one_of("outcome", ("delivered", "expired", "deleted", "undeliverable", "rejected")),
    CheckConstraint("position >= 1", name="position_range"),
    CheckConstraint("(answer = 'taken') = (reference IS NOT NULL) OR answer IS NULL", name="reference_if_taken"),
    CheckConstraint("reference IS NULL OR (answer IS NOT NULL AND link IS NOT NULL)", name="reference_of_link"),
    CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name="answered"),
    CheckConstraint("written_at IS NOT NULL OR answer IS NULL OR answer = 'put_back'", name="written_first"),
    CheckConstraint("(answer = 'put_back') = (counted IS NOT NULL) OR answer IS NULL", name="counted_if_back"),
    CheckConstraint("outcome IS NULL OR (answer IS NOT NULL AND answer = 'taken')", name="outcome_if_taken"),
    CheckConstraint("(outcome IS NULL) = (outcome_at IS NULL)", name="outcome_time"),
)
# Not unique: a modem counts its references in one octet, and some SMSCs start again at zero. The newest open part wins.
Index(
    "ix_part_reference",
    part.c.link,
    part.c.reference,
    sqlite_where=text("reference IS NOT NULL"),
    postgresql_where=text("reference IS NOT NULL"),
)
# How many parts a link sent in a time: what the bundle of a SIM is counted by.
Index(
    "ix_part_taken",
    part.c.link,
    part.c.answered_at,
    sqlite_where=text("answer = 'taken'"),
    postgresql_where=text("answer = 'taken'"),
)

# Parts that a link had taken when their message was moved to another: a late receipt still finds its message here.
earlier_try = Table(
    "earlier_try",
    metadata,
    Column("id", Counting, primary_key=True, autoincrement=True),
    Column("message_id", ForeignKey("message.id", ondelete="CASCADE"), nullable=False),
    Column("position", SmallInteger, nullable=False),
    Column("of", SmallInteger, nullable=False),
    Column("link", String(40), nullable=False),
    Column("reference", String(80), nullable=False),
    Column("moved_at", Moment, nullable=False),
    Column("outcome", String(16)),  # what a late receipt said of it
    one_of("outcome", ("delivered", "expired", "deleted", "undeliverable", "rejected")),
)
Index("ix_earlier_try_message", earlier_try.c.message_id)
Index("ix_earlier_try_reference", earlier_try.c.link, earlier_try.c.reference)

receipt = Table(
    "receipt",
    metadata,
    Column("id", Counting, primary_key=True, autoincrement=True),
    Column("link", String(40), nullable=False),
    Column("reference", String(80), nullable=False),
    Column("state", String(16), nullable=False),
    Column("recipient", String(254)),
    Column("error", String(80)),
    Column("said", Text),
    Column("network_at", Moment),
    Column("received_at", Moment, nullable=False),
    Column("message_id", String(40)),  # None while nobody knows the reference
    Column("position", SmallInteger),
    one_of(
        "state",
        ("enroute", "delivered", "expired", "deleted", "undeliverable", "accepted", "unknown", "rejected"),
    ),
    CheckConstraint("(message_id IS NULL) = (position IS NULL)", name="matched_whole"),
)
Index(
    "ix_receipt_unmatched",
    receipt.c.link,
    receipt.c.reference,
    sqlite_where=text("message_id IS NULL"),
    postgresql_where=text("message_id IS NULL"),
)
Index("ix_receipt_message", receipt.c.message_id)

# To which trace of its caller's a message belongs, until it is told. A table of its own: few messages have one.
message_trace = Table(
    "message_trace",
    metadata,
    Column("message_id", ForeignKey("message.id", ondelete="CASCADE"), primary_key=True),
    Column("traceparent", String(55), nullable=False),  # W3C trace-context, section 3.2
)
