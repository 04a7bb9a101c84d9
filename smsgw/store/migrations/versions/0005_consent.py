"""Consent by category, with its proof, and what the gate looks at."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make its tables; consent is about mail addresses too, and messages have a category."""
    _widen_consent()
    op.add_column("message", sa.Column("category", sa.String(length=24), nullable=True))
    _make_tables()


def _widen_consent() -> None:
    statement = sa.CheckConstraint("statement IN ('granted', 'withdrawn')", name=op.f("ck_consent_statement_known"))
    with op.batch_alter_table("consent", table_args=(statement,)) as batch:
        batch.alter_column("address", type_=sa.String(length=254), existing_nullable=False)
        batch.add_column(sa.Column("recorded_at", sa.DateTime(), nullable=True))
        batch.add_column(sa.Column("customer_id", sa.String(length=40), nullable=True))
        batch.add_column(sa.Column("basis", sa.String(length=16), nullable=True))
        batch.add_column(sa.Column("wording_id", sa.BigInteger(), nullable=True))
        batch.add_column(sa.Column("opt_in_id", sa.BigInteger(), nullable=True))
        batch.add_column(sa.Column("expires_at", sa.DateTime(), nullable=True))
        batch.add_column(sa.Column("note", sa.Text(), nullable=True))
    op.create_index(
        "ix_consent_withdrawn",
        "consent",
        ["purpose", "address"],
        unique=False,
        sqlite_where=sa.text("statement = 'withdrawn'"),
        postgresql_where=sa.text("statement = 'withdrawn'"),
    )


def _make_tables() -> None:
    op.create_table(
        "category",
        sa.Column("code", sa.String(length=24), nullable=False),
        sa.Column("names", sa.JSON(), nullable=False),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_category")),
    )
    op.create_table(
        "consent_answer",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("address", sa.String(length=20), nullable=False),
        sa.Column("inbound_id", sa.String(length=40), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("settled_at", sa.DateTime(), nullable=True),
        sa.Column("message_id", sa.String(length=40), nullable=True),
        sa.Column("why", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('stop', 'start', 'help', 'status', 'ask', 'remind', 'link')",
            name=op.f("ck_consent_answer_kind_known"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_answer")),
    )
    op.create_index("ix_consent_answer_address", "consent_answer", ["address", "id"], unique=False)
    op.create_index(
        "ix_consent_answer_owed",
        "consent_answer",
        ["id"],
        unique=False,
        sqlite_where=sa.text("settled_at IS NULL"),
        postgresql_where=sa.text("settled_at IS NULL"),
    )
    op.create_table(
        "consent_word",
        sa.Column("words", sa.String(length=60), nullable=False),
        sa.Column("meaning", sa.String(length=10), nullable=False),
        sa.Column("language", sa.String(length=12), nullable=True),
        sa.CheckConstraint(
            "meaning IN ('stop', 'start', 'help', 'status', 'courtesy', 'nothing')",
            name=op.f("ck_consent_word_meaning_known"),
        ),
        sa.PrimaryKeyConstraint("words", name=op.f("pk_consent_word")),
    )
    op.create_table(
        "consent_wording",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_wording")),
        sa.UniqueConstraint("name", "version", name=op.f("uq_consent_wording_name_version")),
    )
    op.create_table(
        "frequency_cap",
        sa.Column("category", sa.String(length=24), nullable=False),
        sa.Column("days", sa.SmallInteger(), nullable=False),
        sa.Column("most", sa.Integer(), nullable=False),
        sa.CheckConstraint("days IN (1, 7, 30) AND most >= 0", name=op.f("ck_frequency_cap_cap_range")),
        sa.PrimaryKeyConstraint("category", "days", name=op.f("pk_frequency_cap")),
    )
    op.create_table(
        "gate_change",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gate_change")),
    )
    op.create_table(
        "open_hours",
        sa.Column("region", sa.String(length=2), nullable=False),
        sa.Column("hours", sa.JSON(), nullable=False),
        sa.Column("holidays", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("region", name=op.f("pk_open_hours")),
    )
    op.create_table(
        "opt_in",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("category", sa.String(length=24), nullable=False),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column("wording_id", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("asked_at", sa.DateTime(), nullable=False),
        sa.Column("remind_at", sa.DateTime(), nullable=True),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("closed_at", sa.DateTime(), nullable=True),
        sa.Column("outcome", sa.String(length=10), nullable=True),
        sa.CheckConstraint("outcome IN ('granted', 'declined', 'lapsed')", name=op.f("ck_opt_in_outcome_known")),
        sa.CheckConstraint("(closed_at IS NULL) = (outcome IS NULL)", name=op.f("ck_opt_in_closed")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opt_in")),
    )
    op.create_index("ix_opt_in_address", "opt_in", ["address", "id"], unique=False)
    op.create_index(
        "ix_opt_in_pending",
        "opt_in",
        ["expires_at"],
        unique=False,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "own_key",
        sa.Column("name", sa.String(length=24), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_own_key")),
    )
    op.create_table(
        "refusal",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("client", sa.String(length=64), nullable=False),
        sa.Column("recipient", sa.String(length=20), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("category", sa.String(length=24), nullable=True),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("says", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refusal")),
    )
    op.create_index("ix_refusal_at", "refusal", ["at"], unique=False)
    op.create_index("ix_refusal_recipient", "refusal", ["recipient", "id"], unique=False)
    op.create_table(
        "suppression",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("reach", sa.String(length=12), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("hint", sa.String(length=30), nullable=True),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("reach IN ('everything', 'marketing')", name=op.f("ck_suppression_reach_known")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_suppression")),
    )
    op.create_table(
        "suspected_stop",
        sa.Column("inbound_id", sa.String(length=40), nullable=False),
        sa.Column("address", sa.String(length=20), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("decided_at", sa.DateTime(), nullable=True),
        sa.Column("decided_by", sa.String(length=64), nullable=True),
        sa.Column("meant", sa.Boolean(), nullable=True),
        sa.CheckConstraint("(decided_at IS NULL) = (meant IS NULL)", name=op.f("ck_suspected_stop_decided")),
        sa.PrimaryKeyConstraint("inbound_id", name=op.f("pk_suspected_stop")),
    )
    op.create_index(
        "ix_suspected_stop_open",
        "suspected_stop",
        ["address"],
        unique=False,
        sqlite_where=sa.text("decided_at IS NULL"),
        postgresql_where=sa.text("decided_at IS NULL"),
    )


def downgrade() -> None:
    """Data would be lost."""
    raise RuntimeError("restore the backup made before the upgrade")
