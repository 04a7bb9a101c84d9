"""Every ten minutes: what was made for pages of messages that have ended is taken away; who came stays known."""

from __future__ import annotations

from datetime import datetime

from smsgw.gateway import Gateway
from smsgw.media import pages


def run(gateway: Gateway, now: datetime) -> None:
    """Clear the pages that have ended at `now`, a batch at a time."""
    while gateway.database.writer.do(pages.purge, now) == pages.AT_ONCE:
        pass
