"""The demo: one URL that logs in once, two phones, a folder that goes on, and its adoption."""

from __future__ import annotations

import json
import re
import signal
import socket
import stat
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from smsgw.cli.demo import default_folder, free_port, prepare, program, settings_of
from tests.emulators.ports import unused

PHONE = "+38640111222"
pytestmark = pytest.mark.slow


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """Redirects are what these tests look at."""

    def redirect_request(self, *_: object, **__: object) -> None:
        return None


def enter(url: str) -> tuple[int, str]:
    """Open a page as a browser does first; returns its status and the cookie that it sets."""
    try:
        with urllib.request.build_opener(NoRedirect).open(url, timeout=90) as answer:
            return answer.status, answer.headers.get("Set-Cookie", "")
    except urllib.error.HTTPError as other:
        with other:
            return other.code, other.headers.get("Set-Cookie", "")


def url_of(running) -> str:
    found = running.until(lambda: re.findall(r"http://\S+", running.out.read_text()))
    assert len(found) == 1, "one URL and no other"
    return found[0]


def test_its_settings_are_told_with_where_they_come_from(tmp_path: Path) -> None:
    config = prepare(tmp_path, {}, 0)
    told = {one.key: one for one in settings_of(tmp_path / "demo.toml", config)}
    assert told["sending.region"].source.startswith(f"{tmp_path / 'demo.toml'}:")
    assert (told["web.listen"].value, told["web.listen"].source) == ('"127.0.0.1:0"', "smsgw demo")
    assert told["web.threads"].source == "default"


def test_it_prints_one_url_that_logs_in_once(start, tmp_path: Path) -> None:
    running = start("demo", "--dir", tmp_path / "demo", "--port", "0", "--no-browser")
    url = url_of(running)
    status, cookie = enter(url)
    assert status == 303
    assert cookie
    assert enter(url)[0] >= 400
    assert running.end(signal.SIGINT) == 0
    assert f"smsgw init --from-demo {tmp_path / 'demo'}" in running.err.read_text()
    assert f"smsgw send --config {tmp_path / 'demo' / 'demo.toml'} {PHONE}" in running.err.read_text()


def test_it_is_used_goes_on_after_a_kill_and_is_adopted(start, bare_smsgw, tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    config = folder / "demo.toml"
    first = start("demo", "--dir", folder, "--port", "0", "--no-browser", XDG_DATA_HOME=str(tmp_path))
    url_of(first)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "demo.key").stat().st_mode) == 0o600
    sent = bare_smsgw("send", PHONE, "kept", "--wait=120", "--config", config, "--json")
    assert sent.data["status"] == "delivered"
    key = (folder / "demo.key").read_text().strip()
    assert bare_smsgw("sim", "mo", PHONE, "hello", "--config", config, "--key", key).status == 0
    first.end(signal.SIGKILL)

    again = start("demo", "--dir", folder, "--port", "0", "--no-browser")
    url_of(again)
    assert (folder / "demo.key").read_text().strip() == key
    shown = bare_smsgw("sim", "handset", PHONE, "--config", config, "--json").data
    assert [text["text"] for text in shown] == ["kept", "hello"]
    said = bare_smsgw("init", "--from-demo", folder, "--non-interactive")
    assert (said.status, "is running" in said.err) == (1, True)
    assert bare_smsgw("demo", "--dir", folder).status == 1  # and says where the other one is
    assert again.end() == 0

    said = bare_smsgw("init", "--from-demo", folder, "--non-interactive", "--json")
    assert said.status == 0, said.err
    assert said.data["config"] == str(folder / "smsgw.toml")
    kept = bare_smsgw("log", "--config", folder / "smsgw.toml", "--json").data
    assert [row["text"] for row in kept] == ["kept"]
    names = [each["name"] for each in bare_smsgw("key", "ls", "--config", folder / "smsgw.toml", "--json").data]
    assert names == ["first"]
    assert not (folder / "demo.key").exists()
    refused = bare_smsgw("demo", "--dir", folder)
    assert refused.status == 1
    assert "was adopted for real use" in refused.err


def test_a_demo_is_copied_when_it_is_adopted_elsewhere(start, bare_smsgw, tmp_path: Path) -> None:
    demo, real = tmp_path / "demo", tmp_path / "real"
    running = start("demo", "--dir", demo, "--port", "0", "--no-browser")
    url_of(running)
    assert bare_smsgw("send", PHONE, "kept", "--wait=120", "--config", demo / "demo.toml").status == 0
    running.end()
    said = bare_smsgw(
        "init", real, "--from-demo", demo, "--link", "smpp", "--smpp-host", "smsc.example.com", "--system-id", "shop",
        "--drop-phones", "--non-interactive",
    )  # fmt: skip
    assert said.status == 0, said.err
    shown = bare_smsgw("config", "check", real / "smsgw.toml", "--json").data
    assert shown["links"] == ["carrier"]
    kept = bare_smsgw("log", "--config", real / "smsgw.toml", "--json").data
    assert [row["text"] for row in kept] == ["kept"]
    assert (demo / "demo.key").exists()


def test_the_demo_lives_with_the_data_of_its_user() -> None:
    assert default_folder({"HOME": "/home/ana"}) == Path("/home/ana/.local/share/smsgw/demo")
    assert default_folder({"HOME": "/home/ana", "XDG_DATA_HOME": "/data"}) == Path("/data/smsgw/demo")


def test_the_commands_that_it_names_can_be_run_also_from_a_checkout(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("sys.argv", [".venv/bin/smsgw", "demo"])
    assert program(str(tmp_path)) == str(Path.cwd() / ".venv/bin/smsgw")
    there = tmp_path / "smsgw"
    there.touch(0o755)
    assert program(str(tmp_path)) == "smsgw"
    there.unlink()
    monkeypatch.setattr("sys.argv", ["/somewhere/smsgw/__main__.py", "demo"])
    assert program(str(tmp_path)).endswith(" -m smsgw")


def test_a_port_that_is_taken_is_passed_over() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", taken := unused()))
        other.listen()
        assert free_port(taken) != taken
    assert free_port(taken) == taken


def test_a_port_that_was_asked_for_and_is_taken_ends_with_1(start, tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        running = start("demo", "--dir", tmp_path / "demo", "--port", str(other.getsockname()[1]), "--no-browser")
        assert running.process.wait(120) == 1
    assert "cannot listen" in running.err.read_text()


def test_settings_for_a_real_gateway_in_the_environment_do_not_reach_the_demo(start, tmp_path: Path) -> None:
    running = start(
        "demo", "--dir", tmp_path / "demo", "--port", "0", "--no-browser", SMSGW_STORE__URL="sqlite:////nowhere/x.db"
    )
    url_of(running)
    assert (tmp_path / "demo" / "smsgw.db").exists()
    assert running.end() == 0


def test_with_json_the_url_is_in_an_object(start, tmp_path: Path) -> None:
    running = start("--json", "demo", "--dir", tmp_path / "demo", "--port", "0", "--no-browser")
    running.until(lambda: running.out.read_text().endswith("\n"))
    told = json.loads(running.out.read_text())
    assert told["phones"] == [PHONE, "+38640111333"]
    assert "/enter/" in told["url"]
    assert running.end() == 0
