"""Customer and Address, with fields, tags, notes, groups, segments, merges, imports and who looked: the people.

One address belongs to one customer. `folded` holds what people search by, without case and marks, for the engines do
not agree on what a small letter is.
"""

from __future__ import annotations

from sqlalchemy import (
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

from ..lifecycle import CUSTOMER_IMPORT
from .types import Counting, Json, Moment, metadata, one_of

customer = Table(
    "customer",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("name", String(120), nullable=False),  # "" while nobody knows it
    Column("name_key", String(120), nullable=False),  # the same, folded
    Column("language", String(12)),  # sl, en, ru, fa, …
    Column("zone", String(64)),  # of the time zone database; None: as the number says
    Column("channel", String(8)),  # how this person likes to be reached; None: no wish
    Column("reference", String(120), unique=True),  # what another program calls this person
    Column("fields", Json, nullable=False),  # by the names of `customer_field`
    Column("folded", Json, nullable=False),  # the texts among them, folded
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("revision", Integer, nullable=False),  # grows with every change: the ETag
    Column("merged_into", ForeignKey("customer.id", ondelete="CASCADE")),  # None: a customer of today
    Column("hold_why", Text),  # a legal hold: nothing of this person is forgotten while it stands
    Column("hold_by", String(64)),
    Column("hold_at", Moment),
    one_of("channel", ("sms", "mms", "email", "call")),
    CheckConstraint("revision >= 1", name="revision_range"),
    CheckConstraint("(hold_why IS NULL) = (hold_at IS NULL) AND (hold_by IS NULL) = (hold_at IS NULL)", name="hold"),
)
Index("ix_customer_name_key", customer.c.name_key, customer.c.id)
Index(
    "ix_customer_merged",
    customer.c.merged_into,
    sqlite_where=text("merged_into IS NOT NULL"),
    postgresql_where=text("merged_into IS NOT NULL"),
)
Index(
    "ix_customer_hold",
    customer.c.hold_at,
    sqlite_where=text("hold_at IS NOT NULL"),
    postgresql_where=text("hold_at IS NOT NULL"),
)

address = Table(
    "address",
    metadata,
    Column("address", String(254), primary_key=True),  # E.164, a code or name as it wrote to us, or a mail address
    Column("customer_id", ForeignKey("customer.id", ondelete="CASCADE"), nullable=False),
    Column("kind", String(8), nullable=False),
    Column("rank", SmallInteger, nullable=False),  # among those of its kind: 0 is the one that is written to
    Column("region", String(2)),  # the number's country, ISO 3166
    Column("created_at", Moment, nullable=False),
    one_of("kind", ("phone", "email")),
    CheckConstraint("rank >= 0", name="rank_range"),
)
Index("ix_address_customer", address.c.customer_id, address.c.kind, address.c.rank)

customer_tag = Table(
    "customer_tag",
    metadata,
    Column("tag", String(40), primary_key=True),
    Column("customer_id", ForeignKey("customer.id", ondelete="CASCADE"), primary_key=True),
)
Index("ix_customer_tag_customer", customer_tag.c.customer_id)

customer_note = Table(
    "customer_note",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("customer_id", ForeignKey("customer.id", ondelete="CASCADE"), nullable=False),
    Column("text", Text, nullable=False),
    Column("by", String(64), nullable=False),
    Column("at", Moment, nullable=False),
)
Index("ix_customer_note_customer", customer_note.c.customer_id, customer_note.c.id)

# The fields that a shop has of its own.
customer_field = Table(
    "customer_field",
    metadata,
    Column("name", String(40), primary_key=True),  # a-z, 0-9, _: templates, rules and JSON say it
    Column("label", String(80), nullable=False),  # for people
    Column("kind", String(8), nullable=False),
    Column("choices", Json),  # of a choice
    Column("created_at", Moment, nullable=False),
    one_of("kind", ("text", "number", "date", "yesno", "choice")),
)

customer_group = Table(
    "customer_group",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("name", String(80), nullable=False, unique=True),
    Column("created_at", Moment, nullable=False),
    Column("by", String(64), nullable=False),
)

group_member = Table(
    "group_member",
    metadata,
    Column("group_id", ForeignKey("customer_group.id", ondelete="CASCADE"), primary_key=True),
    Column("customer_id", ForeignKey("customer.id", ondelete="CASCADE"), primary_key=True),
    Column("at", Moment, nullable=False),
    Column("by", String(64), nullable=False),
)
Index("ix_group_member_customer", group_member.c.customer_id)

segment = Table(
    "segment",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("name", String(80), nullable=False, unique=True),
    Column("rule", Json, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("by", String(64), nullable=False),
)

# Append only but for the undoing: what moved, and what the one that stayed had before.
customer_merge = Table(
    "customer_merge",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("kept_id", ForeignKey("customer.id", ondelete="CASCADE"), nullable=False),
    Column("gone_id", ForeignKey("customer.id", ondelete="CASCADE"), nullable=False),
    Column("moved", Json, nullable=False),
    Column("at", Moment, nullable=False),
    Column("by", String(64), nullable=False),
    Column("undone_at", Moment),
    Column("undone_by", String(64)),
    CheckConstraint("(undone_at IS NULL) = (undone_by IS NULL)", name="undone"),
)
Index("ix_customer_merge_kept", customer_merge.c.kept_id)
Index("ix_customer_merge_gone", customer_merge.c.gone_id)

customer_import = Table(
    "customer_import",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("state", String(12), nullable=False),
    Column("why", Text, nullable=False),
    Column("file", String(200), nullable=False),
    Column("content", LargeBinary),  # until it is read
    Column("wish", Json, nullable=False),  # which column is what, the country of numbers, …
    Column("facts", Json, nullable=False),  # delimiter, encoding, columns as they were found
    Column("lines", Integer),  # in the sheet; None until it is read
    Column("done", Integer, nullable=False),  # lines of the present step that are done
    Column("by", String(64), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("applied_at", Moment),
    one_of("state", CUSTOMER_IMPORT.states),
)
Index(
    "ix_customer_import_busy",
    customer_import.c.id,
    sqlite_where=text("state IN ('reading', 'applying', 'undoing')"),
    postgresql_where=text("state IN ('reading', 'applying', 'undoing')"),
)

# A line of a sheet against what we know. It is applied in the transaction that writes the customer.
import_line = Table(
    "import_line",
    metadata,
    Column("import_id", ForeignKey("customer_import.id", ondelete="CASCADE"), primary_key=True),
    Column("line", Integer, primary_key=True),  # of the sheet, from 1; the header is one too
    Column("verdict", String(12), nullable=False),
    Column("opted_out", SmallInteger, nullable=False),  # 1: an address of it said stop
    Column("customer_id", String(40)),  # whom it is about; of a new one, its id to be
    Column("told", Json),  # what the line says, in our spelling
    Column("changes", Json),  # field by field: [before, after]; once applied, what really changed
    Column("why", Text),  # what is wrong with it
    Column("applied_at", Moment),
    Column("undone_at", Moment),
    one_of("verdict", ("new", "changed", "unchanged", "invalid")),
    CheckConstraint("opted_out IN (0, 1)", name="opted_out_known"),
)
Index("ix_import_line_verdict", import_line.c.import_id, import_line.c.verdict, import_line.c.line)

# Append only: who looked at a person's card, took it away or had it forgotten. No name and no number stands here.
access_log = Table(
    "access_log",
    metadata,
    Column("id", Counting, primary_key=True, autoincrement=True),
    Column("customer_id", String(40), nullable=False),
    Column("what", String(16), nullable=False),  # seen, exported, erased, held, …
    Column("by", String(64), nullable=False),
    Column("at", Moment, nullable=False),
)
Index("ix_access_log_customer", access_log.c.customer_id, access_log.c.id)
