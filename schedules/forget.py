"""Every hour: answers kept for Idempotency-Keys, sessions that are over, and what webhooks were told are forgotten."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete

from smsgw.gateway import Gateway
from smsgw.store.tables import idempotency, session
from smsgw.webhooks import deliveries

KEPT = timedelta(hours=24)


def run(gateway: Gateway, now: datetime) -> None:
    """Forget what is too old at `now`."""
    gateway.database.writer.do(_forget, now)
    deliveries.forget(gateway.database.writer, now - timedelta(days=gateway.config.webhooks.keep_days))


def _forget(conn: Connection, batch: list[datetime]) -> list[None]:
    now = batch[-1]
    conn.execute(delete(idempotency).where(idempotency.c.at < now - KEPT))
    conn.execute(delete(session).where(session.c.expires_at < now))
    return [None] * len(batch)
