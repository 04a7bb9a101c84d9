"""Every three seconds: where an MMS was not fetched, a smaller one or the text with the link goes out in its place."""

from __future__ import annotations

from datetime import datetime

from smsgw.gateway import Gateway


def run(gateway: Gateway, now: datetime) -> None:
    """Send the links that are due at `now`."""
    with gateway.database.reading() as conn:
        waits = gateway.fallback.waits(conn, now)
    if waits:
        gateway.smaller.run(now)  # first: what the network refused for its size goes again before a link does
        gateway.database.writer.do(gateway.fallback.run, now)
