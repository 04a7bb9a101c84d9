"""Every two seconds: conversations that were put off come back when their time has come, and open pages hear of it."""

from __future__ import annotations

from datetime import datetime

from smsgw.gateway import Gateway
from smsgw.inbound import conversation_desk


def run(gateway: Gateway, now: datetime) -> None:
    """Bring back what is due at `now`."""
    conversation_desk.wake(gateway.database.writer, now)
