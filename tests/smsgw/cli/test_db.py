"""Backup, restore, check and migrate of a store in a file."""

from __future__ import annotations

import sqlite3
import stat
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from smsgw.store import schema
from smsgw.store.leases import Lease

PHONE = "+38640111222"


@pytest.fixture
def store(smsgw, config_file: Path) -> Path:
    """A store with one message."""
    assert smsgw("send", PHONE, "kept").status == 0
    return config_file.parent / "smsgw.db"


def texts(smsgw) -> list[str]:
    return [row["text"] for row in smsgw("log", "--json").data]


def change(store: Path, statement: str) -> None:
    with closing(sqlite3.connect(store)) as conn, conn:
        conn.execute(statement)


def test_what_was_backed_up_comes_back_and_what_was_there_is_kept(smsgw, store: Path, tmp_path: Path) -> None:
    file = tmp_path / "backup.db"
    said = smsgw("db", "backup", file, "--json")
    assert (said.status, said.data["revision"]) == (0, schema.newest())
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    smsgw("send", PHONE, "later")
    assert texts(smsgw) == ["later", "kept"]
    said = smsgw("db", "restore", file, "--json")
    assert said.status == 0, said.err
    assert texts(smsgw) == ["kept"]
    with closing(sqlite3.connect(said.data["aside"])) as conn:
        assert conn.execute("SELECT count(*) FROM message").fetchone() == (2,)


def test_a_backup_is_one_file_that_needs_no_companion(smsgw, store: Path, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    assert smsgw("db", "backup", folder / "b.db").status == 0
    assert [file.name for file in folder.iterdir()] == ["b.db"]
    with closing(sqlite3.connect(folder / "b.db")) as conn:
        assert conn.execute("PRAGMA journal_mode").fetchone() == ("delete",)


def test_a_backup_replaces_nothing_unless_it_is_told_to(smsgw, store: Path, tmp_path: Path) -> None:
    file = tmp_path / "backup.db"
    file.write_text("something else")
    said = smsgw("db", "backup", file)
    assert (said.status, "--force" in said.err) == (1, True)
    assert file.read_text() == "something else"
    assert smsgw("db", "backup", file, "--force").status == 0


def test_a_backup_of_a_damaged_store_is_refused_and_leaves_no_file(smsgw, store: Path, tmp_path: Path) -> None:
    change(store, "PRAGMA wal_checkpoint(TRUNCATE)")
    raw = bytearray(store.read_bytes())
    raw[3 * 4096 : 20 * 4096] = b"\xff" * (17 * 4096)
    store.write_bytes(raw)
    said = smsgw("db", "backup", tmp_path / "backups.db")
    assert said.status == 1, said.out
    assert "next: " in said.err
    assert not list(tmp_path.glob("*backups*"))


def test_a_restore_is_refused_while_a_daemon_runs(smsgw, store: Path, tmp_path: Path) -> None:
    smsgw("db", "backup", tmp_path / "backup.db")
    with Lease(f"sqlite:///{store}"):
        said = smsgw("db", "restore", tmp_path / "backup.db")
    assert said.status == 5
    assert texts(smsgw) == ["kept"]


@pytest.mark.parametrize("content", [b"no database at all", b"", b"SQLite format 3\x00" + b"\xff" * 5000])
def test_what_is_no_backup_is_refused_and_changes_nothing(smsgw, store: Path, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "backup.db"
    file.write_bytes(content)
    said = smsgw("db", "restore", file)
    assert said.status == 1, said.err
    assert "next: name " in said.err
    assert texts(smsgw) == ["kept"]
    assert not list(store.parent.glob(".smsgw.db.new*"))


def test_a_backup_of_a_newer_smsgw_is_refused_and_changes_nothing(smsgw, store: Path, tmp_path: Path) -> None:
    file = tmp_path / "backup.db"
    smsgw("db", "backup", file)
    change(file, "UPDATE alembic_version SET version_num = '9999'")
    said = smsgw("db", "restore", file)
    assert said.status == 1
    assert "newer smsgw" in said.err
    assert texts(smsgw) == ["kept"]


def test_a_backup_that_is_not_there_is_told(smsgw, store: Path) -> None:
    assert smsgw("db", "restore", "/nowhere/backup.db").status == 1


def test_check_reads_everything_and_tells_what_is_wrong(smsgw, store: Path) -> None:
    assert "The store is good" in smsgw("db", "check").out
    change(store, "DELETE FROM part")
    said = smsgw("db", "check")
    assert said.status == 1
    assert "1 messages have no parts" in said.err
    assert "next: " in said.err


def test_looking_makes_no_store(smsgw, config_file: Path, tmp_path: Path) -> None:
    assert smsgw("db", "check").status == 1
    assert smsgw("db", "backup", tmp_path / "b.db").status == 1
    assert not (config_file.parent / "smsgw.db").exists()


def test_migrate_makes_the_tables_and_is_idle_the_second_time(smsgw) -> None:
    assert smsgw("db", "migrate", "--json").data == {"before": None, "after": schema.newest()}
    assert "it was at" in smsgw("db", "migrate").out


def test_an_older_store_is_not_written_to_before_it_is_migrated(smsgw, store: Path) -> None:
    change(store, "DROP TABLE alembic_version")
    change(store, "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
    said = smsgw("send", PHONE, "later")
    assert said.status == 1
    assert "next: " in said.err


def test_the_doctor_sees_that_no_new_backup_was_made(smsgw, store: Path, tmp_path: Path, config_file: Path) -> None:
    words = config_file.read_text().replace("[store]", f'[store]\nbackup_every = 24\nbackup_dir = "{tmp_path}"', 1)
    config_file.write_text(words)
    assert "there is none in" in smsgw("doctor").out
    (tmp_path / "smsgw-20200101T000000Z.backup").touch()
    assert "backup: the newest is from 2020-01-01" in smsgw("doctor").out
    (tmp_path / f"smsgw-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.backup").touch()
    assert "✔ backup" in smsgw("doctor").out
