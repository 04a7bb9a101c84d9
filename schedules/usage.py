"""Every minute: what each SIM sent today and this month is told beside its link."""

from __future__ import annotations

from datetime import datetime

from smsgw.gateway import Gateway


def run(gateway: Gateway, now: datetime) -> None:
    """Count what was sent until `now`."""
    gateway.tell_usage(now)
