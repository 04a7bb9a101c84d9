"""Pages for phones that cannot show a message."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_COUNTING = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Keep pages by the hash of their token, and who came to them."""
    op.create_table(
        "message_page",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("message_id", sa.String(length=40), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(), nullable=True),
        sa.Column("revoked_by", sa.String(length=64), nullable=True),
        sa.Column("pin_hash", sa.LargeBinary(), nullable=True),
        sa.Column("pin_tries", sa.SmallInteger(), nullable=False),
        sa.Column("opened_at", sa.DateTime(), nullable=True),
        sa.Column("held_why", sa.Text(), nullable=True),
        sa.Column("purged_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint("(revoked_at IS NULL) = (revoked_by IS NULL)", name=op.f("ck_message_page_revoked")),
        sa.CheckConstraint("pin_tries BETWEEN 0 AND 5", name=op.f("ck_message_page_tries")),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name=op.f("fk_message_page_message_id_message"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_page")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_message_page_token_hash")),
    )
    op.create_index("ix_message_page_message", "message_page", ["message_id", "id"], unique=False)
    op.create_index(
        "ix_message_page_kept",
        "message_page",
        ["expires_at"],
        unique=False,
        sqlite_where=sa.text("purged_at IS NULL"),
        postgresql_where=sa.text("purged_at IS NULL"),
    )
    op.create_table(
        "page_visit",
        sa.Column("id", _COUNTING, autoincrement=True, nullable=False),
        sa.Column("page_id", sa.String(length=40), nullable=False),
        sa.Column("level", sa.String(length=8), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("address", sa.String(length=40), nullable=False),
        sa.Column("what", sa.String(length=80), nullable=True),
        sa.CheckConstraint(
            "level IN ('fetched', 'opened', 'loaded', 'replied', 'pin')", name=op.f("ck_page_visit_level_known")
        ),
        sa.ForeignKeyConstraint(
            ["page_id"], ["message_page.id"], name=op.f("fk_page_visit_page_id_message_page"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_page_visit")),
    )
    op.create_index("ix_page_visit_page", "page_visit", ["page_id", "level"], unique=False)


def downgrade() -> None:
    """Data would be lost."""
    raise RuntimeError("restore the backup made before the upgrade")
