"""Every five seconds: late receipts of earlier tries are heard, and what stayed silent goes over another link."""

from __future__ import annotations

from datetime import datetime

from smsgw.gateway import Gateway


def run(gateway: Gateway, now: datetime) -> None:
    """Look at `now`, and wake the links that got work."""
    for link in gateway.database.writer.do(gateway.silence.look, now):
        gateway.wake(link)
