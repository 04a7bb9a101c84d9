"""Push receipts and texts to one client as deliver_sm, and tell the gateway when it acknowledged them."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol

from drivers.smpp import pdu
from drivers.smpp.server import answers
from drivers.smpp.server.port import Port
from drivers.smpp.server.refusals import RINVCMDID, RINVDSTADR, RINVMSGLEN, RX_P_APPN, RX_R_APPN
from drivers.smpp.statuses import name_of
from smsgw.listener import Guest, NotTaken, Parcel

# Answers after which it is of no use to say the same again.
FOR_GOOD = frozenset((RINVCMDID, RINVMSGLEN, RINVDSTADR, RX_P_APPN, RX_R_APPN))


class Road(Protocol):
    """The session that the PDUs go by."""

    guest: Guest | None

    def send(self, octets: bytes) -> None: ...


class Loop(Protocol):
    """What of the listener is needed here."""

    @property
    def terms(self) -> Port: ...

    def now(self) -> float: ...

    def soon(self, what: Callable[[], None]) -> None: ...


@dataclass(slots=True)
class _Pushed:
    """A parcel: how many of its deliver_sm are not yet acknowledged."""

    future: Future[None]
    left: int


class Delivering:
    """Implements `smsgw.listener.Outlet`. All but `push` runs in the loop."""

    def __init__(self, road: Road, loop: Loop) -> None:
        self._road = road
        self._loop = loop
        self._patience = loop.terms.answer_timeout
        self._numbers = itertools.count()
        self._flying: dict[int, tuple[_Pushed, float]] = {}  # by sequence number, oldest first
        self._lost: str | None = None

    @property
    def window(self) -> int:
        """Parcels on their way at a time."""
        return self._loop.terms.deliver_window

    def next_sequence(self) -> int:
        """1 to 0x7FFFFFFF, then from 1 again (5.1.4)."""
        return next(self._numbers) % pdu.LAST_SEQUENCE + 1

    def push(self, parcel: Parcel) -> Future[None]:
        """Send it; done when the client acknowledged every deliver_sm of it."""
        future: Future[None] = Future()
        self._loop.soon(lambda: self._push(parcel, future))
        return future

    def _push(self, parcel: Parcel, future: Future[None]) -> None:
        guest = self._road.guest
        if self._lost is not None or guest is None:
            future.set_exception(NotTaken(self._lost or "the client is not bound"))
            return
        bodies = answers.deliveries(parcel, guest.alphabet)
        pushed = _Pushed(future, len(bodies))
        until = self._loop.now() + self._patience
        for body in bodies:
            sequence = self.next_sequence()
            self._flying[sequence] = (pushed, until)
            self._road.send(answers.deliver_sm(sequence, body))

    def answered(self, sequence: int, status: int) -> None:
        """The client answered one of ours; what is not ours any more does not matter."""
        pushed, _ = self._flying.pop(sequence, (None, 0.0))
        if pushed is None or pushed.future.done():
            return
        if status:
            says = f"the client answered {name_of(status)}"
            pushed.future.set_exception(NotTaken(says, for_good=status in FOR_GOOD))
            return
        pushed.left -= 1
        if not pushed.left:
            pushed.future.set_result(None)

    def expire(self, now: float) -> None:
        """What waited too long for its answer was not taken."""
        late: deque[int] = deque()
        for sequence, (_, until) in self._flying.items():
            if until > now:
                break
            late.append(sequence)
        for sequence in late:
            pushed, _ = self._flying.pop(sequence)
            if not pushed.future.done():
                says = f"the client did not answer within {self._patience:g} seconds"
                pushed.future.set_exception(NotTaken(says))

    def lost(self, why: str) -> None:
        """The connection is gone, with everything that was on its way."""
        self._lost = why
        flying, self._flying = self._flying, {}
        for pushed, _ in flying.values():
            if not pushed.future.done():
                pushed.future.set_exception(NotTaken(why))
