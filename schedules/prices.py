"""Every five seconds: rates, plans and budgets are read anew, and the owner is told what must be told of them."""

from __future__ import annotations

from datetime import datetime

from smsgw.gateway import Gateway


def run(gateway: Gateway, now: datetime) -> None:
    """Read what parts cost, what SIMs have left and what may be spent at `now`."""
    gateway.read_money()
    gateway.watch_money(now)
