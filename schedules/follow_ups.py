"""Every minute: what follows campaigns that have ended begins, for those who did not answer or did not get it."""

from __future__ import annotations

from datetime import datetime

from smsgw.gateway import Gateway


def run(gateway: Gateway, now: datetime) -> None:
    """Begin the follow-ups that are due at `now`."""
    gateway.campaigns.follow_ups(now)
