"""The real program beside a running gateway."""

from __future__ import annotations

import json
import signal
import stat
import time
from collections.abc import Callable
from typing import Any

import pytest

PHONE, OTHER_PHONE = "+38640111222", "+38640111333"
pytestmark = pytest.mark.slow


@pytest.fixture
def smsgw(bare_smsgw: Callable[..., Any], daemon: Any) -> Callable[..., Any]:
    """Run a command in this process, with the configuration of the running gateway."""
    return lambda *args: bare_smsgw(*args, SMSGW_CONFIG=str(daemon.config))


def eventually(seen: Callable[[], Any], seconds: float = 60) -> Any:
    """Wait until something is true, and return it."""
    deadline = time.monotonic() + seconds
    while not (found := seen()):
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.1)
    return found


def test_send_returns_when_the_text_is_delivered(daemon, smsgw) -> None:
    said = daemon.smsgw("send", PHONE, "Živjo", "--wait=120", "--json")
    assert said.status == 0, said.err
    assert said.data["status"] == "delivered"
    shown = smsgw("sim", "handset", "040111222", "--json").data
    assert "Živjo" in [text["text"] for text in shown if not text["mine"]]


def test_a_text_that_is_not_delivered_in_time_ends_with_4_and_is_delivered_later(smsgw) -> None:
    assert smsgw("sim", "fault", "receipt_delay=8").status == 0
    said = smsgw("send", PHONE, "slow", "--wait=1")
    assert said.status == 4
    assert "next: smsgw log msg_" in said.err
    smsgw("sim", "fault", "receipt_delay=0.05")
    eventually(lambda: smsgw("log", "--limit", "1", "--json").data[0]["status"] == "delivered")


def test_a_text_that_the_network_rejects_ends_with_1_and_its_reason(smsgw) -> None:
    smsgw("sim", "fault", "rejection=1")
    said = smsgw("send", PHONE, "never", "--wait=120", "--json")
    smsgw("sim", "fault", "rejection=0")
    assert said.status == 1
    assert said.data["error"]["code"] == "failed"
    assert "refuses this part" in said.data["error"]["detail"]


def test_a_number_that_said_stop_gets_nothing_more(smsgw) -> None:
    assert smsgw("sim", "mo", OTHER_PHONE, "STOP").status == 0
    eventually(lambda: any(text["understood_as"] == "optout" for text in smsgw("inbox", "--json").data))
    said = smsgw("send", OTHER_PHONE, "offer", "--purpose", "marketing", "--json")
    assert (said.status, said.data["error"]["code"]) == (3, "recipient_opted_out")


def test_a_text_typed_on_a_phone_is_in_the_inbox_and_its_life_in_the_log(smsgw) -> None:
    smsgw("sim", "mo", PHONE, "Naročam 2 zvezka")
    found = eventually(lambda: [t for t in smsgw("inbox", "--json").data if t["text"] == "Naročam 2 zvezka"])
    assert (found[0]["from"], found[0]["link"]) == (PHONE, "phones")
    assert smsgw("log", found[0]["id"], "--json").data["history"][0]["event"] == "receive"
    assert "Naročam 2 zvezka" in smsgw("inbox", "--from", PHONE).out


def test_the_phones_and_the_knobs_are_shown(smsgw) -> None:
    assert PHONE in smsgw("sim", "handset").out
    assert "loss = 0.0" in smsgw("sim", "fault").out


@pytest.mark.parametrize("change", ["loos=0.1", "loss=much", "loss=2"])
def test_a_knob_that_cannot_be_turned_so_is_a_usage_error(smsgw, change: str) -> None:
    said = smsgw("sim", "fault", change)
    assert said.status == 2
    assert "next: " in said.err


def test_a_phone_that_is_not_there_is_told(smsgw) -> None:
    said = smsgw("sim", "mo", "+38640000000", "x")
    assert said.status == 1
    assert PHONE in said.err


def test_the_links_are_shown_with_their_health(smsgw) -> None:
    wanted = [("phones", "up", "2")]

    def shown() -> list[tuple[str, str, str]]:
        links = smsgw("link", "ls", "--json").data
        return [(link["name"], link["health"], link["facts"].get("phones", "")) for link in links]

    eventually(lambda: shown() == wanted)  # the first of the tests may be quicker than the link


