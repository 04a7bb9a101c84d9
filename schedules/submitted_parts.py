"""Every ten seconds: long texts of SMPP clients whose missing parts did not come are refused, with their receipts."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from smsgw.gateway import Gateway

log = logging.getLogger(__name__)


def run(gateway: Gateway, now: datetime) -> None:
    """Give up on what has waited long enough at `now`."""
    refused = gateway.reception.give_up_parts(now, timedelta(seconds=gateway.config.listen.parts_wait))
    if refused:
        log.warning("%d long texts of SMPP clients were refused with parts missing", refused)
