"""Bring a database to this version's tables, or say why it cannot be: Alembic, from inside the program.

`upgrade` is what `smsgw run` does at every start: a no-op for a current database, a creation for an empty one. The
surprise: Alembic, which takes as much memory as all of smsgw, is loaded only when there is something to bring up to
date; an empty database gets the tables as they are described, to which the revisions lead too (tests/house sees to it).
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from sqlalchemy import (
    Column,
    Connection,
    Dialect,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    create_mock_engine,
    insert,
    inspect,
    select,
    text,
)

from ..errors import StoreError, StoreTooNew
from .database import Database
from .prepared import execute_raw
from .tables import metadata

_SCRIPTS = Path(__file__).parent / "migrations"
_version = Table(  # as Alembic makes it
    "alembic_version",
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)


def upgrade(database: Database) -> tuple[str | None, str]:
    """Bring the database up to date; returns its revision before (None: empty) and after.

    Raises StoreTooNew when a newer smsgw wrote it, StoreError when it holds somebody else's tables.
    """
    with database.exclusive() as conn:
        before = _guarded_revision(conn)
        if before is None:
            for statement in _statements(conn.dialect):
                execute_raw(conn, statement)
            conn.execute(insert(_version).values(version_num=newest()))
        elif before != newest():
            _run_revisions(conn)
        return before, newest()


@lru_cache(maxsize=4)
def _statements(dialect: Dialect) -> tuple[str, ...]:
    """What makes all tables and their indexes in an empty database. Kept, for spelling them out takes longer."""
    told: list[str] = []
    engine = create_mock_engine(f"{dialect.name}://", lambda sql, *_: told.append(str(sql.compile(dialect=dialect))))
    metadata.create_all(engine, checkfirst=False)
    _version.create(engine, checkfirst=False)
    return tuple(told)


def migrate(database: Database) -> None:
    """Bring the database up to date by the revisions alone, from the first on if it is empty."""
    with database.exclusive() as conn:
        _run_revisions(conn)


def _run_revisions(conn: Connection) -> None:
    from alembic import command  # not at the top: see the module's docstring
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    config.attributes["connection"] = conn
    command.upgrade(config, "head")


def revision(database: Database) -> str | None:
    """The revision a database is at, None for an empty one. Raises as `upgrade`."""
    with database.reading() as conn:
        return _guarded_revision(conn)


def newest() -> str:
    """The revision of this version of smsgw."""
    (last,) = _revisions().keys() - _revisions().values()
    return last


@lru_cache(maxsize=1)
def _revisions() -> dict[str, str | None]:
    """Every revision of this version, and the one before each, as their files say."""
    found: dict[str, str | None] = {}
    for file in sorted((_SCRIPTS / "versions").glob("*.py")):
        told = dict(
            re.findall(r"^(revision|down_revision) *= *(.+?) *$", file.read_text(encoding="utf-8"), re.MULTILINE)
        )
        before = told["down_revision"].strip("\"'")
        found[told["revision"].strip("\"'")] = None if before == "None" else before
    return found


def require_current(database: Database) -> None:
    """Raise StoreError unless the database is at this version's revision."""
    at = revision(database)
    if at != newest():
        says = (
            "the database is empty" if at is None else f"the database is at revision {at}, this smsgw needs {newest()}"
        )
        raise StoreError(says, code="store_too_old", hint="run: smsgw db migrate")


def look_through(database: Database) -> None:
    """After a crash: raise StoreError when the pages of a SQLite file are damaged. PostgreSQL sees to its own."""
    with database.reading() as conn:
        if conn.dialect.name != "sqlite":
            return
        found = [str(row[0]) for row in conn.execute(text("PRAGMA quick_check(5)")) if row[0] != "ok"]
    if found:
        says = f"the store is damaged, so nothing is sent or taken: {'; '.join(found)}"
        raise StoreError(says, code="store_faulty", hint="smsgw db restore FILE brings a backup back")


def faults(database: Database) -> list[str]:
    """What is wrong with the stored data, in sentences; empty when all is well. Reads everything: do it rarely."""
    found: list[str] = []
    with database.reading() as conn:
        missing = set(metadata.tables) - set(inspect(conn).get_table_names())
        found += [f"table {name} is missing" for name in sorted(missing)]
        if conn.dialect.name == "sqlite":
            found += [str(row[0]) for row in conn.execute(text("PRAGMA integrity_check")) if row[0] != "ok"]
            found += [
                f"table {row[0]} points to a missing {row[2]}" for row in conn.execute(text("PRAGMA foreign_key_check"))
            ]
        if "message" not in missing and "part" not in missing:
            orphans = conn.scalar(
                text("SELECT count(*) FROM message WHERE NOT EXISTS (SELECT 1 FROM part WHERE message_id = message.id)")
            )
            if orphans:
                found.append(f"{orphans} messages have no parts")
    return found


def _guarded_revision(conn: Connection) -> str | None:
    there = inspect(conn).has_table(_version.name)
    at: str | None = conn.scalar(select(_version.c.version_num)) if there else None
    if at is None:
        foreign = set(inspect(conn).get_table_names()) & set(metadata.tables)
        if foreign:
            says = f"the database has tables named {', '.join(sorted(foreign))} that smsgw did not make"
            raise StoreError(says, code="store_foreign", hint="give smsgw a database of its own")
        return None
    if at not in _revisions():
        says = f"the database is at revision {at}, which a newer smsgw made; this one knows up to {newest()}"
        raise StoreTooNew(says, hint="install the newer smsgw again, or restore a backup made before it")
    return at
