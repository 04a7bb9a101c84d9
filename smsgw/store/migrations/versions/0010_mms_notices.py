"""MMS that wait in the network until they are fetched, and the WAP pushes that are no MMS."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the two tables."""
    op.create_table(
        "mms_notice",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("inbound_id", sa.String(40), nullable=False),
        sa.Column("link", sa.String(40), nullable=False),
        sa.Column("place", sa.String(64), nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("transaction_id", sa.Text(), nullable=False),
        sa.Column("version", sa.String(8), nullable=False),
        sa.Column("sender", sa.String(254)),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("announced_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("copies", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(), nullable=False),
        sa.Column("deferred_at", sa.DateTime()),
        sa.Column("fetch_id", sa.Text()),
        sa.Column("reference", sa.String(120)),
        sa.Column("ended_at", sa.DateTime()),
        sa.CheckConstraint("state IN ('waiting', 'fetched', 'done', 'given_up')", name="state_known"),
        sa.CheckConstraint("copies >= 1 AND attempts >= 0 AND size >= 0", name="counts"),
        sa.CheckConstraint(
            "(state IN ('done', 'given_up')) = (ended_at IS NOT NULL)", name="ended"
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'given_up') OR reference IS NOT NULL", name="fetched"
        ),
        sa.ForeignKeyConstraint(
            ["inbound_id"], ["inbound.id"], name="fk_mms_notice_inbound_id_inbound", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_mms_notice"),
        sa.UniqueConstraint("place", name="uq_mms_notice_place"),
    )
    op.create_index(
        "ix_mms_notice_due",
        "mms_notice",
        ["due_at"],
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index("ix_mms_notice_inbound_id", "mms_notice", ["inbound_id"])
    op.create_table(
        "wap_push",
        sa.Column("inbound_id", sa.String(40), nullable=False),
        sa.Column("link", sa.String(40), nullable=False),
        sa.Column("sender", sa.String(254), nullable=False),
        sa.Column("content_type", sa.String(120), nullable=False),
        sa.Column("application", sa.String(80)),
        sa.Column("says", sa.Text(), nullable=False),
        sa.Column("octets", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["inbound_id"], ["inbound.id"], name="fk_wap_push_inbound_id_inbound", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("inbound_id", name="pk_wap_push"),
    )


def downgrade() -> None:
    """Data would be lost."""
    raise RuntimeError("restore the backup made before the upgrade")
