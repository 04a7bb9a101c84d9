"""Move records to their next state and write down why: the only writer of any state.

Every function takes a batch and works inside the caller's transaction. A move is compare-and-set: it happens only
from a state that `lifecycle` allows for its event, and `move` says for each record whether it did.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, bindparam, insert, select, text, update

from .happenings import HAPPENINGS
from .lifecycle import LIVES, Life
from .prepared import Prepared, among, id_list
from .tables import history, metadata

_TABLES: dict[str, Table] = {life.record: metadata.tables[life.record] for life in LIVES}
MANY = 500  # values in one IN list: well under every engine's bound
IDS: Any = bindparam("ids", expanding=True)  # the list of ids in a statement that is built once

# Built once: to build a statement anew costs more than to run it.
_READ = {
    name: Prepared(select(table.c.id, table.c.state).where(among(table.c.id)).with_for_update(of=table))
    for name, table in _TABLES.items()
}
_CHANGE_ALIKE = {name: update(table).where(table.c.id.in_(IDS)) for name, table in _TABLES.items()}
_CHANGE_ONE = {name: update(table).where(table.c.id == bindparam("its_id")) for name, table in _TABLES.items()}
_MOVE = ("event", "was", "now", "why", "by")
_LINE = ("record", "record_id", *_MOVE, "at")
_TELL = Prepared(insert(history), _LINE)
_ALIKE = "SELECT {record}, value, {event}, {was}, {now}, {why}, {by}, {at} FROM "
GROUPS = 4  # groups of records that moved alike, in one statement


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


@dataclass(slots=True)  # not frozen: each record makes one, and a frozen one costs seven times as much
class Birth:
    """A record to be stored: its columns without `state` and `why`, and the events it passes, each with its reason.

    The first event must be the life's first; every further one must be allowed from the state before. by: who makes
    the last of several, if that is not who stores the record.
    """

    values: Mapping[str, Any]
    events: Sequence[tuple[str, str]]
    by: str | None = None


def begin(
    conn: Connection, life: Life, births: Sequence[Birth], *, by: str, now: datetime, told: bool = True
) -> list[str]:
    """Store new records, each in the state its events lead to; returns these states, in order.

    told: whether lines are written, and whoever follows history hears of it; not for what happened elsewhere long ago.
    Raises ValueError when the events are not allowed by the life.
    """
    rows: list[dict[str, Any]] = []
    lines: list[_Lines] = []  # by the place in the births' events, so that each record's lines stay in order
    for birth in births:
        state: str | None = None
        for place, (event, why) in enumerate(birth.events):
            was, state = state, _next(life, event, state)
            if place == len(lines):
                lines.append({})
            who = birth.by if birth.by is not None and place == len(birth.events) - 1 else by
            lines[place].setdefault((event, was, state, why, who), []).append(str(birth.values["id"]))
        rows.append({**birth.values, "state": state, "why": birth.events[-1][1]})
    if rows:
        _bear(life.record, tuple(rows[0])).many(conn, rows)
        groups = [line for alike in lines for line in alike.items()] if told else []
        for some in [groups] if len(groups) <= GROUPS else [list(alike.items()) for alike in lines]:
            _tell(conn, life, some, now)
    return [row["state"] for row in rows]


@lru_cache(maxsize=64)
def _bear(record: str, columns: tuple[str, ...]) -> Prepared:
    return Prepared(insert(_TABLES[record]), columns)


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
    lines: _Lines = {}
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
        lines.setdefault((event, was, after, step.why, by), []).append(step.id)
    _write(conn, _TABLES[life.record], changes)
    _tell(conn, life, list(lines.items()), now)
    return result


class Together:
    """One move that many records make alike: one statement for all, and none to read them before.

    Only records in the state `was` move. sets: the columns that the caller gives a value for; fixed: columns that
    always get this value or expression. where: what must be true of a record besides.
    """

    def __init__(
        self,
        life: Life,
        event: str,
        was: str,
        *,
        sets: Sequence[str] = (),
        fixed: Mapping[str, Any] | None = None,
        where: Sequence[ColumnElement[bool]] = (),
    ) -> None:
        after = life.after(event, was)
        if after is None:
            raise ValueError(f"a {life.record} cannot {event} when {was}")
        table = _TABLES[life.record]
        values = {name: bindparam(f"to_{name}", type_=table.c[name].type) for name in ("why", *sets)}
        self._life, self._event, self._was, self._after = life, event, was, after
        self._change = Prepared(
            update(table)
            .where(among(table.c.id), table.c.state == was, *where)
            .values(state=after, **values, **(fixed or {}))
            .returning(table.c.id)
        )

    def move(
        self, conn: Connection, ids: Sequence[str], why: str, values: Mapping[str, Any], *, by: str, now: datetime
    ) -> list[str]:
        """Move those of `ids` that may; returns these, in no order."""
        if not ids:
            return []
        given = {f"to_{name}": value for name, value in values.items()}
        moved = [row[0] for row in self._change.run(conn, {"ids": ids, "to_why": why, **given})]
        _tell(conn, self._life, [((self._event, self._was, self._after, why, by), moved)], now)
        return moved


def note(conn: Connection, life: Life, event: str, steps: Sequence[Step], *, by: str, now: datetime) -> None:
    """Write a line of history that moves nothing (a duplicate that was dropped, a part that came late)."""
    known = _states(conn, _TABLES[life.record], [step.id for step in steps])
    lines: _Lines = {}
    for step in steps:
        if step.id in known:
            lines.setdefault((event, known[step.id], known[step.id], step.why, by), []).append(step.id)
    _tell(conn, life, list(lines.items()), now)


def happened(conn: Connection, record: str, what: str, ids: Sequence[str], why: str, *, by: str, now: datetime) -> None:
    """Write down what happened to records without states, such as customers. Raises KeyError for what cannot happen."""
    HAPPENINGS[record][what]
    if ids:
        _tell_alike(conn, record, [((what, None, what, why, by), list(ids))], now)


_Move = tuple[str, str | None, str, str, str]  # event, was, now, why, by
_Lines = dict[_Move, list[str]]  # who moved so


def _tell(conn: Connection, life: Life, lines: Sequence[tuple[_Move, list[str]]], at: datetime) -> None:
    """Write lines of history: in order where they are few groups; else those that moved alike, then who moved alone."""
    lines = [line for line in lines if line[1]] if life.told else []
    few = len(lines) <= GROUPS
    alike = [line for line in lines if few or len(line[1]) > 1]
    for start in range(0, len(alike), GROUPS):
        _tell_alike(conn, life.record, alike[start : start + GROUPS], at)
    single = [] if few else [(move, ids[0]) for move, ids in lines if len(ids) == 1]
    _TELL.many(conn, [dict(zip(_LINE, (life.record, id, *move, at), strict=True)) for move, id in single])


def _tell_alike(conn: Connection, record: str, lines: Sequence[tuple[_Move, list[str]]], at: datetime) -> None:
    """Write the lines of at most `GROUPS` groups, one group after the other."""
    values: dict[str, Any] = {"record": record, "at": at}
    for place, (move, ids) in enumerate(lines):
        values[f"ids{place}"] = ids
        values |= zip([f"{name}{place}" for name in _MOVE], move, strict=True)
    _groups(len(lines)).run(conn, values)


@lru_cache(maxsize=GROUPS)
def _groups(count: int) -> Prepared:
    """The statement for so many groups. UNION ALL keeps their order, and with it the order of a record's lines."""

    def told(each: str, way: Callable[[str, int], str]) -> Any:
        parts = [
            _ALIKE.format(**{name: way(name, place) for name in _LINE}) + each.format(place=place)
            for place in range(count)
        ]
        into = 'INSERT INTO history (record, record_id, event, was, now, why, "by", at) '
        moment = bindparam("at", type_=history.c.at.type)
        return text(into + " UNION ALL ".join(parts)).bindparams(*(id_list(f"ids{n}") for n in range(count)), moment)

    return Prepared(
        told("json_each(:ids{place})", lambda name, place: f":{_named(name, place)}"),
        postgresql=told("unnest(:ids{place}) AS each(value)", _typed),
    )


def _named(name: str, place: int) -> str:
    """What the value of a column is called in a group: time and kind of record are the same in all."""
    return name if name in ("record", "at") else f"{name}{place}"


def _typed(name: str, place: int) -> str:
    return f"CAST(:{_named(name, place)} AS {'timestamp' if name == 'at' else 'text'})"


def _states(conn: Connection, table: Table, ids: Sequence[str]) -> dict[str, str]:
    return dict(_READ[table.name].run(conn, {"ids": ids}))


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
