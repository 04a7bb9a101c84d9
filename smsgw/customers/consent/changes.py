"""The log of who changed which rule of the gate: its newest line tells whether what was cached still holds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, insert, select

from ...access import audit
from ...store.database import Writer
from ...store.prepared import Prepared
from ...store.tables import gate_change
from ...store.tables.types import AnyRow

Result = TypeVar("Result")
_NEWEST = Prepared(select(gate_change.c.id, gate_change.c.at).order_by(gate_change.c.id.desc()).limit(1))


def changed(conn: Connection, what: str, by: str, now: datetime) -> None:
    """Write down that a rule was changed. what: a sentence for people."""
    conn.execute(insert(gate_change).values(what=what, by=by, at=now))
    audit.tell(conn, [audit.Line(by, "rules.changed", what, now, "rules")])


def revision(conn: Connection) -> object:
    """Something that is equal as long as no rule was changed: compare it, nothing else."""
    return _NEWEST.run(conn, {})


def listing(conn: Connection, limit: int) -> list[AnyRow]:
    """The newest changes, newest first."""
    return list(conn.execute(select(gate_change).order_by(gate_change.c.id.desc()).limit(limit)))


def write(writer: Writer, act: Callable[[Connection], Result]) -> Result:
    """Do something about consent in a transaction of the writer, and wait for it. Raises what `act` raises."""
    done: Result = writer.do(_act, act)
    return done


def _act(conn: Connection, batch: list[Callable[[Connection], Any]]) -> list[Any]:
    return [act(conn) for act in batch]
