"""Every night: what is older than `[retention]` says is forgotten, but for people under a legal hold."""

from __future__ import annotations

import logging
from datetime import datetime

from smsgw.customers import retention
from smsgw.gateway import Gateway

log = logging.getLogger(__name__)


def run(gateway: Gateway, now: datetime) -> None:
    """Forget what is due at `now`, if it is night and was not done yet."""
    config = gateway.config
    found = retention.nightly(gateway.database, config.retention, now, config.business.zone) or {}
    if told := ", ".join(f"{count} {kind}" for kind, count in found.items() if count):
        log.info("forgotten: %s", told)
