"""Doors for other gateways' clients: webhooks that speak a dialect, and what signs for them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let a webhook have a dialect, a delivery a request of its own and a reply, and a key a category."""
    op.add_column('api_key', sa.Column('category', sa.String(length=24), nullable=True))
    op.add_column('webhook', sa.Column('dialect', sa.String(length=12), nullable=True))
    op.add_column('webhook', sa.Column('client', sa.String(length=64), nullable=True))
    op.add_column('webhook', sa.Column('terms', sa.JSON(), nullable=True))
    op.add_column('delivery', sa.Column('request', sa.JSON(), nullable=True))
    op.add_column('delivery', sa.Column('reply', sa.Text(), nullable=True))
    op.create_index('ix_delivery_reply', 'delivery', ['id'], unique=False, sqlite_where=sa.text('reply IS NOT NULL'), postgresql_where=sa.text('reply IS NOT NULL'))
    op.create_table('signing',
    sa.Column('key_id', sa.String(length=40), nullable=False),
    sa.Column('dialect', sa.String(length=12), nullable=False),
    sa.Column('secret', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['key_id'], ['api_key.id'], name=op.f('fk_signing_key_id_api_key'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('key_id', 'dialect', name=op.f('pk_signing'))
    )


def downgrade() -> None:
    """Data would be lost."""
    raise RuntimeError("restore the backup made before the upgrade")
