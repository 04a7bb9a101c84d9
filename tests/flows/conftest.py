"""A gateway for one test, as a program of its own over a simulated network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.flows import warm
from tests.flows.running import Client, Running
from tests.flows.wires import Tape


@pytest.fixture(scope="session", autouse=True)
def warm_ends() -> Iterator[None]:
    """What starts gateways quickly ends with the tests."""
    yield
    warm.end()


@pytest.fixture
def tape(tmp_path: Path) -> Tape:
    """The far side of `gateway`: a quick network with two phones."""
    return Tape(tmp_path, seed=1, delay=0.01, receipt_delay=0.05, repeat_after=0.5)


@pytest.fixture
def open_gateway(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Make a gateway with a SQLite store, `open_gateway([link], sending={…})`; it is not started."""
    opened: list[Running] = []

    def make(links: list[dict[str, Any]], **more: Any) -> Running:
        folder = tmp_path / f"smsgw-{len(opened)}"
        store = more.pop("url", f"sqlite:///{folder / 'store.db'}")
        opened.append(Running(folder, store, links, **more))
        return opened[-1]

    yield make
    for one in opened:
        one.kill()


@pytest.fixture
def gateway(open_gateway: Callable[..., Running], tape: Tape) -> Running:
    """A running gateway."""
    gateway = open_gateway([tape.link()], sending={"region": "SI"})
    gateway.start()
    return gateway


@pytest.fixture
def client(gateway: Running) -> Iterator[Client]:
    """A client of `gateway` that may do everything."""
    client = gateway.client()
    yield client
    client.close()
