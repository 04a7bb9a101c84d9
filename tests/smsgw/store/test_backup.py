"""Backups by the clock: one moment's state while everything runs, when it is due, and no more than are kept."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from smsgw.errors import StoreError
from smsgw.store import backup, schema, trial
from smsgw.store.database import Database

NOW = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)  # the night of summer time
DAY = timedelta(days=1)


def test_a_backup_holds_the_store_while_it_is_in_use(fresh_store_url: str, tmp_path: Path) -> None:
    database = Database(fresh_store_url)
    schema.upgrade(database)
    made = backup.keep(fresh_store_url, tmp_path / "kept", DAY, 3, NOW)
    database.close()
    assert made is not None
    assert made.stat().st_mode & 0o777 == 0o600
    assert made.stat().st_size > 10_000


def test_it_is_made_when_the_newest_is_old_enough_and_the_oldest_go(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    database = Database(url)
    schema.upgrade(database)
    folder = tmp_path / "kept"
    made = [backup.keep(url, folder, DAY, 2, NOW + timedelta(hours=hours)) for hours in range(0, 73, 12)]
    database.close()
    assert [one is not None for one in made] == [True, False, True, False, True, False, True]
    assert [at for at, _ in backup.made(folder)] == [NOW + 2 * DAY, NOW + 3 * DAY]


def test_a_clock_that_was_set_back_makes_one_more_and_not_one_at_every_look(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    database = Database(url)
    schema.upgrade(database)
    folder = tmp_path / "kept"
    assert backup.keep(url, folder, DAY, 5, NOW) is not None
    (folder / "smsgw-mine.backup").write_text("kept by hand")
    assert backup.keep(url, folder, DAY, 5, NOW) is None
    database.close()
    assert (folder / "smsgw-mine.backup").exists()


def test_what_is_no_store_is_not_called_a_backup(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "broken.db")) as broken:
        broken.execute("CREATE TABLE x (y)")
    raw = (tmp_path / "broken.db").read_bytes()
    (tmp_path / "broken.db").write_bytes(raw[: len(raw) // 2])
    with pytest.raises((StoreError, sqlite3.DatabaseError)):
        backup.write(f"sqlite:///{tmp_path / 'broken.db'}", tmp_path / "good.backup")
    assert not (tmp_path / "good.backup").exists()


def test_a_backup_is_brought_back_as_a_trial_and_leaves_nothing_behind(fresh_store_url: str, tmp_path: Path) -> None:
    with closing(Database(fresh_store_url)) as database:
        schema.upgrade(database)
    file = tmp_path / "x.backup"
    backup.write(fresh_store_url, file)
    before = sorted(tmp_path.iterdir())
    assert trial.bring_back(fresh_store_url, file) == trial.Trial(schema.newest(), 0, 0)
    assert sorted(tmp_path.iterdir()) == before


def test_a_backup_with_half_its_pages_wrong_is_found_by_its_trial(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'x.db'}"
    with closing(Database(url)) as database:
        schema.upgrade(database)
    file = tmp_path / "x.backup"
    backup.write(url, file)
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2] + b"\xff" * (len(content) // 2))
    with pytest.raises(StoreError):
        trial.bring_back(url, file)
