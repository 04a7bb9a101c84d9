"""Every two seconds: what the owner commanded from their phone is done and answered."""

from __future__ import annotations

from datetime import datetime

from smsgw.gateway import Gateway
from smsgw.watch import owner


def run(gateway: Gateway, now: datetime) -> None:
    """Obey what came until `now`."""
    owner.obey(gateway, now)
