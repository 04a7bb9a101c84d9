"""Nothing yet."""

from __future__ import annotations

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change nothing."""


def downgrade() -> None:
    """Data would be lost."""
    raise RuntimeError("restore the backup made before the upgrade")
