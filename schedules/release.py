"""Every second: held messages whose time has come go through the gate again."""

from __future__ import annotations

from datetime import datetime

from smsgw.gateway import Gateway


def run(gateway: Gateway, now: datetime) -> None:
    """Release what is due at `now` and wake the links that got work."""
    for link in gateway.database.writer.do(gateway.waiting.release, now):
        gateway.wake(link)
