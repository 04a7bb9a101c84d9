"""Every three seconds: where an MMS was not fetched, the text with the link goes out in its place."""

from __future__ import annotations

from datetime import datetime

from smsgw.gateway import Gateway


def run(gateway: Gateway, now: datetime) -> None:
    """Send the links that are due at `now`."""
    with gateway.database.reading() as conn:
        waits = gateway.fallback.waits(conn, now)
    if waits:
        gateway.database.writer.do(gateway.fallback.run, now)
