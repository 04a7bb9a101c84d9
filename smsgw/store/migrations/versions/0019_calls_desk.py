"""Calls at the desk, and an index of the texts that wait."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep the calls that people of ours take and make."""
    op.create_table(
        "talk",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("direction", sa.String(length=3), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=True),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("reference", sa.String(length=120), nullable=True),
        sa.Column("call_id", sa.String(length=40), nullable=True),
        sa.Column("began_at", sa.DateTime(), nullable=False),
        sa.Column("taken_at", sa.DateTime(), nullable=True),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.Column("agent", sa.String(length=64), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("promised", sa.Text(), nullable=True),
        sa.Column("promised_at", sa.DateTime(), nullable=True),
        sa.Column("inquiry_id", sa.String(length=40), nullable=True),
        sa.Column("message_id", sa.String(length=40), nullable=True),
        sa.CheckConstraint("state IN ('ringing', 'open', 'done', 'missed')", name=op.f("ck_talk_state_known")),
        sa.CheckConstraint("direction IN ('in', 'out')", name=op.f("ck_talk_direction_known")),
        sa.CheckConstraint(
            "outcome IN ('solved', 'ordered', 'callback', 'not_reached', 'wrong_number', 'complaint', 'other')",
            name=op.f("ck_talk_outcome_known"),
        ),
        sa.CheckConstraint("(promised IS NULL) = (promised_at IS NULL)", name=op.f("ck_talk_promise_whole")),
        sa.CheckConstraint("ended_at IS NOT NULL OR state NOT IN ('done', 'missed')", name=op.f("ck_talk_ended")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_talk")),
        sa.UniqueConstraint("call_id", name=op.f("uq_talk_call_id")),
        sa.UniqueConstraint("source", "reference", name=op.f("uq_talk_source_reference")),
    )
    op.create_index("ix_talk_number", "talk", ["number", "id"], unique=False)
    op.create_index(
        "ix_talk_now",
        "talk",
        ["id"],
        unique=False,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        "ix_inbound_waiting",
        "inbound",
        ["sender", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )


def downgrade() -> None:
    """Data would be lost."""
    raise RuntimeError("restore the backup made before the upgrade")
