"""Every second: campaigns whose time has come begin, and those that run put their next messages into the queue."""

from __future__ import annotations

from datetime import datetime, timedelta

from smsgw.gateway import Gateway

PATIENCE = timedelta(seconds=5)  # a run goes on for so long while there is work at once


def run(gateway: Gateway, now: datetime) -> None:
    """Take campaigns further at `now`."""
    gateway.campaigns.advance(now, gateway.clock, PATIENCE)
