"""Every minute: what history says about numbers that cannot be reached is remembered, and forgotten after a time."""

from __future__ import annotations

from datetime import datetime

from smsgw.gateway import Gateway


def run(gateway: Gateway, now: datetime) -> None:
    """Learn what happened until `now`."""
    gateway.campaigns.learn(now)
