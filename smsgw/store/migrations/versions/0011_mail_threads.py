"""Mail as a channel: addresses that answers come back to, and letters with parts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let letters tell of what came in, and keep the conversations and keys of their addresses."""
    op.add_column('mail', sa.Column('inbound_id', sa.String(length=40), nullable=True))
    op.add_column('mail', sa.Column('thread_id', sa.Integer(), nullable=True))
    op.add_column('mail', sa.Column('answer_to', sa.String(length=254), nullable=True))
    op.add_column('mail', sa.Column('bounce_to', sa.String(length=254), nullable=True))
    op.add_column('mail', sa.Column('follows', sa.Text(), nullable=True))
    op.create_index('ix_mail_thread', 'mail', ['thread_id', 'recipient'], unique=False, sqlite_where=sa.text('thread_id IS NOT NULL'), postgresql_where=sa.text('thread_id IS NOT NULL'))
    op.create_index('ix_mail_inbound', 'mail', ['inbound_id'], unique=False, sqlite_where=sa.text('inbound_id IS NOT NULL'), postgresql_where=sa.text('inbound_id IS NOT NULL'))
    op.create_table('mail_key',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('secret', sa.LargeBinary(), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('revoked_at', sa.DateTime(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mail_key'))
    )
    op.create_table('mail_thread',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('address', sa.String(length=254), nullable=False),
    sa.Column('series', sa.Integer(), nullable=False),
    sa.Column('inbound_id', sa.String(length=40), nullable=True),
    sa.Column('last_mail', sa.Text(), nullable=True),
    sa.Column('answers_until', sa.DateTime(), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.CheckConstraint('series >= 0', name=op.f('ck_mail_thread_series_range')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mail_thread')),
    sa.UniqueConstraint('address', name=op.f('uq_mail_thread_address'))
    )
    op.create_table('mail_answer',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('thread_id', sa.Integer(), nullable=False),
    sa.Column('message_id', sa.String(length=254), nullable=False),
    sa.Column('sender', sa.String(length=254), nullable=False),
    sa.Column('sent_id', sa.String(length=40), nullable=True),
    sa.Column('why', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mail_answer')),
    sa.UniqueConstraint('thread_id', 'message_id', name=op.f('uq_mail_answer_thread_id_message_id'))
    )
    op.create_index('ix_mail_answer_thread', 'mail_answer', ['thread_id', 'at'], unique=False)


def downgrade() -> None:
    """Data would be lost."""
    raise RuntimeError("restore the backup made before the upgrade")
