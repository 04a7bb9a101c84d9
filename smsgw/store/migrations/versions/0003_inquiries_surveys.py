"""Inquiries, automatic answers, surveys, and what is learned from corrections."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make their tables."""
    op.create_table(
        "answer_template",
        sa.Column("topic", sa.String(length=24), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("changed_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("topic", "language", name=op.f("pk_answer_template")),
    )
    op.create_table(
        "answer_topic",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("measured_from", sa.DateTime(), nullable=False),
        sa.CheckConstraint("state IN ('shadow', 'live', 'off')", name=op.f("ck_answer_topic_state_known")),
        sa.CheckConstraint("confidence BETWEEN 0 AND 1", name=op.f("ck_answer_topic_confidence_range")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer_topic")),
    )
    op.create_table(
        "auto_answer",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("topic", sa.String(length=24), nullable=False),
        sa.Column("address", sa.String(length=20), nullable=False),
        sa.Column("inbound_id", sa.String(length=40), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("decided_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint(
            "state IN ('proposed', 'sent', 'accepted', 'rejected')", name=op.f("ck_auto_answer_state_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_auto_answer")),
        sa.UniqueConstraint("inbound_id", name=op.f("uq_auto_answer_inbound_id")),
    )
    op.create_index("ix_auto_answer_address", "auto_answer", ["address", "id"], unique=False)
    op.create_index("ix_auto_answer_topic", "auto_answer", ["topic", "made_at"], unique=False)
    op.create_table(
        "correction",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("inbound_id", sa.String(length=40), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("words", sa.Text(), nullable=True),
        sa.Column("sku", sa.String(length=40), nullable=True),
        sa.Column("meant", sa.String(length=24), nullable=True),
        sa.Column("topic", sa.String(length=24), nullable=True),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("decided_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint(
            "(kind = 'alias') = (words IS NOT NULL AND sku IS NOT NULL)", name=op.f("ck_correction_alias_of_product")
        ),
        sa.CheckConstraint("(kind = 'label') = (meant IS NOT NULL)", name=op.f("ck_correction_label_of_kind")),
        sa.CheckConstraint("kind IN ('alias', 'label')", name=op.f("ck_correction_kind_known")),
        sa.CheckConstraint("state IN ('proposed', 'approved', 'rejected')", name=op.f("ck_correction_state_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_correction")),
    )
    op.create_index(
        "ix_correction_proposed",
        "correction",
        ["id"],
        unique=False,
        sqlite_where=sa.text("state = 'proposed'"),
        postgresql_where=sa.text("state = 'proposed'"),
    )
    op.create_table(
        "inquiry",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("address", sa.String(length=20), nullable=False),
        sa.Column("topic", sa.String(length=24), nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("assigned_to", sa.String(length=64), nullable=True),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("about", sa.String(length=40), nullable=True),
        sa.Column("proposal", sa.JSON(), nullable=True),
        sa.Column("opened_at", sa.DateTime(), nullable=False),
        sa.Column("due_at", sa.DateTime(), nullable=False),
        sa.Column("answered_at", sa.DateTime(), nullable=True),
        sa.Column("closed_at", sa.DateTime(), nullable=True),
        sa.Column("closed_for", sa.String(length=24), nullable=True),
        sa.CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name=op.f("ck_inquiry_closed")),
        sa.CheckConstraint("state IN ('open', 'answered', 'closed')", name=op.f("ck_inquiry_state_known")),
        sa.CheckConstraint("(closed_at IS NULL) = (closed_for IS NULL)", name=op.f("ck_inquiry_closed_for_something")),
        sa.CheckConstraint("priority BETWEEN 0 AND 3", name=op.f("ck_inquiry_priority_range")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inquiry")),
    )
    op.create_index(
        "ix_inquiry_due",
        "inquiry",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(
        "ix_inquiry_running",
        "inquiry",
        ["address", "topic"],
        unique=True,
        sqlite_where=sa.text("state <> 'closed'"),
        postgresql_where=sa.text("state <> 'closed'"),
    )
    op.create_table(
        "survey",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("thanks", sa.JSON(), nullable=False),
        sa.Column("closes_at", sa.DateTime(), nullable=False),
        sa.Column("remind_after", sa.Integer(), nullable=True),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("state IN ('draft', 'running', 'closed')", name=op.f("ck_survey_state_known")),
        sa.CheckConstraint("remind_after > 0", name=op.f("ck_survey_remind_after_range")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey")),
        sa.UniqueConstraint("name", name=op.f("uq_survey_name")),
    )
    op.create_index(
        "ix_survey_running",
        "survey",
        ["closes_at"],
        unique=False,
        sqlite_where=sa.text("state = 'running'"),
        postgresql_where=sa.text("state = 'running'"),
    )
    op.create_table(
        "inquiry_text",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("inquiry_id", sa.String(length=40), nullable=False),
        sa.Column("text_id", sa.String(length=40), nullable=False),
        sa.Column("mine", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["inquiry_id"], ["inquiry.id"], name=op.f("fk_inquiry_text_inquiry_id_inquiry"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inquiry_text")),
        sa.UniqueConstraint("inquiry_id", "text_id", name=op.f("uq_inquiry_text_inquiry_id_text_id")),
    )
    op.create_index("ix_inquiry_text_text", "inquiry_text", ["text_id"], unique=False)
    op.create_table(
        "participant",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("survey_id", sa.String(length=40), nullable=False),
        sa.Column("address", sa.String(length=20), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("asked_again", sa.Boolean(), nullable=False),
        sa.Column("expectation_id", sa.String(length=40), nullable=True),
        sa.Column("invited_at", sa.DateTime(), nullable=False),
        sa.Column("remind_at", sa.DateTime(), nullable=True),
        sa.Column("reminders", sa.SmallInteger(), nullable=False),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint(
            "state IN ('invited', 'asked', 'done', 'lapsed', 'left')", name=op.f("ck_participant_state_known")
        ),
        sa.ForeignKeyConstraint(
            ["survey_id"], ["survey.id"], name=op.f("fk_participant_survey_id_survey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_participant")),
        sa.UniqueConstraint("survey_id", "address", name=op.f("uq_participant_survey_id_address")),
    )
    op.create_index("ix_participant_address", "participant", ["address"], unique=False)
    op.create_index(
        "ix_participant_invited",
        "participant",
        ["survey_id", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'invited'"),
        postgresql_where=sa.text("state = 'invited'"),
    )
    op.create_index(
        "ix_participant_remind",
        "participant",
        ["remind_at"],
        unique=False,
        sqlite_where=sa.text("remind_at IS NOT NULL"),
        postgresql_where=sa.text("remind_at IS NOT NULL"),
    )
    op.create_table(
        "survey_question",
        sa.Column("survey_id", sa.String(length=40), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("text", sa.JSON(), nullable=False),
        sa.Column("low", sa.Integer(), nullable=True),
        sa.Column("high", sa.Integer(), nullable=True),
        sa.Column("labels", sa.JSON(), nullable=False),
        sa.Column("branches", sa.JSON(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'scale') = (low IS NOT NULL AND high IS NOT NULL)", name=op.f("ck_survey_question_scale_if_scale")
        ),
        sa.CheckConstraint("kind IN ('scale', 'choice', 'free')", name=op.f("ck_survey_question_kind_known")),
        sa.CheckConstraint("low < high", name=op.f("ck_survey_question_scale_range")),
        sa.CheckConstraint("position >= 1", name=op.f("ck_survey_question_position_range")),
        sa.ForeignKeyConstraint(
            ["survey_id"], ["survey.id"], name=op.f("fk_survey_question_survey_id_survey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("survey_id", "position", name=op.f("pk_survey_question")),
    )
    op.create_table(
        "survey_answer",
        sa.Column("participant_id", sa.String(length=40), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("inbound_id", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("times", sa.SmallInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["participant_id"],
            ["participant.id"],
            name=op.f("fk_survey_answer_participant_id_participant"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("participant_id", "position", name=op.f("pk_survey_answer")),
    )


def downgrade() -> None:
    """Data would be lost."""
    raise RuntimeError("restore the backup made before the upgrade")
