"""Every minute: long texts whose missing parts did not come are given out with a mark."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from smsgw.gateway import Gateway

log = logging.getLogger(__name__)


def run(gateway: Gateway, now: datetime) -> None:
    """Release what has waited long enough at `now`."""
    older = now - timedelta(seconds=gateway.config.receiving.incomplete_after)
    released = gateway.database.writer.do(gateway.inbox.release_incomplete, (older, now))
    if released:
        log.warning("%d long texts were given out with parts missing", released)
