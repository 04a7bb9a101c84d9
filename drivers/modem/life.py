"""Every state and every allowed move in the life of a modem, as a table, and where one modem stands in it.

A move says: on this event, from one of these states, to that state. Who owns the modem makes the moves; what
a person reads of it is the state, the sentence why, and the steps that led there.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from smsgw.link import LinkState


@dataclass(frozen=True, slots=True)
class Move:
    """One allowed arrow: the event, the states it may start from, the state it ends in."""

    event: str
    was: frozenset[str]
    now: str


STATES = {
    "absent": "no port with this modem is there",
    "opening": "a port is there; does it answer AT?",
    "identifying": "it answers; which modem and which SIM is it?",
    "pin": "the SIM is locked; its PIN is entered, at most once",
    "registering": "looking for a network",
    "online": "sends and receives",
    "degraded": "receives, but sending is slow or refused, or the store is nearly full",
    "recovering": "something is wrong; the healing ladder is climbed",
    "resting": "nothing that we can do helps: a person must act; it is looked at again now and then",
}
_AT_WORK = "opening identifying pin registering online degraded"


def _move(event: str, was: str, now: str) -> Move:
    return Move(event, frozenset(was.split()), now)


MOVES = (
    _move("appear", "absent recovering resting", "opening"),
    _move("listen", "absent opening recovering resting", "opening"),
    _move("answer", "opening", "identifying"),
    _move("ask_pin", "identifying", "pin"),
    _move("unlock", "identifying pin", "registering"),
    _move("register", "registering resting", "online"),  # a SIM that the network refused may be let in later
    _move("weaken", "online degraded", "degraded"),
    _move("strengthen", "degraded", "online"),
    _move("drop", "registering online degraded resting", "registering"),
    _move("ail", f"{_AT_WORK} recovering", "recovering"),
    _move("rest", f"absent {_AT_WORK} recovering resting", "resting"),
    _move("vanish", f"absent {_AT_WORK} recovering resting", "absent"),
)
FIRST = "start"  # the event that creates a modem, absent

LINK_STATES = {
    "absent": LinkState.DOWN,
    "opening": LinkState.CONNECTING,
    "identifying": LinkState.CONNECTING,
    "pin": LinkState.CONNECTING,
    "registering": LinkState.CONNECTING,
    "online": LinkState.UP,
    "degraded": LinkState.DEGRADED,
    "recovering": LinkState.DOWN,
    "resting": LinkState.RESTING,
}


@dataclass(frozen=True, slots=True)
class Step:
    """One move that was made: when (UTC), from where, on which event, to where, and why."""

    at: datetime
    was: str
    event: str
    now: str
    why: str


class Life:
    """The life of one modem. `state` and `why` say where it is, `steps` how it came there, the newest last."""

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.state = "absent"
        self.why = "not started"
        self.steps: deque[Step] = deque(maxlen=200)
        self._clock = clock

    def may(self, event: str) -> bool:
        """Whether that event may happen now."""
        return after(event, self.state) is not None

    def move(self, event: str, why: str) -> None:
        """Make a move. Raises ValueError when the table does not allow it: that is a defect of ours."""
        now = after(event, self.state)
        if now is None:
            raise ValueError(f"a modem that is {self.state} cannot {event}")
        if (now, why) != (self.state, self.why):
            self.steps.append(Step(self._clock(), self.state, event, now, why))
        self.state, self.why = now, why

    @property
    def link_state(self) -> LinkState:
        """What the gateway sees of it."""
        return LINK_STATES[self.state]


def after(event: str, was: str) -> str | None:
    """The state that `event` leads to from `was`; None when that is not allowed."""
    return next((move.now for move in MOVES if move.event == event and was in move.was), None)
