"""Every fifteen seconds: the runs of recurring campaigns, and those by a customer's date, begin when they are due."""

from __future__ import annotations

from datetime import datetime

from smsgw.gateway import Gateway


def run(gateway: Gateway, now: datetime) -> None:
    """Begin the runs that are due at `now`."""
    gateway.campaigns.series(now)
