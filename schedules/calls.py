"""Every two seconds: missed calls that an automatic text is owed to are answered."""

from __future__ import annotations

from datetime import datetime

from smsgw.gateway import Gateway


def run(gateway: Gateway, now: datetime) -> None:
    """Answer the calls that are not answered at `now`."""
    gateway.calls.answer(gateway.database, gateway.door, now)
