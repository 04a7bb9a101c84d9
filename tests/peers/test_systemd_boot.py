"""Our units in a systemd that boots them: ready, killed and started anew, reloaded, refused for good."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.peers.booted import Booted, until

pytestmark = pytest.mark.slow

CONFIG = """
[store]
url = "sqlite:////var/lib/{state}/smsgw.db"
[web]
listen = "127.0.0.1:{port}"
[[links]]
name = "phones"
kind = "fake"
number = "+38640111000"
handsets = ["+38640111222"]
"""


@pytest.fixture(scope="module")
def booted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Booted]:
    """A machine with the gateway installed and started."""
    machine = Booted(tmp_path_factory.mktemp("room"))
    try:
        machine.write("/etc/smsgw/smsgw.toml", CONFIG.format(state="smsgw", port=8080))
        started = machine.run("systemctl", "start", "smsgw.service")
        assert started.returncode == 0, started.stderr + machine.words("smsgw")
        yield machine
    finally:
        machine.off()


def test_it_is_active_once_it_is_ready_and_tells_how_it_is(booted: Booted) -> None:
    assert booted.run("test", "-s", "/var/lib/smsgw/cli.key").returncode == 0, "it was active before it was ready"
    well = {"StatusText": "1 of 1 links up, 0 queued"}
    until(lambda: booted.told("smsgw.service", "StatusText") == well, "it does not tell how it is")
    told = booted.told("smsgw.service", "User", "WatchdogUSec", "NoNewPrivileges")
    assert told == {"User": "smsgw", "WatchdogUSec": "1min", "NoNewPrivileges": "yes"}
    held = booted.run("stat", "--format=%U %a", "/var/lib/smsgw", "/etc/smsgw/credentials").stdout.split()
    assert held == ["smsgw", "700", "root", "700"]


def test_a_reload_keeps_the_process(booted: Booted) -> None:
    before = booted.told("smsgw.service", "MainPID")
    assert booted.run("systemctl", "reload", "smsgw.service").returncode == 0
    until(lambda: "was read again" in booted.words("smsgw"), "it did not read its configuration again")
    assert booted.told("smsgw.service", "MainPID") == before


def test_killed_it_is_started_anew_and_so_it_is_when_it_hangs(booted: Booted) -> None:
    def another(before: str) -> Any:
        now = booted.told("smsgw.service", "MainPID", "ActiveState")
        return now["ActiveState"] == "active" and now["MainPID"] not in ("0", before) and now["MainPID"]

    first = booted.told("smsgw.service", "MainPID")["MainPID"]
    booted.run("kill", "-9", first)
    second = until(lambda: another(first), "a killed gateway was not started again")
    booted.write("/run/systemd/system/smsgw.service.d/quick.conf", "[Service]\nWatchdogSec=2\nTimeoutAbortSec=1\n")
    booted.run("systemctl", "daemon-reload")
    booted.run("systemctl", "restart", "smsgw.service")
    third = until(lambda: another(second), "it did not start with a short watchdog")
    booted.run("kill", "-STOP", third)  # it lives, and no part of it moves
    until(lambda: another(third), "a gateway that hangs was not started again")


def test_systemd_holds_the_port_where_it_is_asked_to(booted: Booted) -> None:
    assert booted.run("systemctl", "stop", "smsgw.service").returncode == 0
    assert booted.run("systemctl", "start", "smsgw.socket").returncode == 0
    # Nobody runs: the call itself starts the gateway, waits, and is answered.
    asked = booted.run("curl", "--silent", "--max-time", "50", "http://127.0.0.1:8080/healthz")
    assert asked.stdout.strip() == '{"status":"ok"}', asked.stderr + booted.words("smsgw")
    assert booted.run("systemctl", "restart", "smsgw.service").returncode == 0
    asked = booted.run("curl", "--silent", "--max-time", "50", "http://127.0.0.1:8080/healthz")
    assert asked.stdout.strip() == '{"status":"ok"}'


def test_a_company_has_a_user_of_its_own_and_a_secret_that_only_systemd_hands_over(booted: Booted) -> None:
    booted.run("systemd-sysusers", "--inline", 'u smsgw-shop - "smsgw of shop" /var/lib/smsgw-shop')
    booted.run("install", "-d", "-m", "0700", "/etc/smsgw/credentials-shop")
    booted.write("/etc/smsgw/credentials-shop/mail", "a secret\n")
    config = CONFIG.format(state="smsgw-shop", port=8081)
    mail = '[mail]\nhost = "127.0.0.1"\nsender = "a@example.com"\nuser = "shop"\n'
    mail += 'password_file = "credentials-shop/mail"\n'
    booted.write("/etc/smsgw/shop.toml", config.replace("[[links]]", mail + "[[links]]"))
    started = booted.run("systemctl", "start", "smsgw@shop.service")
    assert started.returncode == 0, started.stderr + booted.words("smsgw@shop")
    assert booted.told("smsgw@shop.service", "User") == {"User": "smsgw-shop"}
    assert booted.run("stat", "--format=%U %a", "/var/lib/smsgw-shop").stdout.split() == ["smsgw-shop", "700"]


def test_a_wrong_configuration_is_not_tried_again(booted: Booted) -> None:
    booted.run("systemctl", "stop", "smsgw.socket", "smsgw.service")
    booted.write("/etc/smsgw/smsgw.toml", "[web]\nlisten = 8080\nport = 1\n")
    assert booted.run("systemctl", "start", "smsgw.service").returncode != 0
    told = booted.told("smsgw.service", "ActiveState", "ExecMainStatus", "Result")
    assert told == {"ActiveState": "failed", "ExecMainStatus": "6", "Result": "exit-code"}
    assert "unknown key" in booted.words("smsgw")
