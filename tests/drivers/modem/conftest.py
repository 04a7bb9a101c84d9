"""A link over an emulated modem, for the tests of this folder."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from drivers.modem import Config, open_link
from drivers.modem.comms import SteadyComms
from smsgw.link import Alphabet, Link, LinkState, WirePart
from tests.drivers.recorder import Recorder, write
from tests.emulators.modem import EmulatedModem, Network, Ways, modem_network

CUSTOMER = "+38641000002"


class Rig:
    """A link between an emulated network and a gateway that takes notes."""

    def __init__(self, network: Network, events: Recorder, **config: Any) -> None:
        self.network = network
        self.modem: EmulatedModem = network.modem
        self.events = events
        self.link: Link = open_link("shop", Config.model_validate(network.settings(**config)), events)

    def start(self) -> Rig:
        self.link.start()
        return self

    def up(self) -> Rig:
        self.start()
        self.events.wait_up()
        return self

    def settled(self) -> Rig:
        """Up, and past the sweep at the start: from now on nothing is found without a reason."""
        self.up()
        self.network.phone_sends("+38641000009", "the first sweep is over")
        self.events.wait(lambda: self.network.acknowledged())
        self.events.pieces.clear()
        return self

    def send(self, text: str, to: str = CUSTOMER) -> list[WirePart]:
        """Give a text to the link, part by part."""
        parts = write(self.link, to, text)
        for part in parts:
            self.link.send(part)
        return parts

    def send_and_wait(self, text: str, to: str = CUSTOMER) -> list[WirePart]:
        parts = self.send(text, to)
        self.answered(parts)
        return parts

    def answered(self, parts: list[WirePart]) -> None:
        ids = {id(part) for part in parts}
        self.events.wait(lambda: ids <= {id(part) for part, _ in self.events.answers})

    def wait_state(self, state: LinkState, word: str = "") -> None:
        """Wait until the link is in this state and says so with this word."""
        self.events.wait(lambda: self.link.health().state is state and word.lower() in self.link.health().why.lower())

    def stop(self, seconds: float = 2.0) -> None:
        self.link.stop(time.monotonic() + seconds)


Open = Callable[..., Rig]


@pytest.fixture(autouse=True)
def _modems_that_answer_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """An emulated modem is silent after a moment; a real one may think for a while."""
    monkeypatch.setattr(SteadyComms, "quiet", 0.06)


@pytest.fixture
def rig_for(events: Recorder) -> Iterator[Open]:
    """Make a rig that is not started: rig_for(ways=Ways(...), pin="1234" on the SIM, config fields ...).

    by_id: the name of the modem's device, beside which its other ports are looked for.
    """
    opened = []

    def make(ways: Ways | None = None, sim_pin: str | None = None, by_id: str | None = None, **config: Any) -> Rig:
        context = modem_network(ways, sim_pin, by_id)
        network = context.__enter__()
        if by_id is not None:
            config["ports"] = [str(network.modem.folder / "*")]
        rig = Rig(network, events, **config)
        opened.append((context, rig))
        return rig

    yield make
    for context, rig in opened:
        events.leave()
        if any(health.why != "not started" for health in events.healths):
            rig.stop()
        context.__exit__(None, None, None)


@pytest.fixture
def rig(rig_for: Open) -> Rig:
    """A link that is up, over a modem without any peculiarity."""
    return rig_for().up()


def one_part(to: str = CUSTOMER, octets: bytes = b"abc", **fields: Any) -> WirePart:
    """A part with these septets."""
    return WirePart("m", 1, 1, to, None, Alphabet.GSM7, octets, **fields)
