"""MessagePage and PageVisit: a page that shows a message where a phone cannot, and who came to it.

The token of a page is known to nobody but the phone: here is its hash. What was seen is kept when the page has ended.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, LargeBinary, SmallInteger, String, Table, Text, text

from .types import Counting, Moment, metadata, one_of

message_page = Table(
    "message_page",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("message_id", ForeignKey("message.id", ondelete="CASCADE"), nullable=False),
    Column("token_hash", LargeBinary, nullable=False, unique=True),  # SHA-256
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("revoked_at", Moment),
    Column("revoked_by", String(64)),
    Column("pin_hash", LargeBinary),  # None: whoever has the link may look
    Column("pin_tries", SmallInteger, nullable=False),  # wrong ones; at five it is locked
    Column("opened_at", Moment),  # when somebody first asked to see it
    Column("held_why", Text),  # a legal hold: what it shows is kept behind its end
    Column("purged_at", Moment),  # when what was made for it was taken away
    CheckConstraint("(revoked_at IS NULL) = (revoked_by IS NULL)", name="revoked"),
    CheckConstraint("pin_tries BETWEEN 0 AND 5", name="tries"),
)
Index("ix_message_page_message", message_page.c.message_id, message_page.c.id)
# What the clock looks through for what has ended.
Index(
    "ix_message_page_kept",
    message_page.c.expires_at,
    sqlite_where=text("purged_at IS NULL"),
    postgresql_where=text("purged_at IS NULL"),
)

# Append only: fetched (anything may have done that), opened (somebody asked to see it), loaded, replied, a wrong PIN.
page_visit = Table(
    "page_visit",
    metadata,
    Column("id", Counting, primary_key=True, autoincrement=True),
    Column("page_id", ForeignKey("message_page.id", ondelete="CASCADE"), nullable=False),
    Column("level", String(8), nullable=False),
    Column("at", Moment, nullable=False),
    Column("address", String(40), nullable=False),  # the network that it came from, never the whole address
    Column("what", String(80)),  # the name of what was loaded, the reference of an answer
    one_of("level", ("fetched", "opened", "loaded", "replied", "pin")),
)
Index("ix_page_visit_page", page_visit.c.page_id, page_visit.c.level)
