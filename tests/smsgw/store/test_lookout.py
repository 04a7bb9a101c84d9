"""A look is left out only while the store is as it was and nothing has come due."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from smsgw.store.database import Database
from smsgw.store.lookout import Lookout

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "x.db"


@pytest.fixture
def database(file: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{file}")
    yield made
    made.close()


def write(conn: Connection, batch: list[str]) -> list[None]:
    for table in batch:
        conn.execute(text(f"CREATE TABLE {table} (id INTEGER)"))
    return [None] * len(batch)


def test_a_look_is_needed_until_it_found_nothing_and_again_after_each_commit_of_ours(database: Database) -> None:
    lookout = Lookout(database)
    assert lookout.needed()
    assert lookout.needed(), "the last look said nothing"
    lookout.nothing()
    assert not lookout.needed()
    database.writer.do(write, "one")
    assert lookout.needed()
    lookout.nothing()
    assert not lookout.needed()


def test_what_another_process_commits_is_seen(database: Database, file: Path) -> None:
    lookout = Lookout(database)
    lookout.needed()
    lookout.nothing()
    with sqlite3.connect(file) as other:
        other.execute("CREATE TABLE another (id INTEGER)")
    other.close()
    assert lookout.needed()


def test_what_is_written_during_a_look_is_looked_for_again(database: Database) -> None:
    lookout = Lookout(database)
    assert lookout.needed()
    database.writer.do(write, "meanwhile")
    lookout.nothing()
    assert lookout.needed()


def test_a_time_that_has_come_is_looked_for(database: Database) -> None:
    lookout = Lookout(database)
    lookout.needed(NOW)
    lookout.nothing(NOW + timedelta(seconds=5))
    assert not lookout.needed(NOW + timedelta(seconds=4))
    assert lookout.needed(NOW + timedelta(seconds=5))


def test_a_store_that_cannot_tell_is_always_looked_at(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "commits", lambda: None)  # as PostgreSQL
    lookout = Lookout(database)
    assert lookout.needed()
    lookout.nothing()
    assert lookout.needed()
