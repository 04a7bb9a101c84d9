"""Media: octets by what they are, the contents of messages and of what came in, and who can show an MMS.

The octets lie in the database on purpose: one store, one backup, every node sees them, and a message and its pictures
are stored in one transaction or not at all. Each octet string is there once, however many messages carry it.
"""

from __future__ import annotations

from sqlalchemy import (
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
    text,
)

from .types import Counting, Json, Moment, metadata, one_of

medium = Table(
    "medium",
    metadata,
    Column("sha256", String(64), primary_key=True),  # of its octets, in hexadecimal digits
    Column("media_type", String(80), nullable=False),  # as its octets say; application/octet-stream: nobody knows
    Column("size", Integer, nullable=False),  # octets
    Column("octets", LargeBinary),  # None once purged
    Column("width", Integer),  # of a picture, in pixels
    Column("height", Integer),
    Column("seconds", Integer),  # of sound and video, where it is known
    Column("created_at", Moment, nullable=False),
    Column("used_at", Moment, nullable=False),  # when it was last given to us or put into something
    Column("purged_at", Moment),
    CheckConstraint("size >= 0", name="size_range"),
    CheckConstraint("(octets IS NULL) = (purged_at IS NOT NULL)", name="purged"),
)
# What the clock looks through for what may be purged.
Index(
    "ix_medium_kept",
    medium.c.used_at,
    sqlite_where=text("octets IS NOT NULL"),
    postgresql_where=text("octets IS NOT NULL"),
)

# What a medium became when it was made to fit. Worked out once for each way of fitting, for all who carry it.
rendition = Table(
    "rendition",
    metadata,
    Column("source", ForeignKey("medium.sha256", ondelete="CASCADE"), primary_key=True),
    Column("fit", String(60), primary_key=True),  # into what: "285000 octets 1280x960"
    Column("sha256", ForeignKey("medium.sha256", ondelete="CASCADE")),  # None: it cannot be made to fit
    Column("why", Text),  # why not
    Column("at", Moment, nullable=False),
    CheckConstraint("(sha256 IS NULL) = (why IS NOT NULL)", name="either"),
)
Index("ix_rendition_sha256", rendition.c.sha256)

# What a message carries besides its text; messages without a content have no row.
message_content = Table(
    "message_content",
    metadata,
    Column("message_id", ForeignKey("message.id", ondelete="CASCADE"), primary_key=True),
    Column("subject", Text, nullable=False),
    Column("slides", Json, nullable=False),  # [{text, medium, sound, seconds}, …]: see smsgw/media/contents.py
    Column("attached", Json),  # plain attachments: [{medium, name}, …]
    Column("policy", String(12), nullable=False),
    Column("profile", String(12), nullable=False),  # what it was made to fit
    Column("way", String(8), nullable=False),  # how it goes
    Column("why", Text, nullable=False),  # why so, in words
    Column("size", Integer, nullable=False),  # octets of all parts, as far as they are known
    Column("digest", String(64), nullable=False),  # what tells one content from another
    Column("language", String(12), nullable=False),  # of the sentences that the gateway adds
    Column("from_name", String(120), nullable=False),  # who sends it, as the notice says; "" for the company
    Column("read_report", Boolean, nullable=False),
    Column("reply_to", String(254)),  # of a mail
    Column("fallback_at", Moment),  # when to look whether a link must go out (if its policy allows one); None: settled
    Column("fallback_id", String(40)),  # what went out in its place: a smaller MMS, or the SMS with the link
    Column("instead_of", String(40)),  # of such a one: the message it stands for
    Column("shown_at", Moment),  # when the network said that the phone has it
    Column("read_at", Moment),  # when somebody read it, if a phone says so
    one_of("policy", ("mms-first", "link-first", "never")),
    one_of("way", ("mms", "link", "mail")),
    CheckConstraint("size >= 0", name="size_range"),
)
Index(
    "ix_message_content_fallback",
    message_content.c.fallback_at,
    sqlite_where=text("fallback_at IS NOT NULL"),
    postgresql_where=text("fallback_at IS NOT NULL"),
)
Index(
    "ix_message_content_instead",
    message_content.c.instead_of,
    sqlite_where=text("instead_of IS NOT NULL"),
    postgresql_where=text("instead_of IS NOT NULL"),
)

