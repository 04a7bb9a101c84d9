"""Short links, and when they were followed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
works_for = "0021"
branch_labels = None
depends_on = None

_COUNTING = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Two tables that nobody wrote before."""
    op.create_table(
        "short_link",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=7), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("used_at", sa.DateTime(), nullable=False),
        sa.Column("campaign_id", sa.String(length=40), nullable=True),
        sa.Column("message_id", sa.String(length=40), nullable=True),
        sa.Column("note", sa.String(length=60), nullable=True),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name=op.f("fk_short_link_message_id_message"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_short_link")),
        sa.UniqueConstraint("code", name=op.f("uq_short_link_code")),
    )
    op.create_index("ix_short_link_message", "short_link", ["message_id"], unique=False)
    op.create_table(
        "short_link_click",
        sa.Column("id", _COUNTING, autoincrement=True, nullable=False),
        sa.Column("link_id", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("human", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["link_id"], ["short_link.id"], name=op.f("fk_short_link_click_link_id_short_link"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_short_link_click")),
    )
    op.create_index("ix_short_link_click_link", "short_link_click", ["link_id", "human", "at"], unique=False)


def downgrade() -> None:
    """Data would be lost."""
    raise RuntimeError("restore the backup made before the upgrade")
