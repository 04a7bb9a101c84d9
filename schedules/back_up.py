"""Every ten minutes: the store is backed up if the newest backup is old enough, where that is configured."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from smsgw.gateway import Gateway
from smsgw.store import backup

log = logging.getLogger(__name__)


def run(gateway: Gateway, now: datetime) -> None:
    """Back up the store if that is due at `now`; the folder says when it was done last."""
    store = gateway.config.store
    if not store.backup_every:
        return
    every = timedelta(hours=store.backup_every)
    try:
        made = backup.keep(store.full_url, store.backups, every, store.backup_keep, now)
    except OSError as problem:
        log.error("the store cannot be backed up to %s: %s", store.backups, problem)
        return
    if made is not None:
        log.info("the store was backed up: %s", made)
