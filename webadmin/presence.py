"""Who has a conversation open and who is writing in it, in memory: so that two do not answer one.

A page that is looked at asks again every few seconds, and a draft asks what it costs: both say that somebody is there,
and nothing else has to. Whoever says nothing for a while is gone. What others see is told to those who are there, by
`stirred`: the reader of the streams asks it all the time (see streams.py).

Where several nodes or processes share a store, each tells the others who is at its pages, in words that nobody keeps:
one that is lost is made good by the next look. What a word tells is how long it holds, for clocks may differ.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

LOOKS = timedelta(seconds=40)  # after a look; a page that is seen looks every 15 seconds
WRITES = timedelta(seconds=10)  # after a letter
AGAIN = 3  # times in each of these that other processes are told the same


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
    passed_on: tuple[datetime, bool] | None = None  # when other processes were told of them, and whether they wrote


class Presence:
    """Everybody who is at some conversation. Safe from any thread."""

    def __init__(self, tell: Callable[[str], None] = lambda word: None) -> None:
        """tell: gives a word to every other process, whose `heard` it is for; must be quick."""
        self._tell = tell
        self._lock = threading.Lock()
        self._here: dict[str, dict[str, _Here]] = {}  # by number, then by person

    def looks(self, number: str, id: str, name: str, now: datetime) -> tuple[Other, ...]:
        """A person looks at a conversation; returns who else is there, by name."""
        with self._lock:
            self._sweep(now)
            one = self._enter(number, id, name, now)
            one.told = self._others(number, id, now)
            self._pass_on(number, id, one, now)
            return one.told

    def writes(self, number: str, id: str, name: str, now: datetime, *, still: bool) -> None:
        """A person writes in a conversation, or does no more."""
        with self._lock:
            self._sweep(now)
            one = self._enter(number, id, name, now)
            one.writes_until = now + WRITES if still else now
            self._pass_on(number, id, one, now)

    def leaves(self, number: str, id: str) -> None:
        """A person looks elsewhere."""
        with self._lock:
            if (one := self._here.get(number, {}).pop(id, None)) is not None:
                self._tell(json.dumps([number, id, one.name, 0, 0]))

    def heard(self, word: str, now: datetime) -> None:
        """What another process tells of somebody at its pages."""
        number, id, name, looks, writes = json.loads(word)
        with self._lock:
            self._sweep(now)
            one = self._here.setdefault(number, {}).setdefault(id, _Here(name, now, now))
            one.until, one.writes_until = now + timedelta(seconds=looks), now + timedelta(seconds=writes)

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

    def _pass_on(self, number: str, id: str, one: _Here, now: datetime) -> None:
        """Tell other processes of somebody, unless they know."""
        writes = one.writes_until > now
        if (
            one.passed_on
            and one.passed_on[1] == writes
            and now - one.passed_on[0] < (WRITES if writes else LOOKS) / AGAIN
        ):
            return
        one.passed_on = (now, writes)
        left = [max(0.0, (until - now).total_seconds()) for until in (one.until, one.writes_until)]
        self._tell(json.dumps([number, id, one.name, *left]))

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
