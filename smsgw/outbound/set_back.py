"""After the system's clock was set back: what was to go at a time that lies ahead once more goes now.

What is queued is due when it was accepted, or at its next try: by a clock that was an hour fast, that is in an hour.
What people planned for later is held, not queued, and keeps its time.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, update

from ..store.tables import message


def due_again(conn: Connection, batch: list[tuple[datetime, timedelta]]) -> list[None]:
    """Writer step: what is queued for the time by which the clock was set back is due now. Each: now, by how much."""
    m = message.c
    for now, back in batch:
        late = (m.state == "queued") & m.final_at.is_(None) & (m.due_at > now) & (m.due_at <= now + back)
        conn.execute(update(message).where(late).values(due_at=now))
    return [None] * len(batch)
