"""The configuration's manual and its check, from the command line."""

from __future__ import annotations

import tomllib
from pathlib import Path


def test_config_prints_the_commented_example(bare_smsgw) -> None:
    said = bare_smsgw("config")
    assert said.status == 0
    assert "[web]" in said.out
    assert tomllib.loads(said.out)["web"] == {}


def test_check_tells_every_mistake_at_once_with_line_key_and_what_was_meant(bare_smsgw, tmp_path: Path) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text('[web]\nlisen = "127.0.0.1:1"\n[sending]\nattempts = "many"\n')
    said = bare_smsgw("config", "check", file)
    assert said.status == 6
    assert f'{file}:2: web.lisen: unknown key; did you mean "listen"?' in said.err
    assert f"{file}:4: sending.attempts: " in said.err
    told = bare_smsgw("config", "check", file, "--json").data["error"]
    assert len(told["errors"]) == 2


def test_check_of_a_good_file_says_its_links_and_what_is_unwise(smsgw, config_file: Path) -> None:
    with config_file.open("a") as file:
        file.write(
            '[[links]]\nname="carrier"\nkind="smpp"\nhost="smsc.example.com"\nsystem_id="x"\npassword="hush-hush"\n'
        )
    config_file.chmod(0o644)
    said = smsgw("config", "check")
    assert said.status == 0
    assert "is good; links: phones, carrier" in said.out
    assert f"chmod o-r {config_file}" in said.err


def test_show_tells_where_each_value_comes_from_and_no_secret(smsgw, config_file: Path) -> None:
    with config_file.open("a") as file:
        file.write(
            '[[links]]\nname="carrier"\nkind="smpp"\nhost="smsc.example.com"\nsystem_id="x"\npassword="hush-hush"\n'
        )
    said = smsgw("config", "show", "--origin", SMSGW_WEB__THREADS="4")
    assert "web.threads = 4  # environment variable SMSGW_WEB__THREADS" in said.out
    assert f'sending.region = "SI"  # {config_file}:7' in said.out
    assert "hush-hush" not in said.out
