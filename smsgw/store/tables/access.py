"""Account, Session, ApiKey and the answers kept for Idempotency-Keys. No secret is stored, only what proves one.

The one exception is the secret of a second factor: codes can only be checked by who knows it.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

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
    Column("seen_at", Moment),  # when they last did something, to the minute
    Column("totp_secret", String(64)),  # base32; without totp_since: shown, and not yet proved
    Column("totp_since", Moment),  # from when on a code is asked for
    Column("totp_step", BigInteger),  # the newest step that a code was taken for: it is not taken again
    Column("passkeys", Json),  # id, name, public half, counter, made and last used
    Column("recovery", Json),  # SHA-256 of codes that work once each, in hexadecimal digits
    one_of("role", ("owner", "manager", "agent", "viewer", "developer")),
)

session = Table(
    "session",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),  # SHA-256
    Column("account_id", ForeignKey("account.id", ondelete="CASCADE")),  # None: for the first account of all
    Column("kind", String(8), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("used_at", Moment),
    Column("address", String(64)),  # of the network
    Column("browser", String(200)),  # as it calls itself
    # "once": a link that logs in one time; "invite": one that asks for a password to be chosen; "factor": the password
    # was right, the second factor is awaited; "setup": the link that makes the first account.
    one_of("kind", ("session", "once", "invite", "factor", "setup")),
    Index("ix_session_account_id", "account_id"),
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
    Column("per_minute", Integer),  # how many messages it may send in a minute over HTTP; None: no bound of its own
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
    Column("worked_at", Moment),  # when the first of its work was done, or begun outside the store
)
