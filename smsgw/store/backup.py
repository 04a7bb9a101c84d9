"""Back up the store while it is in use: one moment's state, checked before it gets its name.

Backups that the clock makes are named by their moment, so what is due and what is old can be told from the folder.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy.engine import make_url

from ..errors import StoreError, StoreTooNew
from . import dumps, schema
from .database import Database

_NAME = "smsgw-%Y%m%dT%H%M%SZ.backup"


def write(url: str, file: Path) -> str | None:
    """Write the whole store to `file`, in the place of what is there; returns the revision that it holds.

    Raises StoreError when what was written is not sound, and leaves `file` as it was.
    """
    new = file.with_name(f".{file.name}.new")
    remove(new)
    try:
        at = dumps.dump(url, new) if (path := sqlite_path(url)) is None else copy(path, new)
        new.chmod(0o600)
        with new.open("rb") as written:
            os.fsync(written.fileno())
        new.replace(file)
    finally:
        remove(new)
    return at


def keep(url: str, folder: Path, every: timedelta, most: int, now: datetime) -> Path | None:
    """Write a backup into `folder` if the newest is older than `every`, and remove the oldest beyond `most`.

    Returns the new one, None when none was due. Raises StoreError, OSError.
    """
    there = made(folder)
    if there and timedelta() <= now - there[-1][0] < every:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / now.astimezone(UTC).strftime(_NAME)
    write(url, file)
    for _, old in there[: max(0, len(there) + 1 - most)]:
        old.unlink(missing_ok=True)
    return file


def made(folder: Path) -> list[tuple[datetime, Path]]:
    """The backups that the clock made in a folder, oldest first, with their moments."""
    found = []
    for file in folder.glob("smsgw-*.backup"):
        try:
            found.append((datetime.strptime(file.name, _NAME).replace(tzinfo=UTC), file))
        except ValueError:
            continue  # somebody gave it a name of their own
    return sorted(found)


def sqlite_path(url: str) -> Path | None:
    """The file of a SQLite store, None for PostgreSQL."""
    parsed = make_url(url)
    return Path(str(parsed.database)) if parsed.get_backend_name() == "sqlite" else None


def copy(path: Path, new: Path) -> str | None:
    """Copy a SQLite store that may be in use, as one moment's state, and check the copy; returns its revision.

    Raises StoreError when the copy is not sound.
    """
    with closing(read_only(path)) as source, closing(sqlite3.connect(new)) as target:
        source.backup(target)  # all pages under one read lock: the daemon goes on writing to its WAL meanwhile
    at = sound(new)
    with closing(sqlite3.connect(new)) as target:
        target.execute("PRAGMA journal_mode=DELETE")  # one file, without companions
    return at


def read_only(path: Path) -> sqlite3.Connection:
    """A SQLite file, for looking only."""
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)


def sound(file: Path) -> str | None:
    """The revision of a SQLite store that is not in use. Raises StoreError (damaged, not a store), StoreTooNew."""
    try:
        with closing(read_only(file)) as conn:
            found = [row[0] for row in conn.execute("PRAGMA integrity_check(5)")]
    except sqlite3.DatabaseError as problem:
        raise StoreError(f"{file} is no SQLite file: {problem}", hint="name another backup") from problem
    if found != ["ok"]:
        raise StoreError(f"{file} is damaged: {'; '.join(found)}", code="store_faulty", hint="name another backup")
    with closing(Database(f"sqlite:///{file}")) as database:
        try:
            at = schema.revision(database)
        except StoreTooNew as problem:
            raise StoreTooNew(
                f"{file}: {problem}", hint="install the newer smsgw, or name an older backup"
            ) from problem
    return at


def remove(path: Path) -> None:
    """Remove a SQLite file and its companions, those that there are."""
    for companion in ("", "-wal", "-shm"):
        Path(f"{path}{companion}").unlink(missing_ok=True)
