"""Which file is read, and what its paths mean."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from smsgw.config import Loaded, find, load, load_with_origins, places
from smsgw.errors import BadConfig

Read = Callable[..., Loaded]


def test_the_file_is_looked_for_here_at_home_and_in_etc() -> None:
    assert places({"HOME": "/home/ana"}) == [
        Path("smsgw.toml"),
        Path("/home/ana/.config/smsgw/smsgw.toml"),
        Path("/etc/smsgw/smsgw.toml"),
    ]
    assert places({"HOME": "/home/ana", "XDG_CONFIG_HOME": "/cfg"})[1] == Path("/cfg/smsgw/smsgw.toml")


def test_a_file_that_the_environment_names_is_the_only_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("smsgw.toml").write_text("")
    with pytest.raises(BadConfig, match=r"no configuration file at other\.toml$"):
        load(None, {"SMSGW_CONFIG": "other.toml"})


def test_the_nearest_file_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    home = Path("home/.config/smsgw/smsgw.toml")
    home.parent.mkdir(parents=True)
    home.write_text("[web]\nthreads = 2")
    assert load(None, {"HOME": "home"}).web.threads == 2
    Path("smsgw.toml").write_text("[web]\nthreads = 3")
    assert load(None, {"HOME": "home"}).web.threads == 3


def test_without_any_file_the_way_to_one_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("smsgw.config.file.places", lambda environ: [Path("smsgw.toml"), Path("b.toml")])
    with pytest.raises(BadConfig, match=r"no configuration file at smsgw\.toml, b\.toml") as told:
        find({})
    assert told.value.hint == "To write one, run: smsgw init"


def test_a_link_to_a_missing_file_is_not_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("smsgw.toml").symlink_to("gone")
    with pytest.raises(BadConfig, match="cannot be read"):
        load(None, {"HOME": "/"})


def test_relative_paths_of_the_store_are_seen_from_the_folder_of_the_file(read: Read, tmp_path: Path) -> None:
    store = read("[store]\nurl = 'sqlite:///data/sms.db'\nstate_dir = 'state'").config.store
    assert store.url == f"sqlite:///{tmp_path}/data/sms.db"
    assert store.folder == tmp_path / "state"


def test_a_byte_order_mark_of_an_editor_is_no_mistake(read: Read) -> None:
    assert read("\ufeff[web]\nthreads = 3").config.web.threads == 3


def test_what_is_unwise_is_told_and_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "smsgw.toml"
    path.write_text("[[links]]\nname = 'x'\nkind = 'fake'\nenabled = false")
    says = f"{path}: no [[links]] is enabled: nothing can be sent or received"
    assert load_with_origins(path, {}).warnings == [says]
    with caplog.at_level(logging.WARNING):
        load(path, {})
    assert says in caplog.messages
