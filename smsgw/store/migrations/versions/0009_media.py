"""Media: contents of messages and of what came in, and who can show them; mail addresses where numbers were."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# Columns that may hold a mail address now: by table, with the length that they had.
_WIDER = {
    "message": {"recipient": 20, "sender": 20},
    "receipt": {"recipient": 20},
    "inbound": {"sender": 20, "recipient": 20},
    "refusal": {"recipient": 20},
    "consent_answer": {"address": 20},
    "suspected_stop": {"address": 20},
    "target": {"address": 20},
    "unreachable": {"address": 20},
    "participant": {"address": 20},
    "inquiry": {"address": 20},
    "auto_answer": {"address": 20},
    "order": {"address": 20, "recipient": 20},
    "expectation": {"address": 20, "recipient": 20},
    "plan_person": {"recipient": 20},
    "day_total": {"sender": 20},
    "customer_total": {"customer": 40},
}
_KINDS = "'text', 'flash', 'indication', 'silent', 'data'"
_MORE_KINDS = f"{_KINDS}, 'mms', 'mail'"


def upgrade() -> None:
    """Let more in, in columns and kinds; make the tables."""
    if op.get_bind().dialect.name == "sqlite":
        _rewrite()
    else:
        _alter()
    _make_tables()


def _alter() -> None:
    for table, columns in _WIDER.items():
        for column in columns:
            op.alter_column(table, column, type_=sa.String(length=254))
    op.drop_constraint(op.f("ck_inbound_kind_known"), "inbound", type_="check")
    op.create_check_constraint(op.f("ck_inbound_kind_known"), "inbound", f"kind IN ({_MORE_KINDS})")


def _rewrite() -> None:
    """SQLite minds no lengths, and what it keeps on the disk stays as it is: only what describes the tables changes.

    To copy the tables instead would take minutes of a large store, and dropping the old ones would take their children
    with them (sqlite.org/lang_altertable.html section 7, the shorter procedure).
    """
    conn = op.get_bind()
    version = conn.scalar(sa.text("PRAGMA schema_version"))
    conn.execute(sa.text("PRAGMA writable_schema = ON"))
    for table, columns in _WIDER.items():
        for column, length in columns.items():
            _replace(conn, table, f"\t{column} VARCHAR({length})", f"\t{column} VARCHAR(254)")
    _replace(conn, "inbound", f"kind IN ({_KINDS})", f"kind IN ({_MORE_KINDS})")
    conn.execute(sa.text(f"PRAGMA schema_version = {version + 1}"))
    conn.execute(sa.text("PRAGMA writable_schema = RESET"))


def _replace(conn: sa.Connection, table: str, was: str, now: str) -> None:
    values = {"table": table, "was": was, "now": now}
    there = "WHERE type = 'table' AND name = :table AND instr(sql, :was) > 0"
    done = conn.execute(sa.text(f"UPDATE sqlite_master SET sql = replace(sql, :was, :now) {there}"), values)
    if done.rowcount != 1:
        raise RuntimeError(f"the table {table} is not as it was made: {was.strip()} is not in it")


def _make_tables() -> None:
    op.create_table('medium',
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('media_type', sa.String(length=80), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('octets', sa.LargeBinary(), nullable=True),
    sa.Column('width', sa.Integer(), nullable=True),
    sa.Column('height', sa.Integer(), nullable=True),
    sa.Column('seconds', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('used_at', sa.DateTime(), nullable=False),
    sa.Column('purged_at', sa.DateTime(), nullable=True),
    sa.CheckConstraint('(octets IS NULL) = (purged_at IS NOT NULL)', name=op.f('ck_medium_purged')),
    sa.CheckConstraint('size >= 0', name=op.f('ck_medium_size_range')),
    sa.PrimaryKeyConstraint('sha256', name=op.f('pk_medium'))
    )
    op.create_table('rendition',
    sa.Column('source', sa.String(length=64), nullable=False),
    sa.Column('fit', sa.String(length=60), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=True),
    sa.Column('why', sa.Text(), nullable=True),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.CheckConstraint('(sha256 IS NULL) = (why IS NOT NULL)', name=op.f('ck_rendition_either')),
    sa.ForeignKeyConstraint(['sha256'], ['medium.sha256'], name=op.f('fk_rendition_sha256_medium'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['source'], ['medium.sha256'], name=op.f('fk_rendition_source_medium'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('source', 'fit', name=op.f('pk_rendition'))
    )
    op.create_table('message_content',
    sa.Column('message_id', sa.String(length=40), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('slides', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('attached', sa.JSON(none_as_null=True), nullable=True),
    sa.Column('policy', sa.String(length=12), nullable=False),
    sa.Column('profile', sa.String(length=12), nullable=False),
    sa.Column('way', sa.String(length=8), nullable=False),
    sa.Column('why', sa.Text(), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('language', sa.String(length=12), nullable=False),
    sa.Column('from_name', sa.String(length=120), nullable=False),
    sa.Column('read_report', sa.Boolean(), nullable=False),
    sa.Column('reply_to', sa.String(length=254), nullable=True),
    sa.Column('fallback_at', sa.DateTime(), nullable=True),
    sa.Column('fallback_id', sa.String(length=40), nullable=True),
    sa.Column('instead_of', sa.String(length=40), nullable=True),
    sa.Column('shown_at', sa.DateTime(), nullable=True),
    sa.Column('read_at', sa.DateTime(), nullable=True),
    sa.CheckConstraint("policy IN ('mms-first', 'link-first', 'never')", name=op.f('ck_message_content_policy_known')),
    sa.CheckConstraint("way IN ('mms', 'link', 'mail')", name=op.f('ck_message_content_way_known')),
    sa.CheckConstraint('size >= 0', name=op.f('ck_message_content_size_range')),
    sa.ForeignKeyConstraint(['message_id'], ['message.id'], name=op.f('fk_message_content_message_id_message'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('message_id', name=op.f('pk_message_content'))
    )
    op.create_table('message_medium',
    sa.Column('message_id', sa.String(length=40), nullable=False),
    sa.Column('position', sa.SmallInteger(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('original', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.ForeignKeyConstraint(['message_id'], ['message.id'], name=op.f('fk_message_medium_message_id_message'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['original'], ['medium.sha256'], name=op.f('fk_message_medium_original_medium')),
    sa.ForeignKeyConstraint(['sha256'], ['medium.sha256'], name=op.f('fk_message_medium_sha256_medium')),
    sa.PrimaryKeyConstraint('message_id', 'position', name=op.f('pk_message_medium'))
    )
    op.create_table('inbound_content',
    sa.Column('inbound_id', sa.String(length=40), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('also_to', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('copies', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['inbound_id'], ['inbound.id'], name=op.f('fk_inbound_content_inbound_id_inbound'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('inbound_id', name=op.f('pk_inbound_content'))
    )
    op.create_table('inbound_medium',
    sa.Column('inbound_id', sa.String(length=40), nullable=False),
    sa.Column('position', sa.SmallInteger(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('media_type', sa.String(length=80), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('content_id', sa.String(length=120), nullable=False),
    sa.Column('charset', sa.String(length=40), nullable=True),
    sa.ForeignKeyConstraint(['inbound_id'], ['inbound.id'], name=op.f('fk_inbound_medium_inbound_id_inbound'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['sha256'], ['medium.sha256'], name=op.f('fk_inbound_medium_sha256_medium')),
    sa.PrimaryKeyConstraint('inbound_id', 'position', name=op.f('pk_inbound_medium'))
    )
    op.create_table('capability',
    sa.Column('number', sa.String(length=20), nullable=False),
    sa.Column('kind', sa.String(length=4), nullable=False),
    sa.Column('state', sa.String(length=8), nullable=False),
    sa.Column('evidence', sa.String(length=24), nullable=False),
    sa.Column('source', sa.String(length=80), nullable=False),
    sa.Column('why', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.Column('expires_at', sa.DateTime(), nullable=True),
    sa.Column('profile', sa.String(length=12), nullable=True),
    sa.Column('by_admin', sa.Boolean(), nullable=False),
    sa.CheckConstraint("kind IN ('mms')", name=op.f('ck_capability_kind_known')),
    sa.CheckConstraint("state IN ('unknown', 'yes', 'no', 'blocked')", name=op.f('ck_capability_state_known')),
    sa.PrimaryKeyConstraint('number', 'kind', name=op.f('pk_capability'))
    )
    op.create_table('capability_sign',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('number', sa.String(length=20), nullable=False),
    sa.Column('kind', sa.String(length=4), nullable=False),
    sa.Column('sign', sa.String(length=24), nullable=False),
    sa.Column('source', sa.String(length=80), nullable=False),
    sa.Column('message_id', sa.String(length=40), nullable=True),
    sa.Column('content', sa.String(length=64), nullable=True),
    sa.Column('effect', sa.String(length=8), nullable=True),
    sa.Column('note', sa.Text(), nullable=True),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_capability_sign'))
    )
    op.create_index('ix_medium_kept', 'medium', ['used_at'], unique=False, sqlite_where=sa.text('octets IS NOT NULL'), postgresql_where=sa.text('octets IS NOT NULL'))
    op.create_index('ix_rendition_sha256', 'rendition', ['sha256'], unique=False)
    op.create_index('ix_message_content_fallback', 'message_content', ['fallback_at'], unique=False, sqlite_where=sa.text('fallback_at IS NOT NULL'), postgresql_where=sa.text('fallback_at IS NOT NULL'))
    op.create_index('ix_message_content_instead', 'message_content', ['instead_of'], unique=False, sqlite_where=sa.text('instead_of IS NOT NULL'), postgresql_where=sa.text('instead_of IS NOT NULL'))
    op.create_index('ix_message_medium_original', 'message_medium', ['original'], unique=False)
    op.create_index('ix_message_medium_sha256', 'message_medium', ['sha256'], unique=False)
    op.create_index('ix_inbound_medium_sha256', 'inbound_medium', ['sha256'], unique=False)
    op.create_index('ix_capability_sign_number', 'capability_sign', ['number', 'id'], unique=False)
    


def downgrade() -> None:
    """Data would be lost."""
    raise RuntimeError("restore the backup made before the upgrade")
