"""A desk that several people share: up to which text a conversation was put off or closed, and indices of its queues."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
works_for = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A column beside the decisions, filled in from their time, and an index for each queue."""
    op.add_column("conversation", sa.Column("upto", sa.String(length=40)))
    op.execute(
        "UPDATE conversation SET upto = (SELECT max(id) FROM inbound "
        "WHERE inbound.sender = conversation.number AND inbound.received_at <= conversation.changed_at)"
    )
    for name, columns in (
        ("assigned_to", ["assigned_to", "number"]), ("snoozed_until", ["snoozed_until", "id"]),
        ("closed_at", ["closed_at", "id"]),
    ):  # fmt: skip
        there = sa.text(f"{name} IS NOT NULL")
        op.create_index(f"ix_conversation_{name}", "conversation", columns, sqlite_where=there, postgresql_where=there)


def downgrade() -> None:
    """Data would be lost."""
    raise RuntimeError("restore the backup made before the upgrade")
