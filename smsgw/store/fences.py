"""Refuse, inside the transaction, what somebody writes for a thing that is no longer theirs.

Several nodes share a store, and each link, and the clock, is one node's by a lease (`nodes`). A node that was frozen or
cut off may still believe that it has one. So each of its writes carries a `Guard`, and the writer compares the guard's
fencing number with the store's in the very transaction: a lease that was taken by somebody else has another number.

The surprise: the row is locked with FOR KEY SHARE, which a renewal does not mind and a taking does (PostgreSQL's
manual, 13.3.2): whoever takes a lease waits for the transactions of the old holder, and then finds what they wrote.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from sqlalchemy import BigInteger, Connection, String, bindparam, text

from ..errors import Conflict, Fenced, SmsgwError
from .prepared import Prepared

_STANDS = Prepared(
    text("SELECT 1 FROM lease WHERE name = :name AND fence = :fence FOR KEY SHARE").bindparams(
        bindparam("name", type_=String()), bindparam("fence", type_=BigInteger())
    )
)


def steady() -> float:
    """Seconds of a clock that nobody sets, and that goes on while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class Guard:
    """A lease as its holder has it: `name`, its fencing number, and until when it may be believed in.

    lost: somebody else has it, or it was given back; it never comes again.
    """

    __slots__ = ("fence", "lost", "name", "until")

    def __init__(self, name: str, fence: int, until: float) -> None:
        self.name = name
        self.fence = fence
        self.until = until
        self.lost = False

    def holds(self) -> bool:
        """Whether it is ours by our own clock, without asking anybody."""
        return not self.lost and steady() < self.until

    def stands(self, conn: Connection) -> bool:
        """Whether it is ours by the store, until this transaction ends. Asked just before the first of its writes."""
        return bool(_STANDS.run(conn, {"name": self.name, "fence": self.fence}))

    def refusal(self) -> SmsgwError:
        """What its writes are told where it does not stand."""
        says = f"{self.name} is another node's by now, so nothing was written for it"
        return Fenced(says, hint="smsgw doctor tells which node has what")


class Alone:
    """What a process holds that shares its store with nobody: everything, always, without a question."""

    several = False
    node = ""

    def holds(self, name: str) -> bool:
        """Whether the thing of this name ("clock", "link:carrier") is ours now."""
        return True

    def guard(self, name: str) -> Guard | None:
        """What its writes carry; None: nothing need be compared."""
        return None

    def want(self, name: str) -> None:
        """Have this taken as soon as it is free, and kept."""

    def leave(self, name: str) -> None:
        """Give this back."""

    def look(self) -> None:
        """Something changed that others may have told."""

    def reconfigured(self, names: Iterable[str]) -> None:
        """These links of the configuration are new, others, or gone."""

    def holder(self, name: str) -> str | None:
        """The node that has the thing of this name now, as far as is known here."""
        return None

    def elsewhere(self, link: str) -> Conflict | None:
        """What is answered to whoever asks this process for something that only the holder of a link can do; None when
        that is us, or when there is no such link."""
        return None


_UNDER: ContextVar[Guard | None] = ContextVar("guard", default=None)


def current() -> Guard | None:
    """The guard that the present thread writes under."""
    return _UNDER.get()


@contextmanager
def under(guard: Guard | None) -> Iterator[None]:
    """What this thread gives to the writer within the block is refused when the guard does not stand."""
    before = _UNDER.set(guard)
    try:
        yield
    finally:
        _UNDER.reset(before)
