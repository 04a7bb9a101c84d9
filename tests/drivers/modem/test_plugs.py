"""What is plugged in is noticed at once, by inotify, and also where nothing tells of it."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from drivers.modem import plugs
from drivers.modem.plugs import Plugs
from tests.drivers.modem.conftest import Open


@pytest.fixture
def watch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Plugs]]:
    """Watch patterns under this test's folder; nothing is looked at by the clock."""
    monkeypatch.setattr(plugs, "WITH", 120.0)
    opened: list[Plugs] = []

    def make(*patterns: str) -> Plugs:
        opened.append(Plugs([str(tmp_path / pattern) for pattern in patterns]))
        opened[-1].wait(0.0)
        return opened[-1]

    yield make
    for one in opened:
        one.close()


def returns_after(one: Plugs, what: Callable[[], object]) -> float:
    """The seconds after which `wait` returns when this happens."""
    one.wait(0.0)  # what was there before is no news
    before = time.monotonic()
    threading.Timer(0.1, what).start()
    one.wait(120.0)
    return time.monotonic() - before


def test_a_port_that_appears_changes_hands_or_goes_is_noticed_at_once(
    watch: Callable[..., Plugs], tmp_path: Path
) -> None:
    one, port = watch("ttyUSB*"), tmp_path / "ttyUSB0"
    for what in (port.touch, lambda: port.chmod(0o660), lambda: port.rename(tmp_path / "x"), (tmp_path / "x").unlink):
        assert returns_after(one, what) < 60


def test_a_folder_that_comes_with_the_first_port_is_watched_from_then_on(
    watch: Callable[..., Plugs], tmp_path: Path
) -> None:
    one, folder = watch("serial/by-id/*"), tmp_path / "serial" / "by-id"
    assert returns_after(one, folder.parent.mkdir) < 60
    assert returns_after(one, folder.mkdir) < 60
    assert returns_after(one, lambda: (folder / "usb-ACME-if00-port0").symlink_to("../../ttyUSB0")) < 60


def test_what_happened_between_two_waits_is_not_missed(watch: Callable[..., Plugs], tmp_path: Path) -> None:
    one = watch("ttyUSB*")
    (tmp_path / "ttyUSB0").touch()
    before = time.monotonic()
    one.wait(120.0)
    assert time.monotonic() - before < 60


def test_whoever_stops_is_not_kept_waiting(watch: Callable[..., Plugs]) -> None:
    one = watch("ttyUSB*")
    assert returns_after(one, one.wake) < 60


def test_without_inotify_one_looks_often(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Plugs, "_open", lambda self: None)
    one = Plugs([str(tmp_path / "ttyUSB*")])
    before = time.monotonic()
    one.wait(120.0)
    assert time.monotonic() - before < 60
    one.close()


def test_a_modem_that_is_plugged_in_comes_up_though_nobody_looks_by_the_clock(
    rig_for: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plugs, "WITH", 300.0)
    monkeypatch.setattr("drivers.modem.search.Search._nowhere", _patient)
    rig = rig_for().up()
    rig.modem.disconnect()
    rig.events.wait(lambda: "there is no" in rig.link.health().why)
    rig.modem.connect()
    rig.events.wait_up()


def _patient(search: object, last: object) -> BaseException:
    from drivers.modem.prepare import Trouble

    return Trouble("vanish", "there is no modem: looked for again in five minutes", 300.0)


def test_stopping_a_link_without_a_modem_takes_no_time(rig_for: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugs, "WITH", 300.0)
    monkeypatch.setattr("drivers.modem.search.Search._nowhere", _patient)
    rig = rig_for()
    os.unlink(rig.modem.device)
    rig.start()
    rig.events.wait(lambda: "there is no" in rig.link.health().why)
    before = time.monotonic()
    rig.stop(seconds=180)
    assert time.monotonic() - before < 60
