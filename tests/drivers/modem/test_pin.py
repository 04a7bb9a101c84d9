"""The SIM's PIN: entered once, never when it could lock the SIM, and never a refused one again."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest

from drivers.modem import Config, journal, open_link
from drivers.modem.profiles import PROFILES, Profile
from smsgw.link import LinkState, Misconfigured
from tests.drivers.modem.conftest import Open, Rig
from tests.emulators.modem import Ways


def test_the_right_pin_is_entered_once_and_the_link_comes_up(rig_for: Open) -> None:
    rig = rig_for(sim_pin="4711", pin="4711").up()
    assert rig.modem.sim.pins_entered == ["4711"]


def test_a_sim_without_a_lock_is_never_given_a_pin(rig_for: Open) -> None:
    rig = rig_for(pin="4711").up()
    assert rig.modem.sim.pins_entered == []


def test_without_a_pin_the_link_rests_and_says_where_to_put_it(rig_for: Open) -> None:
    rig = rig_for(sim_pin="4711").start()
    rig.wait_state(LinkState.RESTING, "SIM asks for a PIN: put pin_file = … into [[links]] shop")
    (error,) = rig.events.refusals(rig.send_and_wait("hello"))
    assert isinstance(error, Misconfigured)
    assert error.rest > 0


@pytest.mark.parametrize("attempts", ["+CPINR", "^CPIN", "+SPIC", None])
def test_a_wrong_pin_is_tried_once_by_this_process_even_when_everything_starts_again(
    rig_for: Open, attempts: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drivers.modem.prepare._LOOK_AGAIN", 0.1)
    rig = rig_for(Ways(attempts=attempts), sim_pin="4711", pin="0815").start()
    rig.wait_state(LinkState.RESTING, "refused the PIN")
    rig.events.wait(lambda: rig.modem.commands.count("AT+CPIN?") >= 3)
    assert rig.modem.sim.pins_entered == ["0815"]
    assert rig.modem.sim.attempts == 2
    rig.wait_state(LinkState.RESTING, "not tried again")


def test_a_new_link_does_not_try_the_refused_pin_again_but_a_corrected_one(
    rig_for: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drivers.modem.prepare._LOOK_AGAIN", 0.1)
    rig = rig_for(sim_pin="4711", pin="0815").start()
    rig.wait_state(LinkState.RESTING, "refused the PIN")
    for pin, entered in (("0815", ["0815"]), ("4711", ["0815", "4711"])):
        rig.stop()
        rig.link = open_link("shop", Config.model_validate(rig.network.settings(pin=pin)), rig.events)
        asked = rig.modem.commands.count("AT+CPIN?")
        rig.link.start()
        rig.events.wait(lambda before=asked: rig.modem.commands.count("AT+CPIN?") > before + 1)
        assert rig.modem.sim.pins_entered == entered
    rig.events.wait_up()


@pytest.mark.parametrize("attempts", ["+CPINR", "^CPIN", "+SPIC"])
def test_the_last_attempt_is_never_used(rig_for: Open, attempts: str) -> None:
    rig = rig_for(Ways(attempts=attempts), sim_pin="4711", pin="4711")
    rig.modem.sim.attempts = 1
    rig.start()
    rig.wait_state(LinkState.RESTING, "only 1 attempt is left")
    assert rig.modem.sim.pins_entered == []


def test_a_sim_that_asks_for_its_puk_is_left_to_a_person(rig_for: Open) -> None:
    rig = rig_for(sim_pin="4711", pin="4711")
    rig.modem.sim.attempts = 0
    rig.start()
    rig.wait_state(LinkState.RESTING, "PUK")
    assert "enter the PUK (8 digits" in rig.link.health().why
    assert rig.modem.sim.pins_entered == []


def test_a_modem_without_a_sim_says_so_and_goes_on_when_there_is_one(
    rig_for: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drivers.modem.prepare._LOOK_AGAIN", 0.2)
    rig = rig_for()
    rig.modem.sim.present = False
    rig.start()
    rig.wait_state(LinkState.RESTING, "no SIM")
    rig.modem.sim.present = True
    rig.events.wait_up()


def test_an_answer_to_the_pin_that_never_comes_counts_as_tried(rig_for: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.modem.prepare._LOOK_AGAIN", 0.1)
    monkeypatch.setattr("drivers.modem.at.PIN_TIMEOUT", 0.3)
    rig = rig_for(sim_pin="4711", pin="0815")
    rig.modem.swallow_pin_answer = True
    rig.start()
    rig.wait_state(LinkState.RESTING, "not tried again")
    rig.events.wait(lambda: rig.modem.commands.count("AT+CPIN?") >= 2)
    time.sleep(0.3)
    assert rig.modem.sim.pins_entered == ["0815"]


def test_the_pin_is_in_no_log_and_in_no_error(rig_for: Open, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    rig = rig_for(sim_pin="4711", pin="6284").start()
    rig.wait_state(LinkState.RESTING, "refused the PIN")
    assert "6284" not in caplog.text
    assert all("6284" not in health.why for health in rig.events.healths)


def restarted(rig: Rig, **config: Any) -> None:
    """Stop the link and forget all that is only in memory, as a new process would."""
    rig.stop()
    journal._tried.clear()
    rig.link = open_link("shop", Config.model_validate(rig.network.settings(**config)), rig.events)
    asked = rig.modem.commands.count("AT+CPIN?")
    rig.link.start()
    rig.events.wait(lambda: rig.modem.commands.count("AT+CPIN?") > asked)


@pytest.mark.parametrize("attempts", ["+CPINR", None])
def test_a_wrong_pin_is_remembered_over_restarts_and_a_corrected_one_is_entered(
    rig_for: Open, attempts: str | None, tmp_path: Path
) -> None:
    state = tmp_path / "state"
    rig = rig_for(Ways(attempts=attempts), sim_pin="4711", pin="0815", state_dir=state).start()
    rig.wait_state(LinkState.RESTING, "refused the PIN")
    for _ in range(3):
        restarted(rig, pin="0815", state_dir=state)
        rig.wait_state(LinkState.RESTING, "not tried again")
    assert rig.modem.sim.pins_entered == ["0815"]
    assert rig.modem.sim.attempts == 2
    restarted(rig, pin="4711", state_dir=state)
    rig.events.wait_up()
    assert rig.modem.sim.pins_entered == ["0815", "4711"]


def test_the_file_of_tried_pins_is_ours_alone_and_holds_no_pin(rig_for: Open, tmp_path: Path) -> None:
    rig = rig_for(sim_pin="4711", pin="0815", state_dir=tmp_path).start()
    rig.wait_state(LinkState.RESTING, "refused the PIN")
    (file,) = tmp_path.glob("*pins*")
    assert file.stat().st_mode & 0o777 == 0o600
    assert "0815" not in file.read_text()


def test_a_pin_is_not_entered_when_it_cannot_be_written_down_that_it_was(rig_for: Open, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file, where a folder should be")
    rig = rig_for(sim_pin="4711", pin="4711", state_dir=tmp_path / "state").start()
    rig.wait_state(LinkState.RESTING, "could not be written down")
    assert rig.modem.sim.pins_entered == []


def test_a_right_pin_may_be_entered_at_every_start(rig_for: Open, tmp_path: Path) -> None:
    rig = rig_for(sim_pin="4711", pin="4711", state_dir=tmp_path).up()
    rig.modem.disconnect()
    rig.modem.connect()
    rig.events.wait(lambda: rig.modem.sim.pins_entered == ["4711", "4711"])
    rig.events.wait_up()


FAMILIES = [(profile.maker.split("|")[0].replace(" ?", "").replace("-?", "-"), profile) for profile in PROFILES]


@pytest.mark.parametrize(("maker", "profile"), [(m, p) for m, p in FAMILIES if p.attempts], ids=lambda v: str(v)[:12])
def test_every_maker_is_asked_in_its_own_way_how_many_attempts_are_left(
    rig_for: Open, maker: str, profile: Profile
) -> None:
    command = re.split("[=?]", profile.attempts[0].command.removeprefix("AT"))[0]
    rig = rig_for(Ways(maker=maker, attempts=command), sim_pin="4711", pin="4711")
    rig.modem.sim.attempts = 1
    rig.start()
    rig.wait_state(LinkState.RESTING, "only 1 attempt is left")
    assert rig.modem.sim.pins_entered == []
    assert rig.link.health().facts["family"] == profile.family
