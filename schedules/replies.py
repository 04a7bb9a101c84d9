"""Every second: what clients' programs answered to a phone is sent."""

from __future__ import annotations

from datetime import datetime

from smsgw.gateway import Gateway


def run(gateway: Gateway, now: datetime) -> None:
    """Send the replies that wait at `now`."""
    gateway.replies.act(now)
