"""Every fifteen seconds: customers who did not answer about an order are reminded once; in the end it lapses."""

from __future__ import annotations

from datetime import datetime

from smsgw.gateway import Gateway


def run(gateway: Gateway, now: datetime) -> None:
    """Remind and lapse what is due at `now`."""
    gateway.waiting_orders.run(gateway.database, now)
