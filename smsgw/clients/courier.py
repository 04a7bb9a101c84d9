"""Tell clients what became of their messages and what was sent to them, out of history, until they acknowledge it.

History is the outbox (see `store.followers`): for each client a position is remembered, up to which everything is
told. What is pushed and not acknowledged keeps the position back, so a restart or a lost connection tells it again: at
least once, and after a crash at most what was on its way twice. About one message things are told in order.

A client may be bound to several nodes that share the store: one of them tells it, by a lease, and when its connections
there end, another one goes on from what is remembered.

One thread does it all; what other threads say comes to it by a queue.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select

from ..errors import SmsgwError
from ..listener import Guest, NotTaken, Outlet, Parcel
from ..store import followers
from ..store.database import Database
from ..store.fences import Alone
from ..store.followers import Position, Tail
from ..store.tables import history
from . import parcels
from .asking import OURS

log = logging.getLogger(__name__)

LOOK_EVERY = 0.1  # seconds between two looks whether history went on
PORTION = 2000  # lines of history in one look
MANY = 500  # parcels that wait in memory for one client: then history is read no further
REMEMBER_EVERY = 0.25  # seconds between two writings of a position
PAUSE_FIRST, PAUSE_MOST = 1.0, 300.0  # seconds until something that was not taken is told again
TRIES = 100  # with the pauses, a working day: then one that nobody takes no longer holds up the position


@dataclass(slots=True)
class Job:
    """A parcel on its way. not_before: seconds of the steady clock."""

    line: int
    about: str
    parcel: Parcel
    tries: int = 0
    not_before: float = 0.0


@dataclass(slots=True)
class Slot:
    """An outlet and how many parcels are on their way by it."""

    session: str
    outlet: Outlet
    flying: int = 0


@dataclass(slots=True)
class Tray:
    """Everything about one client. Only the courier's thread touches it.

    read: history is read up to here. open: for each line of history the parcels not yet acknowledged, in order.
    """

    client: str
    name: str
    wanted: Sequence[str] = ()
    slots: list[Slot] = field(default_factory=list)
    read: int | None = None
    remembered: int = 0
    open: OrderedDict[int, int] = field(default_factory=OrderedDict)
    waiting: deque[Job] = field(default_factory=deque)
    busy: set[str] = field(default_factory=set)
    told: int = 0

    @property
    def follower(self) -> str:
        return follower_of(self.client)

    @property
    def upto(self) -> int:
        """Everything up to this line is told."""
        assert self.read is not None
        return next(iter(self.open)) - 1 if self.open else self.read


def follower_of(client: str) -> str:
    """The name under which a client's place in history is kept."""
    return f"{OURS}:{client}"


