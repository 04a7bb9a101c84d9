"""When again, or never: the retry policy as a value; and what else follows, as far as somebody is asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import Connection

from ..money.booking import Event
from ..store.history import Step


class Sequel(Protocol):
    """Who is asked what follows from a settled message beside its state (see `sequel`)."""

    def follow(self, conn: Connection, steps: dict[str, list[Step]], now: datetime) -> None:
        """Before these steps (by event) are made: change them, and do what goes with them."""

    def charge(self, conn: Connection, ids: Sequence[str], event: Event, now: datetime) -> None:
        """These messages were handed over, or delivered, as a whole: book what that costs."""


@dataclass(frozen=True)
class Retry:
    """How often and how far apart a message is tried.

    attempts: tries altogether. first: seconds before the second try; each further pause is `factor` times longer, up
    to `most` seconds. jitter: the share by which chance lengthens a pause, so that a thousand do not come back at once.
    sequel: who is asked what follows besides; None: nothing does.
    """

    attempts: int = 8
    first: float = 5.0
    factor: float = 3.0
    most: float = 1800.0
    jitter: float = 0.25
    sequel: Sequel | None = None

    def pause(self, attempts: int, chance: Callable[[], float]) -> timedelta | None:
        """How long to wait after the `attempts`-th try failed; None: never again.

        chance: returns a number from 0 to 1.
        """
        if attempts >= self.attempts:
            return None
        seconds = min(self.most, self.first * self.factor ** max(0, attempts - 1))
        return timedelta(seconds=seconds * (1 + self.jitter * chance()))
