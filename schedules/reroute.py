"""Every five seconds: what waits for a link that has been down for long goes to one that is there."""

from __future__ import annotations

from datetime import datetime, timedelta

from smsgw.gateway import Gateway


def run(gateway: Gateway, now: datetime) -> None:
    """Move messages away from links that are down at `now`, and wake the links that got them."""
    patience = timedelta(seconds=gateway.config.sending.reroute_after)
    for link in gateway.database.writer.do(gateway.waiting.reroute, (now, patience)):
        gateway.wake(link)
