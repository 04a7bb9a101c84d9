"""Bring a backup back as a trial: a backup that nobody ever brought back is a hope.

Of SQLite a copy is made, brought to this version's tables and read through. Of PostgreSQL the dump is restored into a
database of its own on the same server, which is dropped again.
"""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine, func, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from ..errors import StoreError
from . import backup, dumps, schema
from .database import Database
from .tables import inbound, message


@dataclass(frozen=True)
class Trial:
    """What a backup holds: its revision when it was made, and how much."""

    revision: str | None
    messages: int
    inbound: int


def bring_back(url: str, file: Path) -> Trial:
    """Try a backup of the store at `url`. Raises StoreError when it cannot be brought back, or what came has faults."""
    return _of_sqlite(file) if backup.sqlite_path(url) is not None else _of_postgres(url, file)


def _of_sqlite(file: Path) -> Trial:
    with tempfile.TemporaryDirectory(prefix=".trial-", dir=file.parent) as folder:
        copy = Path(folder) / "store.db"
        with closing(backup.read_only(file)) as source, closing(sqlite3.connect(copy)) as target:
            try:
                source.backup(target)
            except sqlite3.DatabaseError as problem:
                says = f"{file} is no SQLite file: {problem}"
                raise StoreError(says, code="store_faulty", hint="name another backup") from problem
        at = backup.sound(copy)
        if at is None:
            raise StoreError(f"{file} holds no store of smsgw", hint="name a file that smsgw db backup wrote")
        return _looked_at(f"sqlite:///{copy}", file, at)


def _of_postgres(url: str, file: Path) -> Trial:
    name = f"smsgw_trial_{file.stat().st_mtime_ns}"
    place = make_url(url).set(database=name).render_as_string(hide_password=False)
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as conn:
            conn.execute(text(f'CREATE DATABASE "{name}"'))
        try:
            dumps.run("pg_restore", place, "--no-owner", "--no-privileges", "--exit-on-error", str(file))
            with closing(Database(place)) as database:
                at = schema.revision(database)
            return _looked_at(place, file, at)
        finally:
            with engine.connect() as conn:
                conn.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
    except SQLAlchemyError as problem:
        says = f"no database can be made for the trial: {problem}".splitlines()[0]
        raise StoreError(says, hint="ALTER ROLE smsgw CREATEDB, or try it on another server") from problem
    finally:
        engine.dispose()


def _looked_at(url: str, file: Path, at: str | None) -> Trial:
    with closing(Database(url)) as database:
        schema.upgrade(database)
        if found := schema.faults(database):
            raise StoreError(
                f"{file} has faults:\n" + "\n".join(found), code="store_faulty", hint="name another backup"
            )
        with database.reading() as conn:
            counts = [conn.scalar(select(func.count()).select_from(table)) or 0 for table in (message, inbound)]
    return Trial(at, *counts)
