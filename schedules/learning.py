"""Every minute: the model of the business's own labels, if there is one, proposes what open inquiries are about."""

from __future__ import annotations

from datetime import datetime

from smsgw.gateway import Gateway


def run(gateway: Gateway, now: datetime) -> None:
    """Propose what nobody has proposed yet at `now`."""
    gateway.proposer.propose(gateway.database, now)
