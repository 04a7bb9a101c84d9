"""A GSM modem and the network behind it, in the shape in which tests drive any network: `modem_network()`.

The surprise: the modem is the simulated one of drivers/modem/line, but what it is sent is read, and what it sends is
made, by libraries that we did not write (modem_pdus).
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from drivers.modem.line import Sim, SimulatedModem, Ways
from tests.emulators.modem_pdus import ForeignCoding, Submitted

__all__ = ["EmulatedModem", "Network", "Sim", "Ways", "modem_network"]


class EmulatedModem(SimulatedModem):
    """The simulated modem with foreign hands. `silent`, `delay` and `news_inside` are short for the same of `ways`."""

    submissions: list[Submitted]  # type: ignore[assignment]  # by our coding

    def __init__(self, folder: Path, ways: Ways | None = None, pin: str | None = None, **more: Any) -> None:
        more.setdefault("imei", "356938035643809")
        super().__init__(folder, ways, pin, coding=ForeignCoding(), **more)

    silent = property(lambda self: self.ways.silent, lambda self, on: setattr(self.ways, "silent", on))
    delay = property(lambda self: self.ways.delay, lambda self, on: setattr(self.ways, "delay", on))
    news_inside = property(lambda self: self.ways.news_inside, lambda self, on: setattr(self.ways, "news_inside", on))


class Network:
    """What the contract test wants of a network; `modem` has everything else."""

    number = "+38640111222"

    def __init__(self, modem: EmulatedModem) -> None:
        self.modem = modem
        self._texts: list[tuple[str, str, list[bytes]]] = []
        self.disconnect = modem.disconnect
        self.reconnect = modem.connect
        self.refuse_next = modem.refuse_next
        self.go_silent = modem.swallow_answers
        self.close = modem.close

    def settings(self, **changed: Any) -> dict[str, Any]:
        """What a [[links]] table of kind "modem" has to say, with pauses fit for tests."""
        pauses = {"answer_timeout": 5.0, "sweep_interval": 2.0, "check_interval": 5.0, "pulse_interval": 1.0}
        return {"device": self.modem.device, **pauses, **changed}

    @property
    def config(self) -> Any:
        """The same as the driver's Config."""
        from drivers.modem import Config

        return Config.model_validate(self.settings())

    def submitted(self) -> list[tuple[str, str]]:
        """(to, text) of every whole text that the network took, as smspdudecoder reads it."""
        whole: list[tuple[str, str]] = []
        halves: dict[tuple[str, int, int], dict[int, Submitted]] = {}
        for sent in self.modem.submissions:
            if sent.concatenation is None:
                whole.append((sent.to, sent.text))
                continue
            reference, of, position = sent.concatenation
            half = halves.setdefault((sent.to, reference, of), {})
            half[position] = sent
            if len(half) == of:
                whole.append((sent.to, "".join(half[place].text for place in sorted(half))))
                del halves[sent.to, reference, of]
        return whole

    def phone_sends(self, sender: str, text: str, **how: Any) -> None:
        """A phone sends us a text."""
        self._texts.append((sender, text, self.modem.phone_sends(sender, text, **how)))

    def acknowledged(self) -> list[tuple[str, str]]:
        """(sender, text) of what phones sent and we deleted from the modem, every piece of it."""
        deleted = {pdu for _, _, pdu in self.modem.deleted}
        return [(sender, text) for sender, text, pdus in self._texts if deleted.issuperset(pdus)]

    def automatic_receipts(self, on: bool = True) -> None:
        """Whether every part that wants it is reported as delivered (as it is unless this is called)."""
        self.modem.ways.reports = "auto" if on else "manual"

    def send_receipt_for(self, to: str, delivered: bool = True) -> None:
        """The network reports on the last part to that number: delivered, or expired."""
        self.modem.send_receipt(to, 0x00 if delivered else 0x46)

    def throttle_next(self) -> None:
        """Say that the network is congested (CMS 42)."""
        self.refuse_next(42)


@contextlib.contextmanager
def modem_network(ways: Ways | None = None, pin: str | None = None, device: str | None = None) -> Iterator[Network]:
    """A modem that is plugged in, as a device of this name if it must have one, and its network."""
    with tempfile.TemporaryDirectory() as folder:
        network = Network(EmulatedModem(Path(folder), ways, pin, device=device))
        try:
            yield network
        finally:
            network.close()
