"""The far sides of a link that the fault bench has: an emulated SMSC behind a road with faults, and a modem.

Both are those of the tests, and tell in addition when each part came to them.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from tests.emulators.smsc_faults import FaultyRoad
from tests.flows.modem_wire import Stick
from tests.flows.wires import Journal

TEXTS_A_SECOND = 20


class Smsc(Journal):
    """An SMSC as a program of its own, behind a road on which things may go wrong; the link has its default pauses."""

    def __init__(self, folder: Path, seed: int, seconds: float) -> None:
        super().__init__(folder, rate=TEXTS_A_SECOND, count=int(TEXTS_A_SECOND * seconds), answer_delay=0.01)
        self.road = FaultyRoad(self.port, seed)
        self.pauses: dict[str, Any] = {}

    def link(self) -> dict[str, Any]:
        known = {key: value for key, value in super().link().items() if not key.startswith("reconnect_")}
        return {**known, "port": self.road.port, "window": 100, **self.pauses}

    def seen(self) -> list[tuple[str, float]]:
        """Whom each part was for, and when it came (time.time)."""
        return [(f"+{line['to']}", line["at"]) for line in self._lines() if line["event"] == "submit"]

    def close(self) -> None:
        self.road.close()
        super().close()


class Modem(Stick):
    """A modem on a serial port, with a tenth of a second for a text in the air."""

    def __init__(self, folder: Path, seed: int, seconds: float) -> None:
        super().__init__(folder, air=0.1, seed=seed % 1000)
        self.pauses: dict[str, Any] = {}

    def link(self, **changed: Any) -> dict[str, Any]:
        return super().link(**self.pauses, **changed)

    def seen(self) -> list[tuple[str, float]]:
        """Whom each part was for, and when it came (time.time)."""
        since = time.time() - time.monotonic()  # its journal has the clock that does not jump
        return [(one["to"], one["at"] + since) for one in self.modem.events("submitted")]
