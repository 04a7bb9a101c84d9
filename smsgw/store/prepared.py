"""Statements that are compiled once for each engine and then run with nothing in between: the hot path's way.

They are written in SQLAlchemy Core (or as `text()`), so that names and types have one source; what is left out is what
SQLAlchemy does again at every execution. The surprise: `run` gives rows as the engine's driver does, so a time or a
JSON column is read with `records`. A list of ids travels as one value (`among`), and rows are stored many in one step:
at each step SQLite's driver lets other threads run, and then waits for them, which costs more than the step. What never
changes in a statement stands in its text: SQLite plans a statement anew whenever a value is bound anew that it held
against the WHERE of an index (sqlite.org/c3ref/prepare.html, of sqlite3_prepare_v2), and planning takes ten times as
long as the change of a row.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from operator import itemgetter
from typing import Any

from pydantic_core import to_json
from sqlalchemy import (
    ARRAY,
    JSON,
    BindParameter,
    ColumnElement,
    Connection,
    Select,
    String,
    Text,
    bindparam,
    literal_column,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import Executable
from sqlalchemy.sql.visitors import replacement_traverse
from sqlalchemy.types import LargeBinary, TypeDecorator, TypeEngine

from .tables.types import written_json

TOGETHER = 16  # rows that SQLite stores in one step, else half as many, and so on
VALUES = 999  # values that a statement may have in any build of SQLite


class IdList(TypeDecorator[list[str]]):
    """Many ids in one bound value: a JSON array for SQLite, a text array for PostgreSQL."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(ARRAY(Text()) if dialect.name == "postgresql" else Text())

    def bind_processor(self, dialect: Dialect) -> Callable[[Sequence[str] | None], Any]:
        """The whole way of a value at once, as for `Moment`."""
        return (lambda ids: list(ids or ())) if dialect.name == "postgresql" else (lambda ids: to_json(ids).decode())


def id_list(name: str = "ids") -> Any:
    """The bound parameter that takes a list of ids."""
    return bindparam(name, type_=IdList())


class among(ColumnElement[bool]):
    """`column` is one of the strings in the list bound as `name`: for statements that are `Prepared`."""

    inherit_cache = False

    def __init__(self, column: ColumnElement[Any], name: str = "ids") -> None:
        self.column, self.list = column, id_list(name)


@compiles(among)
def _among(element: among, compiler: Any, **options: Any) -> str:
    column, bound = compiler.process(element.column, **options), compiler.process(element.list, **options)
    return f"{column} IN (SELECT value FROM json_each({bound}))"


@compiles(among, "postgresql")
def _among_postgresql(element: among, compiler: Any, **options: Any) -> str:
    return f"{compiler.process(element.column, **options)} = ANY({compiler.process(element.list, **options)})"


