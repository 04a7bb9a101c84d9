"""Who has a conversation open and who is writing in it, in the memory of this process: so that two do not answer one.

A page that is looked at asks again every few seconds, and a draft asks what it costs: both say that somebody is there,
and nothing else has to. Whoever says nothing for a while is gone. What others see is told to those who are there, by
`stirred`: the reader of the streams asks it all the time (see streams.py).
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

LOOKS = timedelta(seconds=40)  # after a look; a page that is seen looks every 15 seconds
WRITES = timedelta(seconds=10)  # after a letter


@dataclass(frozen=True, slots=True)
class Other:
    """Somebody else at the same conversation."""

    name: str
    writes: bool


@dataclass(slots=True)
class _Here:
    name: str
    until: datetime
    writes_until: datetime
    told: tuple[Other, ...] = ()  # what they know of the others


class Presence:
    """Everybody who is at some conversation. Safe from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._here: dict[str, dict[str, _Here]] = {}  # by number, then by person

    def looks(self, number: str, id: str, name: str, now: datetime) -> tuple[Other, ...]:
        """A person looks at a conversation; returns who else is there, by name."""
        with self._lock:
            self._sweep(now)
            one = self._enter(number, id, name, now)
            one.told = self._others(number, id, now)
            return one.told

    def writes(self, number: str, id: str, name: str, now: datetime, *, still: bool) -> None:
        """A person writes in a conversation, or does no more."""
        with self._lock:
            self._sweep(now)
            self._enter(number, id, name, now).writes_until = now + WRITES if still else now

    def leaves(self, number: str, id: str) -> None:
        """A person looks elsewhere."""
        with self._lock:
            self._here.get(number, {}).pop(id, None)

    def stirred(self, now: datetime) -> set[str]:
        """The people around whom somebody came, went, began to write or stopped since this was asked last."""
        with self._lock:
            self._sweep(now)
            found = set()
            for number, there in self._here.items():
                for id, one in there.items():
                    others = self._others(number, id, now)
                    if others != one.told:
                        one.told = others
                        found.add(id)
            return found

    def _enter(self, number: str, id: str, name: str, now: datetime) -> _Here:
        one = self._here.setdefault(number, {}).setdefault(id, _Here(name, now, now))
        one.until = now + LOOKS
        return one

    def _others(self, number: str, id: str, now: datetime) -> tuple[Other, ...]:
        there = self._here.get(number, {})
        others = (Other(one.name, one.writes_until > now) for other, one in there.items() if other != id)
        return tuple(sorted(others, key=lambda one: one.name))

    def _sweep(self, now: datetime) -> None:
        """Whoever said nothing for a while is gone."""
        for number, there in list(self._here.items()):
            for id in [id for id, one in there.items() if one.until <= now]:
                del there[id]
            if not there:
                del self._here[number]
