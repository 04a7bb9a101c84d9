"""Every ten seconds: networks are asked after parts whose receipt does not come."""

from __future__ import annotations

from datetime import datetime

from smsgw.gateway import Gateway


def run(gateway: Gateway, now: datetime) -> None:
    """Begin to ask for what is due at `now`; the answers come in threads of their own."""
    gateway.asking.begin(now)
