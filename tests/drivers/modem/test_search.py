"""A modem that is named by its SIM is found at whichever port it turns up, and nobody else's port is grabbed."""

from __future__ import annotations

import os
import threading
import time
import tty
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from drivers.modem import Config, open_link
from drivers.modem.ports import Ports, matches, port_at, same_device
from smsgw.link import Link, LinkState
from tests.drivers.modem.conftest import CUSTOMER, Open, Rig
from tests.drivers.recorder import Recorder, write
from tests.emulators.modem import EmulatedModem, Sim

ALL = ("imsi", "iccid", "imei")


def by_sim(rig: Rig, **identity: str) -> Rig:
    """The same link, but named by its SIM and looked for in the modem's folder."""
    settings = rig.network.settings(device=None, ports=[f"{rig.modem.folder}/*"], **identity)
    rig.link = open_link("shop", Config.model_validate(settings), rig.events)
    return rig


def numbers(modem: EmulatedModem) -> dict[str, str]:
    return {"imsi": modem.sim.imsi, "iccid": modem.sim.iccid, "imei": modem.imei}


@pytest.mark.parametrize("named_by", ALL)
def test_a_modem_is_found_by_any_of_its_numbers_and_again_under_another_name(rig_for: Open, named_by: str) -> None:
    rig = rig_for()
    by_sim(rig, **{named_by: numbers(rig.modem)[named_by]}).up()
    first = rig.link.health().facts["port"]
    rig.modem.reappear("ttyUSB77", after=0.5)
    rig.events.wait(lambda: rig.link.health().state is LinkState.DOWN)
    rig.events.wait_up()
    assert rig.link.health().facts["port"] == f"{rig.modem.folder}/ttyUSB77" != first
    rig.send_and_wait("hello from another port")
    assert rig.network.submitted() == [(CUSTOMER, "hello from another port")]


def test_a_modem_that_is_not_there_is_told_by_its_number_and_found_within_a_second_or_two(rig_for: Open) -> None:
    rig = rig_for()
    rig.modem.disconnect()
    by_sim(rig, iccid=rig.modem.sim.iccid).start()
    rig.wait_state(LinkState.DOWN, f"no modem with iccid {rig.modem.sim.iccid}")
    rig.modem.connect()
    began = time.monotonic()
    rig.events.wait_up()
    assert time.monotonic() - began < 60


@pytest.fixture
def others(rig_for: Open) -> Iterator[Any]:
    """More things in the folder of a modem: silent ports, babbling ones, other modems."""
    with ExitStack() as stack:

        def silent(folder: Path, name: str, babble: bytes = b"") -> list[bytes]:
            master, slave = os.openpty()
            tty.setraw(slave)
            (folder / name).symlink_to(os.ttyname(slave))
            heard: list[bytes] = []
            ended = threading.Event()

            def read() -> None:
                os.set_blocking(master, False)
                while not ended.wait(0.02):
                    try:
                        heard.append(os.read(master, 999))
                        os.write(master, babble)
                    except OSError:
                        pass

            thread = threading.Thread(target=read)
            thread.start()
            stack.callback(lambda: (ended.set(), thread.join(), os.close(master), os.close(slave)))
            return heard

        def modem(folder: Path, name: str) -> EmulatedModem:
            return stack.enter_context(_closing(EmulatedModem(folder, device=name, imei="490154203237518")))

        silent.modem = modem  # type: ignore[attr-defined]
        yield silent


class _closing:
    def __init__(self, modem: EmulatedModem) -> None:
        self._modem = modem

    def __enter__(self) -> EmulatedModem:
        return self._modem

    def __exit__(self, *_: object) -> None:
        self._modem.close()


@pytest.fixture
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.modem.comms.SteadyComms.probe_timeout", 1.0)
    monkeypatch.setattr("drivers.modem.ports._SILENT_FOR", 300.0)  # nobody is asked again while the test lasts


