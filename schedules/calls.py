"""Every two seconds: missed calls that an automatic text is owed to are answered; what nobody took was missed."""

from __future__ import annotations

from datetime import datetime

from smsgw.gateway import Gateway
from smsgw.inbound import talks


def run(gateway: Gateway, now: datetime) -> None:
    """Answer the calls that are not answered at `now`, and end what rings too long."""
    gateway.calls.answer(gateway.database, gateway.door, now)
    talks.miss(gateway.database, now)
