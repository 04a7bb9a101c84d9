"""Sums of a day tell texts, MMS and mails apart; up to now all were texts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let a sum have a kind."""
    with op.batch_alter_table("day_total") as changed:
        changed.add_column(sa.Column("kind", sa.String(length=4), nullable=False, server_default="sms"))
    with op.batch_alter_table("day_total") as changed:
        changed.alter_column("kind", server_default=None)


def downgrade() -> None:
    """Data would be lost."""
    raise RuntimeError("restore the backup made before the upgrade")
