"""Every fifteen seconds: what is about to break is found, and the owner is told."""

from __future__ import annotations

from datetime import datetime

from smsgw.gateway import Gateway
from smsgw.watch import owner, troubles


def run(gateway: Gateway, now: datetime) -> None:
    """Look at `now`; tell what is new."""
    troubles.watch(gateway, now)
    owner.tell(gateway, now)
