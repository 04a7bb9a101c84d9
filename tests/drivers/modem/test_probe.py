"""Looking at ports without a gateway: what is found, and what to paste where."""

from __future__ import annotations

import os
import tomllib
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.modem import Config, probe
from drivers.modem.probe import PortFacts, config_block, list_ports, udev_rule
from tests.emulators.modem import Network, Ways, modem_network


@pytest.fixture
def network() -> Iterator[Network]:
    with modem_network(Ways(maker="huawei", attempts="^CPIN")) as network:
        yield network


def test_a_modem_is_told_with_its_sim_its_network_and_its_memories(network: Network) -> None:
    found = probe.probe(network.modem.device)
    sim = network.modem.sim
    assert (found.answers, found.pin, found.attempts, found.registered, found.trouble) == (True, "READY", 3, True, "")
    told = {fact: found.facts[fact] for fact in ("imsi", "iccid", "imei", "number", "service centre", "family")}
    assert told == {
        "imsi": sim.imsi,
        "iccid": sim.iccid,
        "imei": "356938035643809",
        "number": sim.number,
        "service centre": sim.centre,
        "family": "Huawei",
    }
    assert found.facts["signal"].endswith("(21 of 31)")
    assert found.memories["SM"] == (0, 20)


def test_a_network_that_refuses_the_sim_is_told_with_its_reason(network: Network) -> None:
    network.modem.set_registration(3, cause=11)
    found = probe.probe(network.modem.device)
    assert found.registered is False
    assert "not allowed for this SIM (cause 11)" in found.facts["registration"]


def test_a_locked_sim_is_told_and_no_pin_is_entered(network: Network) -> None:
    network.modem.sim.pin, network.modem.sim.locked, network.modem.sim.attempts = "1234", True, 2
    found = probe.probe(network.modem.device)
    assert (found.answers, found.pin, found.attempts) == (True, "SIM PIN", 2)
    assert network.modem.sim.pins_entered == []
    assert "pin_file" in config_block(found)


def test_a_missing_sim_is_told_in_words(network: Network) -> None:
    network.modem.sim.present = False
    assert probe.probe(network.modem.device).pin == "there is no SIM in the modem"


def test_a_port_that_is_silent_and_one_that_is_not_there_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drivers.modem.comms.SteadyComms.probe_timeout", 0.1)
    master, slave = os.openpty()
    try:
        tty.setraw(slave)
        found = probe.probe(os.ttyname(slave))
        assert (found.answers, found.holder) == (False, None)
        assert "nothing answers AT" in found.trouble
    finally:
        os.close(master)
        os.close(slave)
    assert probe.probe(str(tmp_path / "no")).trouble == "there is no such port"


def test_the_ports_are_listed_once_each_the_likely_ones_first(tmp_path: Path) -> None:
    (tmp_path / "by-id").mkdir()
    for number, interface in ((0, "00"), (1, "01"), (2, "02")):
        (tmp_path / f"ttyUSB{number}").touch()
        (tmp_path / "by-id" / f"usb-HUAWEI_Mobile-if{interface}-port0").symlink_to(tmp_path / f"ttyUSB{number}")
    found = list_ports([str(tmp_path / "by-id" / "*"), str(tmp_path / "ttyUSB*")])
    assert [Path(name).name for name in found] == [f"usb-HUAWEI_Mobile-if0{n}-port0" for n in (2, 1, 0)]


def test_the_block_to_paste_is_a_link_that_is_found_by_its_sim(network: Network) -> None:
    block = config_block(probe.probe(network.modem.device), "shop")
    (link,) = tomllib.loads(block)["links"]
    assert (link.pop("name"), link.pop("kind")) == ("shop", "modem")
    config = Config.model_validate(link)
    assert config.identity == {"iccid": network.modem.sim.iccid}
    assert config.number == network.modem.sim.number


def test_the_udev_rule_names_the_usb_device_and_keeps_modem_manager_away(tmp_path: Path) -> None:
    usb = tmp_path / "devices" / "usb1" / "1-1"
    port = usb / "1-1:1.0" / "ttyUSB7"
    port.mkdir(parents=True)
    (usb / "idVendor").write_text("12d1\n")
    (usb / "idProduct").write_text("1506\n")
    (tmp_path / "tty" / "ttyUSB7").mkdir(parents=True)
    (tmp_path / "tty" / "ttyUSB7" / "device").symlink_to(port)
    rule = udev_rule(PortFacts("/dev/ttyUSB7"), tmp_path / "tty")
    assert 'ATTRS{idVendor}=="12d1", ATTRS{idProduct}=="1506"' in rule
    assert 'ENV{ID_MM_DEVICE_IGNORE}="1"' in rule


def test_a_udev_rule_without_sys_falls_back_to_the_family_and_then_to_the_name(tmp_path: Path) -> None:
    assert 'idVendor}=="2c7c"' in udev_rule(PortFacts("/dev/ttyUSB7", facts={"family": "Quectel"}), tmp_path)
    assert 'KERNEL=="ttyS0"' in udev_rule(PortFacts("/dev/ttyS0"), tmp_path)


def test_one_command_is_answered_line_by_line(network: Network) -> None:
    assert probe.at(network.modem.device, "AT+CSQ") == ["+CSQ: 21,99", "OK"]
    assert probe.at(network.modem.device, "AT+NONSENSE") == ["ERROR"]
