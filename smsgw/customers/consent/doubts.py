"""Texts that may have been a STOP: a person says whether they were, and until then marketing to the number waits."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select, update

from ...errors import Conflict, NotFound
from ...store.tables import message, suspected_stop
from ...store.tables.types import AnyRow
from .consent import Statement
from .stop import withdraw


def listing(conn: Connection, limit: int) -> list[AnyRow]:
    """Those that nobody has decided, oldest first."""
    s = suspected_stop.c
    return list(conn.execute(select(suspected_stop).where(s.decided_at.is_(None)).order_by(s.at).limit(limit)))


def decide(conn: Connection, inbound_id: str, meant: bool, by: str, now: datetime) -> str:
    """Say whether a text was a STOP; returns whose it was. A stop is written down, else what waited goes on.

    Raises NotFound, Conflict when somebody decided it before.
    """
    s = suspected_stop.c
    found = conn.execute(select(suspected_stop).where(s.inbound_id == inbound_id)).first()
    if found is None:
        raise NotFound(f"no text {inbound_id!r} is suspected to be a stop")
    if found.decided_at is not None:
        raise Conflict(f"{found.decided_by} decided this text before", code="already_decided")
    conn.execute(
        update(suspected_stop).where(s.inbound_id == inbound_id).values(decided_at=now, decided_by=by, meant=meant)
    )
    number = str(found.address)
    if meant:
        note = f"read by {by}, who took it for a stop"
        withdraw(
            conn,
            [Statement(number, False, found.words, found.at, "sms", by, inbound_id, note=note, recorded_at=now)],
            now,
        )
    elif conn.execute(select(s.inbound_id).where(s.address == number, s.decided_at.is_(None))).first() is None:
        m = message.c
        held = (m.recipient == number) & (m.state == "held") & (m.purpose == "marketing") & m.final_at.is_(None)
        about = m.why.contains("must say whether that was a STOP")
        conn.execute(update(message).where(held, about).values(due_at=now))
    return number
