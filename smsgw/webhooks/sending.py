"""Read history, store what each webhook must be told, and have it told: the loop that everything here runs in.

History is the outbox. A piece of it becomes deliveries and moves the follower's position in one transaction, so that
nothing is lost and nothing is planned twice. A delivery is a row of its own then, and each webhook has its worker.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Protocol

from sqlalchemy import Connection, bindparam, select

from ..errors import SmsgwError, StoreError, StoreFull, StoreUnreachable
from ..store import followers
from ..store.database import Database
from ..store.tables import delivery
from ..store.tables.types import AnyRow
from . import events, hooks, settle, speaking
from .hooks import Hook
from .settle import Behind, Health, Plan
from .terms import Terms
from .worker import Worker, Written

log = logging.getLogger(__name__)

PIECE = 1000  # lines of history read at a time
LOOK_BUSY, LOOK_IDLE = 0.02, 0.1  # seconds between two looks for new history
STAYS_BUSY = 2.0  # seconds for which looks stay frequent
REMEMBER = 1.0  # seconds between two writes of how far history is read, when there is nothing else to write
WATCH = 1.0  # seconds between two looks at the webhooks themselves
AGAIN = 3.0  # seconds until a write is repeated that the store refused
LOOKUPS = 32  # names that are looked up at the same time: a slow name server holds up nobody else


class Puts(Protocol):
    """What this needs of a store.database.Writer; it may be in another process."""

    def put(self, step: Any, item: Any) -> Future[Any]:
        """Have the step run over the item; the future is done when the result is on disk."""


class Sending:
    """Tells every webhook what it is to be told, from `run` until `stop`. For one event loop."""

    def __init__(self, database: Database, writer: Puts, terms: Terms) -> None:
        """database: is only read. writer: where everything is written."""
        self._database = database
        self._writer = writer
        self._terms = terms
        self._tail = followers.Tail(database)
        self._workers: dict[str, Worker] = {}
        self._unwritten: list[Written | Behind | Health] = []
        self._some_unwritten = asyncio.Event()
        self._stopping = asyncio.Event()
        self._ended = False
        self._endings: set[asyncio.Task[None]] = set()
        self._upto = 0  # a history id: read up to here; the store knows it when there was something to tell
        self._stands: int | None = None  # where the store says that the follower stands; None: to be asked
        self.beats = time.monotonic()

    async def run(self) -> None:
        """Work until `stop` is called and what is under way has ended."""
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(LOOKUPS, "webhooks-lookup"))
        writing = asyncio.create_task(self._write())
        try:
            await asyncio.gather(self._follow(), self._watch())
        finally:
            await asyncio.gather(*(worker.stop(2.0) for worker in self._workers.values()))
            await asyncio.gather(*self._endings)
            self._stopping.set()
            self._ended = True
            self._some_unwritten.set()
            await writing

    def stop(self) -> None:
        """End soon. From the loop's own thread."""
        self._stopping.set()

    # Following history

    async def _follow(self) -> None:
        """Look for new history, often while there is some, and plan what it means."""
        busy_until = remember_at = 0.0
        while not self._stopping.is_set():
            self.beats = now = time.monotonic()
            try:
                while await self._plan_piece() and not self._stopping.is_set():
                    busy_until = now + STAYS_BUSY
                    self.beats = time.monotonic()
                if now >= remember_at:
                    remember_at = now + REMEMBER
                    await self._remember()
            except SmsgwError as problem:
                log.error("webhooks: history cannot be read: %s", problem)
                await self._pause(AGAIN)
            await self._pause(LOOK_BUSY if now < busy_until else LOOK_IDLE)

    async def _remember(self) -> None:
        """Let the store know how far history is read, also when there was nothing to tell in it."""
        if self._stands is not None and self._upto > self._stands:
            stood, self._stands = self._stands, None
            if await self._put(settle.plan, Plan(stood, self._upto, (), self._terms.clock())):
                self._stands = self._upto

    async def _plan_piece(self) -> bool:
        """Plan one piece of history; whether there was any."""
        piece = self._read_piece()
        if piece is None:
            return False
        if piece.deliveries:
            self._stands = None
            if not await self._put(settle.plan, piece):
                return True  # somebody else told it: go on where the store says
            self._stands = piece.upto
            for id in {str(row["webhook_id"]) for row in piece.deliveries}:
                if id in self._workers:
                    self._workers[id].queue.news()
                    self._workers[id].attend()
        self._upto = piece.upto
        return True

    def _read_piece(self) -> Plan | None:
        """What a piece of history means; None: nothing happened, or nobody wants to know."""
        if not self._workers:
            return None
        with self._database.reading() as conn:
            if self._stands is None:
                self._upto = self._stands = conn.scalar(settle.STANDS_AT) or 0
            start = max(self._upto, min(worker.hook.after for worker in self._workers.values()))
            reach = self._tail.reach(conn, start, PIECE)
            if reach == start:
                return None
            wanted = hooks.active(conn)  # after the ids were read: whoever is to be told of them is there now
            self._employ(wanted)
            kinds = frozenset[str]().union(*(hook.types for hook in wanted))
            records, states = {kind.split(".")[0] for kind in kinds}, {kind.split(".")[1] for kind in kinds}
            found = followers.lines(conn, start, reach, records, states)
            rows = self._deliveries(conn, wanted, [line for line in found if events.type_of(line) in kinds])
        return Plan(self._stands, reach, rows, self._terms.clock())

    def _deliveries(self, conn: Connection, wanted: Sequence[Hook], lines: Sequence[AnyRow]) -> list[dict[str, Any]]:
        now = self._terms.clock()
        rows = speaking.deliveries(conn, wanted, lines, now)
        plain = [hook for hook in wanted if hook.dialect is None]
        if not plain:
            return rows
        for line, body in zip(lines, events.bodies(conn, lines), strict=True):
            kind = f"{line.record}.{line.now}"
            for hook in plain:
                if kind in hook.types and line.id > hook.after:
                    rows.append(settle.delivery_row(hook.id, kind, line.record_id, line.id, body, now))
        return rows

    # Looking after the workers

    async def _watch(self) -> None:
        """See now and then which webhooks there are, and for which something is due or to be replayed."""
        while not self._stopping.is_set():
            try:
                with self._database.reading() as conn:
                    self._employ(hooks.active(conn))
                    due = conn.scalars(_DUE, {"now": self._terms.clock()}).all() if self._workers else []
                for id in set(due) & self._workers.keys():
                    self._workers[id].queue.look()
                for worker in self._workers.values():
                    worker.attend()
            except SmsgwError as problem:
                log.error("webhooks: the store cannot be read: %s", problem)
            await self._pause(WATCH)

    def _employ(self, wanted: Sequence[Hook]) -> None:
        """A worker for each webhook, with its present URL and secrets; none for those that are no more."""
        now = self._terms.clock()
        for id in self._workers.keys() - {hook.id for hook in wanted}:
            self._dismiss(id)
        for hook in wanted:
            worker = self._workers.get(hook.id)
            if worker is None:
                self._workers[hook.id] = Worker(hook, self._database, self._terms, self._report)
            elif worker.hook != hook or worker.secrets != hook.secrets_at(now):
                worker.set_up(hook)

    def _dismiss(self, id: str) -> None:
        worker = self._workers.pop(id, None)
        if worker is not None:
            ending = asyncio.get_running_loop().create_task(worker.stop(self._terms.timeout))
            self._endings.add(ending)
            ending.add_done_callback(self._endings.discard)

    # Writing

    def _report(self, what: Written | Behind | Health) -> None:
        self._unwritten.append(what)
        self._some_unwritten.set()

    async def _write(self) -> None:
        """Write down what the workers report: all that came while the last was being written, together."""
        while not (self._ended and not self._unwritten):
            await self._some_unwritten.wait()
            self._some_unwritten.clear()
            some, self._unwritten = self._unwritten, []
            written = [one for one in some if isinstance(one, Written)]
            if written:
                await self._settle(written)
            for wait in [one for one in some if isinstance(one, Behind)]:
                await self._patiently(settle.behind, wait)
                if wait.webhook_id in self._workers:
                    self._workers[wait.webhook_id].queue.look()
            for state in [one for one in some if isinstance(one, Health)]:
                await self._patiently(settle.mark, state)
                if state.disable:
                    self._dismiss(state.webhook_id)

    async def _settle(self, written: Sequence[Written]) -> None:
        """Write outcomes down; if the store does not take one, the others all the same."""
        try:
            await self._patiently(settle.settle, (self._terms.clock(), [one.outcome for one in written]))
        except StoreError as problem:
            if len(written) == 1:
                log.error("webhooks: what became of %s cannot be stored: %s", written[0].outcome.id, problem)
                return
            for one in written:
                await self._settle([one])
            return
        for one in written:
            one.then()

    async def _patiently(self, step: Callable[..., Any], item: Any) -> None:
        """Have something written, again and again while the store does not answer, until we are to end.

        Raises StoreError when the store refuses just this.
        """
        while True:
            try:
                await self._put(step, item)
                return
            except (StoreFull, StoreUnreachable, TimeoutError) as problem:
                log.error("webhooks: what was told cannot be written down yet: %s", problem)
                if self._stopping.is_set():
                    return
                await self._pause(AGAIN)

    async def _put(self, step: Callable[..., Any], item: Any) -> Any:
        return await asyncio.wrap_future(self._writer.put(step, item))

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            pass


_d = delivery.c
_DUE = (
    select(_d.webhook_id).where(_d.state == "pending", _d.due_at <= bindparam("now", type_=_d.due_at.type)).distinct()
)
