"""The parts on their way: admit N at a time, match answers to them, and report each exactly once.

The surprise: a place in the window is free as soon as an answer is read, before it is reported, so that the
sender fills the window while the gateway writes the outcome down. `settle` still waits for the reports.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from threading import Condition
from typing import Protocol

from drivers.smpp import pdu
from drivers.smpp.early import Outcomes
from smsgw.link import LinkDown, LinkError, NoAnswer, WirePart

log = logging.getLogger(__name__)


class Road(Protocol):
    """Where a window writes: a bound session."""

    def next_sequence(self) -> int: ...

    def write(self, octets: bytes) -> bool: ...


Answer = tuple[int, str | LinkError]


class Window:
    """At most `size` parts without an answer. Any thread may call it.

    timeout: seconds after which an unanswered part is NoAnswer. now: a steady clock.
    """

    def __init__(self, size: int, timeout: float, events: Outcomes, now: Callable[[], float]) -> None:
        self.size = size
        self._timeout = timeout
        self._events = events
        self._now = now
        self._changed = Condition()
        self._flights: dict[int, tuple[WirePart, float]] = {}  # by sequence number, oldest first
        self._unreported = 0
        self._road: Road | None = None
        self._shut: LinkError = LinkDown("it has not connected yet")
        self._for_good = False

    def __len__(self) -> int:
        return len(self._flights)

    def open(self, road: Road) -> None:
        """Parts may go this way from now on."""
        with self._changed:
            if not self._for_good:
                self._road = road
                self._changed.notify_all()

    def shut(self, why: LinkError, *, for_good: bool = False) -> None:
        """Admit nothing; whoever waits for a place is told `why`. What is on its way stays."""
        with self._changed:
            if not self._for_good:
                self._road, self._shut, self._for_good = None, why, for_good
                self._changed.notify_all()

    def put(self, part: WirePart, body: bytes) -> None:
        """Write a submit_sm as soon as there is a place. What goes wrong is reported to `events`."""
        with self._changed:
            self._unreported += 1
            while (road := self._road) is not None and len(self._flights) >= self.size:
                self._changed.wait()
            if road is not None:
                sequence = road.next_sequence()
                self._flights[sequence] = (part, self._now() + self._timeout)
                if road.write(pdu.submit_sm(sequence, body)):
                    return
                del self._flights[sequence]
                self._changed.notify()
                error: LinkError = LinkDown("the connection to the SMSC is gone")
            else:
                error = self._shut
        self._report([(part, error)])

    def answered(self, answers: Sequence[Answer]) -> int:
        """Report what the SMSC said: for each sequence number a reference, or why not. Returns how many were
        ours; an answer that comes after its time belongs to no part any more.
        """
        with self._changed:
            flights = self._flights
            ours = [
                (flight[0], outcome)
                for sequence, outcome in answers
                if (flight := flights.pop(sequence, None)) is not None
            ]
            self._changed.notify(len(ours))
        self._report(ours)
        return len(ours)

    def expire(self) -> int:
        """Report as NoAnswer what has waited too long; returns how many."""
        now = self._now()
        late: list[int] = []
        with self._changed:
            for sequence, (_, until) in self._flights.items():
                if until > now:
                    break
                late.append(sequence)
            parts = [self._flights.pop(sequence)[0] for sequence in late]
            self._changed.notify(len(parts))
        error = NoAnswer(f"the SMSC did not answer within {self._timeout:g} seconds")
        self._report([(part, error) for part in parts])
        return len(parts)

    def lost(self, unwritten: Sequence[int], why: str) -> None:
        """The connection is gone: nothing comes any more. unwritten: what certainly did not leave."""
        with self._changed:
            flights, self._flights = self._flights, {}
            self._changed.notify_all()
        never = frozenset(unwritten)
        down, silent = LinkDown(why), NoAnswer(f"{why}, before it answered")
        self._report([(part, down if number in never else silent) for number, (part, _) in flights.items()])

    def settle(self, seconds: float) -> bool:
        """Wait until every part is reported; False if some still are not after so long."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._unreported, max(0.0, seconds))

    def _report(self, outcomes: Sequence[tuple[WirePart, str | LinkError]]) -> None:
        if not outcomes:
            return
        try:
            for part, outcome in outcomes:
                self._tell(part, outcome)
        finally:
            with self._changed:
                self._unreported -= len(outcomes)
                self._changed.notify_all()

    def _tell(self, part: WirePart, outcome: str | LinkError) -> None:
        try:
            if isinstance(outcome, str):
                self._events.taken(part, outcome)
            else:
                self._events.failed(part, outcome)
        except Exception:  # one outcome that cannot be noted must not stop the others
            log.exception("could not report what became of part %s/%d", part.message_id, part.position)
