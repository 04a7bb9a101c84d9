"""Who did what, in a chain that shows a change; and what people decided about conversations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the record of who did what, and what is known of conversations besides their texts."""
    op.create_table('audit',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.Column('who', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('source', sa.String(length=64), nullable=True),
    sa.Column('verb', sa.String(length=40), nullable=False),
    sa.Column('record', sa.String(length=24), nullable=True),
    sa.Column('record_id', sa.String(length=64), nullable=True),
    sa.Column('says', sa.Text(), nullable=False),
    sa.Column('before', sa.Text(), nullable=True),
    sa.Column('after', sa.Text(), nullable=True),
    sa.Column('seal', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit'))
    )
    op.create_index('ix_audit_record_id', 'audit', ['record_id', 'id'], unique=False)
    op.create_index('ix_audit_who', 'audit', ['who', 'id'], unique=False)
    op.create_index('ix_audit_verb', 'audit', ['verb', 'id'], unique=False)
    op.create_table('conversation',
    sa.Column('id', sa.String(length=40), nullable=False),
    sa.Column('number', sa.String(length=254), nullable=False),
    sa.Column('assigned_to', sa.String(length=64), nullable=True),
    sa.Column('snoozed_until', sa.DateTime(), nullable=True),
    sa.Column('closed_at', sa.DateTime(), nullable=True),
    sa.Column('changed_at', sa.DateTime(), nullable=False),
    sa.Column('by', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_conversation')),
    sa.UniqueConstraint('number', name=op.f('uq_conversation_number'))
    )


def downgrade() -> None:
    """Data would be lost."""
    raise RuntimeError("restore the backup made before the upgrade")