@pytest.mark.usefixtures("_quick")
def test_ports_that_are_silent_or_babble_are_passed_over_and_left_alone(rig_for: Open, others: Any) -> None:
    rig = rig_for()
    silent = others(rig.modem.folder, "aaa-diagnostic")
    babbling = others(rig.modem.folder, "aab-storage", babble=b"\x7e\x00\xe9~AT-like babble\r\n\x01")
    by_sim(rig, imsi=rig.modem.sim.imsi).up()
    asked = sum(b"AT" in said for said in silent), sum(b"AT" in said for said in babbling)
    assert min(asked) > 0, "they were asked once"
    rig.modem.disconnect()
    rig.wait_state(LinkState.DOWN)
    rig.modem.connect()
    rig.events.wait_up()
    assert (sum(b"AT" in said for said in silent), sum(b"AT" in said for said in babbling)) == asked, "and remembered"


@pytest.mark.usefixtures("_quick")
def test_two_links_find_each_its_own_modem_and_swap_ports_without_swapping_texts(rig_for: Open, others: Any) -> None:
    rig = rig_for()
    other = others.modem(rig.modem.folder, "ttyUSB900")
    second_events = Recorder()
    where = [f"{rig.modem.folder}/*"]
    settings = rig.network.settings(device=None, ports=where, imsi=other.sim.imsi)
    second: Link = open_link("second", Config.model_validate(settings), second_events)
    by_sim(rig, imsi=rig.modem.sim.imsi)
    second.start()
    rig.start()
    try:
        rig.events.wait_up()
        second_events.wait_up()
        old, new = Path(rig.modem.device).name, "ttyUSB900"
        for modem in (rig.modem, other):
            modem.disconnect()
        rig.wait_state(LinkState.DOWN)
        rig.modem.connect(str(rig.modem.folder / new))
        other.connect(str(rig.modem.folder / old))
        rig.events.wait_up()
        second_events.wait_up()
        rig.send_and_wait("from the first")
        (part,) = write(second, CUSTOMER, "from the second")
        second.send(part)
        second_events.wait(lambda: second_events.answers)
        assert [sent.text for sent in rig.modem.submissions] == ["from the first"]
        assert [sent.text for sent in other.submissions] == ["from the second"]
    finally:
        second.stop(time.monotonic() + 60)


def test_a_second_link_for_the_same_port_is_told_whose_it_is(rig_for: Open) -> None:
    rig = rig_for().up()
    events = Recorder()
    second = open_link("second", rig.network.config, events)
    second.start()
    try:
        events.wait(lambda: "in use by [[links]] shop" in second.health().why)
        assert rig.link.health().state is LinkState.UP
    finally:
        second.stop(time.monotonic() + 60)


def test_a_device_with_another_sim_is_not_used(rig_for: Open) -> None:
    rig = rig_for(iccid="89386400000000099999").start()
    rig.wait_state(LinkState.DOWN, f"has the SIM {rig.modem.sim.imsi}")
    assert not any("CMGF" in command for command in rig.modem.commands)


def test_the_pin_is_not_risked_in_a_locked_sim_that_may_be_another(rig_for: Open) -> None:
    rig = rig_for(sim_pin="4711")
    by_sim(rig, imsi=rig.modem.sim.imsi, pin="4711").start()
    rig.wait_state(LinkState.RESTING, f'add iccid = "{rig.modem.sim.iccid}"')
    assert rig.modem.sim.pins_entered == []


def test_a_locked_sim_that_tells_its_iccid_is_known_and_unlocked(rig_for: Open) -> None:
    rig = rig_for(sim_pin="4711")
    by_sim(rig, iccid=rig.modem.sim.iccid, pin="4711").up()
    assert rig.modem.sim.pins_entered == ["4711"]


