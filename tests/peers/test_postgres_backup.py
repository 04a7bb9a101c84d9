"""Backup and restore of a PostgreSQL store, with PostgreSQL's own pg_dump and pg_restore."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from smsgw.__main__ import parts
from smsgw.cli.office import Office
from smsgw.cli.shell import execute
from smsgw.store.leases import Lease

pytestmark = [pytest.mark.peer, pytest.mark.slow]

PHONE = "+38640111222"


@pytest.fixture
def smsgw(postgres_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """Run a command over a new PostgreSQL store: exit status, standard output, standard error."""
    from smsgw.__main__ import root

    config = tmp_path / "smsgw.toml"
    config.write_text(f'[store]\nurl = "{postgres_url}"\n[[links]]\nname = "phones"\nkind = "fake"\n')

    def run(*args: str | Path) -> tuple[int, str, str]:
        office = Office(parts, environ={"SMSGW_CONFIG": str(config)})
        status = execute(root, office, list(map(str, args)))
        said = capsys.readouterr()
        return status, said.out, said.err

    return run


def test_what_was_backed_up_comes_back_and_what_was_there_is_kept(smsgw: Callable[..., Any], tmp_path: Path) -> None:
    file = tmp_path / "backup.dump"
    assert smsgw("send", PHONE, "kept")[0] == 0
    status, _, err = smsgw("db", "backup", file)
    assert status == 0, err
    smsgw("send", PHONE, "later")
    status, _, err = smsgw("db", "restore", file)
    assert status == 0, err
    listed = smsgw("log")[1]
    assert "kept" in listed
    assert "later" not in listed
    assert (tmp_path / "backup.dump.before").exists()
    assert smsgw("db", "check")[0] == 0
    assert smsgw("send", PHONE, "goes on")[0] == 0


def test_a_restore_is_refused_while_a_daemon_runs(smsgw: Callable[..., Any], postgres_url: str, tmp_path: Path) -> None:
    smsgw("send", PHONE, "kept")
    smsgw("db", "backup", tmp_path / "backup.dump")
    with Lease(postgres_url):
        assert smsgw("db", "restore", tmp_path / "backup.dump")[0] == 5


def test_what_is_no_dump_is_refused_and_changes_nothing(smsgw: Callable[..., Any], tmp_path: Path) -> None:
    smsgw("send", PHONE, "kept")
    (tmp_path / "junk").write_text("no dump")
    status, _, err = smsgw("db", "restore", tmp_path / "junk")
    assert status == 1
    assert "next: " in err
    assert "kept" in smsgw("log")[1]


def test_a_missing_pg_dump_is_told_with_the_package_that_brings_it(
    smsgw: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    smsgw("send", PHONE, "kept")
    monkeypatch.setenv("PATH", str(tmp_path))
    status, _, err = smsgw("db", "backup", tmp_path / "backup.dump")
    assert status == 1
    assert "apt-get install postgresql-client" in err
    assert not (tmp_path / "backup.dump").exists()
