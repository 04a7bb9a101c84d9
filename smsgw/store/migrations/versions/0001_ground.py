"""The ground: messages, parts, receipts, what comes in, history, consent, links, people and keys."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make every table."""
    op.create_table(
        "account",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("role", sa.String(length=12), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("disabled_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint("role IN ('admin', 'clerk')", name=op.f("ck_account_role_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("name", name=op.f("uq_account_name")),
    )
    op.create_table(
        "api_key",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("hint", sa.String(length=20), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_api_key_secret_hash")),
    )
    op.create_table(
        "balance",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("link", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=8), nullable=True),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("trouble", sa.Text(), nullable=True),
        sa.CheckConstraint("trouble IS NULL OR amount IS NULL", name=op.f("ck_balance_trouble_or_amount")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_balance")),
    )
    op.create_index("ix_balance_link", "balance", ["link", "id"], unique=False)
    op.create_table(
        "call",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("link", sa.String(length=40), nullable=False),
        sa.Column("caller", sa.String(length=20), nullable=True),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("heard", sa.DateTime(), nullable=False),
        sa.Column("copies", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.String(length=40), nullable=True),
        sa.CheckConstraint("state IN ('rang', 'answered', 'noted')", name=op.f("ck_call_state_known")),
        sa.CheckConstraint("copies >= 1", name=op.f("ck_call_copies_counted")),
        sa.CheckConstraint("(state = 'answered') = (message_id IS NOT NULL)", name=op.f("ck_call_answered")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call")),
    )
    op.create_index("ix_call_caller", "call", ["caller", "id"], unique=False)
    op.create_index(
        "ix_call_rang",
        "call",
        ["id"],
        unique=False,
        sqlite_where=sa.text("state = 'rang'"),
        postgresql_where=sa.text("state = 'rang'"),
    )
    op.create_table(
        "consent",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("address", sa.String(length=20), nullable=False),
        sa.Column("purpose", sa.String(length=24), nullable=False),
        sa.Column("statement", sa.String(length=10), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("inbound_id", sa.String(length=40), nullable=True),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("statement IN ('granted', 'withdrawn')", name=op.f("ck_consent_statement_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
    )
    op.create_index("ix_consent_address", "consent", ["address", "purpose", "id"], unique=False)
    op.create_table(
        "follower",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("upto", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_follower")),
    )
    op.create_table(
        "history",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("record", sa.String(length=16), nullable=False),
        sa.Column("record_id", sa.String(length=40), nullable=False),
        sa.Column("event", sa.String(length=16), nullable=False),
        sa.Column("was", sa.String(length=12), nullable=True),
        sa.Column("now", sa.String(length=12), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_history")),
    )
    op.create_index("ix_history_record", "history", ["record_id", "id"], unique=False)
    op.create_table(
        "idempotency",
        sa.Column("client", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("answer", sa.JSON(), nullable=True),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("client", "key", name=op.f("pk_idempotency")),
    )
    op.create_table(
        "inbound",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("link", sa.String(length=40), nullable=False),
        sa.Column("reference", sa.String(length=120), nullable=False),
        sa.Column("sender", sa.String(length=20), nullable=False),
        sa.Column("recipient", sa.String(length=20), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("parts", sa.SmallInteger(), nullable=False),
        sa.Column("missing", sa.SmallInteger(), nullable=False),
        sa.Column("sent_at", sa.DateTime(), nullable=True),
        sa.Column("received_at", sa.DateTime(), nullable=False),
        sa.Column("understood_as", sa.String(length=24), nullable=True),
        sa.Column("explanation", sa.JSON(), nullable=True),
        sa.Column("handled_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('text', 'flash', 'indication', 'silent', 'data')", name=op.f("ck_inbound_kind_known")
        ),
        sa.CheckConstraint(
            "state IN ('received', 'waiting', 'handled', 'ignored')", name=op.f("ck_inbound_state_known")
        ),
        sa.CheckConstraint("parts >= 1 AND missing BETWEEN 0 AND parts", name=op.f("ck_inbound_counts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbound")),
        sa.UniqueConstraint("link", "reference", name=op.f("uq_inbound_link_reference")),
    )
    op.create_index("ix_inbound_sender", "inbound", ["sender", "id"], unique=False)
    op.create_table(
        "link",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("health", sa.String(length=12), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("since", sa.DateTime(), nullable=False),
        sa.Column("pace", sa.JSON(), nullable=True),
        sa.CheckConstraint(
            "health IN ('down', 'resting', 'connecting', 'degraded', 'up')", name=op.f("ck_link_health_known")
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_link")),
    )
    op.create_table(
        "message",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("client", sa.String(length=64), nullable=False),
        sa.Column("client_ref", sa.String(length=120), nullable=True),
        sa.Column("recipient", sa.String(length=20), nullable=False),
        sa.Column("sender", sa.String(length=20), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("ports", sa.JSON(), nullable=True),
        sa.Column("encoding", sa.String(length=40), nullable=False),
        sa.Column("parts", sa.SmallInteger(), nullable=False),
        sa.Column("message_class", sa.SmallInteger(), nullable=True),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("on_unsure", sa.String(length=8), nullable=False),
        sa.Column("link", sa.String(length=40), nullable=True),
        sa.Column("wanted_link", sa.String(length=40), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("due_at", sa.DateTime(), nullable=False),
        sa.Column("deliver_at", sa.DateTime(), nullable=True),
        sa.Column("valid_until", sa.DateTime(), nullable=False),
        sa.Column("claimed_at", sa.DateTime(), nullable=True),
        sa.Column("sent_at", sa.DateTime(), nullable=True),
        sa.Column("final_at", sa.DateTime(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("reply_to", sa.String(length=40), nullable=True),
        sa.Column("metadata", sa.JSON(), nullable=True),
        sa.Column("trace", sa.JSON(), nullable=True),
        sa.Column("tried", sa.JSON(), nullable=True),
        sa.Column("price", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.CheckConstraint("(state = 'sending') = (claimed_at IS NOT NULL)", name=op.f("ck_message_claimed")),
        sa.CheckConstraint(
            "(state IN ('cancelled', 'delivered', 'expired', 'failed', 'refused', 'undelivered')) = (final_at IS NOT NULL)",
            name=op.f("ck_message_final"),
        ),
        sa.CheckConstraint(
            "link IS NOT NULL OR state IN ('accepted', 'held', 'refused', 'expired', 'cancelled')",
            name=op.f("ck_message_routed"),
        ),
        sa.CheckConstraint(
            "on_unsure IN ('resend', 'hold', 'fail')", name=op.f("ck_message_on_unsure_known")
        ),
        sa.CheckConstraint(
            "purpose IN ('transactional', 'service', 'conversational', 'marketing', 'otp')",
            name=op.f("ck_message_purpose_known"),
        ),
        sa.CheckConstraint(
            "sent_at IS NOT NULL OR state NOT IN ('sent', 'delivered', 'undelivered')",
            name=op.f("ck_message_sent"),
        ),
        sa.CheckConstraint(
            "state IN ('accepted', 'held', 'queued', 'sending', 'unsure', 'sent', 'delivered', 'undelivered', 'failed', 'refused', 'expired', 'cancelled')",
            name=op.f("ck_message_state_known"),
        ),
        sa.CheckConstraint("message_class BETWEEN 0 AND 3", name=op.f("ck_message_class_range")),
        sa.CheckConstraint("parts BETWEEN 1 AND 255 AND attempts >= 0", name=op.f("ck_message_counts")),
        sa.CheckConstraint("priority BETWEEN 0 AND 9", name=op.f("ck_message_priority_range")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("client", "client_ref", name=op.f("uq_message_client_client_ref")),
    )
    op.create_index(
        "ix_message_open",
        "message",
        ["state", "due_at"],
        unique=False,
        sqlite_where=sa.text("final_at IS NULL"),
        postgresql_where=sa.text("final_at IS NULL"),
    )
    op.create_index(
        "ix_message_queue",
        "message",
        ["link", sa.literal_column("priority DESC"), "due_at", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'queued'"),
        postgresql_where=sa.text("state = 'queued'"),
    )
    op.create_index("ix_message_recipient", "message", ["recipient", "id"], unique=False)
    op.create_table(
        "receipt",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("link", sa.String(length=40), nullable=False),
        sa.Column("reference", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("recipient", sa.String(length=20), nullable=True),
        sa.Column("error", sa.String(length=80), nullable=True),
        sa.Column("said", sa.Text(), nullable=True),
        sa.Column("network_at", sa.DateTime(), nullable=True),
        sa.Column("received_at", sa.DateTime(), nullable=False),
        sa.Column("message_id", sa.String(length=40), nullable=True),
        sa.Column("position", sa.SmallInteger(), nullable=True),
        sa.CheckConstraint(
            "state IN ('enroute', 'delivered', 'expired', 'deleted', 'undeliverable', 'accepted', 'unknown', 'rejected')",
            name=op.f("ck_receipt_state_known"),
        ),
        sa.CheckConstraint(
            "(message_id IS NULL) = (position IS NULL)", name=op.f("ck_receipt_matched_whole")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt")),
    )
    op.create_index("ix_receipt_message", "receipt", ["message_id"], unique=False)
    op.create_index(
        "ix_receipt_unmatched",
        "receipt",
        ["link", "reference"],
        unique=False,
        sqlite_where=sa.text("message_id IS NULL"),
        postgresql_where=sa.text("message_id IS NULL"),
    )
    op.create_table(
        "inbound_part",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("link", sa.String(length=40), nullable=False),
        sa.Column("reference", sa.String(length=120), nullable=False),
        sa.Column("copies", sa.Integer(), nullable=False),
        sa.Column("sender", sa.String(length=20), nullable=False),
        sa.Column("recipient", sa.String(length=20), nullable=True),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("series", sa.Integer(), nullable=True),
        sa.Column("wide", sa.Boolean(), nullable=False),
        sa.Column("of", sa.SmallInteger(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("alphabet", sa.String(length=8), nullable=False),
        sa.Column("user_data", sa.LargeBinary(), nullable=False),
        sa.Column("udh", sa.LargeBinary(), nullable=False),
        sa.Column("sent_at", sa.DateTime(), nullable=True),
        sa.Column("received_at", sa.DateTime(), nullable=False),
        sa.Column("inbound_id", sa.String(length=40), nullable=True),
        sa.CheckConstraint(
            "alphabet IN ('gsm7', 'octets', 'ucs2')", name=op.f("ck_inbound_part_alphabet_known")
        ),
        sa.CheckConstraint("copies >= 1", name=op.f("ck_inbound_part_copies_counted")),
        sa.CheckConstraint(
            "of BETWEEN 1 AND 255 AND position BETWEEN 1 AND of", name=op.f("ck_inbound_part_place")
        ),
        sa.CheckConstraint(
            "series IS NOT NULL OR (of = 1 AND inbound_id IS NOT NULL)",
            name=op.f("ck_inbound_part_whole_is_joined"),
        ),
        sa.ForeignKeyConstraint(
            ["inbound_id"],
            ["inbound.id"],
            name=op.f("fk_inbound_part_inbound_id_inbound"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbound_part")),
        sa.UniqueConstraint("link", "reference", name=op.f("uq_inbound_part_link_reference")),
    )
    op.create_index("ix_inbound_part_inbound", "inbound_part", ["inbound_id"], unique=False)
    op.create_index(
        "ix_inbound_part_waiting",
        "inbound_part",
        ["link", "sender", "series"],
        unique=False,
        sqlite_where=sa.text("inbound_id IS NULL"),
        postgresql_where=sa.text("inbound_id IS NULL"),
    )
    op.create_table(
        "part",
        sa.Column("message_id", sa.String(length=40), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("alphabet", sa.String(length=8), nullable=False),
        sa.Column("user_data", sa.LargeBinary(), nullable=False),
        sa.Column("udh", sa.LargeBinary(), nullable=False),
        sa.Column("written_at", sa.DateTime(), nullable=True),
        sa.Column("answer", sa.String(length=8), nullable=True),
        sa.Column("answered_at", sa.DateTime(), nullable=True),
        sa.Column("link", sa.String(length=40), nullable=True),
        sa.Column("reference", sa.String(length=80), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("retry_at", sa.DateTime(), nullable=True),
        sa.Column("counted", sa.Boolean(), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.Column("outcome_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint(
            "(answer = 'taken') = (reference IS NOT NULL) OR answer IS NULL",
            name=op.f("ck_part_reference_if_taken"),
        ),
        sa.CheckConstraint("alphabet IN ('gsm7', 'octets', 'ucs2')", name=op.f("ck_part_alphabet_known")),
        sa.CheckConstraint(
            "answer IN ('taken', 'put_back', 'refused', 'lost')", name=op.f("ck_part_answer_known")
        ),
        sa.CheckConstraint(
            "outcome IN ('delivered', 'expired', 'deleted', 'undeliverable', 'rejected')",
            name=op.f("ck_part_outcome_known"),
        ),
        sa.CheckConstraint(
            "outcome IS NULL OR (answer IS NOT NULL AND answer = 'taken')",
            name=op.f("ck_part_outcome_if_taken"),
        ),
        sa.CheckConstraint(
            "written_at IS NOT NULL OR answer IS NULL OR answer = 'put_back'",
            name=op.f("ck_part_written_first"),
        ),
        sa.CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name=op.f("ck_part_answered")),
        sa.CheckConstraint(
            "(answer = 'put_back') = (counted IS NOT NULL) OR answer IS NULL",
            name=op.f("ck_part_counted_if_back"),
        ),
        sa.CheckConstraint("(outcome IS NULL) = (outcome_at IS NULL)", name=op.f("ck_part_outcome_time")),
        sa.CheckConstraint("position >= 1", name=op.f("ck_part_position_range")),
        sa.CheckConstraint(
            "reference IS NULL OR (answer IS NOT NULL AND link IS NOT NULL)",
            name=op.f("ck_part_reference_of_link"),
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name=op.f("fk_part_message_id_message"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("message_id", "position", name=op.f("pk_part")),
    )
    op.create_index(
        "ix_part_reference",
        "part",
        ["link", "reference"],
        unique=False,
        sqlite_where=sa.text("reference IS NOT NULL"),
        postgresql_where=sa.text("reference IS NOT NULL"),
    )
    op.create_index(
        "ix_part_taken",
        "part",
        ["link", "answered_at"],
        unique=False,
        sqlite_where=sa.text("answer = 'taken'"),
        postgresql_where=sa.text("answer = 'taken'"),
    )
    op.create_table(
        "cost_entry",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("message_id", sa.String(length=40), nullable=False),
        sa.Column("link", sa.String(length=40), nullable=False),
        sa.Column("parts", sa.SmallInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("event", sa.String(length=8), nullable=False),
        sa.Column("rate_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("event IN ('submit', 'delivery')", name=op.f("ck_cost_entry_event_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cost_entry")),
    )
    op.create_index("ix_cost_entry_message", "cost_entry", ["message_id"], unique=False)
    op.create_table(
        "rate",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("link", sa.String(length=40), nullable=False),
        sa.Column("prefix", sa.String(length=16), nullable=False),
        sa.Column("valid_from", sa.DateTime(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("charged", sa.String(length=8), nullable=False),
        sa.CheckConstraint("charged IN ('submit', 'delivery')", name=op.f("ck_rate_charged_known")),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_rate_amount_range")),
        sa.Column("gone_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rate")),
    )
    op.create_index(
        "uq_rate_in_use",
        "rate",
        ["link", "prefix", "valid_from"],
        unique=True,
        sqlite_where=sa.text("gone_at IS NULL"),
        postgresql_where=sa.text("gone_at IS NULL"),
    )
    op.create_table(
        "earlier_try",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("message_id", sa.String(length=40), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("of", sa.SmallInteger(), nullable=False),
        sa.Column("link", sa.String(length=40), nullable=False),
        sa.Column("reference", sa.String(length=80), nullable=False),
        sa.Column("moved_at", sa.DateTime(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.CheckConstraint(
            "outcome IN ('delivered', 'expired', 'deleted', 'undeliverable', 'rejected')",
            name=op.f("ck_earlier_try_outcome_known"),
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name=op.f("fk_earlier_try_message_id_message"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_earlier_try")),
    )
    op.create_index("ix_earlier_try_message", "earlier_try", ["message_id"], unique=False)
    op.create_index("ix_earlier_try_reference", "earlier_try", ["link", "reference"], unique=False)
    op.create_table(
        "session",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("kind IN ('session', 'once')", name=op.f("ck_session_kind_known")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_session_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_session")),
    )
    op.create_table(
        "webhook",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("events", sa.JSON(), nullable=False),
        sa.Column("secrets", sa.JSON(), nullable=False),
        sa.Column("after", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("failing_since", sa.DateTime(), nullable=True),
        sa.CheckConstraint("state IN ('active', 'disabled')", name=op.f("ck_webhook_state_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook")),
    )
    op.create_table(
        "delivery",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("webhook_id", sa.String(length=40), nullable=False),
        sa.Column("event", sa.String(length=40), nullable=False),
        sa.Column("record_id", sa.String(length=40), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("due_at", sa.DateTime(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=True),
        sa.Column("said", sa.Text(), nullable=True),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.Column("tries", sa.JSON(), nullable=True),
        sa.CheckConstraint("(state = 'pending') = (ended_at IS NULL)", name=op.f("ck_delivery_ended")),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_delivery_counts")),
        sa.CheckConstraint(
            "state IN ('pending', 'delivered', 'dead')", name=op.f("ck_delivery_state_known")
        ),
        sa.ForeignKeyConstraint(
            ["webhook_id"],
            ["webhook.id"],
            name=op.f("fk_delivery_webhook_id_webhook"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint(
            "webhook_id", "record_id", "line", name=op.f("uq_delivery_webhook_id_record_id_line")
        ),
    )
    op.create_index(
        "ix_delivery_pending",
        "delivery",
        ["webhook_id", "due_at", "line"],
        unique=False,
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_table(
        "smpp_client",
        sa.Column("key_id", sa.String(length=40), nullable=False),
        sa.Column("system_id", sa.String(length=15), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("networks", sa.JSON(), nullable=False),
        sa.Column("senders", sa.JSON(), nullable=False),
        sa.Column("inbound", sa.JSON(), nullable=False),
        sa.Column("binds", sa.SmallInteger(), nullable=False),
        sa.Column("window", sa.Integer(), nullable=False),
        sa.Column("pace", sa.Integer(), nullable=True),
        sa.Column("alphabet", sa.String(length=8), nullable=False),
        sa.Column("allow_duplicates", sa.Boolean(), nullable=False),
        sa.CheckConstraint("alphabet IN ('gsm7', 'latin1')", name=op.f("ck_smpp_client_alphabet_known")),
        sa.CheckConstraint(
            'binds >= 1 AND "window" >= 1 AND (pace IS NULL OR pace >= 1)', name=op.f("ck_smpp_client_bounds")
        ),
        sa.ForeignKeyConstraint(
            ["key_id"], ["api_key.id"], name=op.f("fk_smpp_client_key_id_api_key"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_smpp_client")),
        sa.UniqueConstraint("system_id", name=op.f("uq_smpp_client_system_id")),
    )
    op.create_table(
        "submitted_part",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("series", sa.String(length=32), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("client", sa.String(length=64), nullable=False),
        sa.Column("message_id", sa.String(length=40), nullable=False),
        sa.Column("of", sa.SmallInteger(), nullable=False),
        sa.Column("alphabet", sa.String(length=8), nullable=False),
        sa.Column("user_data", sa.LargeBinary(), nullable=False),
        sa.Column("udh", sa.LargeBinary(), nullable=False),
        sa.Column("asked", sa.JSON(), nullable=False),
        sa.Column("received_at", sa.DateTime(), nullable=False),
        sa.Column("joined_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint(
            "alphabet IN ('gsm7', 'octets', 'ucs2')", name=op.f("ck_submitted_part_alphabet_known")
        ),
        sa.CheckConstraint('position BETWEEN 1 AND "of"', name=op.f("ck_submitted_part_place")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submitted_part")),
        sa.UniqueConstraint("series", "position", name=op.f("uq_submitted_part_series_position")),
    )
    op.create_index("ix_submitted_part_received_at", "submitted_part", ["received_at"], unique=False)
    op.create_table(
        "question",
        sa.Column("message_id", sa.String(length=40), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("asked_at", sa.DateTime(), nullable=False),
        sa.Column("times", sa.SmallInteger(), nullable=False),
        sa.Column("next_at", sa.DateTime(), nullable=False),
        sa.Column("trouble", sa.Text(), nullable=True),
        sa.CheckConstraint("times >= 1", name=op.f("ck_question_times_range")),
        sa.ForeignKeyConstraint(
            ["message_id", "position"],
            ["part.message_id", "part.position"],
            name=op.f("fk_question_message_id_part"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("message_id", "position", name=op.f("pk_question")),
    )



def downgrade() -> None:
    """There is nothing before the first revision."""
    raise RuntimeError("restore the backup made before the upgrade")
