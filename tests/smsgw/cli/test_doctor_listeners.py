"""The doctor looks at the ports for SMPP clients: the address, the certificate, and who may come."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from tests.emulators.authority import Authority


@pytest.fixture
def with_port(config_file: Path):
    """Add a port to the configuration."""

    def add(text: str) -> None:
        with config_file.open("a") as file:
            file.write(f"\n[[listen.smpp]]\n{text}\n")

    return add


def about_smpp(said: Any) -> list[tuple[str, str]]:
    return [(one["level"], one["says"]) for one in said.data if one["what"].startswith("SMPP")]


def test_a_free_port_is_good_and_without_keys_doubtful(smsgw, with_port) -> None:
    with_port('listen = "127.0.0.1:0"')
    smsgw("key", "create", "shop")
    found = about_smpp(smsgw("doctor", "--json"))
    assert [level for level, _ in found] == ["good", "doubt"]
    smsgw("key", "smpp", "shop")
    assert about_smpp(smsgw("doctor", "--json"))[1] == ("good", "1 may bind")


def test_a_port_that_another_program_has_is_told(smsgw, with_port) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        with_port(f'listen = "127.0.0.1:{other.getsockname()[1]}"')
        assert about_smpp(smsgw("doctor", "--json"))[0][0] == "bad"


def test_passwords_in_the_clear_from_other_hosts_are_doubtful(smsgw, with_port) -> None:
    with_port('listen = "0.0.0.0:0"')
    assert ("doubt", "passwords and texts come in the clear from other hosts") in about_smpp(smsgw("doctor", "--json"))


@pytest.mark.parametrize(("days", "level"), [(400, "good"), (3, "doubt"), (-1, "bad")])
def test_the_end_of_a_certificate_is_told(smsgw, with_port, tmp_path: Path, days: int, level: str) -> None:
    certificate, key = Authority(tmp_path, "ours").sign("smsgw", "IP:127.0.0.1", days)
    with_port(f'listen = "127.0.0.1:0"\ntls_certificate = "{certificate}"\ntls_key = "{key}"')
    assert about_smpp(smsgw("doctor", "--json"))[0][0] == level


def test_the_end_of_the_web_servers_certificate_is_told(smsgw, config_file: Path, tmp_path: Path) -> None:
    certificate, key = Authority(tmp_path, "ours").sign("smsgw", "IP:127.0.0.1", 3)
    shown = f'[web]\ntls_certificate = "{certificate}"\ntls_key = "{key}"\n'
    config_file.write_text(config_file.read_text().replace("[web]\n", shown))
    told = [(one["level"], one["says"]) for one in smsgw("doctor", "--json").data if one["what"] == "web"]
    assert [level for level, says in told if says.startswith("the certificate ends on ")] == ["doubt"]


def test_a_certificate_that_is_none_is_told(smsgw, with_port, tmp_path: Path) -> None:
    (tmp_path / "x.pem").write_text("nonsense")
    with_port(f'listen = "127.0.0.1:0"\ntls_certificate = "{tmp_path / "x.pem"}"')
    level, says = about_smpp(smsgw("doctor", "--json"))[0]
    assert level == "bad"
    assert "cannot be used" in says
