"""Every minute, after the nightly hour: a day that is over is added up and proved, one at a time."""

from __future__ import annotations

from datetime import datetime

from smsgw.gateway import Gateway


def run(gateway: Gateway, now: datetime) -> None:
    """Close the oldest day that is over at `now` and not closed, if there is one."""
    gateway.close_due(now)
