"""Every ten minutes: pictures, video and sound that nothing needs any more are let go of."""

from __future__ import annotations

from datetime import datetime

from smsgw.gateway import Gateway
from smsgw.media import store


def run(gateway: Gateway, now: datetime) -> None:
    """Purge what is due at `now`."""
    gateway.database.writer.do(store.purge, (now - gateway.config.media.kept, now))
