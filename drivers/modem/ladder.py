"""The healing ladder: what is tried, one rung after the other, when a modem ails, and whether it helped.

A rung has helped when the ailment's own sign of health is seen after it. The same ailment soon after is met with the
same rung, and one rung higher when that had to help too often: what helps only for a minute does not help. A modem
is put to rest only when nothing helped at all.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum

log = logging.getLogger(__name__)

RUNGS = {
    "probe": "AT is asked until it answers",
    "reopen": "the port is closed and opened",
    "radio": "the radio is switched off and on (AT+CFUN)",
    "reset": "the modem's own reset command",
    "power": "USB power is switched off and on by the command in power_cycle",
}
REST = "rest"
_SAME_TROUBLE = 120.0  # seconds after a rung that helped, in which the same ailment is the same trouble
_OFTEN_ENOUGH = 4  # times that a rung may help in so many seconds; a line with noise loses an answer now and then


class Ailment(Enum):
    """What may be wrong: the rung to begin with, and the sign that it is over."""

    SILENT = "probe", "answers"
    LOST = "reopen", "answers"
    ERRORS = "probe", "took a text"
    NO_NETWORK = "radio", "is in a network"

    @property
    def first(self) -> str:
        """The rung to begin with."""
        return self.value[0]

    @property
    def cured_by(self) -> str:
        """What a modem does that has not this ailment."""
        return self.value[1]


@dataclass(slots=True)
class Rung:
    """One rung that was climbed: when (UTC), which, against what, and whether it helped (None: not known yet)."""

    at: datetime
    name: str
    why: str
    helped: bool | None = None

    def __str__(self) -> str:
        said = {None: "is being tried", True: "helped", False: "did not help"}[self.helped]
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.name} {said}"


class Ladder:
    """The ladder of one modem. has_power: whether there is a command for the USB power. now: time.monotonic."""

    def __init__(self, name: str, has_power: bool, now: Callable[[], float] = time.monotonic) -> None:
        self.climbed: deque[Rung] = deque(maxlen=100)
        self._name = name
        self._rungs = [rung for rung in RUNGS if has_power or rung != "power"]
        self._now = now
        self._ailment: Ailment | None = None  # None when it is well
        self._last: Ailment | None = None
        self._cures: deque[float] = deque(maxlen=_OFTEN_ENOUGH)  # when the last rung helped, again and again
        self._place = 0  # of the last rung
        self._open: Rung | None = None  # the last rung, while nobody knows whether it helped

    @property
    def ill(self) -> bool:
        """Whether an ailment was met and no sign of health was seen since."""
        return self._ailment is not None

    def climb(self, ailment: Ailment, why: str) -> str:
        """The next rung to climb, or REST when there is none. It is written down and logged."""
        self._did_not_help()
        place = max(self._from(ailment), self._rungs.index(ailment.first))
        if place >= len(self._rungs):
            if self.ill:
                self._ailment = self._last = None
                log.error("modem %s: the whole ladder was climbed and nothing helped: %s", self._name, why)
                return REST
            place = self._rungs.index(ailment.first)
        if place != self._place:
            self._cures.clear()
        self._ailment, self._last, self._place = ailment, ailment, place
        self._open = Rung(datetime.now(UTC), self._rungs[place], why)
        self.climbed.append(self._open)
        log.warning("modem %s: %s; now %s: %s", self._name, why, self._open.name, RUNGS[self._open.name])
        return self._open.name

    def _from(self, ailment: Ailment) -> int:
        """The place from which it is climbed now: the foot, the last rung again, or the one above it."""
        if self.ill:
            return self._place + 1
        since = self._now() - _SAME_TROUBLE
        if ailment is not self._last or not self._cures or self._cures[-1] <= since:
            return 0
        return self._place + (len(self._cures) == _OFTEN_ENOUGH and self._cures[0] > since)

    def _did_not_help(self) -> None:
        if self._open is not None:
            self._open.helped = False
            log.warning("modem %s: %s did not help", self._name, self._open.name)
            self._open = None

    def sign(self, seen: str) -> None:
        """A sign of health was seen, as `Ailment.cured_by` names it."""
        if self._ailment is None or self._ailment.cured_by != seen:
            return
        if self._open is not None:
            self._open.helped = True
            log.info("modem %s: %s helped: it %s", self._name, self._open.name, seen)
        self._open = self._ailment = None
        self._cures.append(self._now())

    def facts(self) -> dict[str, str]:
        """The last rung, and how many helped, for Health."""
        if not self.climbed:
            return {}
        helped = sum(rung.helped is True for rung in self.climbed)
        return {"healing": f"{self.climbed[-1]}; {helped} of {len(self.climbed)} helped"}