def test_another_sim_in_the_same_modem_is_noticed_when_it_comes_back(rig_for: Open) -> None:
    rig = rig_for()
    by_sim(rig, imsi=rig.modem.sim.imsi).up()
    rig.modem.disconnect()
    rig.wait_state(LinkState.DOWN)
    rig.modem.sim = Sim.new()
    rig.modem.connect()
    rig.wait_state(LinkState.DOWN, f"has the SIM {rig.modem.sim.imsi}")


# The parts of it


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_silent_port_is_looked_at_again_after_ever_longer_pauses(tmp_path: Path) -> None:
    (tmp_path / "ttyUSB0").touch()
    port = port_at(str(tmp_path / "ttyUSB0"))
    assert port is not None
    clock = Clock()
    ports = Ports(clock)
    pauses = []
    for _ in range(7):
        ports.remember(port, {})
        began = clock.now
        while ports.known(port) is not None:
            clock.now += 1
        pauses.append(clock.now - began)
    assert pauses == [10, 20, 40, 80, 160, 300, 300]


def test_another_sim_at_a_port_is_remembered_for_a_minute_and_then_looked_at_again(tmp_path: Path) -> None:
    (tmp_path / "ttyUSB0").touch()
    port = port_at(str(tmp_path / "ttyUSB0"))
    assert port is not None
    clock = Clock()
    ports = Ports(clock)
    ports.remember(port, {"imsi": "2"})
    where = [f"{tmp_path}/*"]
    assert ports.to_try({"imsi": "1"}, where, "a") == []
    assert ports.to_try({"imsi": "2"}, where, "b") == [port]
    clock.now += 60
    assert ports.to_try({"imsi": "1"}, where, "a") == [port], "somebody may have changed the SIM"


def test_other_ports_of_a_device_that_is_taken_are_left_alone(tmp_path: Path) -> None:
    names = [f"usb-HUAWEI_Mobile-if0{n}-port0" for n in range(3)]
    for name in names:
        (tmp_path / name).touch()
    ports = Ports(Clock())
    first = port_at(str(tmp_path / names[2]))
    assert first is not None
    assert ports.take(first, "a") is None
    assert ports.take(first, "b") == "a"
    assert ports.to_try({"imsi": "1"}, [f"{tmp_path}/*"], "b") == []
    ports.leave(first, "b")
    assert ports.take(first, "b") == "a", "only who has it can leave it"
    ports.leave(first, "a")
    assert len(ports.to_try({"imsi": "1"}, [f"{tmp_path}/*"], "b")) == 3


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("usb-HUAWEI_Mobile-if00-port0", "usb-HUAWEI_Mobile-if02-port0", True),
        ("pci-0000:00:14.0-usb-0:1:1.0-port0", "pci-0000:00:14.0-usb-0:1:1.2-port0", True),
        ("pci-0000:00:14.0-usb-0:1:1.0-port0", "pci-0000:00:14.0-usb-0:2:1.0-port0", False),
        ("/dev/ttyUSB0", "/dev/ttyUSB1", False),
    ],
)
def test_ports_of_one_device_are_known_by_their_names(one: str, other: str, same: bool) -> None:
    assert same_device(one, other) is same


@pytest.mark.parametrize(
    ("wanted", "facts", "is_it"),
    [
        ({}, {"imsi": "1"}, True),
        ({"imsi": "1"}, {"imsi": "1", "imei": "9"}, True),
        ({"imsi": "1"}, {"imsi": "2"}, False),
        ({"imsi": "1"}, {"iccid": "3"}, None),
        ({"imsi": "1", "imei": "9"}, {"imei": "8"}, False),
        ({"imsi": "1", "imei": "9"}, {"imei": "9"}, None),
    ],
)
def test_a_modem_is_the_wanted_one_when_all_that_is_wanted_is_told_and_equal(
    wanted: dict[str, str], facts: dict[str, str], is_it: bool | None
) -> None:
    assert matches(wanted, facts) is is_it
