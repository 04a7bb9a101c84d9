"""Fetch MMS that wait in the network, and tell the network so: a part of the daemon, beside the writer.

The order is the whole point: fetch, store the content, note that it is stored, then tell the network, then note that.
After a kill between any two of them the step before is done again, and does no more than before: what is fetched
twice has the same reference and is stored once, and an MMSC takes an acknowledgement twice.

Each link is served by a thread of its own, one MMS after the other, so that a bearer that hangs holds up nobody else.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from ..errors import NotFetched, SmsgwError
from ..link import InboundContent, Link
from ..link_verbs import Fetched, FetchesMms, MmsOutcome
from ..store import history
from ..store.database import Database
from ..store.fences import Alone
from ..store.lifecycle import MMS_NOTICE
from ..store.lookout import Lookout
from ..store.storable import storable, storable_or_none
from ..store.tables import mms_notice
from ..store.tables.types import AnyRow
from .mms_notices import due, forget_pushes, next_due, notification_of
from .mms_unfetched import Telling, Unfetched

log = logging.getLogger(__name__)

BY = "mms"
LOOK = 2.0  # seconds between two looks when nobody wakes us
STUCK_AFTER = 120.0
STOP_WITHIN = 1.0  # seconds; what takes longer is done again by the next start
PAUSES = (10, 30, 60, 300, 900, 1800, 3600)  # seconds after each failed try; the last one again and again
TOLD_AFTER = 5  # failed tries after which a person is told that it waits
TRIES_TO_TELL = 12  # the network, that we have it; after that it may announce it again as often as it likes
STORED_WITHIN = 60.0
STORE_PAUSE = 5.0  # seconds before anything is tried again when the store cannot be written
Brought = Callable[[str, InboundContent], "Future[None]"]


class Fetching:
    """See smsgw.daemon.Part. brought: stores a content that came over a link. telling: who is told what failed."""

    name = "mms"

    def __init__(
        self,
        database: Database,
        links: Mapping[str, Link],
        brought: Brought,
        telling: Telling,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._lookout = Lookout(database)
        self._links = links
        self._brought = brought
        self._telling = telling
        self._clock = clock
        self.holdings = Alone()
        self._came = threading.Event()
        self._end = threading.Event()
        self._busy: dict[str, threading.Thread] = {}  # who serves which link
        self._beats = time.monotonic()
        self._thread = threading.Thread(target=self._run, name=self.name, daemon=True)

    # A part of the daemon

    def wake(self) -> None:
        """Something was announced; called from any thread, and quick."""
        self._came.set()

    def start(self) -> None:
        """Begin, first with what the last run left."""
        self._came.set()
        self._thread.start()

    def stop(self, deadline: float) -> None:
        """Begin nothing more; what is being fetched is fetched again by the next start, if it does not end in time."""
        self._end.set()
        self._came.set()
        until = min(deadline, time.monotonic() + STOP_WITHIN)  # the others need their time too
        for thread in (self._thread, *self._busy.values()):
            if thread.is_alive():
                thread.join(max(0.0, until - time.monotonic()))

    def alive(self) -> bool:
        """Whether it still looks."""
        return time.monotonic() - self._beats < STUCK_AFTER

    def _run(self) -> None:
        while not self._end.is_set():
            self._came.wait(LOOK)
            self._came.clear()
            self._beats = time.monotonic()
            try:
                self._look()
            except SmsgwError as problem:
                log.error("MMS that wait could not be looked for: %s", problem)
            except Exception:  # one mistake must not end it: it is logged and tried again
                log.exception("looking for MMS that wait failed")

    def _look(self) -> None:
        now = self._clock()
        if not self._lookout.needed(now):
            return
        with self._database.reading() as conn:
            links = {row.link for row in due(conn, now)}
            if not links:
                self._lookout.nothing(next_due(conn))
                return
        if self.holdings.several:
            links &= self._links.keys()  # another node fetches what came over its own
        self._busy = {name: thread for name, thread in self._busy.items() if thread.is_alive()}
        for name in links - self._busy.keys():
            if not self._end.is_set():
                thread = threading.Thread(target=self.serve, args=(name,), name=f"mms-{name}", daemon=True)
                self._busy[name] = thread
                thread.start()

    # One link

    def serve(self, name: str) -> int:
        """Do what is due for one link, each MMS once; returns for how many. Never raises."""
        with self._database.reading() as conn:
            rows = [row for row in due(conn, self._clock()) if row.link == name]
        done = 0
        for row in rows:
            if self._end.is_set():
                break
            try:
                self._one(row)
                done += 1
            except SmsgwError as problem:  # the store: what was not noted is done again, but not at once
                log.error("%s: the MMS %s: %s", name, row.id, problem)
                self._end.wait(STORE_PAUSE)
            except Exception:
                log.exception("%s: the MMS %s", name, row.id)
                self._end.wait(STORE_PAUSE)
        return done

    def _one(self, row: AnyRow) -> None:
        if row.state == "waiting":
            fetched = self._fetch(row)
            if fetched is None:
                return
            if not self._stored(row, fetched):
                return
            values = {
                "fetch_id": storable_or_none(fetched.transaction, 400),
                "reference": storable(fetched.inbound.reference, 120),
                "subject": "",
                "sender": None,
                "attempts": 0,
            }
            self._move("fetch", row, "it is stored", values)
        self._acknowledge(row)

    def _stored(self, row: AnyRow, fetched: Fetched) -> bool:
        """Have the content stored; whether it was. If not, the network has it still, and it is fetched again."""
        try:
            self._brought(row.link, fetched.inbound).result(STORED_WITHIN)
        except Exception as problem:  # whatever it is, nothing is acknowledged
            log.exception("%s: the MMS %s was fetched and could not be stored", row.link, row.id)
            self._put_off(row, NotFetched(f"it was fetched and could not be stored: {problem}"[:300]), row.deferred_at)
            return False
        return True

    def _link(self, row: AnyRow) -> FetchesMms:
        link = self._links.get(row.link)
        if isinstance(link, FetchesMms):
            return link
        says = f"the link {row.link}, over which it was announced, is not there any more"
        raise NotFetched(says, step="set-up", hint="bring the link back, or move its SIM to another link")

    def _fetch(self, row: AnyRow) -> Fetched | None:
        """Fetch one; None when it could not be, and that is noted."""
        now = self._clock()
        over = now >= row.expires_at
        if over and row.attempts:
            self._give_up(row, f"its time was over before it could be fetched; the last try: {row.why}", now)
            return None
        try:
            return self._link(row).fetch(notification_of(row))
        except NotFetched as failed:
            if failed.for_good or over:
                self._give_up(row, _why(failed), self._clock())
                return None
            deferred = row.deferred_at or (self._defer(row) if failed.step == "answer" else None)
            self._put_off(row, failed, deferred)
            return None

    def _defer(self, row: AnyRow) -> datetime | None:
        """Tell the network that it will be fetched later, so that it does not announce it every few seconds."""
        try:
            self._link(row).acknowledge(notification_of(row), "deferred")
        except NotFetched:
            return None
        return self._clock()

    def _put_off(self, row: AnyRow, failed: NotFetched, deferred: datetime | None) -> None:
        now, attempts, why = self._clock(), row.attempts + 1, _why(failed)
        pause = timedelta(seconds=PAUSES[min(attempts, len(PAUSES)) - 1])
        values = {"attempts": attempts, "due_at": min(now + pause, row.expires_at), "deferred_at": deferred}
        log.warning("%s: an MMS is not fetched yet: %s", row.link, why)
        tells = attempts == TOLD_AFTER or (attempts == 1 and failed.step == "set-up")
        self._database.writer.do(
            self._telling.put_off, Unfetched(row, history.Step(row.id, why, values), BY, now, tells)
        )

    def _give_up(self, row: AnyRow, why: str, now: datetime) -> None:
        log.error("%s: an MMS could not be fetched and is given up: %s", row.link, why)
        values = {"ended_at": now, "sender": None, "subject": ""}
        self._database.writer.do(self._telling.give_up, Unfetched(row, history.Step(row.id, why, values), BY, now))

    def _acknowledge(self, row: AnyRow) -> None:
        """Tell the network that we have it."""
        with self._database.reading() as conn:
            fresh = _now(conn, row.id)
        if fresh is None or fresh.state != "fetched":
            return
        outcome: MmsOutcome = "retrieved" if fresh.deferred_at is None else "acknowledged"
        try:
            self._link(fresh).acknowledge(notification_of(fresh), outcome, fresh.fetch_id)
        except NotFetched as failed:
            now, attempts = self._clock(), fresh.attempts + 1
            if attempts >= TRIES_TO_TELL or now >= fresh.expires_at:
                self._move(
                    "acknowledge", fresh, f"the network was not told that we have it: {failed}", {"ended_at": now}
                )
                return
            due_at = now + timedelta(seconds=PAUSES[min(attempts, len(PAUSES)) - 1])
            self._move("put_off", fresh, str(failed), {"attempts": attempts, "due_at": due_at})
            return
        self._move("acknowledge", fresh, "the network knows that we have it", {"ended_at": self._clock()})

    def _move(self, event: str, row: AnyRow, why: str, values: Mapping[str, object]) -> None:
        ended = row.inbound_id if event == "acknowledge" else None
        self._database.writer.do(_moved, (event, history.Step(row.id, why, values), self._clock(), ended))


def _why(failed: NotFetched) -> str:
    return f"{failed} ({failed.hint})" if failed.hint else str(failed)


def _now(conn: Connection, id: str) -> AnyRow | None:
    """The row as it is now."""
    return conn.execute(select(mms_notice).where(mms_notice.c.id == id)).first()


def _moved(conn: Connection, batch: Sequence[tuple[str, history.Step, datetime, str | None]]) -> list[None]:
    for event, step, now, ended in batch:
        history.move(conn, MMS_NOTICE, event, [step], by=BY, now=now)
        if ended is not None:
            forget_pushes(conn, [ended])
    return [None] * len(batch)
