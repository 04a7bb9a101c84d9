"""A text whose answer is late or lost, over a stop, a kill and a reopened port: settled if it can be, never doubled."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from drivers.modem import Config, open_link
from drivers.modem.journal import Flight, Journal
from drivers.modem.sending import Window
from smsgw.link import (
    Alphabet,
    LinkDown,
    LinkState,
    NoAnswer,
    RejectedForGood,
    RejectedForNow,
    WirePart,
)
from tests.drivers.modem.conftest import CUSTOMER, Open, Rig, one_part
from tests.drivers.recorder import Recorder

SENDER = """
import sys, time
from concurrent.futures import Future
from drivers.modem import Config, open_link
from smsgw.link import Alphabet, LinkState, WirePart

class Events:
    def done(self, *told):
        future = Future()
        future.set_result(None)
        return future
    taken = failed = health = receipt = inbound = call = done

link = open_link("shop", Config(device=sys.argv[1], state_dir=sys.argv[2], answer_timeout=60), Events())
link.start()
while link.health().state is not LinkState.UP:
    time.sleep(0.05)
udh = bytes.fromhex("050003070302")
link.send(WirePart("m1", 2, 3, "+38641000002", None, Alphabet.UCS2, b"\\0h\\0i", udh, validity=3600))
time.sleep(300)
"""
THE_PART = WirePart("m1", 2, 3, CUSTOMER, None, Alphabet.UCS2, b"\0h\0i", b"\x05\x00\x03\x07\x03\x02", validity=3600)


def killed_in_mid_send(rig: Rig, state: Path) -> None:
    """Another process gives a text to the modem and is killed before the answer."""
    rig.modem.hold_answers()
    process = subprocess.Popen([sys.executable, "-c", SENDER, rig.modem.device, str(state)])
    try:
        rig.events.wait(lambda: rig.modem.submissions)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def next_process(rig: Rig, state: Path, **config: Any) -> None:
    settings = rig.network.settings(state_dir=state, **{"answer_timeout": 60.0, **config})
    rig.link = open_link("shop", Config.model_validate(settings), rig.events)
    rig.link.start()


def test_after_a_kill_in_mid_send_we_listen_before_we_speak_and_the_answer_settles_the_part(
    rig_for: Open, tmp_path: Path
) -> None:
    rig = rig_for()
    killed_in_mid_send(rig, tmp_path)
    said = len(rig.modem.commands)
    next_process(rig, tmp_path)
    rig.wait_state(LinkState.CONNECTING, "listening for")
    time.sleep(0.5)
    assert len(rig.modem.commands) == said, "not a word before the answer"
    rig.modem.release_answers()
    rig.events.wait_up()
    assert rig.events.answers == [(THE_PART, "1:41000002")]
    assert len(rig.modem.submissions) == 1
    rig.events.wait(lambda: "{}" in (tmp_path / "modem-shop.json").read_text())


def test_after_a_kill_in_mid_send_a_refusal_settles_the_part_too(rig_for: Open, tmp_path: Path) -> None:
    rig = rig_for()
    killed_in_mid_send(rig, tmp_path)
    next_process(rig, tmp_path)
    rig.wait_state(LinkState.CONNECTING, "listening for")
    rig.modem.says(b"\r\n+CMS ERROR: 38\r\n")
    rig.events.wait_up()
    ((part, error),) = rig.events.answers
    assert part == THE_PART
    assert isinstance(error, RejectedForNow)


def test_listening_ends_when_the_time_is_over_and_the_part_stays_in_doubt(rig_for: Open, tmp_path: Path) -> None:
    rig = rig_for()
    killed_in_mid_send(rig, tmp_path)
    next_process(rig, tmp_path, answer_timeout=1.5)
    rig.events.wait_up()
    assert rig.events.answers == []


def test_a_modem_that_was_pulled_out_meanwhile_is_not_listened_to(rig_for: Open, tmp_path: Path) -> None:
    rig = rig_for()
    killed_in_mid_send(rig, tmp_path)
    rig.modem.disconnect()
    time.sleep(0.05)
    rig.modem.connect()
    next_process(rig, tmp_path)
    rig.events.wait_up()
    assert not any("listening" in health.why for health in rig.events.healths)


def test_news_that_come_while_we_listen_are_not_lost(rig_for: Open, tmp_path: Path) -> None:
    rig = rig_for()
    killed_in_mid_send(rig, tmp_path)
    next_process(rig, tmp_path)
    rig.wait_state(LinkState.CONNECTING, "listening for")
    pdu = rig.modem.coding.delivers("+4915112345678", "handed over directly", rig.modem.clock())[0]
    rig.modem.network_hands_directly(pdu)
    rig.modem.release_answers()
    rig.events.wait_up()
    rig.events.wait(lambda: rig.events.pieces)
    assert rig.events.texts() == [("+4915112345678", "handed over directly")]


def test_a_stop_while_we_listen_is_quick(rig_for: Open, tmp_path: Path) -> None:
    rig = rig_for()
    killed_in_mid_send(rig, tmp_path)
    next_process(rig, tmp_path)
    rig.wait_state(LinkState.CONNECTING, "listening for")
    began = time.monotonic()
    rig.stop(50)
    assert time.monotonic() - began < 45


# A late refusal


@pytest.mark.parametrize(("code", "kind"), [(331, LinkDown), (38, RejectedForNow), (28, RejectedForGood)])
def test_a_refusal_that_comes_late_is_told_after_all(rig_for: Open, code: int, kind: type) -> None:
    rig = rig_for(answer_timeout=0.5, check_interval=600, sweep_interval=600).up()
    rig.modem.hold_answers()
    late = rig.send_and_wait("late")
    assert isinstance(rig.events.refusals(late)[0], NoAnswer)
    rig.modem.says(f"\r\n+CMS ERROR: {code}\r\n".encode())
    rig.events.wait(lambda: len(rig.events.answers) == 2)
    part, error = rig.events.answers[1]
    assert part is late[0]
    assert type(error) is kind
    assert not isinstance(error, NoAnswer)


def test_a_late_error_that_may_belong_to_another_command_settles_nothing(events: Recorder) -> None:
    window = Window(events)
    window.open()
    part = one_part()
    window.offer(part)
    window.begin()
    window.departs(part, ())
    window.failed(part, NoAnswer("lost"))
    window.late("+CMS ERROR: 302", certain=False)
    assert len(events.answers) == 1
    window.late("+CMGS: 5", certain=False)
    assert events.answers[1] == (part, "5:41000002")


def test_a_late_answer_to_the_first_try_is_not_taken_for_one_to_the_second(events: Recorder) -> None:
    window = Window(events)
    window.open()
    part = one_part()
    for _ in range(2):
        window.offer(part)
        window.begin()
        window.departs(part, ())
        window.failed(part, NoAnswer("lost"))
    assert window.unanswered is not None
    window.offer(part)
    window.begin()
    window.late("+CMS ERROR: 38")
    assert len(events.answers) == 2, "its second try is in the air: it must not be put back"


# The journal


def test_what_departs_is_there_for_the_next_process_and_gone_when_it_arrived(tmp_path: Path) -> None:
    first = Journal(tmp_path / "new" / "folder", "shop", clock=lambda: 1000.0)
    first.depart(THE_PART, (1, 2, 3))
    assert Journal(tmp_path / "new" / "folder", "shop").flight == Flight(THE_PART, 1000.0, (1, 2, 3))
    assert Journal(tmp_path / "new" / "folder", "another").flight is None
    first.arrive()
    assert Journal(tmp_path / "new" / "folder", "shop").flight is None


@pytest.mark.parametrize("content", ["", "{", "[]", '{"at": 1}', '{"at": "x", "mark": [], "part": {}}', "\0\0\0"])
def test_a_damaged_journal_is_left_aside(tmp_path: Path, content: str) -> None:
    (tmp_path / "modem-shop.json").write_text(content)
    assert Journal(tmp_path, "shop").flight is None


def test_a_journal_that_cannot_be_written_stops_no_text(rig_for: Open, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file, where a folder should be")
    rig = rig_for(state_dir=tmp_path / "state").up()
    assert rig.events.references(rig.send_and_wait("hello"))
