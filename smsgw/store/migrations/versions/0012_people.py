"""People at the desk: roles, second factors and sessions. Whoever is logged in logs in once more."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

ROLES = "role IN ('owner', 'manager', 'agent', 'viewer', 'developer')"
KINDS = "kind IN ('session', 'once', 'invite', 'factor', 'setup')"


def upgrade() -> None:
    """Five roles in place of two; what a second factor needs; from where and when a session is used."""
    op.drop_table("session")  # before its accounts are written anew, which would take it along
    with op.batch_alter_table("account") as batch:
        batch.drop_constraint(op.f("ck_account_role_known"), type_="check")
        batch.add_column(sa.Column("seen_at", sa.DateTime(), nullable=True))
        batch.add_column(sa.Column("totp_secret", sa.String(length=64), nullable=True))
        batch.add_column(sa.Column("totp_since", sa.DateTime(), nullable=True))
        batch.add_column(sa.Column("totp_step", sa.BigInteger(), nullable=True))
        batch.add_column(sa.Column("recovery", sa.JSON(), nullable=True))
        batch.alter_column("role", type_=sa.String(length=12), existing_nullable=False)
    op.execute("UPDATE account SET role = CASE role WHEN 'admin' THEN 'owner' ELSE 'agent' END")
    with op.batch_alter_table("account") as batch:
        batch.create_check_constraint(op.f("ck_account_role_known"), ROLES)
    op.create_table(
        "session",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", sa.String(length=40), nullable=True),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("used_at", sa.DateTime(), nullable=True),
        sa.Column("address", sa.String(length=64), nullable=True),
        sa.Column("browser", sa.String(length=200), nullable=True),
        sa.CheckConstraint(KINDS, name=op.f("ck_session_kind_known")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_session_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_session")),
    )
    op.create_index("ix_session_account_id", "session", ["account_id"], unique=False)


def downgrade() -> None:
    """Data would be lost."""
    raise RuntimeError("restore the backup made before the upgrade")
