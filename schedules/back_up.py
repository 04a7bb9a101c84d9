"""Every ten minutes: the store is backed up if the newest backup is old enough, and brought back as a trial.

A backup that failed, or could not be brought back, is an alert until one is good.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from smsgw.errors import SmsgwError
from smsgw.gateway import Gateway
from smsgw.store import backup, trial
from smsgw.watch.troubles import backup_failed, backup_is_good

log = logging.getLogger(__name__)


def run(gateway: Gateway, now: datetime) -> None:
    """Back up the store if that is due at `now`; the folder says when it was done last."""
    store = gateway.config.store
    if not store.backup_every:
        return
    every = timedelta(hours=store.backup_every)
    try:
        made = backup.keep(store.full_url, store.backups, every, store.backup_keep, now)
    except (SmsgwError, OSError) as problem:
        log.error("the store cannot be backed up to %s: %s", store.backups, problem)
        backup_failed(gateway, f"the store cannot be backed up to {store.backups}: {problem}", now)
        return
    if made is None:
        return
    log.info("the store was backed up: %s", made)
    try:
        told = trial.bring_back(store.full_url, made)
    except (SmsgwError, OSError) as problem:
        log.error("the backup %s cannot be brought back: %s", made, problem)
        backup_failed(gateway, f"the backup {made} cannot be brought back: {problem}", now)
    else:
        log.info("%s can be brought back: %d messages, %d texts", made.name, told.messages, told.inbound)
        backup_is_good(gateway, now)
