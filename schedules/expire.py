"""Every ten seconds: what is past its time, waiting or without a receipt, is expired."""

from __future__ import annotations

from datetime import datetime, timedelta

from smsgw.gateway import Gateway


def run(gateway: Gateway, now: datetime) -> None:
    """Expire what is over at `now`."""
    wait = timedelta(seconds=gateway.config.sending.receipt_wait)
    gateway.database.writer.do(gateway.waiting.expire, (now, wait))
