"""What every command is given, and as whom it works."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from smsgw.cli.office import Office, become_owner, runs
from smsgw.config import load
from smsgw.errors import StoreError
from smsgw.store.leases import Lease


@pytest.fixture
def identities(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Whom the process wanted to be; it stays who it is."""
    wanted: list[tuple[str, int]] = []
    monkeypatch.setattr(os, "setegid", lambda group: wanted.append(("group", group)))
    monkeypatch.setattr(os, "seteuid", lambda user: wanted.append(("user", user)))
    return wanted


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_root_becomes_the_owner_of_the_state_before_it_writes(smsgw, config_file: Path, identities) -> None:
    with tempfile.TemporaryDirectory() as state:
        os.chown(state, 12345, 12346)
        config_file.write_text(config_file.read_text().replace("sqlite:///", f"sqlite:///{state}/"))
        assert smsgw("key", "create", "shop").status == 0
    assert identities == [("group", 12346), ("user", 12345)]  # the group first: a plain user could not


def test_who_owns_the_state_already_or_has_none_yet_stays_who_they_are(tmp_path: Path, identities) -> None:
    become_owner(tmp_path)
    become_owner(tmp_path / "missing")
    assert identities == []


def test_an_empty_store_gets_its_tables_at_the_first_command(smsgw, config_file: Path) -> None:
    assert smsgw("key", "ls").status == 0
    assert smsgw("db", "check").status == 0


def test_whether_a_daemon_runs_is_known(config_file: Path) -> None:
    config = load(config_file, {})
    assert not runs(config)
    with Lease(config.store.full_url):
        assert runs(config)
    assert not runs(config)


def test_a_folder_that_is_missing_is_told_and_not_taken_for_a_silent_daemon(config_file: Path) -> None:
    config_file.write_text(config_file.read_text().replace("sqlite:///", "sqlite:///missing/"))
    with pytest.raises(StoreError):
        runs(load(config_file, {}))


def test_the_file_that_was_named_is_the_one_that_is_read(config_file: Path, tmp_path: Path) -> None:
    office = Office(lambda gateway: [], environ={"SMSGW_CONFIG": str(tmp_path / "other.toml")})
    office.path = config_file
    assert office.loaded().path == config_file
