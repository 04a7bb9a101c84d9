"""What a link does with a modem that ails: rung by rung, each written down with whether it helped."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import pytest

from drivers.modem import healing
from drivers.modem.owner import ModemLink
from smsgw.link import LinkDown, LinkState, Misconfigured, RejectedForNow
from tests.drivers.modem.conftest import CUSTOMER, Open, Rig
from tests.emulators.modem import Ways

PHONE = "+4915112345678"


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Everything that waits for a modem waits a moment only."""
    monkeypatch.setattr("drivers.modem.at.COMMAND_TIMEOUT", 1.0)
    monkeypatch.setattr("drivers.modem.at.PROMPT_TIMEOUT", 1.0)
    monkeypatch.setattr("drivers.modem.at.LISTING_SILENCE", 1.0)
    monkeypatch.setattr("drivers.modem.comms.SteadyComms.probe_timeout", 0.5)
    monkeypatch.setattr("drivers.modem.healing._DEAF_AFTER", 0.1)
    monkeypatch.setattr("drivers.modem.owner._BOOTS_WITHIN", 30.0)
    return monkeypatch


def link_of(rig: Rig) -> ModemLink:
    assert isinstance(rig.link, ModemLink)
    return rig.link


def climbed(rig: Rig) -> list[tuple[str, bool | None]]:
    return [(rung.name, rung.helped) for rung in link_of(rig).ladder.climbed]


def healed(rig: Rig) -> bool:
    rungs = climbed(rig)
    return bool(rungs) and rungs[-1][1] is True


@pytest.mark.slow
def test_a_modem_that_misses_one_answer_is_asked_and_goes_on(rig_for: Open, hasty: pytest.MonkeyPatch) -> None:
    hasty.setattr("drivers.modem.at.COMMAND_TIMEOUT", 3.0)  # a busy machine answers late, but it answers
    hasty.setattr("drivers.modem.comms.SteadyComms.probe_timeout", 10.0)
    rig = rig_for(check_interval=0.5).settled()
    rig.modem.silent = True
    rig.events.wait(lambda: climbed(rig), seconds=60)
    rig.modem.silent = False
    rig.events.wait(lambda: healed(rig), seconds=60)
    assert climbed(rig) == [("probe", True)]
    assert "probe helped; 1 of 1 helped" in rig.link.health().facts["healing"]
    assert LinkState.DOWN not in [health.state for health in rig.events.healths]


