"""Every minute: what the store does not use any more is given back to the disk, a little at a time."""

from __future__ import annotations

from datetime import datetime

from smsgw.gateway import Gateway
from smsgw.store import vacuum

MOST = 6400  # pages in one run: 25 MB


def run(gateway: Gateway, now: datetime) -> None:
    """Give back some of what is free; the store says how much that is."""
    if pages := vacuum.free(gateway.database):
        vacuum.give_back(gateway.database.writer, min(pages, MOST))
