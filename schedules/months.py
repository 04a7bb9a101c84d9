"""Every hour: where the store is kept by months, those to come are made, and those that are empty are dropped."""

from __future__ import annotations

import logging
from datetime import datetime

from smsgw.customers.retention import MONTH
from smsgw.gateway import Gateway
from smsgw.store import partitions

log = logging.getLogger(__name__)


def run(gateway: Gateway, now: datetime) -> None:
    """Make months ahead of `now`, and drop those in which retention left nothing; who is in the way is waited for."""
    if not partitions.keep_ahead(gateway.database, now):
        log.info("months ahead were not made, for something long is asked of the store; in an hour again")
    for name in partitions.drop_empty(gateway.database, now - gateway.config.retention.metadata_months * MONTH):
        log.info("the month %s of messages and parts was empty and is gone", name)
