"""Audit: who did what to which record, append only, each line sealed together with the one before it.

Ids have no gaps, so that a line that was taken away is seen as well as one that was changed. `smsgw.access.audit` is
the only writer.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, LargeBinary, String, Table, Text

from .types import Moment, metadata

audit = Table(
    "audit",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),  # the next whole number
    Column("at", Moment, nullable=False),
    Column("who", String(64), nullable=False),  # key_…, acc_…, "cli", or what of the gateway acted
    Column("name", String(120), nullable=False),  # what that was called then
    Column("source", String(64)),  # from where: a network address, a user of the system
    Column("verb", String(40), nullable=False),  # "key.created"
    Column("record", String(24)),  # what kind of record it was done to
    Column("record_id", String(64)),
    Column("says", Text, nullable=False),  # a sentence for people
    Column("before", Text),
    Column("after", Text),
    Column("seal", LargeBinary, nullable=False),  # SHA-256 of the seal before and of this line
)
Index("ix_audit_record_id", audit.c.record_id, audit.c.id)
Index("ix_audit_who", audit.c.who, audit.c.id)
Index("ix_audit_verb", audit.c.verb, audit.c.id)
