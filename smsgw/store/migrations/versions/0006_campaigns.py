"""Templates, campaigns and their targets."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, and let a message say which campaign it is of."""
    op.create_table('campaign',
    sa.Column('id', sa.String(length=40), nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('why', sa.Text(), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('parent_id', sa.String(length=40), nullable=True),
    sa.Column('run', sa.String(length=40), nullable=True),
    sa.Column('purpose', sa.String(length=16), nullable=False),
    sa.Column('category', sa.String(length=40), nullable=True),
    sa.Column('audience', sa.JSON(), nullable=False),
    sa.Column('texts', sa.JSON(), nullable=False),
    sa.Column('language', sa.String(length=8), nullable=False),
    sa.Column('template_id', sa.String(length=40), nullable=True),
    sa.Column('sender', sa.String(length=20), nullable=True),
    sa.Column('link', sa.String(length=40), nullable=True),
    sa.Column('terms', sa.JSON(), nullable=False),
    sa.Column('starts_at', sa.DateTime(), nullable=True),
    sa.Column('ends_at', sa.DateTime(), nullable=True),
    sa.Column('started_at', sa.DateTime(), nullable=True),
    sa.Column('frozen_upto', sa.String(length=40), nullable=True),
    sa.Column('frozen_at', sa.DateTime(), nullable=True),
    sa.Column('ended_at', sa.DateTime(), nullable=True),
    sa.Column('base', sa.JSON(), nullable=True),
    sa.Column('consent_from', sa.BigInteger(), nullable=True),
    sa.Column('wave', sa.SmallInteger(), nullable=False),
    sa.Column('wave_at', sa.DateTime(), nullable=True),
    sa.Column('winner', sa.String(length=1), nullable=True),
    sa.Column('paced_at', sa.DateTime(), nullable=True),
    sa.Column('placed', sa.Integer(), nullable=False),
    sa.Column('planned', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=True),
    sa.Column('estimate', sa.JSON(), nullable=True),
    sa.Column('estimated_at', sa.DateTime(), nullable=True),
    sa.Column('approved_by', sa.String(length=64), nullable=True),
    sa.Column('approved_at', sa.DateTime(), nullable=True),
    sa.Column('by', sa.String(length=64), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('changed_at', sa.DateTime(), nullable=False),
    sa.CheckConstraint("kind IN ('once', 'recurring', 'relative', 'follow_up')", name=op.f('ck_campaign_kind_known')),
    sa.CheckConstraint("purpose IN ('transactional', 'service', 'marketing')", name=op.f('ck_campaign_purpose_known')),
    sa.CheckConstraint("state IN ('draft', 'estimated', 'approved', 'scheduled', 'running', 'paused', 'finished', 'stopped')", name=op.f('ck_campaign_state_known')),
    sa.CheckConstraint('(parent_id IS NULL) = (run IS NULL)', name=op.f('ck_campaign_run_of_parent')),
    sa.CheckConstraint('placed >= 0 AND planned >= 0 AND wave >= 0', name=op.f('ck_campaign_counts')),
    sa.ForeignKeyConstraint(['parent_id'], ['campaign.id'], name=op.f('fk_campaign_parent_id_campaign')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_campaign')),
    sa.UniqueConstraint('parent_id', 'run', name=op.f('uq_campaign_parent_id_run'))
    )
    op.create_index('ix_campaign_open', 'campaign', ['state', 'starts_at'], unique=False, sqlite_where=sa.text('ended_at IS NULL'), postgresql_where=sa.text('ended_at IS NULL'))
    op.create_table('template',
    sa.Column('id', sa.String(length=40), nullable=False),
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('texts', sa.JSON(), nullable=False),
    sa.Column('language', sa.String(length=8), nullable=False),
    sa.Column('by', sa.String(length=64), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('changed_at', sa.DateTime(), nullable=False),
    sa.Column('gone_at', sa.DateTime(), nullable=True),
    sa.CheckConstraint("name <> ''", name=op.f('ck_template_named')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_template'))
    )
    op.create_index('uq_template_in_use', 'template', ['name'], unique=True, sqlite_where=sa.text('gone_at IS NULL'), postgresql_where=sa.text('gone_at IS NULL'))
    op.create_table('unreachable',
    sa.Column('address', sa.String(length=20), nullable=False),
    sa.Column('failures', sa.SmallInteger(), nullable=False),
    sa.Column('first_at', sa.DateTime(), nullable=False),
    sa.Column('last_at', sa.DateTime(), nullable=False),
    sa.Column('why', sa.Text(), nullable=False),
    sa.CheckConstraint('failures >= 1', name=op.f('ck_unreachable_counts')),
    sa.PrimaryKeyConstraint('address', name=op.f('pk_unreachable'))
    )
    op.create_table('target',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('campaign_id', sa.String(length=40), nullable=False),
    sa.Column('customer_id', sa.String(length=40), nullable=True),
    sa.Column('address', sa.String(length=20), nullable=False),
    sa.Column('language', sa.String(length=8), nullable=True),
    sa.Column('wave', sa.SmallInteger(), nullable=False),
    sa.Column('variant', sa.String(length=1), nullable=True),
    sa.Column('left_out', sa.String(length=24), nullable=True),
    sa.Column('says', sa.Text(), nullable=True),
    sa.Column('message_id', sa.String(length=40), nullable=True),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_target_campaign_id_campaign'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_target'))
    )
    op.create_index('ix_target_campaign', 'target', ['campaign_id', 'id'], unique=False)
    op.create_index('ix_target_address', 'target', ['address'], unique=False)
    op.create_index('ix_target_left_out', 'target', ['campaign_id', 'left_out'], unique=False, sqlite_where=sa.text('left_out IS NOT NULL'), postgresql_where=sa.text('left_out IS NOT NULL'))
    op.create_index('ix_target_next', 'target', ['campaign_id', 'wave', 'id'], unique=False, sqlite_where=sa.text('left_out IS NULL AND message_id IS NULL'), postgresql_where=sa.text('left_out IS NULL AND message_id IS NULL'))
    op.create_index('uq_target_going', 'target', ['campaign_id', 'address'], unique=True, sqlite_where=sa.text('left_out IS NULL'), postgresql_where=sa.text('left_out IS NULL'))
    op.add_column("message", sa.Column("campaign_id", sa.String(length=40), nullable=True))
    op.create_index(
        "ix_message_campaign",
        "message",
        ["campaign_id", "state"],
        unique=False,
        sqlite_where=sa.text("campaign_id IS NOT NULL"),
        postgresql_where=sa.text("campaign_id IS NOT NULL"),
    )


def downgrade() -> None:
    """Data would be lost."""
    raise RuntimeError("restore the backup made before the upgrade")
