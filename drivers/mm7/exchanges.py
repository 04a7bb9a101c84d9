"""Keep what an MMSC and we did not understand of each other, for whoever looks into it: without pictures."""

from __future__ import annotations

import logging
import os
from datetime import UTC, datetime
from pathlib import Path

log = logging.getLogger(__name__)

KEPT = 100  # the newest ones
LONGEST = 64 * 1024  # octets of an answer that are kept


def keep(folder: Path | None, asked: bytes, status: int, answered: bytes, now: datetime) -> None:
    """Write an exchange into the folder; the oldest go. What cannot be written is told in the log, and no more."""
    if folder is None:
        return
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = folder / f"{now.astimezone(UTC):%Y%m%dT%H%M%S.%f}.txt"
        told = asked + f"\n\n--- the answer, HTTP {status}\n\n".encode() + answered[:LONGEST]
        handle = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(told)
        for old in sorted(folder.glob("*T*.txt"))[:-KEPT]:
            old.unlink(missing_ok=True)
    except OSError as problem:
        log.warning("an exchange could not be kept in %s: %s", folder, problem)
