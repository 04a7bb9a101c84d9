"""How every command takes its options, and what it says when the command line is wrong."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from smsgw.__main__ import COMMANDS
from smsgw.cli.office import Office
from smsgw.cli.shell import execute


@pytest.mark.parametrize(
    "place",
    [
        ["--config", "FILE", "--json", "key", "ls"],
        ["key", "--config", "FILE", "ls", "--json"],
        ["key", "ls", "--json", "--config", "FILE"],
        ["key", "--json", "ls", "--config=FILE"],
    ],
)
def test_config_and_json_stand_in_any_place(bare_smsgw, config_file: Path, place: list[str]) -> None:
    said = bare_smsgw(*(word.replace("FILE", str(config_file)) for word in place))
    assert said.status == 0, said.err
    assert said.data == []


def test_a_mistyped_command_gets_a_suggestion(bare_smsgw) -> None:
    said = bare_smsgw("snd", "+38640111222", "x")
    assert said.status == 2
    assert said.err == 'error: smsgw has no command "snd"; did you mean "send"?\nnext: smsgw --help\n'
    assert 'did you mean "create"?' in bare_smsgw("key", "creat").err


def test_a_command_that_is_like_none_gets_the_list(bare_smsgw) -> None:
    said = bare_smsgw("db", "xyzzy")
    assert said.status == 2
    assert "there are: backup, check, migrate, partition, restore" in said.err


def test_a_mistyped_option_gets_a_suggestion_and_the_help_of_its_command(bare_smsgw) -> None:
    said = bare_smsgw("key", "ls", "--jsn")
    assert said.status == 2
    assert "--json" in said.err
    assert said.err.endswith("next: smsgw key ls --help\n")


def test_a_group_without_a_command_shows_its_help(bare_smsgw) -> None:
    said = bare_smsgw("sim")
    assert said.status == 2
    assert "fault" in said.err
    assert said.out == ""


@pytest.mark.parametrize("args", [["--json", "key", "revoke", "x"], ["key", "revoke", "x", "--json"]])
def test_with_json_an_error_is_an_object_on_standard_output(smsgw, args: list[str]) -> None:
    said = smsgw(*args)
    assert said.status == 1
    assert said.data["error"]["code"] == "not_found"
    assert said.data["error"]["hint"]
    assert said.err == ""


def test_a_usage_error_is_an_object_too_when_json_stands_behind_it(bare_smsgw) -> None:
    assert bare_smsgw("key", "ls", "--nonsense", "--json").data["error"]["code"] == "usage"


def test_help_and_version_need_no_configuration(bare_smsgw) -> None:
    assert bare_smsgw("send", "--help").status == 0
    assert bare_smsgw("--version").out.startswith("smsgw ")


def test_a_missing_configuration_is_told_with_the_way_to_one(bare_smsgw, tmp_path: Path) -> None:
    said = bare_smsgw("log", "--config", tmp_path / "none.toml")
    assert said.status == 6
    assert said.err.endswith("next: To write one, run: smsgw init\n")


def test_every_mistake_of_a_configuration_is_told_on_a_line_of_its_own(bare_smsgw, config_file: Path) -> None:
    config_file.write_text('[web]\nlisten = "nowhere"\n[snding]\n')
    said = bare_smsgw("log", "--config", config_file)
    assert said.status == 6
    first, second = said.err.splitlines()[:2]
    assert first.startswith("error: ")
    assert ":2: web.listen: " in first
    assert "snding" in second


def test_a_defect_shows_its_trace() -> None:
    @click.command()
    def broken() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        execute(broken, Office(lambda gateway: [], environ={}), [])


def test_ctrl_c_ends_a_command_with_130(capsys: pytest.CaptureFixture[str]) -> None:
    @click.command()
    def waiting() -> None:
        raise KeyboardInterrupt

    assert execute(waiting, Office(lambda gateway: [], environ={}), []) == 130
    assert "interrupted" in capsys.readouterr().err


def test_help_names_each_command_under_the_heading_of_its_task(bare_smsgw) -> None:
    said = bare_smsgw("--help").out
    told = re.findall(r"^  ([a-z]+)  ", said.partition("To begin:")[2], re.MULTILINE)
    assert sorted(told) == sorted(COMMANDS)
    assert "\n  db " in said.partition("To look after it:")[2]
