"""People again: passkeys as a second factor, and messages that ended badly found among millions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A column beside those of the other factor, and an index."""
    op.add_column("account", sa.Column("passkeys", sa.JSON()))
    badly = sa.text("state IN ('cancelled', 'expired', 'failed', 'refused', 'undelivered')")
    op.create_index(
        "ix_message_ended_badly", "message", ["state", "id"], sqlite_where=badly, postgresql_where=badly
    )


def downgrade() -> None:
    """Data would be lost."""
    raise RuntimeError("restore the backup made before the upgrade")
