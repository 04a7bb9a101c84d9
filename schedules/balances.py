"""Every fifteen seconds: SIMs whose money is to be looked at now are asked."""

from __future__ import annotations

from datetime import datetime

from smsgw.gateway import Gateway


def run(gateway: Gateway, now: datetime) -> None:
    """Ask whoever is due at `now`; the answers come in threads of their own."""
    gateway.balances.ask_due(now)