class Courier:
    """The thread. It starts with the first client that takes anything."""

    def __init__(self, database: Database, clock: Callable[[], datetime], monotonic: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock
        self._monotonic = monotonic
        self.holdings = Alone()
        self._tail = Tail(database)
        self._trays: dict[str, Tray] = {}
        self._said: deque[Callable[[], None]] = deque()
        self._wake = threading.Event()
        self._ending = threading.Event()
        self._looked = self._wrote = -1e9
        self._newest = 0
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    # From any thread

    def attach(self, guest: Guest, wanted: Sequence[str], outlet: Outlet) -> None:
        """This guest takes parcels; wanted: which texts of phones."""
        self._say(lambda: self._attach(guest, wanted, outlet))
        with self._lock:
            if self._thread is None and not self._ending.is_set():
                self._thread = threading.Thread(target=self._run, name="clients-courier", daemon=True)
                self._thread.start()

    def leave(self, guest: Guest) -> None:
        """It takes nothing more."""
        self._say(lambda: self._leave(guest))

    def again(self, client: str, id: str) -> None:
        """Tell this client once more how its message (or the part) of this name ended, if that was told already."""
        self._say(lambda: self._tell_again(client, id))

    def stop(self) -> None:
        """Push nothing more, and remember how far everybody is."""
        self._ending.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(5.0)

    def standing(self, client: str) -> tuple[int, int]:
        """For this client: how many parcels were told since the start, and how many wait or are on their way."""
        tray = self._trays.get(client)
        return (0, 0) if tray is None else (tray.told, sum(list(tray.open.values())))

    def _say(self, what: Callable[[], None]) -> None:
        self._said.append(what)
        self._wake.set()

    # In the courier's thread

    def _run(self) -> None:
        while not self._ending.is_set():
            self._wake.wait(LOOK_EVERY if any(tray.slots for tray in self._trays.values()) else 1.0)
            self._wake.clear()
            try:
                self._round()
            except SmsgwError as problem:
                log.error("clients cannot be told anything at the moment: %s", problem)
                self._ending.wait(1.0)
            except Exception:  # one bad parcel must not end the telling of all others
                log.exception("telling clients")
                self._ending.wait(1.0)
        self._remember(at_once=True)

    def _round(self) -> None:
        self._listen()
        due = self._monotonic() - self._looked >= LOOK_EVERY
        if due:
            self._looked = self._monotonic()
            with self._database.reading() as conn:
                self._newest = conn.scalar(select(history.c.id).order_by(history.c.id.desc()).limit(1)) or 0
        for tray in list(self._trays.values()):
            if tray.slots and self._tells(tray):
                if len(tray.waiting) < MANY // 2 and (tray.read is None or tray.read < self._newest):
                    self._refill(tray)
                self._push(tray)
        self._remember()

    def _tells(self, tray: Tray) -> bool:
        """Whether this node tells the client; if no more, what was read is forgotten, for another one tells it."""
        if self.holdings.holds(tray.follower):
            return True
        if tray.read is not None:
            self._trays[tray.client] = Tray(tray.client, tray.name, tray.wanted, tray.slots, told=tray.told)
        return False

    def _listen(self) -> None:
        """Do what other threads asked for, each thing once; what the store does not allow waits for the next round."""
        while self._said:
            try:
                self._said[0]()
            except SmsgwError:
                raise
            except Exception:
                log.exception("telling clients")
            self._said.popleft()

    def _attach(self, guest: Guest, wanted: Sequence[str], outlet: Outlet) -> None:
        tray = self._trays.setdefault(guest.id, Tray(guest.id, guest.name))
        tray.wanted = wanted
        tray.slots.append(Slot(guest.session, outlet))
        self.holdings.want(tray.follower)

    def _leave(self, guest: Guest) -> None:
        if (tray := self._trays.get(guest.id)) is not None:
            tray.slots = [slot for slot in tray.slots if slot.session != guest.session]
            if not tray.slots and self.holdings.several:
                self._remember(at_once=True)
                self._trays.pop(guest.id)
                self.holdings.leave(tray.follower)

    def _refill(self, tray: Tray) -> None:
        """Read on in history."""
        if tray.read is None:
            tray.read = tray.remembered = followers.begin(self._database.writer, tray.follower, self._clock())
        with self._database.reading() as conn:
            reach = self._tail.reach(conn, tray.read, PORTION)
            if reach == tray.read:
                return
            found = parcels.between(conn, tray.client, tray.wanted, tray.read, reach)
        self._add(tray, found)
        tray.read = reach
        if reach < self._newest:
            self._wake.set()  # there is more

    def _add(self, tray: Tray, found: Sequence[parcels.Line]) -> None:
        for line in found:
            tray.open[line.id] = tray.open.get(line.id, 0) + 1
            tray.waiting.append(Job(line.id, line.about, line.parcel))

    def _tell_again(self, client: str, id: str) -> None:
        tray = self._trays.get(client)
        if tray is None or tray.read is None:
            return  # nothing was told yet
        with self._database.reading() as conn:
            self._add(tray, parcels.end_of(conn, client, id, tray.read))

    def _push(self, tray: Tray) -> None:
        """Send what may go now, by whichever outlet has room."""
        room = [slot for slot in tray.slots if slot.flying < slot.outlet.window]
        now = self._monotonic()
        passed: list[Job] = []
        held: set[str] = set()  # what comes later about the same waits too
        while room and tray.waiting:
            job = tray.waiting.popleft()
            if job.about in tray.busy or job.about in held or job.not_before > now:
                held.add(job.about)
                passed.append(job)
                continue
            slot = min(room, key=lambda each: each.flying)
            slot.flying += 1
            tray.busy.add(job.about)
            slot.outlet.push(job.parcel).add_done_callback(
                lambda done, job=job, slot=slot: self._say(lambda: self._answered(tray, job, slot, done))  # type: ignore[misc]
            )
            if slot.flying >= slot.outlet.window:
                room.remove(slot)
        tray.waiting.extendleft(reversed(passed))

    def _answered(self, tray: Tray, job: Job, slot: Slot, done: Future[None]) -> None:
        slot.flying -= 1
        tray.busy.discard(job.about)
        problem = None if done.cancelled() else done.exception()
        if problem is None and not done.cancelled():
            tray.told += 1
        elif isinstance(problem, NotTaken) and problem.for_good:
            log.warning("%s refuses what it is told about %s: %s", tray.name, job.about, problem)
        elif job.tries >= TRIES:
            log.error("%s does not take what it is told about %s, given up: %s", tray.name, job.about, problem)
        else:
            self._again(tray, job, problem)
            return
        tray.open[job.line] -= 1
        if not tray.open[job.line]:
            del tray.open[job.line]

    def _again(self, tray: Tray, job: Job, problem: BaseException | None) -> None:
        pause = min(PAUSE_MOST, PAUSE_FIRST * 2 ** min(job.tries, 10))
        job.tries += 1
        job.not_before = self._monotonic() + pause
        log.info("%s did not take what it was told about %s, again in %g s: %s", tray.name, job.about, pause, problem)
        tray.waiting.appendleft(job)

    def _remember(self, at_once: bool = False) -> None:
        """Write down how far each client is."""
        if not at_once and self._monotonic() - self._wrote < REMEMBER_EVERY:
            return
        self._wrote = self._monotonic()
        for tray in self._trays.values():
            if tray.read is not None and tray.upto > tray.remembered:
                tray.remembered = tray.upto
                position = Position(tray.follower, tray.upto, self._clock())
                try:
                    self._database.writer.put(followers.remember, position, self.holdings.guard(tray.follower))
                except SmsgwError:  # the store is closed: the next start tells a little twice
                    return