@pytest.mark.usefixtures("hasty")
def test_a_deaf_modem_is_healed_by_its_reset_and_every_rung_is_written_down(
    rig_for: Open, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    rig = rig_for(Ways(reset_takes=0.3), check_interval=0.5).settled()
    rig.modem.ways.silent = True
    rig.events.wait(lambda: healed(rig))
    rig.events.wait_up()
    assert climbed(rig)[-4:] == [("probe", False), ("reopen", False), ("radio", False), ("reset", True)]
    assert "reopen did not help" in caplog.text
    assert "reset helped" in caplog.text
    assert [step.event for step in link_of(rig).life.steps].count("ail") == 2, "the radio's silence led on at once"
    assert rig.events.references(rig.send_and_wait("well again"))


@pytest.mark.slow
def test_with_real_patience_a_deaf_modem_is_back_within_half_a_minute_of_its_first_missed_answer(
    rig_for: Open,
) -> None:
    rig = rig_for(Ways(reset_takes=1.0), check_interval=0.5).settled()
    rig.modem.ways.silent = True
    began = time.monotonic()
    rig.events.wait(lambda: healed(rig), seconds=180)
    rig.events.wait_up()
    assert time.monotonic() - began < 100  # three times as long, for a machine with more to do than ours


@pytest.mark.usefixtures("hasty")
def test_texts_for_a_modem_that_is_being_healed_are_put_back_and_none_is_doubled(rig_for: Open) -> None:
    rig = rig_for(Ways(reset_takes=0.3), check_interval=0.5).settled()
    rig.modem.ways.silent = True
    rig.wait_state(LinkState.DOWN)
    (error,) = rig.events.refusals(rig.send_and_wait("not now"))
    assert isinstance(error, LinkDown)
    rig.network.phone_sends(PHONE, "meanwhile")
    rig.events.wait(lambda: healed(rig))
    rig.events.wait(lambda: rig.network.acknowledged()[1:])
    rig.send_and_wait("now")
    assert rig.network.submitted() == [(CUSTOMER, "now")]


def test_when_nothing_helps_the_modem_rests_says_what_to_do_and_is_back_when_it_is_replugged(
    rig_for: Open, hasty: pytest.MonkeyPatch
) -> None:
    hasty.setattr("drivers.modem.owner._BOOTS_WITHIN", 0.2)
    rig = rig_for(check_interval=0.5).settled()
    rig.modem.ways.frozen = True
    rig.wait_state(LinkState.RESTING, "unplug the modem and plug it in again")
    assert [name for name, _ in climbed(rig)] == ["probe", "reopen", "radio", "reset"]
    (error,) = rig.events.refusals(rig.send_and_wait("nobody is there"))
    assert isinstance(error, Misconfigured)
    began = time.monotonic()
    rig.modem.ways.frozen = False
    rig.modem.disconnect()
    time.sleep(0.5)
    rig.modem.connect()
    rig.events.wait_up()
    assert time.monotonic() - began < 50, "it does not rest for a minute when somebody replugs it"


def test_the_command_for_the_power_is_the_last_rung_and_is_run_without_a_shell(
    rig_for: Open, hasty: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    hasty.setattr("drivers.modem.owner._BOOTS_WITHIN", 0.2)
    note = tmp_path / "note; touch hacked"
    script = "import pathlib, sys; pathlib.Path(sys.argv[1]).write_text('cycled')"
    rig = rig_for(check_interval=0.5, power_cycle=[sys.executable, "-c", script, str(note)]).settled()
    rig.modem.ways.frozen = True
    rig.events.wait(note.exists)
    rig.modem.ways.frozen = False
    rig.events.wait(lambda: healed(rig))
    assert climbed(rig)[-1] == ("power", True)
    assert [path.name for path in tmp_path.iterdir() if "hacked" in path.name] == [note.name]


def test_a_command_for_the_power_that_fails_is_logged_and_nothing_worse(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    assert healing.power([sys.executable, "-c", "import sys; sys.exit('no such hub')"]) is False
    assert "no such hub" in caplog.text
    assert healing.power(["/no/such/program"]) is False
    assert healing.power([sys.executable, "-c", ""]) is True


def test_a_run_of_refusals_degrades_the_link_and_then_climbs_the_ladder(rig_for: Open) -> None:
    rig = rig_for(sweep_interval=600, check_interval=600).settled()
    rig.modem.ways.cms_always = 500
    for number in range(3):
        rig.events.refusals(rig.send_and_wait(f"text {number}"))
    rig.wait_state(LinkState.DEGRADED, "texts are being refused")
    for number in range(2):
        rig.events.refusals(rig.send_and_wait(f"more {number}"))
    rig.events.wait(lambda: climbed(rig) == [("probe", None)])
    rig.modem.ways.cms_always = 0
    assert rig.events.references(rig.send_and_wait("and now?"))
    rig.wait_state(LinkState.UP)
    assert climbed(rig) == [("probe", True)]


def test_refusals_that_go_on_reopen_the_port_and_then_cycle_the_radio(rig_for: Open) -> None:
    rig = rig_for(sweep_interval=600, check_interval=600).settled()
    rig.modem.ways.cms_always = 38
    end = time.monotonic() + 180
    while time.monotonic() < end:
        if any("CFUN=4" in command for command in rig.modem.commands):
            break
        if rig.link.health().state in (LinkState.UP, LinkState.DEGRADED):
            rig.send_and_wait("refused")
        else:
            time.sleep(0.1)
    assert climbed(rig)[:3] in (
        [("probe", False), ("reopen", False), ("radio", None)],
        [("probe", False), ("reopen", False), ("radio", False)],
    )
    at = rig.modem.commands.index("AT+CFUN=4")
    assert rig.modem.commands[at + 1 : at + 3] == ["AT", "AT+CFUN=1"]


def test_refusals_that_are_the_recipients_do_not_make_the_modem_ill(rig_for: Open) -> None:
    rig = rig_for(sweep_interval=600, check_interval=600).settled()
    for code in (28, 27, 1, 8, 30, 28, 1, 1):
        rig.modem.refuse_next(code)
        rig.send_and_wait("no such number")
    assert climbed(rig) == []
    assert rig.link.health().state is LinkState.UP


def test_without_a_network_for_long_the_radio_is_cycled_and_that_helps(
    rig_for: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drivers.modem.watch._NO_NETWORK_FOR", 2.0)
    monkeypatch.setattr("drivers.modem.watch._LOOK_FOR_NETWORK", 0.2)
    rig = rig_for(Ways(radio_heals=True)).up()
    rig.modem.set_registration(2)
    rig.events.wait(lambda: healed(rig))
    assert climbed(rig) == [("radio", True)]
    rig.events.wait_up()


def test_a_reader_that_dies_is_noticed_and_the_port_is_opened_anew(rig_for: Open) -> None:
    rig = rig_for().settled()

    def broken(*_: Any) -> None:
        raise ValueError("a defect in the reader")

    session = link_of(rig)._session
    assert session is not None
    session.modem._take = broken  # type: ignore[method-assign]
    rig.modem.tell("+CREG: 1")
    rig.events.wait(lambda: healed(rig))
    assert climbed(rig) == [("reopen", True)]
    rig.events.wait_up()
    assert rig.events.references(rig.send_and_wait("hello"))


@pytest.mark.usefixtures("hasty")
def test_a_port_that_takes_no_more_bytes_does_not_hang_the_link(rig_for: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.modem.comms.SteadyComms.write_timeout", 0.3)
    rig = rig_for(check_interval=0.5).settled()
    rig.modem.ways.blocked = True
    rig.events.wait(lambda: len(climbed(rig)) >= 2)
    rig.modem.ways.blocked = False
    rig.events.wait(lambda: healed(rig))
    rig.events.wait_up()
    assert rig.events.references(rig.send_and_wait("flows again"))


def test_a_weak_signal_degrades_the_link_and_a_strong_one_restores_it(rig_for: Open) -> None:
    rig = rig_for(check_interval=0.3).up()
    rig.modem.ways.signal = 1
    rig.wait_state(LinkState.DEGRADED, "the signal is weak: -111 dBm (1 of 31)")
    assert rig.events.references(rig.send_and_wait("still sends"))
    rig.modem.ways.signal = 20
    rig.wait_state(LinkState.UP)


@pytest.mark.parametrize(("cause", "words"), [(11, "network is not allowed"), (2, "does not know this SIM")])
def test_why_a_network_refuses_the_sim_is_told_in_words(rig: Rig, cause: int, words: str) -> None:
    rig.modem.set_registration(3, cause=cause)
    rig.wait_state(LinkState.RESTING, words)
    assert f"(cause {cause})" in rig.link.health().why
    rig.modem.set_registration(1)
    rig.events.wait_up()


def test_the_networks_own_words_stand_behind_a_refusal_that_says_little(rig: Rig) -> None:
    rig.modem.ways.cause = 22
    rig.modem.refuse_next(500)
    (error,) = rig.events.refusals(rig.send_and_wait("refused"))
    assert isinstance(error, RejectedForNow)
    assert error.says == "the modem gives no reason; the network's own words: EMM cause 22"
