"""Every five seconds: the rates are read anew if somebody changed them."""

from __future__ import annotations

from datetime import datetime

from smsgw.daemon import Gateway


def run(gateway: Gateway, now: datetime) -> None:
    """Read what parts cost, if it is not what was read last."""
    gateway.read_rates()
