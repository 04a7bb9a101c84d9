"""The doors again: whether a request was begun, how fast a key may send, and what senders give to a template."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A column beside the kept answers, one beside keys, one beside templates."""
    op.add_column("idempotency", sa.Column("worked_at", sa.DateTime()))
    op.add_column("api_key", sa.Column("per_minute", sa.Integer()))
    op.add_column("template", sa.Column("vars", sa.JSON()))


def downgrade() -> None:
    """Data would be lost."""
    raise RuntimeError("restore the backup made before the upgrade")
