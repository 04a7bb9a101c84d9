"""What the owner commanded from their phone, each once: by the step of its one-time code, and whether it was done."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, String, Table, UniqueConstraint, text

from .types import Counting, Moment, metadata

remote_command = Table(
    "remote_command",
    metadata,
    Column("id", Counting, primary_key=True, autoincrement=True),
    Column("inbound_id", String(40), nullable=False),
    Column("number", String(20), nullable=False),
    Column("command", String(16), nullable=False),  # "": the code was wrong, so nothing is done
    Column("step", BigInteger),  # of the code (RFC 6238): one that was used is used up; None: it was wrong
    Column("at", Moment, nullable=False),
    Column("done_at", Moment),
    UniqueConstraint("step"),
)
Index(
    "ix_remote_command_due",
    remote_command.c.id,
    sqlite_where=text("done_at IS NULL"),
    postgresql_where=text("done_at IS NULL"),
)
