"""Starting and stopping the daemon: what it tells systemd, and what it says when it cannot start."""

from __future__ import annotations

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest

from smsgw.cli.notify import Systemd
from tests.emulators.authority import Authority

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[3]


@pytest.fixture
def manager(tmp_path: Path):
    """A service manager's socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(120)
        yield listening


def test_systemd_hears_that_it_is_ready_alive_and_stopping(start, config_file: Path, manager) -> None:
    running = start(
        "run", "--config", config_file,
        NOTIFY_SOCKET=manager.getsockname(), WATCHDOG_USEC="200000",
    )  # fmt: skip
    assert manager.recv(100).startswith(b"STATUS=starting")
    assert manager.recv(100) == b"READY=1"
    assert (config_file.parent / "cli.key").exists()
    wanted = {b"WATCHDOG=1", b"STATUS=1 of 1 links up, 0 queued"}
    heard = set[bytes]()
    while not heard >= wanted:
        heard.add(manager.recv(100))
    assert heard <= wanted | {b"STATUS=0 of 1 links up, 0 queued"}, "it may be ready before its link is up"
    assert running.end() == 0
    rest = []
    manager.settimeout(0.3)
    try:
        while True:
            rest.append(manager.recv(100))
    except TimeoutError:
        pass
    assert rest[-1] == b"STOPPING=1"
    assert not (config_file.parent / "cli.key").exists()
    assert not (config_file.parent / "cli.url").exists()


def test_a_first_start_says_in_its_log_where_the_first_account_is_made(start, config_file: Path) -> None:
    running = start("run", "--config", config_file)
    running.until(lambda: "/setup/" in running.err.read_text())
    link = re.findall(r"http://[\w.:]+/setup/[A-Za-z]{32}", running.err.read_text())[0]
    with urlopen(link, timeout=120) as answer:
        assert "The first account" in answer.read().decode()
    assert running.end() == 0


def test_with_a_certificate_for_another_name_the_commands_of_this_host_go_on_working(
    start, smsgw, config_file: Path, tmp_path: Path
) -> None:
    certificate, key = Authority(tmp_path, "ours").sign("sms.example.com", "DNS:sms.example.com")
    shown = f'[web]\ntls_certificate = "{certificate}"\ntls_key = "{key}"\n'
    config_file.write_text(config_file.read_text().replace("[web]\n", shown))
    running = start("run", "--config", config_file)
    address = config_file.parent / "cli.url"
    running.until(address.exists)
    assert address.read_text().startswith("https://127.0.0.1:")
    sent = smsgw("send", "+38640111222", "hello", "--wait=120", "--json")
    assert (sent.status, sent.data["status"]) == (0, "delivered")
    web = [one["says"] for one in smsgw("doctor", "--json").data if one["what"] == "web"]
    assert f"{address.read_text().strip()} answers" in web
    running.until(lambda: healthy(config_file.parent) == 0)
    running.process.send_signal(signal.SIGHUP)
    running.until(lambda: "web server: its certificate was read again" in running.err.read_text())
    assert running.end() == 0
    assert healthy(config_file.parent) == 1


def healthy(state: Path) -> int:
    """What the health check of a container says that has its state there."""
    environ = {"SMSGW_STORE__STATE_DIR": str(state), "PATH": os.environ["PATH"]}
    return subprocess.run([sys.executable, ROOT / "systemd/container/healthy"], env=environ, check=False).returncode


def test_the_watchdog_is_not_fed_while_something_does_not_move(manager) -> None:
    systemd = Systemd({"NOTIFY_SOCKET": manager.getsockname(), "WATCHDOG_USEC": "20000"})
    systemd.watch(lambda: ["clock"])
    assert [manager.recv(100), manager.recv(100)] == [b"STATUS=not moving: clock"] * 2
    systemd.stopping()


def test_a_watchdog_that_is_meant_for_another_process_is_left_alone(manager) -> None:
    systemd = Systemd({"NOTIFY_SOCKET": manager.getsockname(), "WATCHDOG_USEC": "20000", "WATCHDOG_PID": "1"})
    systemd.watch(list)
    manager.settimeout(0.2)
    with pytest.raises(TimeoutError):
        manager.recv(100)


def test_without_a_manager_nobody_is_told() -> None:
    Systemd({}).say("READY=1")
    Systemd({"NOTIFY_SOCKET": "/nowhere/notify"}).say("READY=1")


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_cleanly_when_it_is_told_to(start, config_file: Path, how: signal.Signals) -> None:
    running = start("run", "--config", config_file)
    running.until((config_file.parent / "cli.url").exists)
    assert running.end(how) == 0
    assert "smsgw has stopped" in running.err.read_text()


def test_after_a_kill_it_starts_again_with_a_new_key(start, config_file: Path) -> None:
    key = config_file.parent / "cli.key"
    first = start("run", "--config", config_file)
    first.until((config_file.parent / "cli.url").exists)
    secret = key.read_text()
    first.end(signal.SIGKILL)
    again = start("run", "--config", config_file)
    again.until(lambda: key.read_text() != secret)
    assert again.end() == 0


def test_a_wrong_configuration_ends_with_6(smsgw, config_file: Path) -> None:
    config_file.write_text("[web]\nlisen = 1\n")
    said = smsgw("run")
    assert said.status == 6
    assert 'did you mean "listen"?' in said.err


def test_a_port_that_is_in_use_ends_with_1_one_sentence_and_the_next_step(start, config_file: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        config_file.write_text(config_file.read_text().replace("127.0.0.1:0", f"127.0.0.1:{port}"))
        running = start("run", "--config", config_file)
        assert running.process.wait(120) == 1
    said = running.err.read_text()
    assert f"error: the web server cannot listen at 127.0.0.1:{port}" in said
    assert "next: " in said
    assert "Traceback" not in said


def test_a_store_that_a_newer_smsgw_wrote_ends_with_1_and_is_left_alone(start, config_file: Path) -> None:
    running = start("run", "--config", config_file)
    running.until((config_file.parent / "cli.url").exists)
    running.end()
    with sqlite3.connect(config_file.parent / "smsgw.db") as conn:
        conn.execute("UPDATE alembic_version SET version_num = '9999'")
        conn.execute("DELETE FROM link")
    conn.close()
    running = start("run", "--config", config_file)
    assert running.process.wait(120) == 1
    assert "which a newer smsgw made" in running.err.read_text()
    assert "next: install the newer smsgw again" in running.err.read_text()
    with sqlite3.connect(config_file.parent / "smsgw.db") as conn:
        assert conn.execute("SELECT count(*) FROM link").fetchone() == (0,)
    conn.close()


def test_a_store_in_a_folder_that_is_missing_ends_with_5(start, config_file: Path) -> None:
    config_file.write_text(config_file.read_text().replace("sqlite:///", "sqlite:///missing/"))
    running = start("run", "--config", config_file)
    assert running.process.wait(120) == 5
    assert "next: " in running.err.read_text()


LINK = """
[[links]]
name = "{name}"
kind = "fake"
number = "{number}"
handsets = ["+38640111444"]
"""


def test_sighup_takes_over_changed_links_and_leaves_the_others_alone(start, config_file: Path, manager) -> None:
    running = start("run", "--config", config_file, NOTIFY_SOCKET=manager.getsockname())
    while manager.recv(200) != b"READY=1":
        pass
    store = config_file.parent / "smsgw.db"

    def links() -> dict[str, str]:
        with sqlite3.connect(store) as conn:
            return dict(conn.execute("SELECT name, since FROM link WHERE health = 'up'").fetchall())

    before = running.until(links)
    assert list(before) == ["phones"]

    def reload(content: str) -> bytes:
        config_file.write_text(content)
        running.process.send_signal(signal.SIGHUP)
        while not (heard := manager.recv(200)).startswith(b"RELOADING=1\nMONOTONIC_USEC="):
            pass
        while (heard := manager.recv(200)).startswith(b"STATUS="):
            pass
        return heard

    good = config_file.read_text()
    assert reload(good + LINK.format(name="more", number="+38640111001")) == b"READY=1"
    running.until(lambda: set(links()) == {"phones", "more"})
    assert links()["phones"] == before["phones"], "a link that did not change was disturbed"
    assert reload(good + "[[links]]\nkind = 1\n") == b"READY=1"
    assert "goes on with the one that it has" in running.err.read_text()
    assert set(links()) == {"phones", "more"}
    assert reload(good.replace("127.0.0.1:0", "127.0.0.1:1")) == b"READY=1"
    running.until(lambda: set(links()) == {"phones"})
    assert "to be taken over by a restart: [web] listen" in running.err.read_text()
    assert links()["phones"] == before["phones"]
    assert running.end() == 0
