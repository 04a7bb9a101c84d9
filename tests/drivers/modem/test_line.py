"""A serial line as it is: it goes away, comes back, belongs to somebody else, and carries noise."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from smsgw.link import LinkDown, LinkState, NoAnswer
from tests.drivers.modem.conftest import CUSTOMER, Open, Rig
from tests.emulators.modem import Ways

PHONE = "+4915112345678"


def we_have_open(device: str) -> bool:
    """Whether this process has the device open; the emulator has the other end only."""
    port = os.path.realpath(device)
    return port in [os.path.realpath(entry) for entry in Path("/proc/self/fd").iterdir()]


def test_it_says_who_the_modem_is_and_how_it_hears(rig: Rig) -> None:
    facts = rig.link.health().facts
    assert facts["imei"] == "356938035643809"
    assert facts["imsi"] == rig.modem.sim.imsi
    assert facts["iccid"] == rig.modem.sim.iccid
    assert facts["operator"] == "Emulated"
    assert facts["signal"] == "-71 dBm (21 of 31)"
    assert facts["registration"] == "home network"


def test_a_missing_port_is_named_and_found_when_it_comes(rig_for: Open) -> None:
    rig = rig_for()
    rig.modem.disconnect()
    rig.start()
    rig.wait_state(LinkState.DOWN, f"no {rig.modem.device}")
    assert "[[links]] shop" in rig.link.health().why
    rig.modem.connect()
    rig.events.wait_up()


def test_after_it_was_pulled_out_and_put_back_it_goes_on_and_has_what_came_meanwhile(rig: Rig) -> None:
    rig.modem.disconnect()
    rig.wait_state(LinkState.DOWN)
    assert isinstance(rig.events.refusals(rig.send_and_wait("nobody hears"))[0], LinkDown)
    rig.network.phone_sends(PHONE, "meanwhile")
    rig.modem.connect()
    rig.events.wait_up()
    rig.events.wait(lambda: rig.network.acknowledged())
    rig.send_and_wait("back again")
    assert rig.network.submitted() == [(CUSTOMER, "back again")]


def test_a_text_in_flight_when_it_is_pulled_out_is_in_doubt(rig_for: Open) -> None:
    rig = rig_for().up()
    rig.modem.swallow_answers()
    parts = rig.send("in flight")
    rig.events.wait(lambda: rig.modem.submissions)
    rig.modem.disconnect()
    rig.answered(parts)
    assert isinstance(rig.events.refusals(parts)[0], NoAnswer)


def test_a_port_that_another_program_has_is_left_to_it_by_name(rig_for: Open) -> None:
    rig = rig_for()
    holding = "import sys, time; port = open(sys.argv[1]); print('has it', flush=True); time.sleep(600)"
    other = subprocess.Popen([sys.executable, "-c", holding, rig.modem.device], stdout=subprocess.PIPE, text=True)
    with other:
        try:
            assert other.stdout
            other.stdout.readline()
            rig.start()
            rig.wait_state(LinkState.DOWN, "in use by")
            assert f"process {other.pid}" in rig.link.health().why
            assert rig.modem.commands == [], "not a byte was written"
        finally:
            other.kill()


def test_a_port_is_ours_alone_while_we_have_it(rig: Rig) -> None:
    trying = "import serial, sys; serial.Serial(sys.argv[1], exclusive=True)"
    other = subprocess.run([sys.executable, "-c", trying, rig.modem.device], capture_output=True, text=True)
    assert re.search("exclusively lock|Errno 16", other.stderr)


@pytest.mark.slow
def test_a_port_where_nothing_answers_is_told_with_what_to_check(rig_for: Open) -> None:
    rig = rig_for()
    rig.modem.silent = True
    rig.start()
    rig.events.wait(lambda: "answers AT" in rig.link.health().why)
    assert "115200" in rig.link.health().why
    rig.events.wait(lambda: not we_have_open(rig.modem.device))


def test_a_port_that_we_may_not_open_names_the_group(rig_for: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    rig = rig_for()

    def forbidden(*arguments: object, **keywords: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("drivers.modem.comms.Serial", forbidden)  # as root, every port may be opened
    rig.start()
    rig.wait_state(LinkState.RESTING, "group")


@pytest.mark.parametrize("noise", [b"\xe9", b"\xe9\xff\x00\x80", b"\r\n\xe9\xe9\r\n", b"\x00" * 50])
def test_broken_bytes_on_the_line_disturb_nobody(rig: Rig, noise: bytes) -> None:
    rig.modem.says(noise)
    rig.network.phone_sends(PHONE, "still here")
    rig.modem.says(noise)
    rig.send_and_wait("and you?")
    rig.modem.says(noise)
    rig.events.wait(lambda: rig.network.acknowledged())
    assert rig.network.submitted() == [(CUSTOMER, "and you?")]
    assert rig.link.health().state is LinkState.UP


def test_a_text_that_the_line_broke_is_read_again_and_comes_whole(rig: Rig) -> None:
    rig.modem.break_listings = 2
    rig.network.phone_sends(PHONE, "read me again")
    rig.events.wait(lambda: rig.network.acknowledged())
    assert rig.events.texts() == [(PHONE, "read me again")]
    assert rig.modem.break_listings == 0


def test_after_the_firmware_restarted_texts_come_in_again(rig_for: Open) -> None:
    rig = rig_for(pulse_interval=0.5, check_interval=3600, sweep_interval=600).settled()
    rig.modem.forget()
    rig.network.phone_sends(PHONE, "after the restart")
    rig.events.wait(lambda: (PHONE, "after the restart") in rig.network.acknowledged())
    rig.events.wait_up()


@pytest.mark.parametrize("banner", ["RDY", "^SYSSTART", "^BOOT:27710117,0,0,0,75", "+QIND: SMS DONE", "PB DONE"])
def test_a_firmware_that_says_that_it_started_is_set_up_at_once(rig_for: Open, banner: str) -> None:
    rig = rig_for(pulse_interval=3600, check_interval=3600, sweep_interval=3600).settled()
    rig.modem.forget()
    rig.network.phone_sends(PHONE, "after the restart")
    rig.modem.tell(banner)
    rig.events.wait(lambda: (PHONE, "after the restart") in rig.network.acknowledged())
    rig.events.wait_up()


@pytest.mark.parametrize("banner", ["RDY", "^SYSSTART"])
def test_a_firmware_that_starts_anew_in_the_middle_of_a_text_is_not_waited_for(rig_for: Open, banner: str) -> None:
    rig = rig_for(answer_timeout=600).settled()
    rig.modem.hold_answers()
    parts = rig.send("swallowed by the restart")
    rig.events.wait(lambda: len(rig.modem.submissions) == 1)
    rig.modem.forget()
    rig.modem.tell(banner)
    rig.answered(parts)  # in seconds, not in ten minutes
    assert isinstance(rig.events.refusals(parts)[0], NoAnswer)
    rig.modem._held = None
    rig.events.wait(lambda: rig.link.health().state is LinkState.UP)
    rig.network.phone_sends(PHONE, "and on")
    rig.events.wait(lambda: (PHONE, "and on") in rig.network.acknowledged())


def test_a_modem_that_freezes_and_thaws_is_used_again(rig_for: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.modem.at.PROMPT_TIMEOUT", 3.0)
    rig = rig_for(sweep_interval=600, check_interval=600).settled()
    rig.modem.silent = True
    assert isinstance(rig.events.refusals(rig.send_and_wait("frozen"))[0], LinkDown)
    rig.modem.silent = False
    assert rig.events.references(rig.send_and_wait("thawed"))


def test_a_modem_outside_any_network_looks_for_one_and_sends_nothing_until_then(rig: Rig) -> None:
    rig.modem.set_registration(2)
    rig.wait_state(LinkState.CONNECTING, "looking for a network")
    assert isinstance(rig.events.refusals(rig.send_and_wait("no network"))[0], LinkDown)
    rig.modem.set_registration(5)
    rig.events.wait_up()
    assert rig.link.health().facts["registration"] == "roaming"
    assert rig.events.references(rig.send_and_wait("here again"))


def test_a_sim_that_the_network_refuses_is_told_in_words(rig: Rig) -> None:
    rig.modem.set_registration(3)
    rig.wait_state(LinkState.RESTING, "refuses this SIM")


def test_a_stop_is_quick_when_there_is_no_modem_at_all(rig_for: Open) -> None:
    rig = rig_for()
    rig.modem.disconnect()
    rig.start()
    rig.wait_state(LinkState.DOWN, "no ")
    began = time.monotonic()
    rig.stop(100)
    assert time.monotonic() - began < 60


def test_a_modem_that_only_writes_short_line_ends_and_echoes_is_understood(rig_for: Open) -> None:
    rig = rig_for(Ways(), baudrate=9600).up()
    rig.modem.echo = True  # as after a setting that somebody restored
    rig.send_and_wait("hello")
    rig.network.phone_sends(PHONE, "hello")
    rig.events.wait(lambda: rig.network.acknowledged())


def test_the_port_is_not_left_open_after_a_failure_to_start(rig_for: Open) -> None:
    rig = rig_for()
    rig.modem.sim.present = False
    rig.start()
    rig.wait_state(LinkState.RESTING, "no SIM")
    rig.events.wait(lambda: not we_have_open(rig.modem.device))
