"""Move records to their next state and write down why: the only writer of any state.

Every function takes a batch and works inside the caller's transaction. A move is compare-and-set: it happens only
from a state that `lifecycle` allows for its event, and `move` says for each record whether it did.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, bindparam, insert, select, update

from .lifecycle import INBOUND, MESSAGE, Life
from .tables import history, inbound, message

_TABLES: dict[str, Table] = {MESSAGE.record: message, INBOUND.record: inbound}
MANY = 500  # values in one IN list: well under every engine's bound
IDS: Any = bindparam("ids", expanding=True)  # the list of ids in a statement that is built once

# Built once: to build a statement anew costs more than to run it.
_READ = {
    name: select(table.c.id, table.c.state).where(table.c.id.in_(IDS)).with_for_update(of=table)
    for name, table in _TABLES.items()
}
_CHANGE_ALIKE = {name: update(table).where(table.c.id.in_(IDS)) for name, table in _TABLES.items()}
_CHANGE_ONE = {name: update(table).where(table.c.id == bindparam("its_id")) for name, table in _TABLES.items()}
_BEAR = {name: insert(table) for name, table in _TABLES.items()}
_TELL = insert(history)


def chunks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """The ids in lists of at most `MANY`."""
    for start in range(0, len(ids), MANY):
        yield ids[start : start + MANY]


@dataclass(frozen=True, slots=True)
class Step:
    """One wished move: the record's id, why, and the columns that change along with the state."""

    id: str
    why: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Birth:
    """A record to be stored: its columns without `state` and `why`, and the events it passes, each with its reason.

    The first event must be the life's first; every further one must be allowed from the state before.
    """

    values: Mapping[str, Any]
    events: Sequence[tuple[str, str]]


def begin(conn: Connection, life: Life, births: Sequence[Birth], *, by: str, now: datetime) -> list[str]:
    """Store new records, each in the state its events lead to; returns these states, in order.

    Raises ValueError when the events are not allowed by the life.
    """
    rows: list[dict[str, Any]] = []
    lines: list[dict[str, Any]] = []
    for birth in births:
        state: str | None = None
        for event, why in birth.events:
            was, state = state, _next(life, event, state)
            lines.append(_line(life, str(birth.values["id"]), event, was, state, why, by, now))
        rows.append({**birth.values, "state": state, "why": birth.events[-1][1]})
    if rows:
        conn.execute(_BEAR[life.record], rows)
        conn.execute(_TELL, lines)
    return [row["state"] for row in rows]


def _next(life: Life, event: str, state: str | None) -> str:
    after = (life.initial if event == life.first else None) if state is None else life.after(event, state)
    if after is None:
        raise ValueError(f"a {life.record} cannot {event} when {state or 'new'}")
    return after


def move(
    conn: Connection, life: Life, event: str, steps: Sequence[Step], *, by: str, now: datetime
) -> list[str | None]:
    """Move records on `event`; returns for each the state it was in, or None where the move was not allowed.

    A record that occurs twice is moved by its first step only. Raises KeyError for an event the life does not have.
    """
    known = _states(conn, _TABLES[life.record], [step.id for step in steps])
    changes: dict[str, tuple[dict[str, Any], list[str]]] = {}
    lines: list[dict[str, Any]] = []
    result: list[str | None] = []
    for step in steps:
        was = known.pop(step.id, None)
        after = None if was is None else life.after(event, was)
        if was is None or after is None:
            result.append(None)
            continue
        result.append(was)
        values = {**step.values, "state": after, "why": step.why}
        changes.setdefault(repr(values), (values, []))[1].append(step.id)
        lines.append(_line(life, step.id, event, was, after, step.why, by, now))
    _write(conn, _TABLES[life.record], changes)
    if lines:
        conn.execute(_TELL, lines)
    return result


def note(conn: Connection, life: Life, event: str, steps: Sequence[Step], *, by: str, now: datetime) -> None:
    """Write a line of history that moves nothing (a duplicate that was dropped, a part that came late)."""
    known = _states(conn, _TABLES[life.record], [step.id for step in steps])
    lines = [
        _line(life, step.id, event, known[step.id], known[step.id], step.why, by, now)
        for step in steps
        if step.id in known
    ]
    if lines:
        conn.execute(_TELL, lines)


def _line(
    life: Life, id: str, event: str, was: str | None, now: str, why: str, by: str, at: datetime
) -> dict[str, Any]:
    return {
        "record": life.record,
        "record_id": id,
        "event": event,
        "was": was,
        "now": now,
        "why": why,
        "by": by,
        "at": at,
    }


def _states(conn: Connection, table: Table, ids: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for some in chunks(ids):
        found.update((row[0], row[1]) for row in conn.execute(_READ[table.name], {"ids": some}))
    return found


def _write(conn: Connection, table: Table, changes: dict[str, tuple[dict[str, Any], list[str]]]) -> None:
    """One statement for each group of records that change alike: on the hot path that is one for the batch."""
    single: dict[tuple[str, ...], list[dict[str, Any]]] = {}  # by the columns they set
    for values, ids in changes.values():
        if len(ids) == 1:
            single.setdefault(tuple(values), []).append({**values, "its_id": ids[0]})
            continue
        for some in chunks(ids):
            conn.execute(_CHANGE_ALIKE[table.name], {**values, "ids": some})
    for rows in single.values():
        conn.execute(_CHANGE_ONE[table.name], rows)
