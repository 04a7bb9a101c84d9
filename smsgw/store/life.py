"""What a life is: the states of one kind of record, and the moves between them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property


@dataclass(frozen=True)
class Move:
    """One allowed arrow: the event, the states it may start from, the state it ends in."""

    event: str
    was: frozenset[str]
    now: str


@dataclass(frozen=True)
class Life:
    """The life of one kind of record. `states` maps each state to the sentence that says what it means.

    `first` is the event that creates a record, in the state named first. told: whether its moves are lines of history.
    """

    record: str
    first: str
    states: dict[str, str]
    moves: tuple[Move, ...] = field(default=())
    told: bool = True

    @cached_property
    def by_event(self) -> dict[str, tuple[Move, ...]]:
        """The moves under each event's name."""
        found: dict[str, tuple[Move, ...]] = {}
        for move in self.moves:
            found[move.event] = (*found.get(move.event, ()), move)
        return found

    @property
    def initial(self) -> str:
        """The state in which a record is born."""
        return next(iter(self.states))

    @cached_property
    def final(self) -> frozenset[str]:
        """The states that nothing leaves."""
        left = frozenset().union(*(move.was for move in self.moves))
        return frozenset(self.states) - left

    def after(self, event: str, was: str) -> str | None:
        """The state that `event` leads to from `was`; None when that is not allowed. Raises KeyError for no event."""
        for move in self.by_event[event]:
            if was in move.was:
                return move.now
        return None


def move(event: str, was: str, now: str) -> Move:
    """A move; was: the states it may start from, with spaces between them."""
    return Move(event, frozenset(was.split()), now)
