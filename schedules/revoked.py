"""Every two seconds: SMPP clients whose key was revoked are parted from."""

from __future__ import annotations

from datetime import datetime

from smsgw.gateway import Gateway


def run(gateway: Gateway, now: datetime) -> None:
    """End their connections."""
    gateway.reception.dismiss_revoked()
