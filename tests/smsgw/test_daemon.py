"""The daemon starts its parts in order and stops them in reverse, once, also when one of them cannot start."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from pydantic import BaseModel

from smsgw.config import Config
from smsgw.daemon import Daemon
from smsgw.errors import StoreUnreachable
from smsgw.gateway import Gateway, with_folder
from smsgw.link import LinkState
from smsgw.store import links


class Told:
    """A part that writes down what it is told."""

    def __init__(self, name: str, tale: list[str], broken: bool = False) -> None:
        self.name, self._tale, self._broken = name, tale, broken

    def start(self) -> None:
        if self._broken:
            raise OSError(f"{self.name} cannot start")
        self._tale.append(f"start {self.name}")

    def stop(self, deadline: float) -> None:
        self._tale.append(f"stop {self.name}")

    def alive(self) -> bool:
        return not self._broken


def gateway(folder: Path) -> Gateway:
    """A gateway with two phones in `folder`."""
    store = {"url": f"sqlite:///{folder / 'x.db'}"}
    phones = {"name": "phones", "kind": "fake", "handsets": ["+38640111222"]}
    return Gateway(Config.model_validate({"store": store, "links": [phones]}))


def test_parts_start_in_order_and_stop_in_reverse_and_only_once(tmp_path: Path) -> None:
    tale: list[str] = []
    daemon = Daemon(gateway(tmp_path), [Told("clock", tale), Told("web", tale)])
    daemon.start()
    assert daemon.unwell() == []
    daemon.stop()
    daemon.stop()
    assert tale == ["start clock", "start web", "stop web", "stop clock"]


def test_a_part_that_cannot_start_stops_those_before_it_and_frees_the_database(tmp_path: Path) -> None:
    tale: list[str] = []
    with pytest.raises(OSError, match="web cannot start"):
        Daemon(gateway(tmp_path), [Told("clock", tale), Told("web", tale, broken=True)]).start()
    assert tale == ["start clock", "stop clock"]
    again = Daemon(gateway(tmp_path), [])
    again.start()
    again.stop()


def test_a_second_daemon_on_the_same_database_is_refused(tmp_path: Path) -> None:
    first, second = Daemon(gateway(tmp_path), []), Daemon(gateway(tmp_path), [])
    first.start()
    with pytest.raises(StoreUnreachable, match="in use by process"):
        second.start()
    first.stop()


def test_a_part_that_died_is_named(tmp_path: Path) -> None:
    dying = Told("clock", [])
    daemon = Daemon(gateway(tmp_path), [dying])
    daemon.start()
    dying._broken = True
    assert daemon.unwell() == ["clock"]
    daemon.stop()


def test_how_each_link_is_can_be_read_from_the_store(tmp_path: Path) -> None:
    running = gateway(tmp_path)
    daemon = Daemon(running, [])
    daemon.start()
    deadline, found = time.monotonic() + 90, list[tuple[str, ...]]()
    while found != [("phones", "fake", LinkState.UP)]:  # the link tells it in a thread of its own
        assert time.monotonic() < deadline, found
        with running.database.reading() as conn:
            found = [(row.name, row.kind, row.health) for row in links.listing(conn)]
    daemon.stop()


def test_a_driver_that_keeps_files_gets_the_gateways_folder_unless_another_is_named(tmp_path: Path) -> None:
    class Keeping(BaseModel):
        state_dir: Path | None = None

    class Other(BaseModel):
        port: int = 1

    assert with_folder(Keeping(), tmp_path) == Keeping(state_dir=tmp_path)
    assert with_folder(Keeping(state_dir=Path("/else")), tmp_path) == Keeping(state_dir=Path("/else"))
    assert with_folder(Other(), tmp_path) == Other()
