"""The parts on their way: admit N at a time, match answers to them, and report each exactly once.

The surprise: a place in the window is free as soon as an answer is read, before it is reported, so that the
sender fills the window while the gateway writes the outcome down. `settle` still waits for the reports.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from threading import Condition, RLock
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
Flights = dict[int, tuple[WirePart, float]]  # by sequence number, oldest first: the part, and until when it waits
LATE = 10_000  # parts of a road whose answer may still come after its time
REFUSED_LATE = 60.0  # seconds in which a late refusal counts: afterwards the part may be in the air again
SOON = 0.2  # seconds: a link without a connection is asked again no sooner


class Window:
    """At most `size` parts without an answer on each road; a part takes the open road with most room.

    Any thread may call it. timeout: seconds after which an unanswered part is NoAnswer. now: a steady clock.
    """

    def __init__(self, size: int, timeout: float, events: Outcomes, now: Callable[[], float]) -> None:
        self.size = size
        self._timeout = timeout
        self._events = events
        self._now = now
        self._lock = RLock()  # taken by itself where nobody waits: that is cheaper than by its condition
        self._changed = Condition(self._lock)
        self._flights: dict[Road, Flights] = {}  # of each road that is open, or that was and is not settled
        self._late: dict[Road, Flights] = {}
        self._open: list[Road] = []
        self._unreported = 0
        self._shut: LinkError = LinkDown("it has not connected yet")
        self._shut_until = 0.0
        self._for_good = False

    def __len__(self) -> int:
        return sum(map(len, self._flights.values()))

    @property
    def roads(self) -> list[Road]:
        """Those that are open."""
        return list(self._open)

    def open(self, road: Road) -> None:
        """Parts may go this way from now on."""
        with self._lock:
            if not self._for_good and road not in self._open:
                self._flights.setdefault(road, {})
                self._open.append(road)
                self._changed.notify_all()

    def shut(self, road: Road, why: LinkError, pause: float = 0.0) -> None:
        """Admit nothing more on this road. If it was the last one, whoever waits for a place is told `why`, and to
        come back when the road may be open again, in `pause` seconds. What is on its way stays.
        """
        with self._lock:
            if road in self._open:
                self._open.remove(road)
            if not self._for_good:
                self._shut, self._shut_until = why, self._now() + pause
            self._changed.notify_all()

    def close(self, why: LinkError) -> None:
        """Admit nothing any more, for good."""
        with self._lock:
            if not self._for_good:
                self._open.clear()
                self._shut, self._for_good = why, True
                self._changed.notify_all()

    def put(self, ready: Sequence[tuple[WirePart, bytes]]) -> int:
        """Write submit_sm's in one go: the first as soon as there is a place, with it those after it that have one now.

        ready: one at least, each with its body. Returns how many are decided: they are on their way, or what went wrong
        is reported to `events`, of all where no road is open.
        """
        with self._lock:
            self._unreported += 1
        while (place := self._take(ready)) is not None:
            road, sequences = place
            octets = b"".join(
                [pdu.submit_sm(number, body) for number, (_, body) in zip(sequences, ready, strict=False)]
            )
            # Outside the lock: answers must not wait for a write. Should the connection end meanwhile, its session
            # reports the parts, as such that may have left.
            if road.write(octets) or not self._back(road, sequences):
                return len(sequences)
        why = self._why_shut()
        with self._lock:
            self._unreported += len(ready) - 1
        self._report([(part, why) for part, _ in ready])
        return len(ready)

    def _take(self, ready: Sequence[tuple[WirePart, bytes]]) -> tuple[Road, list[int]] | None:
        """Places on the road with most room, for one part as soon as there is one; None when no road is open."""
        with self._lock:
            while self._open:
                road = self._open[0] if len(self._open) == 1 else min(self._open, key=self._load)
                flights = self._flights[road]
                share = -(-len(ready) // len(self._open))
                if room := min(self.size - len(flights), share):
                    sequences = [road.next_sequence() for _ in range(room)]
                    until = self._now() + self._timeout
                    flights |= {number: (part, until) for number, (part, _) in zip(sequences, ready, strict=False)}
                    self._unreported += room - 1
                    return road, sequences
                self._changed.wait()
        return None

    def _back(self, road: Road, sequences: Sequence[int]) -> bool:
        """A road took nothing, for it has gone: whether its places are free again, and not reported by its session."""
        with self._lock:
            flights = self._flights.get(road, {})
            if sequences[0] not in flights:
                return False
            for number in sequences:
                del flights[number]
            self._unreported -= len(sequences) - 1
            if road in self._open:
                self._open.remove(road)  # its session finds out by itself, and tells why
                self._shut, self._shut_until = LinkDown("the connection to the SMSC is gone"), self._now()
            self._changed.notify()
        return True

    def _load(self, road: Road) -> int:
        return len(self._flights[road])

    def _why_shut(self) -> LinkError:
        if self._for_good:
            return self._shut
        return replace(self._shut, rest=max(self._shut_until - self._now(), SOON))

    def answered(self, road: Road, answers: Sequence[Answer]) -> int:
        """Report what the SMSC said: for each sequence number a reference, or why not. Returns how many came in time.

        A part that was NoAnswer is reported again when its answer comes after all: it settles what was unsure.
        """
        late: list[tuple[WirePart, str | LinkError]] = []
        with self._lock:
            flights = self._flights.get(road, {})
            ours = [
                (flight[0], outcome)
                for sequence, outcome in answers
                if (flight := flights.pop(sequence, None)) is not None
            ]
            if self._late and len(ours) < len(answers):
                late = self._waited_for(road, answers)
                self._unreported += len(late)
            self._changed.notify(len(ours))
        self._report([*ours, *late] if late else ours)
        return len(ours)

    def _waited_for(self, road: Road, answers: Sequence[Answer]) -> list[tuple[WirePart, str | LinkError]]:
        waited, now = self._late.get(road, {}), self._now()
        found: list[tuple[WirePart, str | LinkError]] = []
        for sequence, said in answers:
            part, until = waited.pop(sequence, (None, 0.0))
            if part is not None and (isinstance(said, str) or now < until):
                found.append((part, said))
        return found

    def expire(self, road: Road) -> int:
        """Report as NoAnswer what has waited too long on a road; returns how many."""
        now = self._now()
        late: Flights = {}
        with self._lock:
            flights = self._flights.get(road, {})
            for sequence, (part, until) in flights.items():
                if until > now:
                    break
                late[sequence] = (part, now + REFUSED_LATE)
            for sequence in late:
                del flights[sequence]
            if late:
                waited = self._late.setdefault(road, {})
                waited.update(late)
                for sequence in list(waited)[: max(0, len(waited) - LATE)]:
                    del waited[sequence]
            self._changed.notify(len(late))
        error = NoAnswer(f"the SMSC did not answer within {self._timeout:g} seconds")
        self._report([(part, error) for part, _ in late.values()])
        return len(late)

    def lost(self, road: Road, unwritten: Sequence[int], why: str) -> None:
        """A road is gone: nothing comes on it any more. unwritten: what certainly did not leave."""
        with self._lock:
            flights = self._flights.pop(road, {})
            self._late.pop(road, None)
            self._changed.notify_all()
        never = frozenset(unwritten)
        down, silent = LinkDown(why), NoAnswer(f"{why}, before it answered")
        self._report([(part, down if number in never else silent) for number, (part, _) in flights.items()])

    def settle(self, seconds: float) -> bool:
        """Wait until every part is reported; False if some still are not after so long."""
        with self._lock:
            return self._changed.wait_for(lambda: not self._unreported, max(0.0, seconds))

    def _report(self, outcomes: Sequence[tuple[WirePart, str | LinkError]]) -> None:
        if not outcomes:
            return
        try:
            for part, outcome in outcomes:
                self._tell(part, outcome)
        finally:
            with self._lock:
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
