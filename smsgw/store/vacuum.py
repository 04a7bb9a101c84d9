"""Give back to the disk what a SQLite store does not use any more, a little at a time: nobody waits for it.

Stores are made so that this is possible (auto_vacuum=INCREMENTAL, sqlite.org/pragma.html). One that an older smsgw made
reuses its free pages and stays as large as it was, until `smsgw db vacuum` writes it anew while nothing runs.
PostgreSQL does all this by itself.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection

from .database import Database, Writer

PAGES = 64  # given back in one transaction: a few milliseconds of the one writer's time
ENOUGH = 2560  # free pages that are kept for what is written next: ten megabytes
INCREMENTAL = 2


def free(database: Database) -> int:
    """How many pages of the store can be given back now; 0 for PostgreSQL and for stores that must be written anew."""
    with database.reading() as conn:
        if conn.dialect.name != "sqlite" or _pragma(conn, "auto_vacuum") != INCREMENTAL:
            return 0
        return max(0, _pragma(conn, "freelist_count") - ENOUGH)


def give_back(writer: Writer, pages: int) -> None:
    """Give back so many pages, in transactions of `PAGES` with everybody else's between them. Raises StoreError."""
    for _ in range(0, pages, PAGES):
        writer.do(_some, PAGES)


def _some(conn: Connection, batch: list[int]) -> list[None]:
    # It gives a page back at each step of the statement, and Python takes but one step where no column is told.
    with closing(conn.connection.cursor()) as cursor:
        for _ in range(sum(batch)):
            cursor.execute("PRAGMA incremental_vacuum(1)")
    return [None] * len(batch)


def _pragma(conn: Connection, name: str) -> int:
    return int(conn.exec_driver_sql(f"PRAGMA {name}").scalar() or 0)


def anew(path: Path) -> tuple[int, int]:
    """Write a SQLite store anew that nobody uses; returns its size before and after. Needs as much room once more."""
    before = path.stat().st_size
    with closing(sqlite3.connect(path)) as conn:
        conn.execute("PRAGMA auto_vacuum=INCREMENTAL")
        conn.execute("VACUUM")
        conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return before, path.stat().st_size
