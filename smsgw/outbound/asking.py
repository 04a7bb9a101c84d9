"""Ask networks what became of parts whose receipt does not come, and settle their answers as any receipt.

The surprise: a network knows a part only by the reference that it gave to it. What was written and never answered has
none, so nobody can ask after it: its receipt must name it first, see `unsure`.

A network may be slow, so it is asked in a thread for each link; a link is never asked twice at a time.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, func, insert, literal, or_, select, tuple_

from ..errors import NotFound, SmsgwError
from ..link import Link, LinkState, Receipt
from ..link_verbs import Recalls
from ..store import history
from ..store.database import Database
from ..store.storable import storable
from ..store.tables import message, part, question
from ..store.tables.types import AnyRow

log = logging.getLogger(__name__)

BATCH = 5000  # parts that are read at a time
STATES = ("sent", "unsure")  # of messages that have parts to ask after
LONGEST = 300  # letters of a trouble that are kept
Tell = Callable[[str, Receipt], Future[None]]
_FORGET = delete(question).where(
    question.c.message_id == bindparam("its_message"), question.c.position == bindparam("its_position")
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A network was asked after a part for so many times. next_at: not again before; trouble: why nobody answered."""

    message_id: str
    position: int
    at: datetime
    times: int
    next_at: datetime
    trouble: str | None = None


class Asking:
    """See the module's docstring. tell: takes what a network said over a link, as the driver's own receipts are taken.

    after: the age of a part at which its network is asked first; each later pause is twice as long. None: never.
    """

    def __init__(self, links: Mapping[str, Link], database: Database, tell: Tell, after: timedelta | None) -> None:
        self._links = links
        self._database = database
        self._tell = tell
        self._after = after
        self._lock = threading.Lock()
        self._busy: set[str] = set()
        self._idle: dict[str, datetime] = {}  # until then nobody looks what is due: to look costs more than to wait

    def begin(self, now: datetime) -> list[threading.Thread]:
        """Ask over every link that can, each in its thread; returns these threads."""
        begun: list[threading.Thread] = []
        for name, link in list(self._links.items()):
            if self._after is None or not can(link, "query") or now < self._idle.get(name, now):
                continue
            if not self._take(name):
                continue
            thread = threading.Thread(target=self._quietly, args=(name, now), name=f"asking-{name}", daemon=True)
            thread.start()
            begun.append(thread)
        return begun

    def _take(self, name: str) -> bool:
        with self._lock:
            free = name not in self._busy
            self._busy.add(name)
        return free

    def _quietly(self, name: str, now: datetime) -> None:
        try:
            self.ask(name, now)
        except SmsgwError as problem:
            log.warning("%s: the network could not be asked what became of its parts: %s", name, problem)
        finally:
            with self._lock:
                self._busy.discard(name)

    def ask(self, name: str, now: datetime) -> int:
        """Ask over one link after all that is due, and settle the answers; returns how many there were.

        Ends at the first question that nobody answers: the others would not be answered either.
        """
        link, answers = self._links.get(name), 0
        if self._after is None or not isinstance(link, Recalls):
            return 0
        self._idle[name] = now + self._after / 60
        for row in self._due(name, now, self._after):
            trouble = self._ask(name, link, row)
            self._note(row, now, trouble)
            answers += trouble is None
            if trouble is not None and not isinstance(trouble, NotFound):
                break
        return answers

    def _due(self, name: str, now: datetime, after: timedelta) -> Iterator[AnyRow]:
        """All that is due at `now`, read in batches, so that no batch looks at what the ones before it saw."""
        for state in STATES:
            behind: AnyRow | None = None
            while True:
                with self._database.reading() as conn:
                    rows = due(conn, name, state, now, after, behind)
                yield from rows
                if len(rows) < BATCH:
                    break
                behind = rows[-1]

    def _ask(self, name: str, link: Recalls, row: AnyRow) -> SmsgwError | None:
        """Ask after one part, and settle the answer; what kept the network from answering, if something did."""
        try:
            said = link.query(row.reference, row.sender, row.recipient)
            self._tell(name, said).result()
        except SmsgwError as problem:
            log.info("%s: no word of part %d of %s: %s", name, row.position, row.id, problem)
            return problem
        return None

    def _note(self, row: AnyRow, now: datetime, trouble: SmsgwError | None) -> None:
        assert self._after is not None
        times = (row.times or 0) + 1
        why = None if trouble is None else storable(str(trouble), LONGEST)
        asked = Asked(row.id, row.position, now, times, now + self._after * 2 ** min(times - 1, 16), why)
        self._database.writer.do(note, asked)


def can(link: Link, verb: str) -> bool:
    """Whether a link has a verb of `Recalls` and could use it now."""
    there = isinstance(link, Recalls) and verb in link.abilities.optional
    return there and link.health().state in (LinkState.UP, LinkState.DEGRADED)


def due(
    conn: Connection, link: str, state: str, now: datetime, after: timedelta, behind: AnyRow | None = None
) -> list[AnyRow]:
    """Parts that this link took at least `after` ago, of which nothing is known and after which nobody asked lately.

    state: of their messages; these are sent, or unsure because of another part. Oldest first, at most BATCH; behind:
    the last row of the batch before.
    """
    m, p, q = message.c, part.c, question.c
    this = and_(q.message_id == p.message_id, q.position == p.position)
    query = (
        select(m.id, p.position, p.reference, m.sender, m.recipient, m.due_at, q.times)
        .join_from(message, part)
        .outerjoin(question, this)
        .where(m.state == state, m.final_at.is_(None), m.due_at <= now - after)  # as the index is
        .where(p.link == link, p.answer == "taken", p.outcome.is_(None))
        .where(func.coalesce(m.deliver_at, p.written_at) <= now - after)
        .where(or_(q.next_at.is_(None), q.next_at <= now))
        .order_by(m.due_at, m.id, p.position)
        .limit(BATCH)
    )
    if behind is not None:
        later = tuple_(m.id, p.position) > tuple_(literal(behind.id), literal(behind.position))
        query = query.where(m.due_at >= behind.due_at).where(or_(m.due_at > behind.due_at, later))
    return list(conn.execute(query))


def note(conn: Connection, batch: list[Asked]) -> list[None]:
    """Write down that networks were asked."""
    rows: dict[tuple[str, int], dict[str, Any]] = {}
    for one in batch:
        rows[one.message_id, one.position] = {
            "message_id": one.message_id,
            "position": one.position,
            "asked_at": one.at,
            "times": one.times,
            "next_at": one.next_at,
            "trouble": one.trouble,
        }
    conn.execute(_FORGET, [{"its_message": id, "its_position": position} for id, position in rows])
    there = {
        (row.message_id, row.position)
        for ids in history.chunks(sorted({id for id, _ in rows}))
        for row in conn.execute(select(part.c.message_id, part.c.position).where(part.c.message_id.in_(ids)))
    }
    if kept := [row for key, row in rows.items() if key in there]:  # a part may have been cut anew meanwhile
        conn.execute(insert(question), kept)
    return [None] * len(batch)