class Prepared:
    """One statement, ready to run."""

    def __init__(
        self, statement: Executable, columns: Sequence[str] | None = None, *, postgresql: Executable | None = None
    ) -> None:
        """columns: which an insert fills (None: those that the statement names). postgresql: its own wording there."""
        self._statement = statement
        self._columns = list(columns) if columns is not None else None
        self._other = {"postgresql": postgresql} if postgresql is not None else {}
        self._compiled: dict[str, _Compiled] = {}

    def run(self, conn: Connection, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Run it once; returns the rows, if it gives any. Raises KeyError when a value is missing."""
        ready = self._for(conn)
        return execute_raw(conn, ready.sql, ready.bound(values))

    def records(self, conn: Connection, values: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Run a select; returns its rows by the names of their columns, with our types."""
        ready = self._for(conn)
        found: list[dict[str, Any]] = []
        for row in execute_raw(conn, ready.sql, ready.bound(values)):
            record = dict(zip(ready.names, row, strict=True))
            for name, way in ready.reads:
                record[name] = way(record[name])
            found.append(record)
        return found

    def many(self, conn: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run it for each of `rows`."""
        if not rows:
            return
        ready = self._for(conn)
        bound = [ready.bound(row) for row in rows]
        start = 0
        for count, several in ready.several:
            while len(bound) - start >= count:
                execute_raw(conn, several, list(chain.from_iterable(bound[start : start + count])))
                start += count
        if start < len(bound):
            execute_raw(conn, ready.sql, bound[start:], many=True)

    def bulk(self, conn: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run a plain insert for hundreds of rows, for which PostgreSQL takes one value and a fifth of the work."""
        ready = self._for(conn)
        if ready.recordset is None or len(rows) < TOGETHER:
            self.many(conn, rows)
        else:
            execute_raw(conn, ready.recordset, [written_json([ready.spelled(row) for row in rows])])

    def _for(self, conn: Connection) -> _Compiled:
        dialect = conn.dialect
        ready = self._compiled.get(dialect.name)
        if ready is None:
            statement = self._other.get(dialect.name, self._statement)
            ready = self._compiled[dialect.name] = _Compiled(statement, self._columns, dialect)
        return ready


def execute_raw(conn: Connection, sql: str, values: Any = (), *, many: bool = False) -> list[tuple[Any, ...]]:
    """Run SQL in the engine's own words, past SQLAlchemy but with its errors, by which the writer knows what is wrong.

    values: as the engine's driver takes them; many: a sequence of these.
    """
    dialect = conn.dialect
    errors: Any = dialect.dbapi
    cursor: Any = conn.connection.dbapi_connection.cursor()  # type: ignore[union-attr]  # it is connected
    try:
        if many:
            cursor.executemany(sql, values)
            return []
        cursor.execute(sql, values)
        return list(cursor.fetchall()) if cursor.description is not None else []
    except errors.Error as problem:
        lost = dialect.is_disconnect(problem, conn.connection.dbapi_connection, cursor)
        if lost:
            conn.invalidate(problem)
        told = DBAPIError.instance(sql, None, problem, errors.Error, connection_invalidated=lost, dialect=dialect)
        raise told from problem
    finally:
        cursor.close()


class _Compiled:
    """A statement in the words of one engine, with what turns our values into the engine's."""

    def __init__(self, statement: Any, columns: list[str] | None, dialect: Dialect) -> None:
        compiled = replacement_traverse(statement, {}, _spoken).compile(dialect=dialect, column_keys=columns)
        self.sql = str(compiled)
        bound = {name: bind for bind, name in compiled.bind_names.items()}
        self._fixed = {name: bind.value for name, bind in bound.items() if not bind.required}
        # As plain str: SQLAlchemy's own kind of it answers each question of to_json in Python.
        names = [str(name) for name in (compiled.positiontup if compiled.positional else bound)]
        self._names = tuple(names)
        self.several = _several(self.sql, len(names)) if dialect.name == "sqlite" else ()
        self._all = itemgetter(*names) if len(names) > 1 else None
        ways = [_way(bound[name].type, dialect) for name in names]
        self._takes = [(place, names[place], way) for place, way in enumerate(ways) if way is not None]
        self._by_name = not compiled.positional
        self.recordset = _recordset(self.sql) if dialect.name == "postgresql" else None
        self._written = [
            (names[place], way) for place, _, way in self._takes if not isinstance(bound[names[place]].type, JSON)
        ]
        gives = statement.selected_columns if isinstance(statement, Select) else ()
        self.names = [str(column.key) for column in gives]
        reads = [
            (str(column.key), column.type.dialect_impl(dialect).result_processor(dialect, None)) for column in gives
        ]
        self.reads = [(name, way) for name, way in reads if way is not None]

    def bound(self, values: Mapping[str, Any]) -> Any:
        if self._fixed:
            values = {**self._fixed, **values}
        if self._by_name:
            named = {name: values[name] for name in self._names}
            for _, name, way in self._takes:
                if named[name] is not None:  # None is NULL in all our types
                    named[name] = way(named[name])
            return named
        placed = list(self._all(values)) if self._all is not None else [values[name] for name in self._names]
        for place, _, way in self._takes:
            if placed[place] is not None:
                placed[place] = way(placed[place])
        return placed

    def spelled(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """A row for `recordset`: as it is, but for times and the like, which JSON does not have."""
        if self._fixed:
            values = {**self._fixed, **values}
        named = {name: values[name] for name in self._names}
        for name, way in self._written:
            if named[name] is not None:
                named[name] = str(way(named[name]))
        return named


def _recordset(sql: str) -> str | None:
    """The same for all rows of a JSON array; None for what is no plain insert, or has octets in it."""
    head, _, row = sql.partition(" VALUES ")
    columns = re.findall(r"%\((\w+)\)s::([A-Z ]+)", row)
    plain = head.startswith("INSERT INTO ") and row == f"({', '.join(f'%({name})s::{kind}' for name, kind in columns)})"
    if not plain or any(kind == "BYTEA" for _, kind in columns):
        return None
    names = ", ".join(f'"{name}"' for name, _ in columns)
    shape = ", ".join(f'"{name}" {kind}' for name, kind in columns)
    return f"{head} SELECT {names} FROM json_to_recordset(%s::json) AS said({shape})"


def _several(sql: str, count: int) -> tuple[tuple[int, str], ...]:
    """The same for several rows at once, most first; none for what is no plain insert of `count` values."""
    head, _, row = sql.partition(" VALUES ")
    if not head.startswith("INSERT INTO ") or row != f"({', '.join('?' * count)})":
        return ()
    sizes = [TOGETHER >> halved for halved in range(TOGETHER.bit_length() - 1)]
    return tuple((size, f"{head} VALUES {', '.join([row] * size)}") for size in sizes if count * size <= VALUES)


def _spoken(element: Any, **_: Any) -> Any:
    """In the place of a word or number that is bound with its value already: that value in SQL's own spelling."""
    if not isinstance(element, BindParameter) or element.required or isinstance(element.value, bool):
        return None
    if isinstance(element.value, int):
        return literal_column(str(element.value), element.type)
    if isinstance(element.value, str) and isinstance(element.type, String):
        quoted = element.value.replace("'", "''")
        return literal_column(f"'{quoted}'", element.type)
    return None


def _way(kind: Any, dialect: Dialect) -> Callable[[Any], Any] | None:
    """What turns a value of a type into the engine's, None where it is that already, as octets are for SQLite."""
    if dialect.name == "sqlite" and isinstance(kind, LargeBinary):
        return None
    way: Callable[[Any], Any] | None = kind.dialect_impl(dialect).bind_processor(dialect)
    return way
