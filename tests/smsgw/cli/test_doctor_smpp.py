"""The doctor signs in where no daemon does, and says in words why an SMSC does not let us in."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.drivers.recorder import Recorder
from tests.emulators.authority import Authority
from tests.emulators.listener import listener
from tests.emulators.smsc import ACCOUNT, Network, smpp_network


@pytest.fixture
def network() -> Iterator[Network]:
    with smpp_network() as running:
        yield running


@pytest.fixture
def seen(smsgw: Any, config_file: Path) -> Callable[..., tuple[str, str, str]]:
    """What the doctor says of a link to a port, last: level, words, repair."""

    def look(port: int, **more: Any) -> tuple[str, str, str]:
        fields = {"name": "carrier", "kind": "smpp", "host": "127.0.0.1", "port": port, **ACCOUNT, **more}
        lines = "\n".join(f"{key} = {_toml(value)}" for key, value in fields.items())
        config_file.write_text(f"{config_file.read_text().split('#smpp')[0]}#smpp\n[[links]]\n{lines}\n")
        found = [one for one in smsgw("doctor", "--json").data if one["what"] == "link carrier"]
        return found[-1]["level"], found[-1]["says"], found[-1]["repair"]

    return look


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value) if isinstance(value, (int, float)) else f'"{value}"'


def test_an_smsc_that_lets_us_in_is_well_and_is_told_goodbye(seen: Any, network: Network) -> None:
    assert seen(network.smsc.port) == ("good", "it lets us in (emulator)", "")
    Recorder().wait(lambda: 6 in [command for command, _, _ in network.smsc.heard])


def test_what_is_delivered_meanwhile_is_not_acknowledged(seen: Any, network: Network) -> None:
    network.phone_sends("+4915100000001", "hello")
    assert seen(network.smsc.port)[0] == "good"
    assert network.acknowledged() == []


def test_a_wrong_password_is_told(seen: Any, network: Network) -> None:
    level, says, repair = seen(network.smsc.port, password="wrong")
    assert level == "bad"
    assert "does not accept the password of system_id 'shop'" in says
    assert repair.endswith("smsgw link test carrier")


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (0x0D, "whether this host's address is on the carrier's list"),
        (0x0F, "does not know system_id 'shop'"),
        (0x05, "already connected"),
        (0x04, "try the other mode"),
        (0x08, "system error"),
        (0x0463, "0x00000463"),
    ],
)
def test_a_refused_bind_is_told_by_its_status(seen: Any, network: Network, status: int, words: str) -> None:
    network.configure(bind_status=status)
    level, says, _ = seen(network.smsc.port)
    assert level == "bad"
    assert words in says


def test_a_long_password_that_works_is_doubtful(seen: Any, network: Network) -> None:
    network.configure(password="much-too-long")
    level, says, _ = seen(network.smsc.port, password="much-too-long")
    assert level == "doubt"
    assert "longer than the 8 letters" in says


def _chatter(line: socket.socket) -> None:
    line.sendall(b"220 mail.example ESMTP\r\n")
    line.recv(1000)


def test_a_server_of_another_kind_is_told(seen: Any) -> None:
    with listener(_chatter) as port:
        level, says, _ = seen(port)
    assert level == "bad"
    assert "does not speak SMPP" in says
    assert "220 mail.example" in says


def test_a_server_that_hangs_up_is_told(seen: Any) -> None:
    with listener(lambda line: None) as port:
        level, says, _ = seen(port)
    assert level == "bad"
    assert "instead of answering the bind" in says


def test_a_server_that_does_not_answer_the_bind_is_told(seen: Any) -> None:
    with listener(lambda line: [None for _ in iter(lambda: line.recv(100), b"")]) as port:
        level, says, _ = seen(port, answer_timeout=0.3)
    assert level == "bad"
    assert "did not answer the bind" in says


def test_a_certificate_that_does_not_match_is_told(seen: Any, network: Network, tmp_path: Path) -> None:
    authority = Authority(tmp_path, "ours")
    network.disconnect()
    network.smsc.tls = authority.server(authority.sign("other", "DNS:other.example"))
    network.reconnect()
    level, says, _ = seen(network.smsc.port, tls=True, tls_ca="ours.pem")
    assert level == "bad"
    assert "is not for '127.0.0.1'" in says
    level, says, repair = seen(network.smsc.port, tls=True, tls_ca="ours.pem", tls_name="other.example")
    assert level == "doubt", "it is good for two days only"
    assert "its certificate ends on 20" in says
    assert repair == "ask the carrier whether a new one comes"
    network.disconnect()
    network.smsc.tls = authority.server(authority.sign("lasting", "IP:127.0.0.1", days=365))
    network.reconnect()
    assert seen(network.smsc.port, tls=True, tls_ca="ours.pem") == ("good", "it lets us in (emulator, TLSv1.3)", "")


def test_a_missing_file_is_told_by_its_name(seen: Any, network: Network, tmp_path: Path) -> None:
    level, says, _ = seen(network.smsc.port, tls=True, tls_ca="nowhere.pem")
    assert level == "bad"
    assert str(tmp_path / "nowhere.pem") in says
