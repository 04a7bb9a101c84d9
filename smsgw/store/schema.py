"""Bring a database to this version's tables, or say why it cannot be: Alembic, from inside the program.

`upgrade` is what `smsgw run` does at every start: a no-op for a current database, a creation for an empty one. The
surprise: Alembic, which takes as much memory as all of smsgw, is loaded only when there is something to bring up to
date; an empty database gets the tables as they are described, to which the revisions lead too (tests/house sees to it).

Several nodes of different versions may share a database for a while. A revision says with `works_for` which is the
oldest whose programs may go on with the tables as it leaves them; one that says nothing is for its own programs only.
The database keeps the newest such word (table `schema_rule`), so that an older program knows whether it may start.
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
    delete,
    insert,
    inspect,
    select,
    text,
)

from ..errors import StoreError, StoreTooNew
from .database import Database
from .prepared import execute_raw
from .tables import metadata, node, schema_rule
from .tables.types import spelled_out

_SCRIPTS = Path(__file__).parent / "migrations"
_version = Table(  # as Alembic makes it
    "alembic_version",
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)


def upgrade(database: Database) -> tuple[str | None, str]:
    """Bring the database up to date; returns its revision before (None: empty) and after.

    One that a newer smsgw wrote, and that this one may work with, stays as it is. Raises StoreTooNew when it may not,
    StoreError when it holds somebody else's tables, or when a node runs that could not go on.
    """
    with database.exclusive() as conn:
        if conn.dialect.name == "postgresql":  # nodes may start at the same moment
            conn.execute(text("SELECT pg_advisory_xact_lock(hashtext('smsgw schema'))"))
        before = _guarded_revision(conn)
        if before is not None and before not in _revisions():
            return before, before
        if before is None:
            for statement in statements(conn.dialect):
                execute_raw(conn, statement)
            conn.execute(insert(_version).values(version_num=newest()))
        elif before != newest():
            _may_change(conn, before)
            _run_revisions(conn)
        else:
            return before, before
        conn.execute(delete(schema_rule))
        conn.execute(insert(schema_rule).values(id=1, revision=newest(), oldest=oldest()))
        return before, newest()


def oldest(after: str | None = None) -> str:
    """The oldest revision whose programs may go on with the newest tables. after: of those that follow this one."""
    words = [word for at, word in _words_for().items() if after is None or at > after]
    return max(words, default=after or newest())


def suits(at: str | None) -> bool:
    """Whether a database at this revision, which `revision` let pass, needs no upgrade."""
    return at is not None and (at == newest() or at not in _revisions())


def _may_change(conn: Connection, before: str) -> None:
    """Raise StoreError when a node runs now that could not go on with the newest tables."""
    if conn.dialect.name != "postgresql" or not inspect(conn).has_table(node.name):
        return
    needs = oldest(before)
    alive = text("SELECT name, revision FROM node WHERE until > clock_timestamp() AT TIME ZONE 'UTC' ORDER BY name")
    old = [row.name for row in conn.execute(alive) if row.revision < needs]
    if old:
        says = f"the tables are to become those of revision {newest()}, with which older nodes cannot go on: "
        raise StoreError(
            says + ", ".join(old), code="nodes_too_old", hint="stop these nodes, start this one, then update them"
        )


@lru_cache(maxsize=4)
def statements(dialect: Dialect, tables: MetaData = metadata) -> tuple[str, ...]:
    """What makes all `tables` and their indexes in an empty database, in the engine's words.

    Kept, for making these words takes longer than running them.
    """
    told: list[str] = []
    engine = create_mock_engine(f"{dialect.name}://", lambda sql, *_: told.append(str(sql.compile(dialect=dialect))))
    tables.create_all(engine, checkfirst=False)
    _version.create(engine, checkfirst=False)
    return tuple(spelled_out(sql) if dialect.name == "sqlite" else sql for sql in told)


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
    return {told["revision"]: told.get("down_revision") for told in _told()}


def _words_for() -> dict[str, str]:
    """For every revision the oldest whose programs may go on after it."""
    return {told["revision"]: told.get("works_for") or told["revision"] for told in _told()}


@lru_cache(maxsize=1)
def _told() -> list[dict[str, str]]:
    """What each revision's file says of itself; what is None is left out."""
    found = []
    for file in sorted((_SCRIPTS / "versions").glob("*.py")):
        words = file.read_text(encoding="utf-8")
        told = re.findall(r"^(revision|down_revision|works_for) *= *[\"'](.+?)[\"'] *$", words, re.MULTILINE)
        found.append(dict(told))
    return found


def require_current(database: Database) -> None:
    """Raise StoreError unless the database is at this version's revision."""
    at = revision(database)
    if not suits(at):
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


def _lets_us(conn: Connection, at: str) -> bool:
    """Whether a database of a newer version says that this one may go on with it."""
    if not inspect(conn).has_table(schema_rule.name):
        return False
    needs = conn.scalar(select(schema_rule.c.oldest).where(schema_rule.c.revision == at))
    return needs is not None and needs <= newest()


def _guarded_revision(conn: Connection) -> str | None:
    there = inspect(conn).has_table(_version.name)
    at: str | None = conn.scalar(select(_version.c.version_num)) if there else None
    if at is None:
        foreign = set(inspect(conn).get_table_names()) & set(metadata.tables)
        if foreign:
            says = f"the database has tables named {', '.join(sorted(foreign))} that smsgw did not make"
            raise StoreError(says, code="store_foreign", hint="give smsgw a database of its own")
        return None
    if at not in _revisions() and not _lets_us(conn, at):
        says = f"the database is at revision {at}, which a newer smsgw made; this one knows up to {newest()}"
        raise StoreTooNew(says, hint="install the newer smsgw again, or restore a backup made before it")
    return at
