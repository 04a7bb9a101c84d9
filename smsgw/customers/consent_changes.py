"""The log of who changed which rule of the gate: its newest line tells whether what was cached still holds."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, insert, select

from ..store.prepared import Prepared
from ..store.tables import gate_change
from ..store.tables.types import AnyRow

_NEWEST = Prepared(select(gate_change.c.id, gate_change.c.at).order_by(gate_change.c.id.desc()).limit(1))


def changed(conn: Connection, what: str, by: str, now: datetime) -> None:
    """Write down that a rule was changed. what: a sentence for people."""
    conn.execute(insert(gate_change).values(what=what, by=by, at=now))


def revision(conn: Connection) -> object:
    """Something that is equal as long as no rule was changed: compare it, nothing else."""
    return _NEWEST.run(conn, {})


def listing(conn: Connection, limit: int) -> list[AnyRow]:
    """The newest changes, newest first."""
    return list(conn.execute(select(gate_change).order_by(gate_change.c.id.desc()).limit(limit)))
