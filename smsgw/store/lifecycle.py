"""Every state and every allowed move of every record, as tables: the docs draw from here, `history` obeys it.

A move says: on this event, from one of these states, to that state. A state with no move out of it is final.
"""

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
        return next((move.now for move in self.by_event[event] if was in move.was), None)


def _move(event: str, was: str, now: str) -> Move:
    return Move(event, frozenset(was.split()), now)


MESSAGE = Life(
    "message",
    "accept",
    {
        "accepted": "stored; the caller has an id",
        "held": "may go, but not now (hours, date, budget, approval)",
        "queued": "has a link and a due time",
        "sending": "one worker has it, since claimed_at",
        "unsure": "written, never answered: it may have gone out",
        "sent": "the network took every part",
        "delivered": "the phone has every part",
        "undelivered": "the network says that a part did not arrive",
        "failed": "the network refused it, or we gave up trying",
        "refused": "we said no: opted out, duplicate, no route",
        "expired": "its time was over before it arrived",
        "cancelled": "somebody took it back in time",
    },
    (
        _move("admit", "accepted", "queued"),
        _move("hold", "accepted queued", "held"),
        _move("release", "held", "accepted"),
        _move("claim", "queued", "sending"),
        _move("hand_over", "sending unsure", "sent"),
        _move("put_back", "sending unsure", "queued"),
        _move("lose", "sending", "unsure"),
        _move("give_up", "sending unsure", "failed"),
        _move("deliver", "sent unsure queued", "delivered"),
        _move("bounce", "sent", "undelivered"),
        _move("reroute", "sending unsure sent queued", "queued"),
        _move("refuse", "accepted held queued", "refused"),
        _move("expire", "accepted held queued sent", "expired"),
        _move("cancel", "accepted held queued", "cancelled"),
        _move("recall", "sent", "cancelled"),
    ),
)

WAITING = tuple(sorted(MESSAGE.by_event["cancel"][0].was))
"""The states in which a message is still ours alone: it waits, and can be taken back."""

INBOUND = Life(
    "inbound",
    "receive",
    {
        "received": "on disk, acknowledged to the network, nobody has acted on it yet",
        "waiting": "a person must look at it",
        "handled": "acted on, by a person or by a rule",
        "ignored": "nothing to act on",
    },
    (
        _move("wait", "received", "waiting"),
        _move("handle", "received waiting", "handled"),
        _move("ignore", "received waiting", "ignored"),
        _move("reopen", "handled ignored", "waiting"),
    ),
)

CALL = Life(
    "call",
    "ring",
    {
        "rang": "on disk; whether a text answers it is decided in a moment",
        "answered": "an automatic text went to the caller",
        "noted": "nothing is sent by itself: its reason says why",
    },
    (
        _move("answer", "rang", "answered"),
        _move("note", "rang", "noted"),
    ),
)

WEBHOOK = Life(
    "webhook",
    "create",
    {
        "active": "is told what happens",
        "disabled": "is told nothing: somebody switched it off, or it did not answer for days",
    },
    (
        _move("disable", "active", "disabled"),
        _move("enable", "disabled", "active"),
    ),
)

# A delivery tells a line of history, and keeps its own log: lines about it would be told again.
DELIVERY = Life(
    "delivery",
    "plan",
    {
        "pending": "waits for its first or its next try",
        "delivered": "the receiver took it",
        "dead": "given up after many tries; it can be replayed",
    },
    (
        _move("put_off", "pending", "pending"),
        _move("deliver", "pending", "delivered"),
        _move("give_up", "pending", "dead"),
        _move("replay", "pending delivered dead", "pending"),
    ),
    told=False,
)

LIVES = (MESSAGE, INBOUND, CALL, WEBHOOK, DELIVERY)
