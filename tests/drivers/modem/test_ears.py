"""A modem that tells its news at another port than the one we speak at is heard there."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from drivers.modem.ears import Ears, interface_of
from drivers.modem.ports import Ports, port_at
from tests.drivers.modem.conftest import Open, Rig
from tests.emulators.modem import Ways

PHONE, BY_ID = "+4915112345678", "usb-ACME_Stick_1-if00-port0"


def two_ported(rig_for: Open, maker: str = "ACME", **config: object) -> Rig:
    """A rig whose modem tells its news at its second port."""
    rig = rig_for(Ways(maker=maker, news_port=True), by_id=BY_ID, **config)
    assert Path(rig.modem.second).is_symlink()
    return rig


def comes(rig: Rig, text: str) -> None:
    """A phone sends a text, and it comes in; where no sweep finds it, it was told."""
    rig.network.phone_sends(PHONE, text)
    rig.events.wait(lambda: (PHONE, text) in rig.network.acknowledged())


def test_a_text_that_nothing_told_of_makes_us_listen_at_the_other_ports(
    rig_for: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drivers.modem.mailbox._TOLD_WITHIN", 0.3)
    rig = two_ported(rig_for, sweep_interval=3.0).settled()
    assert "news ports" not in rig.link.health().facts
    rig.network.phone_sends(PHONE, "found by the clock")
    rig.events.wait(lambda: "news ports" in rig.link.health().facts)
    assert rig.link.health().facts["news ports"] == rig.modem.second
    sweeps = rig.modem.commands.count("AT+CMGL=4")
    for number in range(5):
        comes(rig, f"told at once {number}")
    assert rig.modem.commands.count("AT+CMGL=4") >= sweeps + 5
    rig.modem.rings(PHONE)
    rig.events.wait(lambda: [call.caller for call in rig.events.calls] == [PHONE])


def test_a_family_whose_port_is_known_to_be_mute_is_heard_elsewhere_from_the_start(rig_for: Open) -> None:
    rig = two_ported(rig_for, maker="huawei", sweep_interval=3600).up()
    rig.events.wait(lambda: "news ports" in rig.link.health().facts)
    comes(rig, "told at once")


def test_a_modem_that_is_pulled_out_and_put_back_is_heard_again(rig_for: Open) -> None:
    rig = two_ported(rig_for, maker="huawei", sweep_interval=3600).up()
    rig.modem.disconnect()
    rig.events.wait(lambda: "there is no" in rig.link.health().why)
    rig.modem.connect()
    rig.events.wait_up()
    comes(rig, "told at once")


def test_a_modem_that_tells_its_texts_is_not_listened_to_elsewhere(
    rig_for: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drivers.modem.mailbox._TOLD_WITHIN", 2.0)  # a busy machine is told late
    rig = rig_for(Ways(), by_id=BY_ID, sweep_interval=0.2).settled()
    for number in range(20):
        comes(rig, f"text {number}")
    time.sleep(2.5)
    rig.send_and_wait("and on")
    assert "news ports" not in rig.link.health().facts


def test_ports_of_other_devices_and_of_other_links_are_left_alone(tmp_path: Path) -> None:
    for name in ("usb-A_1-if00-port0", "usb-A_1-if01-port0", "usb-A_1-if02-port0", "usb-B_2-if00-port0"):
        (tmp_path / name).touch()
    ports = Ports()
    where = [str(tmp_path / "*")]
    own, taken = port_at(str(tmp_path / "usb-A_1-if00-port0")), port_at(str(tmp_path / "usb-A_1-if02-port0"))
    assert own is not None
    assert taken is not None
    ports.take(taken, "another")
    ears = Ears("shop", where, (115200, "none"), lambda lines: None, ports)
    assert ears.open(own) == []  # if01 is no port that can be opened; the others are not ours
    assert ports.take(taken, "another") is None
    assert interface_of(taken, where) == 2
    ears.close()
