"""Setting up a gateway, by script and by answering questions."""

from __future__ import annotations

import os
import pty
import select
import stat
import subprocess
import time
from pathlib import Path

import pytest

from smsgw.access import accounts, keys
from smsgw.cli.first_config import modems
from smsgw.cli.office import Office
from smsgw.config import load
from tests.smsgw.cli.conftest import program


def test_a_script_sets_everything_up_with_one_command(bare_smsgw, tmp_path: Path) -> None:
    said = bare_smsgw(
        "init", tmp_path / "gw", "--non-interactive", "--region", "si", "--admin", "ana", "--password", "-",
        "--listen", "127.0.0.1:9090", "--json", stdin="correct horse\n",
    )  # fmt: skip
    assert said.status == 0, said.err
    path = tmp_path / "gw" / "smsgw.toml"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    config = load(path, {})
    assert (config.sending.region, config.web.port, config.links[0].kind) == ("SI", 9090, "fake")
    office = Office(lambda gateway: [], environ={})
    office.path = path
    with office.gateway() as gateway, gateway.database.reading() as conn:
        assert accounts.check_password(conn, "ana", "correct horse").role == "owner"
        assert keys.authenticate(conn, said.data["key"]).name == "first"


def test_a_modem_link_is_written(bare_smsgw, tmp_path: Path) -> None:
    said = bare_smsgw("init", tmp_path / "gw", "--non-interactive", "--device", "/dev/serial/by-id/usb-X")
    assert said.status == 0, said.err
    [link] = load(tmp_path / "gw" / "smsgw.toml", {}).links
    assert (link.kind, link.driver.device) == ("modem", "/dev/serial/by-id/usb-X")
    assert "smsgw user add NAME --role owner" in said.err


def test_the_password_of_a_carrier_is_kept_in_a_file_of_its_own(bare_smsgw, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("SMSGW_SMPP_PASSWORD", "s3cret")
    said = bare_smsgw(
        "init", tmp_path / "gw", "--non-interactive", "--smpp-host", "smsc.example.com", "--system-id", "shop"
    )
    assert said.status == 0, said.err
    path = tmp_path / "gw" / "smsgw.toml"
    assert "s3cret" not in path.read_text()
    assert load(path, {}).links[0].driver.password.get_secret_value() == "s3cret"
    assert stat.S_IMODE((tmp_path / "gw" / "carrier.password").stat().st_mode) == 0o600


def test_what_a_link_needs_and_nobody_gave_is_a_usage_error(bare_smsgw, tmp_path: Path) -> None:
    said = bare_smsgw("init", tmp_path / "gw", "--non-interactive", "--link", "smpp")
    assert said.status == 2
    assert "next: give it: --smpp-host …" in said.err
    assert not (tmp_path / "gw").exists()


def test_a_configuration_is_not_overwritten_unless_it_is_told_to_and_then_kept(bare_smsgw, tmp_path: Path) -> None:
    folder = tmp_path / "gw"
    assert bare_smsgw("init", folder, "--non-interactive").status == 0
    (folder / "smsgw.toml").write_text("# mine\n")
    said = bare_smsgw("init", folder, "--non-interactive")
    assert (said.status, "--force" in said.err) == (1, True)
    assert (folder / "smsgw.toml").read_text() == "# mine\n"
    assert bare_smsgw("init", folder, "--non-interactive", "--force").status == 0
    assert (folder / "smsgw.toml.old").read_text() == "# mine\n"


def test_a_value_that_makes_a_wrong_configuration_leaves_the_old_one(bare_smsgw, tmp_path: Path) -> None:
    folder = tmp_path / "gw"
    assert bare_smsgw("init", folder, "--non-interactive").status == 0
    before = (folder / "smsgw.toml").read_text()
    said = bare_smsgw("init", folder, "--non-interactive", "--force", "--region", "Atlantis")
    assert said.status == 6
    assert (folder / "smsgw.toml").read_text() == before


def test_a_demo_that_is_not_there_cannot_be_adopted(bare_smsgw, tmp_path: Path) -> None:
    said = bare_smsgw("init", "--from-demo", tmp_path, "--non-interactive")
    assert (said.status, "no demo" in said.err) == (1, True)


def test_the_demo_that_is_meant_without_a_folder_is_the_usual_one(bare_smsgw, tmp_path: Path) -> None:
    for command in (["init", "--from-demo"], ["init", "--from-demo", "--non-interactive"]):
        said = bare_smsgw(*command)
        assert (said.status, f"no demo in {tmp_path}/.local/share/smsgw/demo" in said.err) == (1, True)


def test_the_phones_are_not_dropped_when_nothing_takes_their_place(bare_smsgw, tmp_path: Path) -> None:
    assert bare_smsgw("init", tmp_path / "gw", "--drop-phones", "--non-interactive").status == 2


def test_the_ports_of_modems_are_found(tmp_path: Path) -> None:
    assert modems(tmp_path / "nowhere") == []
    (tmp_path / "usb-B").touch()
    (tmp_path / "usb-A").touch()
    assert [port.name for port in modems(tmp_path)] == ["usb-A", "usb-B"]


@pytest.mark.slow
def test_on_a_terminal_three_questions_are_asked(tmp_path: Path) -> None:
    command, env = program("init", tmp_path / "gw")
    ours, theirs = pty.openpty()
    process = subprocess.Popen(command, env=env, stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True)
    os.close(theirs)
    said = b""
    for question, answer in (
        (b"Send with", b"simulated"),
        (b"Country", b"SI"),
        (b"Name of the administrator", b"ana"),
        (b"Password", b"correct horse"),
        (b"The same again", b"correct horse"),
    ):
        said = b""
        deadline = time.monotonic() + 120
        while question not in said:
            assert time.monotonic() < deadline, said
            if select.select([ours], [], [], 0.1)[0]:
                said += os.read(ours, 4096)
        os.write(ours, answer + b"\n")
    while process.poll() is None:
        if select.select([ours], [], [], 0.1)[0]:
            try:
                said += os.read(ours, 4096)
            except OSError:  # the terminal's other end is closed
                break
    os.close(ours)
    assert process.wait(120) == 0, said
    assert b"correct horse" not in said
    assert load(tmp_path / "gw" / "smsgw.toml", {}).sending.region == "SI"
