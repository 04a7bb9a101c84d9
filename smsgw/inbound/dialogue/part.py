"""Read what came in, outside the writer, and have it acted on: a thread, and a part of the daemon.

A text that can be acted on, or that asks something, does not wait. One that is not understood alone waits a while for
the rest of it, another text of the same number, and both are read as one; then a person sees it. What is unread after a
kill is found by the next start: a text is unread as long as it is `received`. Where several nodes share the store one
of them reads for all, so that what a customer writes is acted on in its order.

The surprise: reading and acting take the interpreter and the writer from those who store. So while a flood comes in,
nothing is read but a little now and then: storing goes on at its full pace, and reading catches up afterwards.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, literal_column, select

from ...errors import SmsgwError, StoreError
from ...store.database import Database
from ...store.fences import Alone, Guard
from ...store.lookout import Lookout
from ...store.prepared import Prepared
from ...store.tables import inbound
from ...store.tables.types import AnyRow
from .. import expectations
from ..catalogue.catalogue import Shelf, Shelved
from ..inquiries import answers
from ..reading.read import read
from ..reading.terms import Open, Reading
from .dialogue import AGAIN, Dialogue, Understood

log = logging.getLogger(__name__)

AT_ONCE = 20  # texts that are acted on in one round: a transaction, for which those who store wait
FLOOD = 150.0  # texts a second from which on reading waits
COUNTED = 0.2  # seconds over which they are counted
LONGEST = 15.0  # seconds after which a little is read all the same
MOST_KNOWN = 2000  # unread texts that are held in memory
LOOK = 0.5  # seconds between two looks when nobody wakes us
SEARCH = 20.0  # seconds between two searches for what was overlooked
STUCK_AFTER = 120.0
_UNREAD = select(inbound).where(inbound.c.state == "received").order_by(inbound.c.id)
_SOME_UNREAD = Prepared(
    select(inbound.c.id)
    .where(inbound.c.state == literal_column("'received'"), inbound.c.id > bindparam("upto"))
    .limit(1)
)
_Key = tuple[str, str | None]  # who wrote, to which of our numbers


class Listening:
    """A part of the daemon: see smsgw.daemon.Part. join_within: how long a text waits for its rest."""

    name = "reading"

    def __init__(
        self, database: Database, dialogue: Dialogue, clock: Callable[[], datetime], join_within: timedelta
    ) -> None:
        self._database = database
        self._dialogue = dialogue
        self._clock = clock
        self._join_within = join_within
        self._shelf = Shelf()
        self._lookout = Lookout(database)
        self._unread: dict[_Key, list[AnyRow]] = {}  # oldest first
        self._waiting: dict[_Key, datetime] = {}  # whose texts wait for their rest, until when
        self._known: set[str] = set()  # the ids in `_unread`
        self._upto = ""
        self._came = threading.Event()
        self._end = threading.Event()
        self._arrived = 0
        self._searched = self._beats = time.monotonic()
        self._count, self._counted, self._flooded, self._dry = 0, self._beats, False, self._beats
        self.holdings = Alone()  # by which it is told whether it is the one that reads
        self._guard: Guard | None = None
        self._thread = threading.Thread(target=self._run, name="reading", daemon=True)

    def wake(self) -> None:
        """A text was stored; called from any thread, and quick."""
        self._arrived += 1
        self._came.set()

    def start(self) -> None:
        """Begin to read, first what was left unread."""
        self._came.set()
        self._thread.start()

    def stop(self, deadline: float) -> None:
        """End after the round that runs; what is unread stays for the next start."""
        self._end.set()
        self._came.set()
        if self._thread.is_alive():
            self._thread.join(max(0.1, deadline - time.monotonic()))

    def alive(self) -> bool:
        """Whether it still reads."""
        return time.monotonic() - self._beats < STUCK_AFTER

    def _run(self) -> None:
        while not self._end.is_set():
            self._came.wait(LOOK)
            self._came.clear()
            self._beats = time.monotonic()
            guard, before = self.holdings.guard(self.name), self._guard
            self._guard = guard
            if guard is not before:
                self._forget_all()  # another node may have read meanwhile
            if not self.holdings.holds(self.name):
                continue
            try:
                while not self._end.is_set() and not self._flood(time.monotonic()) and self.round():
                    self._beats = time.monotonic()
            except SmsgwError as problem:
                log.error("texts could not be read: %s", problem)
                self._start_again()
            except Exception:  # one mistake must not end the reading: it is logged and tried again
                log.exception("reading failed")
                self._start_again()

    def _start_again(self) -> None:
        self._forget_all()
        self._end.wait(LOOK)

    def _forget_all(self) -> None:
        self._unread.clear()
        self._waiting.clear()
        self._known.clear()
        self._upto = ""

    def _flood(self, at: float) -> bool:
        """Whether so much comes in just now that reading waits; every few seconds it does not."""
        if at - self._counted >= COUNTED:
            pace = (self._arrived - self._count) / (at - self._counted)
            self._count, self._counted = self._arrived, at
            self._flooded = pace > FLOOD
            if not self._flooded:
                self._dry = at
        if self._flooded and at - self._dry > LONGEST:
            self._dry = at
            return False
        if self._flooded:
            self._end.wait(COUNTED)
        return self._flooded

    def round(self) -> bool:
        """Read what came, and have it acted on; returns whether there may be more at once."""
        now = self._clock()
        if not self._unread:
            if not self._lookout.needed():
                return False
            self._upto = ""  # nothing is left to know: so look for all that is unread, also what was overlooked
        with self._database.reading() as conn:
            self._fetch(conn, time.monotonic())
            if not self._unread:
                self._lookout.nothing()
                return False
            ready = [key for key in self._unread if self._waiting.get(key, now) <= now][:AT_ONCE]
            shelved = self._shelf.current(conn, now) if ready else None
            understood = [one for key in ready if shelved and (one := self._next(conn, key, shelved, now)) is not None]
        self._act(understood)
        return bool(understood)

    def _fetch(self, conn: Connection, at: float) -> None:
        """Put what came since the last time to the unread texts; now and then everything that is unread."""
        if at - self._searched > SEARCH or self.holdings.several:  # ids of several nodes do not come in their order
            self._upto, self._searched = "", at
        room = MOST_KNOWN - len(self._known)
        if room <= 0 or not _SOME_UNREAD.run(conn, {"upto": self._upto}):
            return
        rows = list(conn.execute(_UNREAD.where(inbound.c.id > self._upto).limit(room)))
        for row in rows:
            self._upto = row.id
            if row.id not in self._known:
                key = (row.sender, row.recipient)
                self._known.add(row.id)
                self._unread.setdefault(key, []).append(row)
                self._waiting.pop(key, None)

    def _next(self, conn: Connection, key: _Key, shelved: Shelved, now: datetime) -> Understood | None:
        """What of a number's texts can be acted on first: one that stands for itself, several as one, or in the end
        the oldest alone; None: they wait for their rest."""
        rows = self._unread[key]
        open = expectations.newest(conn, key[0], now, key[1])
        first = _understand(rows[:1], shelved, open, now)
        if _stands(first):
            return first
        together = self._together(rows)
        if len(together) > 1:
            joined = _understand(together, shelved, open, now)
            if _stands(joined):
                return joined
            if any(_stands(_understand([row], shelved, open, now)) for row in together[1:]):
                return first
        until = together[-1].received_at + self._join_within
        if now < until and len(together) == len(rows) and (shelved.products or open) and not rows[0].missing:
            self._waiting[key] = until
            return None
        return first

    def _together(self, rows: Sequence[AnyRow]) -> list[AnyRow]:
        """The oldest text and those that followed it so soon that they may be one."""
        found = [rows[0]]
        for row in rows[1:]:
            if row.received_at - found[-1].received_at > self._join_within:
                break
            found.append(row)
        return found

    def _act(self, understood: list[Understood]) -> None:
        """Have texts acted on. What must be read again, because something else was open by then, stays unread."""
        acting = self._database.writer.put_all(self._dialogue.act, understood, self._guard)
        for one, future in zip(understood, acting, strict=True):
            try:
                if future.result(60) != AGAIN:
                    self._forget(one)
            except StoreError:
                raise
            except Exception as problem:  # this text's alone: a person sees it, the others go on
                log.exception("%s could not be acted on", one.rows[-1].id)
                why = f"it could not be acted on: {problem}"[:300]
                for row in one.rows:
                    self._database.writer.do(self._dialogue.give_up, (row.id, why, one.now))
                self._forget(one)

    def _forget(self, one: Understood) -> None:
        key = (one.rows[0].sender, one.rows[0].recipient)
        gone = {row.id for row in one.rows}
        self._known -= gone
        self._unread[key] = [row for row in self._unread[key] if row.id not in gone]
        if not self._unread[key]:
            del self._unread[key]


def _understand(rows: Sequence[AnyRow], shelved: Shelved, open: Open | None, now: datetime) -> Understood:
    text = "\n".join(row.text for row in rows)
    try:
        reading = read(text, shelved.compiled, open)
    except Exception as problem:  # a mistake of ours costs a person's look at one text, not the reading of all others
        log.exception("%s could not be read", rows[-1].id)
        reading = Reading("other", "unclear", reasons=(f"it could not be read: {problem}"[:300],))
    if any(row.missing for row in rows):
        reading = replace(reading, reasons=(*reading.reasons, "a part of the text is missing"))
    return Understood(tuple(rows), text, reading, open, now)


def _stands(one: Understood) -> bool:
    """Whether a text says something by itself, so that nothing more need be waited for: also 0 to "was that it?"."""
    if one.open is not None:
        asked = next((each for each in (one.open, *one.open.older) if each.kind != "confirm"), None)
        if asked is not None and asked.kind == "notice" and answers.is_zero(one.text):
            return True
        if one.open.kind == "notice" and answers.said(one.text) is not None:
            return True
    return one.reading.kind != "other" and not one.reading.reasons
