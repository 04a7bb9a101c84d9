"""Where another gateway's tables are: in a file of SQL, in a file of SQLite, or in a database that is asked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import create_engine, inspect, text
from sqlalchemy.exc import SQLAlchemyError

from ..errors import BadInput, Fault
from .dump import Dump, Row

_MAGIC = b"SQLite format 3\0"


class Tables(Protocol):
    """Tables by name."""

    names: set[str]

    def rows(self, table: str) -> Iterator[tuple[str, Row]]:
        """Each row with where it stands; names of columns in small letters."""
        ...


class Asked:
    """Tables of a database that is only read."""

    def __init__(self, url: str) -> None:
        """Raises BadInput when the database cannot be asked."""
        try:
            self._engine = create_engine(url)
            found = inspect(self._engine).get_table_names()
        except (SQLAlchemyError, ImportError) as problem:
            hint = "; for MySQL: pip install 'smsgw[mysql]'" if "mysql" in url else ""
            raise _bad(f"this database cannot be asked: {str(problem).splitlines()[0]}{hint}") from problem
        self._spelled = {name.lower(): name for name in found}
        self.names = set(self._spelled)

    def rows(self, table: str) -> Iterator[tuple[str, Row]]:
        """Each row of a table, in no order."""
        name = self._engine.dialect.identifier_preparer.quote(self._spelled[table.lower()])
        with self._engine.connect() as conn:
            asked = conn.execution_options(stream_results=True).execute(text(f"SELECT * FROM {name}"))
            for number, row in enumerate(asked.mappings(), 1):
                yield f"row {number} of {table}", {str(key).lower(): _plain(value) for key, value in row.items()}


def _plain(value: Any) -> Any:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def tables_of(source: str) -> Tables:
    """The tables of a source: a URL as SQLAlchemy takes it, or a file. Raises BadInput."""
    if "://" in source:
        return Asked(source)
    path = Path(source)
    if not path.is_file():
        raise _bad(f"there is no file {source}")
    with path.open("rb") as file:
        if file.read(len(_MAGIC)) == _MAGIC:
            return Asked(f"sqlite:///file:{path.absolute()}?mode=ro&uri=true")
    return Dump(path)


def _bad(says: str) -> BadInput:
    return BadInput([Fault("", "source_unreadable", says)])
