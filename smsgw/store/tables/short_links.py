"""ShortLink and ShortLinkClick: addresses of our own that lead elsewhere, and when they were followed.

Of whoever follows one nothing is kept: no address, no name of a browser. Only when it was, and whether it can have
been a person.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, String, Table, Text

from .types import Counting, Moment, metadata

short_link = Table(
    "short_link",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("code", String(7), nullable=False, unique=True),
    Column("url", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("by", String(64), nullable=False),  # the client
    Column("used_at", Moment, nullable=False),  # in a text the last time, to the day
    Column("campaign_id", String(40)),
    Column("message_id", ForeignKey("message.id", ondelete="CASCADE")),  # of marketing: one recipient's own
    Column("note", String(60)),
)
Index("ix_short_link_message", short_link.c.message_id)

short_link_click = Table(
    "short_link_click",
    metadata,
    Column("id", Counting, primary_key=True, autoincrement=True),
    Column("link_id", ForeignKey("short_link.id", ondelete="CASCADE"), nullable=False),
    Column("at", Moment, nullable=False),
    Column("human", Boolean, nullable=False),
)
Index("ix_short_link_click_link", short_link_click.c.link_id, short_link_click.c.human, short_link_click.c.at)
