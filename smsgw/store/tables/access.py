"""Account, Session, ApiKey and the answers kept for Idempotency-Keys. No secret is stored, only what proves one."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, LargeBinary, String, Table, Text

from .types import Json, Moment, metadata, one_of

account = Table(
    "account",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("name", String(60), nullable=False, unique=True),
    Column("password_hash", Text),  # argon2id; None: no password yet, enters by a one-time link
    Column("role", String(12), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("disabled_at", Moment),
    one_of("role", ("admin", "clerk")),
)

session = Table(
    "session",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),  # SHA-256
    Column("account_id", ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("kind", String(8), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    one_of("kind", ("session", "once")),  # "once": a link that logs in one time
)

api_key = Table(
    "api_key",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("name", String(60), nullable=False),
    Column("hint", String(20), nullable=False),  # the first letters, to recognise it by
    Column("secret_hash", LargeBinary, nullable=False, unique=True),  # SHA-256: the secrets are long
    Column("scopes", Json, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("revoked_at", Moment),
    Column("category", String(24)),  # what it sends is marketing of this, where a door has no word for that
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("client", String(40), primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("body_hash", LargeBinary, nullable=False),
    Column("status", Integer),  # None: the first request is still being worked on
    Column("answer", Json),
    Column("at", Moment, nullable=False),
)
