"""In service: whether the owner was told of an alert, and what they commanded from their phone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Two columns beside alerts, and a table of commands."""
    op.add_column("alert", sa.Column("told_at", sa.DateTime()))
    op.add_column("alert", sa.Column("over_told_at", sa.DateTime()))
    op.create_table(
        "remote_command",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("inbound_id", sa.String(40), nullable=False),
        sa.Column("number", sa.String(20), nullable=False),
        sa.Column("command", sa.String(16), nullable=False),
        sa.Column("step", sa.BigInteger()),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("done_at", sa.DateTime()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remote_command")),
        sa.UniqueConstraint("step", name=op.f("uq_remote_command_step")),
    )
    op.create_index(
        "ix_remote_command_due",
        "remote_command",
        ["id"],
        sqlite_where=sa.text("done_at IS NULL"),
        postgresql_where=sa.text("done_at IS NULL"),
    )


def downgrade() -> None:
    """Data would be lost."""
    raise RuntimeError("restore the backup made before the upgrade")
