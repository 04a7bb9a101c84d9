"""What else a rate says; plans, budgets and what is kept of them, exchange rates, alerts, closings."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_COUNTING = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_IN_USE = "gone_at IS NULL"


def upgrade() -> None:
    """Widen two tables, make the others."""
    _widen_rate()
    _widen_cost_entry()
    _prices()
    _plans()
    _budgets()
    _alerts()
    _closings()


def _in_use(name: str, table: str, columns: list[str]) -> None:
    op.create_index(
        name, table, columns, unique=True, sqlite_where=sa.text(_IN_USE), postgresql_where=sa.text(_IN_USE)
    )


def _widen_rate() -> None:
    op.drop_index("uq_rate_in_use", "rate")
    with op.batch_alter_table("rate") as rate:
        rate.add_column(sa.Column("kind", sa.String(length=8), nullable=False, server_default="sms"))
        rate.add_column(sa.Column("network", sa.String(length=6), nullable=False, server_default=""))
        rate.add_column(sa.Column("upto", sa.Integer(), nullable=False, server_default="0"))
        rate.add_column(sa.Column("failed", sa.BigInteger(), nullable=True))
        rate.add_column(sa.Column("minimum", sa.BigInteger(), nullable=True))
        rate.add_column(sa.Column("step", sa.BigInteger(), nullable=True))
        rate.add_column(sa.Column("added_at", sa.DateTime(), nullable=True))
        rate.create_check_constraint(op.f("ck_rate_kind_known"), "kind IN ('sms', 'mms', 'inbound', 'ussd')")
        rate.create_check_constraint(
            op.f("ck_rate_extras_range"), "failed >= 0 AND minimum >= 0 AND step > 0 AND upto >= 0"
        )
    _in_use("uq_rate_in_use", "rate", ["link", "kind", "network", "prefix", "upto", "valid_from"])


def _widen_cost_entry() -> None:
    with op.batch_alter_table("cost_entry") as entry:
        entry.drop_constraint(op.f("ck_cost_entry_event_known"), type_="check")
        entry.add_column(sa.Column("free", sa.SmallInteger(), nullable=True))
        entry.add_column(sa.Column("plan_id", sa.Integer(), nullable=True))
        entry.create_check_constraint(
            op.f("ck_cost_entry_event_known"),
            "event IN ('submit', 'delivery', 'failure', 'reversal', 'inbound', 'ussd')",
        )
    op.create_index("ix_cost_entry_at", "cost_entry", ["at"], unique=False)


def _prices() -> None:
    op.create_table(
        "exchange",
        sa.Column("id", _COUNTING, autoincrement=True, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("into", sa.String(length=3), nullable=False),
        sa.Column("valid_from", sa.DateTime(), nullable=False),
        sa.Column("worth", sa.BigInteger(), nullable=False),
        sa.Column("added_at", sa.DateTime(), nullable=False),
        sa.Column("gone_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint("worth > 0", name=op.f("ck_exchange_worth_range")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange")),
    )
    _in_use("uq_exchange_in_use", "exchange", ["currency", "into", "valid_from"])
    op.create_table(
        "numbering",
        sa.Column("prefix", sa.String(length=16), nullable=False),
        sa.Column("network", sa.String(length=6), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("prefix", name=op.f("pk_numbering")),
    )


def _plans() -> None:
    op.create_table(
        "plan",
        sa.Column("id", _COUNTING, autoincrement=True, nullable=False),
        sa.Column("link", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("period", sa.String(length=8), nullable=False),
        sa.Column("reset_day", sa.SmallInteger(), nullable=False),
        sa.Column("rollover", sa.SmallInteger(), nullable=False),
        sa.Column("scope", sa.JSON(), nullable=False),
        sa.Column("beyond", sa.String(length=8), nullable=False),
        sa.Column("hour_cap", sa.Integer(), nullable=True),
        sa.Column("day_cap", sa.Integer(), nullable=True),
        sa.Column("people_cap", sa.Integer(), nullable=True),
        sa.Column("warn_at", sa.SmallInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("valid_from", sa.DateTime(), nullable=False),
        sa.Column("gone_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint("period IN ('day', 'week', 'month')", name=op.f("ck_plan_period_known")),
        sa.CheckConstraint("beyond IN ('price', 'stop')", name=op.f("ck_plan_beyond_known")),
        sa.CheckConstraint(
            "units >= 0 AND rollover >= 0 AND reset_day BETWEEN 1 AND 31", name=op.f("ck_plan_bundle_range")
        ),
        sa.CheckConstraint("hour_cap > 0 AND day_cap > 0 AND people_cap > 0", name=op.f("ck_plan_caps_range")),
        sa.CheckConstraint("warn_at BETWEEN 1 AND 100", name=op.f("ck_plan_warn_range")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan")),
    )
    op.create_index("ix_plan_link", "plan", ["link", "id"], unique=False)
    op.create_table(
        "plan_use",
        sa.Column("plan_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("kept", sa.Integer(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("plan_id", "period", name=op.f("pk_plan_use")),
    )
    op.create_table(
        "plan_person",
        sa.Column("link", sa.String(length=40), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("recipient", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("link", "month", "recipient", name=op.f("pk_plan_person")),
    )


def _budgets() -> None:
    op.create_table(
        "budget",
        sa.Column("id", _COUNTING, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("scope", sa.String(length=8), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("period", sa.String(length=8), nullable=False),
        sa.Column("ceiling", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("warn_at", sa.SmallInteger(), nullable=False),
        sa.Column("beyond", sa.String(length=8), nullable=False),
        sa.Column("exempt", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("gone_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint(
            "scope IN ('company', 'client', 'campaign', 'customer', 'link')", name=op.f("ck_budget_scope_known")
        ),
        sa.CheckConstraint("period IN ('day', 'month', 'whole')", name=op.f("ck_budget_period_known")),
        sa.CheckConstraint("beyond IN ('hold', 'refuse')", name=op.f("ck_budget_beyond_known")),
        sa.CheckConstraint("ceiling >= 0", name=op.f("ck_budget_ceiling_range")),
        sa.CheckConstraint("warn_at BETWEEN 1 AND 100", name=op.f("ck_budget_warn_range")),
        sa.CheckConstraint("(scope = 'company') = (subject = '')", name=op.f("ck_budget_subject_of_scope")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_budget")),
    )
    op.create_table(
        "budget_use",
        sa.Column("budget_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("kept", sa.BigInteger(), nullable=False),
        sa.Column("spent", sa.BigInteger(), nullable=False),
        sa.Column("told", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint("kept >= 0", name=op.f("ck_budget_use_kept_range")),
        sa.PrimaryKeyConstraint("budget_id", "period", name=op.f("pk_budget_use")),
    )
    op.create_table(
        "reservation",
        sa.Column("message_id", sa.String(length=40), nullable=False),
        sa.Column("budget_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("message_id", "budget_id", name=op.f("pk_reservation")),
    )


def _alerts() -> None:
    op.create_table(
        "alert",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("state IN ('raised', 'seen', 'over')", name=op.f("ck_alert_state_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
    )
    standing = sa.text("state != 'over'")
    op.create_index(
        "uq_alert_standing",
        "alert",
        ["kind", "subject"],
        unique=True,
        sqlite_where=standing,
        postgresql_where=standing,
    )
    op.create_table(
        "clearance",
        sa.Column("id", _COUNTING, autoincrement=True, nullable=False),
        sa.Column("client", sa.String(length=64), nullable=False),
        sa.Column("prefix", sa.String(length=16), nullable=False),
        sa.Column("until", sa.DateTime(), nullable=True),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clearance")),
    )


def _measures() -> list[sa.Column[int]]:
    names = ("messages", "parts", "delivered", "failed", "planned", "amount", "replies", "orders")
    return [sa.Column(name, sa.BigInteger(), nullable=False) for name in names]


def _closings() -> None:
    op.create_table(
        "closing",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("closed_at", sa.DateTime(), nullable=False),
        sa.Column("open", sa.Integer(), nullable=False),
        sa.Column("entries", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_closing")),
    )
    op.create_table(
        "day_total",
        sa.Column("id", _COUNTING, autoincrement=True, nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("link", sa.String(length=40), nullable=False),
        sa.Column("country", sa.String(length=3), nullable=False),
        sa.Column("prefix", sa.String(length=16), nullable=False),
        sa.Column("client", sa.String(length=64), nullable=False),
        sa.Column("campaign", sa.String(length=40), nullable=False),
        sa.Column("category", sa.String(length=40), nullable=False),
        sa.Column("sender", sa.String(length=20), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        *_measures(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_day_total")),
    )
    op.create_index("ix_day_total_day", "day_total", ["day"], unique=False)
    op.create_table(
        "customer_total",
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("customer", sa.String(length=40), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        *_measures(),
        sa.PrimaryKeyConstraint("period", "customer", "currency", name=op.f("pk_customer_total")),
    )


def downgrade() -> None:
    """Data would be lost."""
    raise RuntimeError("restore the backup made before the upgrade")
