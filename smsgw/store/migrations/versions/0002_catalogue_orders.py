"""Products and their aliases, orders, what we asked customers, and letters."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make their tables, and find quickly what nobody has read."""
    op.create_table(
        "product",
        sa.Column("sku", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=True),
        sa.Column("names", sa.JSON(), nullable=False),
        sa.Column("unit", sa.String(length=12), nullable=False),
        sa.Column("pack", sa.String(length=20), nullable=True),
        sa.Column("price", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("max_auto", sa.BigInteger(), nullable=False),
        sa.Column("stock", sa.String(length=8), nullable=True),
        sa.Column("valid_from", sa.DateTime(), nullable=True),
        sa.Column("valid_to", sa.DateTime(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("stock IN ('in', 'low', 'out')", name=op.f("ck_product_stock_known")),
        sa.CheckConstraint("unit IN ('pcs', 'pack', 'kg')", name=op.f("ck_product_unit_known")),
        sa.CheckConstraint("(price IS NULL OR price >= 0) AND max_auto > 0", name=op.f("ck_product_bounds")),
        sa.CheckConstraint("(price IS NULL) = (currency IS NULL)", name=op.f("ck_product_price_whole")),
        sa.PrimaryKeyConstraint("sku", name=op.f("pk_product")),
    )
    op.create_table(
        "alias",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("sku", sa.String(length=40), nullable=False),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column("words", sa.String(length=120), nullable=False),
        sa.Column("source", sa.String(length=8), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("source IN ('file', 'person')", name=op.f("ck_alias_source_known")),
        sa.ForeignKeyConstraint(["sku"], ["product.sku"], name=op.f("fk_alias_sku_product"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alias")),
        sa.UniqueConstraint("sku", "language", "words", name=op.f("uq_alias_sku_language_words")),
    )
    op.create_table(
        "catalogue_change",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalogue_change")),
    )
    op.create_table(
        "order",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(length=20), nullable=False),
        sa.Column("recipient", sa.String(length=20), nullable=True),
        sa.Column("link", sa.String(length=40), nullable=True),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column("campaign", sa.String(length=40), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("wish", sa.Text(), nullable=True),
        sa.Column("reasons", sa.JSON(), nullable=True),
        sa.Column("candidates", sa.JSON(), nullable=True),
        sa.Column("request", sa.JSON(), nullable=True),
        sa.Column("unclear", sa.SmallInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("asked_at", sa.DateTime(), nullable=True),
        sa.Column("remind_at", sa.DateTime(), nullable=True),
        sa.Column("lapses_at", sa.DateTime(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(), nullable=True),
        sa.Column("confirmed_revision", sa.Integer(), nullable=True),
        sa.Column("proof", sa.JSON(), nullable=True),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint("(state = 'asked') = (lapses_at IS NOT NULL)", name=op.f("ck_order_lapses")),
        sa.CheckConstraint("asked_at IS NOT NULL OR state <> 'asked'", name=op.f("ck_order_asked")),
        sa.CheckConstraint(
            "confirmed_at IS NOT NULL OR state NOT IN ('confirmed', 'fulfilled')", name=op.f("ck_order_confirmed")
        ),
        sa.CheckConstraint(
            "state IN ('asked', 'needs_review', 'confirmed', 'fulfilled', 'cancelled', 'lapsed')",
            name=op.f("ck_order_state_known"),
        ),
        sa.CheckConstraint("(confirmed_at IS NULL) = (proof IS NULL)", name=op.f("ck_order_proven")),
        sa.CheckConstraint("number > 0 AND revision > 0 AND unclear >= 0", name=op.f("ck_order_counts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order")),
        sa.UniqueConstraint("number", name=op.f("uq_order_number")),
    )
    op.create_index("ix_order_address", "order", ["address", "id"], unique=False)
    op.create_index(
        "ix_order_lapses",
        "order",
        ["lapses_at"],
        unique=False,
        sqlite_where=sa.text("state = 'asked'"),
        postgresql_where=sa.text("state = 'asked'"),
    )
    op.create_index("ix_order_state", "order", ["state", "id"], unique=False)
    op.create_table(
        "order_revision",
        sa.Column("order_id", sa.String(length=40), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("inbound_id", sa.String(length=40), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["order.id"], name=op.f("fk_order_revision_order_id_order"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("order_id", "revision", name=op.f("pk_order_revision")),
    )
    op.create_table(
        "order_line",
        sa.Column("order_id", sa.String(length=40), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("sku", sa.String(length=40), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("unit", sa.String(length=12), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=True),
        sa.Column("price", sa.BigInteger(), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("spans", sa.JSON(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.CheckConstraint("position > 0", name=op.f("ck_order_line_position_range")),
        sa.CheckConstraint("quantity IS NULL OR quantity > 0", name=op.f("ck_order_line_quantity_range")),
        sa.ForeignKeyConstraint(
            ["order_id", "revision"],
            ["order_revision.order_id", "order_revision.revision"],
            name=op.f("fk_order_line_order_id_order_revision"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("order_id", "revision", "position", name=op.f("pk_order_line")),
    )
    op.create_table(
        "expectation",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("address", sa.String(length=20), nullable=False),
        sa.Column("recipient", sa.String(length=20), nullable=True),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("subject", sa.String(length=40), nullable=True),
        sa.Column("campaign", sa.String(length=40), nullable=True),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.String(length=40), nullable=True),
        sa.Column("sent_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("closed_at", sa.DateTime(), nullable=True),
        sa.Column("closed_why", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('offer', 'confirm', 'survey', 'rsvp', 'clarify', 'optin', 'notice')",
            name=op.f("ck_expectation_kind_known"),
        ),
        sa.CheckConstraint("(closed_at IS NULL) = (closed_why IS NULL)", name=op.f("ck_expectation_closed")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expectation")),
    )
    op.create_index(
        "ix_expectation_open",
        "expectation",
        ["address", "sent_at"],
        unique=False,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_index("ix_expectation_subject", "expectation", ["subject"], unique=False)
    op.create_table(
        "mail",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("reference", sa.String(length=120), nullable=False),
        sa.Column("recipient", sa.String(length=254), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("due_at", sa.DateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint("(state = 'pending') = (ended_at IS NULL)", name=op.f("ck_mail_ended")),
        sa.CheckConstraint("state IN ('pending', 'sent', 'dead')", name=op.f("ck_mail_state_known")),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_mail_counts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail")),
        sa.UniqueConstraint("reference", "recipient", name=op.f("uq_mail_reference_recipient")),
    )
    op.create_index(
        "ix_mail_due",
        "mail",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_index(
        "ix_inbound_received",
        "inbound",
        ["id"],
        unique=False,
        sqlite_where=sa.text("state = 'received'"),
        postgresql_where=sa.text("state = 'received'"),
    )


def downgrade() -> None:
    """Data would be lost."""
    raise RuntimeError("restore the backup made before the upgrade")
