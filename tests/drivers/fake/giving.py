"""How the tests of the simulated network give it something to do."""

from __future__ import annotations

import time
from collections.abc import Callable

from drivers.fake import FakeLink
from smsgw.link import WirePart
from tests.drivers.recorder import write

ANA, BOR, NOBODY = "+38641000001", "+38641000002", "+38640999999"
LONG = "Dober dan! Vaše naročilo je na poti. " * 6  # UCS-2 because of č: four parts
Open = Callable[..., FakeLink]


def send(link: FakeLink, parts: list[WirePart]) -> list[WirePart]:
    """Give these parts to the link; returns them."""
    for part in parts:
        link.send(part)
    return parts


def many(link: FakeLink, number: int) -> list[WirePart]:
    """Send so many short texts to Ana; returns their parts."""
    return send(link, [part for n in range(number) for part in write(link, ANA, f"text {n}")])


def stopped(link: FakeLink) -> None:
    """Stop the link in good time."""
    link.stop(time.monotonic() + 90)
