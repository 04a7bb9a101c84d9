"""Every five seconds: receipts that found no message look once more, by the other ways to spell their reference."""

from __future__ import annotations

from datetime import datetime

from smsgw.gateway import Gateway


def run(gateway: Gateway, now: datetime) -> None:
    """What this process heard a while before `now`: it alone remembers how else the reference may be spelled."""
    if strangers := gateway.receipts.strangers(now):
        gateway.database.writer.do(gateway.receipts.look_again, (strangers, now))