def test_a_link_is_tested_through_the_daemon_with_a_real_text(smsgw) -> None:
    eventually(lambda: "phones is up" in smsgw("link", "test", "phones").out)
    said = smsgw("link", "test", "phones", "--to", PHONE)
    assert said.status == 0, said.err
    assert "phones works: msg_" in said.out


def test_what_goes_over_a_link_is_followed_until_ctrl_c_and_is_off_then(daemon, smsgw, start) -> None:
    follower = start("link", "trace", "phones", "--json", "--config", daemon.config)

    def shown() -> bool:
        smsgw("sim", "mo", PHONE, "while you watch")  # until it listens: what went before is not shown
        return '"what": "text"' in follower.out.read_text()

    follower.until(shown)
    assert follower.end(signal.SIGINT) == 130
    line = json.loads(follower.out.read_text().splitlines()[0])
    assert (line["way"], line["fields"]["from"]) == ("<", "+38640***222")
    assert "while you" not in follower.out.read_text()
    assert "Traceback" not in follower.err.read_text()
    seen = smsgw("link", "trace", "phones", "--no-follow")
    assert "< text" in seen.out
    assert smsgw("link", "trace", "phones", "--off").status == 0
    assert smsgw("link", "trace", "phones", "--for", "2h").status == 2


def test_a_wrong_key_ends_with_7(daemon) -> None:
    said = daemon.smsgw("sim", "handset", SMSGW_API_KEY="wrong")
    assert said.status == 7
    assert "--key or SMSGW_API_KEY" in said.err


def test_a_key_without_the_scope_ends_with_7(smsgw) -> None:
    secret = smsgw("key", "create", "reader", "--scopes", "messages:read").out.strip()
    assert smsgw("sim", "handset", "--key", secret).status == 7


def test_a_gateway_elsewhere_that_does_not_answer_ends_with_5(smsgw) -> None:
    said = smsgw("sim", "handset", "--url", "http://127.0.0.1:9")
    assert said.status == 5
    assert "next: start it: smsgw run" in said.err


def test_the_local_key_is_for_nobody_else_and_not_in_the_list(daemon, smsgw) -> None:
    key = daemon.config.parent / "cli.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    listed = smsgw("key", "ls", "--json").data
    assert "local command line" not in [each["name"] for each in listed]


def test_a_second_daemon_on_the_same_store_ends_with_5_and_harms_nothing(daemon, smsgw) -> None:
    said = daemon.smsgw("run")
    assert said.status == 5
    assert f"in use by process {daemon.running.process.pid}" in said.err
    eventually(lambda: smsgw("link", "ls", "--json").data[0]["health"] == "up")
    assert smsgw("sim", "handset").status == 0


def test_a_backup_is_made_while_it_runs_and_a_restore_is_refused(daemon, smsgw) -> None:
    file = daemon.config.parent / "backup.db"
    assert smsgw("db", "backup", file).status == 0
    said = smsgw("db", "restore", file)
    assert said.status == 5
    assert "stop the other smsgw first" in said.err


def test_the_doctor_finds_a_running_gateway_well(smsgw) -> None:
    eventually(lambda: smsgw("link", "ls", "--json").data[0]["health"] == "up")
    said = smsgw("doctor", "--json")
    assert said.status == 0, said.out
    levels = {one["what"]: one["level"] for one in said.data}
    assert (levels["daemon"], levels["web"], levels["link phones"]) == ("good", "good", "good")


def test_what_comes_in_is_followed_until_ctrl_c(daemon, smsgw, start) -> None:
    follower = start("inbox", "--follow", "--json", "--config", daemon.config)

    def shown() -> bool:
        smsgw("sim", "mo", PHONE, "while you watch")  # until it listens: what came before is not shown
        return "while you watch" in follower.out.read_text()

    follower.until(shown)
    assert follower.end(signal.SIGINT) == 130
    assert json.loads(follower.out.read_text().splitlines()[-1])["text"] == "while you watch"
    assert "Traceback" not in follower.err.read_text()
