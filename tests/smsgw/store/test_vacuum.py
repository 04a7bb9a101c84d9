"""Room that is not used any more is given back a little at a time, between everybody else's writes."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from smsgw.errors import StoreError
from smsgw.store import schema, vacuum
from smsgw.store.database import Database


def fill(conn: Connection, batch: list[int]) -> list[None]:
    """Write so many kilobytes, and forget them."""
    conn.exec_driver_sql("CREATE TABLE x (octets)")
    conn.exec_driver_sql(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
        " INSERT INTO x SELECT zeroblob(1000) FROM n",
        (sum(batch),),
    )
    conn.exec_driver_sql("DROP TABLE x")
    return [None] * len(batch)


def test_free_pages_are_given_back_in_small_steps_while_others_write(tmp_path: Path, record_property: Any) -> None:
    path = tmp_path / "x.db"
    with closing(Database(f"sqlite:///{path}", synchronous="NORMAL")) as database:
        schema.upgrade(database)
        database.writer.do(fill, 30_000)
        pages = vacuum.free(database)
        assert pages > 4000
        begun = [time.monotonic()]
        steps = -(-pages // vacuum.PAGES)
        before = database.writer.beats
        for _ in range(steps):
            vacuum.give_back(database.writer, vacuum.PAGES)
            begun.append(time.monotonic())
        assert database.writer.beats - before == steps, "a step is one transaction"
        assert vacuum.free(database) == 0
        longest = max(late - early for early, late in pairwise(begun))
        record_property("figures", f"{pages} pages in {steps} steps, the longest {longest * 1000:.1f} ms")
    assert path.stat().st_size < (vacuum.ENOUGH + 1000) * 4096


def test_an_older_store_is_left_alone_until_it_is_written_anew(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    with closing(sqlite3.connect(path)) as conn:
        conn.execute("CREATE TABLE x AS SELECT zeroblob(20000000) AS octets")
        conn.execute("DROP TABLE x")
        conn.commit()
    with closing(Database(f"sqlite:///{path}")) as database:
        assert vacuum.free(database) == 0
    before, after = vacuum.anew(path)
    assert (before > 20_000_000, after < 100_000) == (True, True)
    with closing(sqlite3.connect(path)) as conn:
        assert conn.execute("PRAGMA auto_vacuum").fetchone() == (vacuum.INCREMENTAL,)


def test_a_store_that_was_not_closed_well_and_is_damaged_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    with closing(Database(f"sqlite:///{path}")) as database:
        schema.upgrade(database)
        schema.look_through(database)
    content = path.read_bytes()
    half = len(content) // 8192 * 4096
    path.write_bytes(content[:half] + b"\xff" * (len(content) - half))
    with pytest.raises(StoreError, match="damaged"), closing(Database(f"sqlite:///{path}")) as database:
        schema.look_through(database)


def test_who_looks_does_not_wait_for_the_writer(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    database = Database(url)
    schema.upgrade(database)
    with closing(database), database.exclusive(), closing(Database(url)) as other, other.reading() as conn:
        assert conn.exec_driver_sql("PRAGMA auto_vacuum").scalar() == 2
