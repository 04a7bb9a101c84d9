"""An emulated SMSC, a link to it, and a note of everything the link tells."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any

import pytest

from drivers.smpp import Config
from drivers.smpp.esme import Esme
from smsgw.link import Alphabet, Call, Health, InboundPiece, LinkError, LinkState, Receipt, WirePart
from tests.emulators.smsc import Network, smpp_network


class Told:
    """Events that remember. `store` makes the future of each receipt and text: done unless changed."""

    def __init__(self) -> None:
        self.taken_parts: list[tuple[WirePart, str]] = []
        self.failed_parts: list[tuple[WirePart, LinkError]] = []
        self.receipts: list[Receipt] = []
        self.pieces: list[InboundPiece] = []
        self.healths: list[Health] = []
        self.order: list[str] = []  # "taken" and "receipt", as they came
        self.store: Callable[[], Future[None]] = stored

    def taken(self, part: WirePart, reference: str) -> None:
        self.taken_parts.append((part, reference))
        self.order.append("taken")

    def failed(self, part: WirePart, error: LinkError) -> None:
        self.failed_parts.append((part, error))

    def receipt(self, receipt: Receipt) -> Future[None]:
        self.receipts.append(receipt)
        self.order.append("receipt")
        return self.store()

    def inbound(self, piece: InboundPiece) -> Future[None]:
        self.pieces.append(piece)
        return self.store()

    def content(self, inbound: object) -> Future[None]:
        raise AssertionError("SMPP knows no contents")

    def call(self, call: Call) -> Future[None]:
        raise AssertionError("SMPP knows no calls")

    def health(self, health: Health) -> None:
        self.healths.append(health)

    @property
    def outcomes(self) -> int:
        return len(self.taken_parts) + len(self.failed_parts)


def stored() -> Future[None]:
    done: Future[None] = Future()
    done.set_result(None)
    return done


def wait_until(true: Callable[[], object], seconds: float = 90.0) -> None:
    """Wait for something that other threads bring about; fail when it does not come, on a busy machine either."""
    until = time.monotonic() + max(seconds, 90.0)
    while not true():
        if time.monotonic() > until:
            raise AssertionError("it did not come about")
        time.sleep(0.005)


@pytest.fixture
def soon() -> Callable[..., None]:
    return wait_until


@pytest.fixture
def network() -> Iterator[Network]:
    with smpp_network() as running:
        yield running


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def make_link(network: Network, told: Told) -> Iterator[Callable[..., Esme]]:
    """A link to the network with changed settings, started and (unless bound=False) up; stopped later."""
    made: list[Esme] = []

    def make(*, bound: bool = True, **changed: Any) -> Esme:
        config = Config.model_validate(network.settings(**changed))
        made.append(Esme("carrier", config, told, time.monotonic, lambda: 0.5))
        made[-1].start()
        if bound:
            wait_until(lambda: made[-1].health().state is LinkState.UP)
        return made[-1]

    yield make
    for link in made:
        link.stop(time.monotonic() + 1)


@pytest.fixture
def a_part() -> Callable[..., WirePart]:
    """One part with everything ordinary but what is given."""

    def make(text: str = "Hello", number: int = 1, **changed: Any) -> WirePart:
        fields: dict[str, Any] = {
            "sender": None,
            "alphabet": Alphabet.GSM7,
            "user_data": text.encode("ascii"),
        }
        return WirePart(str(number), 1, 1, **{"to": "+4915112345678", **fields, **changed})

    return make
