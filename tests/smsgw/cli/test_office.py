"""What every command is given, and as whom it works."""

from __future__ import annotations

import grp
import os
import pwd
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from smsgw.cli.office import Office, _groups_of_unit, become_owner, runs
from smsgw.config import load
from smsgw.errors import StoreError
from smsgw.store.leases import Lease

ROOT = Path(__file__).parents[3]


@pytest.fixture
def identities(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Whom the process wanted to be; it stays who it is."""
    wanted: list[tuple[str, int]] = []
    monkeypatch.setattr(os, "setgroups", lambda groups: wanted.extend(("member", group) for group in groups))
    monkeypatch.setattr(os, "setegid", lambda group: wanted.append(("group", group)))
    monkeypatch.setattr(os, "seteuid", lambda user: wanted.append(("user", user)))
    return wanted


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_root_becomes_the_owner_of_the_state_before_it_writes(smsgw, config_file: Path, identities) -> None:
    with tempfile.TemporaryDirectory() as state:
        os.chown(state, 12345, 12346)
        config_file.write_text(config_file.read_text().replace("sqlite:///", f"sqlite:///{state}/"))
        assert smsgw("key", "create", "shop").status == 0
    assert identities == [
        ("member", 12346),
        ("group", 12346),
        ("user", 12345),
    ]  # the group first: a plain user could not


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_root_as_the_owner_has_the_owners_groups_and_root_gets_its_own_back() -> None:
    """In a process of its own, which really becomes the owner: www-data, whom we put into dialout for the moment."""
    script = """
import grp, os, pathlib, pwd, sys
from smsgw.cli import office, modem_places
dialout = grp.getgrnam("dialout").gr_gid
user = pwd.getpwnam("www-data")
os.getgrouplist = lambda name, group: {"www-data": [group, dialout]}[name]
folder, before = pathlib.Path(sys.argv[1]), os.getgroups()
with modem_places._as_owner(folder):
    assert (os.geteuid(), os.getegid(), set(os.getgroups())) == (user.pw_uid, user.pw_gid, {user.pw_gid, dialout})
assert (os.geteuid(), os.getgroups()) == (0, before)
office.become_owner(folder)
assert dialout in os.getgroups()
"""
    with tempfile.TemporaryDirectory() as state:
        www = pwd.getpwnam("www-data")
        os.chown(state, www.pw_uid, www.pw_gid)
        ran = subprocess.run(
            [sys.executable, "-c", script, state], cwd=ROOT, capture_output=True, text=True, check=False
        )
    assert ran.returncode == 0, ran.stderr


def test_the_groups_that_the_unit_gives_count_too(tmp_path: Path) -> None:
    ours = Path(ROOT, "systemd/smsgw.service")
    assert list(_groups_of_unit([tmp_path / "none", ours])) == [grp.getgrnam("dialout").gr_gid]
    other = tmp_path / "smsgw.service"
    other.write_text("[Service]\nSupplementaryGroups=nobodyknows audio\nSupplementaryGroups=tty\n")
    assert list(_groups_of_unit([other])) == [grp.getgrnam("audio").gr_gid, grp.getgrnam("tty").gr_gid]
    assert list(_groups_of_unit([])) == []


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