# Which media a message carries, so that nothing that is used is purged.
message_medium = Table(
    "message_medium",
    metadata,
    Column("message_id", ForeignKey("message.id", ondelete="CASCADE"), primary_key=True),
    Column("position", SmallInteger, primary_key=True),  # from 1, as its parts go out
    Column("sha256", ForeignKey("medium.sha256"), nullable=False),  # as it goes out: made to fit
    Column("original", ForeignKey("medium.sha256"), nullable=False),  # as it was given to us: what a page offers
    Column("name", String(80), nullable=False),  # its file name on the wire
)
Index("ix_message_medium_sha256", message_medium.c.sha256)
Index("ix_message_medium_original", message_medium.c.original)

# An MMS or a mail that came in: its row is in `inbound`, with the words of its text parts as text.
inbound_content = Table(
    "inbound_content",
    metadata,
    Column("inbound_id", ForeignKey("inbound.id", ondelete="CASCADE"), primary_key=True),
    Column("subject", Text, nullable=False),
    Column("also_to", Json, nullable=False),  # other recipients that it names
    Column("size", Integer, nullable=False),  # octets of all parts
    Column("copies", Integer, nullable=False),  # how often the network handed it over
)

# Every part as it came, texts and SMIL too, in order.
inbound_medium = Table(
    "inbound_medium",
    metadata,
    Column("inbound_id", ForeignKey("inbound.id", ondelete="CASCADE"), primary_key=True),
    Column("position", SmallInteger, primary_key=True),  # from 1
    Column("sha256", ForeignKey("medium.sha256"), nullable=False),
    Column("media_type", String(80), nullable=False),  # as its sender says; what it is, is in `medium`
    Column("name", String(120), nullable=False),
    Column("content_id", String(120), nullable=False),
    Column("charset", String(40)),
)
Index("ix_inbound_medium_sha256", inbound_medium.c.sha256)

# Who can show an MMS, as far as it is known; numbers of which nothing is known have no row.
capability = Table(
    "capability",
    metadata,
    Column("number", String(20), primary_key=True),
    Column("kind", String(4), primary_key=True),
    Column("state", String(8), nullable=False),
    Column("evidence", String(24), nullable=False),  # the signal that decided: retrieved, unrecognised, …
    Column("source", String(80), nullable=False),  # a link, "admin", "import", "lookup", …
    Column("why", Text, nullable=False),  # in words
    Column("at", Moment, nullable=False),
    Column("expires_at", Moment),  # after it nothing is known; None: until somebody says otherwise
    Column("profile", String(12)),  # the largest that the phone takes, if it told
    Column("by_admin", Boolean, nullable=False),  # then no evidence changes it
    one_of("kind", ("mms",)),
    one_of("state", ("unknown", "yes", "no", "blocked")),
)

# Append only: each sign that a phone can or cannot, also those that decided nothing alone.
capability_sign = Table(
    "capability_sign",
    metadata,
    Column("id", Counting, primary_key=True, autoincrement=True),
    Column("number", String(20), nullable=False),
    Column("kind", String(4), nullable=False),
    Column("sign", String(24), nullable=False),
    Column("source", String(80), nullable=False),
    Column("message_id", String(40)),  # or the inbound's
    Column("content", String(64)),  # what tells one content from another
    Column("effect", String(8)),  # the state it led to; None: it changed nothing
    Column("note", Text),
    Column("at", Moment, nullable=False),
)
Index("ix_capability_sign_number", capability_sign.c.number, capability_sign.c.id)
