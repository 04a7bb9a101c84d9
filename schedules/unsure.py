"""Every five seconds: messages that may have gone out are settled by late receipts, or by their own policy."""

from __future__ import annotations

from datetime import datetime

from smsgw.gateway import Gateway
from smsgw.outbound.unsure import Due


def run(gateway: Gateway, now: datetime) -> None:
    """Look at the unsure ones at `now`, and wake the links that shall send again."""
    for link in gateway.database.writer.do(gateway.unsure.look, Due(now, gateway.config.sending.unsure_wait)):
        gateway.wake(link)
