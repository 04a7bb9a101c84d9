"""Open the store; read from it; write to it through the one group-committing writer.

All writes of a process go through `Writer`. A write is a *step*, a function over a batch of items inside a
transaction. What arrives while one transaction is being committed goes into the next one together, steps of the same
kind as one batch. If one fails, the transaction is done again with savepoints, so that a bad item fails alone: a step
may therefore run twice, and only its second run counts. A caller's future is done after the commit.

SQLite runs with WAL and, unless told otherwise, synchronous=FULL: with NORMAL a power cut loses the last commits, and
these hold messages that we answered with "accepted".
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import StaticPool

from ..errors import SmsgwError, StoreError, StoreFull, StoreUnreachable
from .fences import Guard, current
from .outcomes import Many, Place, Told
from .pragmas import CACHE_TO_READ, CACHE_TO_WRITE, postgresql_settings, sqlite_settings
from .prepared import execute_raw
from .tables.types import written_json

log = logging.getLogger(__name__)
Item = TypeVar("Item")
Result = TypeVar("Result")
Step = Callable[[Connection, list[Item]], Sequence[Result | Exception]]

_Groups = dict[tuple[Step[Any, Any], Guard | None], list[tuple[Any, Told]]]

TRUSTED = 1.0  # seconds for which a connection is believed to live without being tried
BATCH = 500  # items in one transaction: enough to share a commit, few enough to keep the next caller waiting little
GATHER = 0.001  # seconds that a transaction waits for as many items as one had lately; who is alone waits for nobody
FORGET = 0.95  # how much of "as many as lately" is left after a transaction that had fewer


class Writer:
    """The one writer of a process: a thread that owns a connection and merges what arrives into transactions."""

    def __init__(self, engine: Engine, gather: float = GATHER) -> None:
        """gather: seconds; see `_gather`."""
        self._engine = engine
        self._most_wait = gather
        self._waiting: deque[tuple[Step[Any, Any], Any, Told, Guard | None]] = deque()
        self._wake = threading.Condition()
        self._closing = False
        self._enough = 1.0  # items that the next transaction is begun with at once
        self._lately = 1.0  # how many items a transaction had: the most of the last ones
        self.beats = 0  # transactions begun
        self._since: float | None = None  # when the present transaction was begun
        self._conn: Connection | None = None
        self._used_at = 0.0
        self._deciding: list[Callable[[bool], None]] = []  # who wants to know how the present transaction ends
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    def put(self, step: Step[Item, Result], item: Item, guard: Guard | None = None) -> Future[Result]:
        """Have `step` run over `item`, in a batch with others; the future is done when the result is on disk.

        The future carries what the step returned for this item, or raises: the step's own error, or StoreError; its
        refusal where `guard`, by default that of the thread (`fences.under`), does not stand in the transaction.
        """
        return self.put_all(step, [item], guard)[0]

    def put_all(
        self, step: Step[Item, Result], items: Sequence[Item], guard: Guard | None = None
    ) -> list[Future[Result]]:
        """The same for several items, which stay in order and, up to `BATCH`, in one transaction."""
        futures: list[Future[Result]] = [Future() for _ in items]
        self._enter(step, items, futures, guard)
        return futures

    def do_all(
        self, step: Step[Item, Result], items: Sequence[Item], timeout: float = 60.0
    ) -> list[Result | Exception]:
        """`put_all`, and wait: for each item its result or its error. Raises StoreError, TimeoutError."""
        told: SimpleQueue[list[Result | Exception]] = SimpleQueue()
        if not items:
            return []
        self.tell_all(step, items, told.put)
        try:
            return told.get(timeout=timeout)
        except Empty:
            raise TimeoutError from None

    def tell_all(
        self, step: Step[Item, Result], items: Sequence[Item], tell: Callable[[list[Result | Exception]], None]
    ) -> None:
        """`put_all` without futures: `tell` is called once with all results, in the writer's thread.

        It must be quick and must not raise. Raises StoreError when the store is closed.
        """
        many = Many(len(items), tell)
        self._enter(step, items, [Place(many, number) for number in range(len(items))])

    def tell(self, step: Step[Item, Result], item: Item, told: Told, guard: Guard | None = None) -> None:
        """`put` without a future: `told` hears what became of it, in the writer's thread.

        It must be quick and must not raise. Raises StoreError when the store is closed.
        """
        self._enter(step, [item], [told], guard)

    def _enter(
        self, step: Step[Any, Any], items: Sequence[Any], told: Sequence[Told], guard: Guard | None = None
    ) -> None:
        guard = guard or current()
        with self._wake:
            if self._closing:
                raise StoreError("the store is closed", hint="the daemon is stopping; try again when it runs")
            self._waiting.extend((step, item, one, guard) for item, one in zip(items, told, strict=True))
            if len(self._waiting) >= self._enough:
                self._wake.notify()

    def do(
        self, step: Step[Item, Result], item: Item, timeout: float | None = 60.0, guard: Guard | None = None
    ) -> Result:
        """`put` and wait for the result."""
        return self.put(step, item, guard).result(timeout)

    def when_decided(self, tell: Callable[[bool], None]) -> None:
        """From within a step: have `tell` called, before any future is done, with True when what the step wrote is
        committed, with False when it was undone or nobody knows. `tell` must be quick and must not raise."""
        self._deciding.append(tell)

    def hangs(self, seconds: float) -> bool:
        """Whether the present transaction takes longer than so many seconds: the watchdog asks."""
        since = self._since
        return since is not None and time.monotonic() - since > seconds

    def close(self) -> None:
        """Write what is waiting, then stop."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._wake:
                while not self._waiting and not self._closing:
                    self._wake.wait()
                if not self._waiting:
                    self._disconnect()
                    return
                self._gather()
                taken = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
            self.beats += 1
            self._since = time.monotonic()
            self._transact(taken)
            self._since = None

    def _gather(self) -> None:
        """Wait a moment for others that come with those who wait already, where several came together lately.

        A transaction costs as much as a dozen messages in it, and those who were answered by the last one come back
        within a moment: taken one by one they would each wait for the transactions of the others.
        """
        if 1 < len(self._waiting) < self._lately and not self._closing:
            self._enough = self._lately
            self._wake.wait(self._most_wait)
            self._enough = 1.0
        self._lately = max(min(BATCH, len(self._waiting)), self._lately * FORGET)

    def _transact(self, taken: list[tuple[Step[Any, Any], Any, Told, Guard | None]]) -> None:
        groups: _Groups = {}
        for step, item, future, guard in taken:
            groups.setdefault((step, guard), []).append((item, future))
        try:
            results = self._attempt(groups, self._together)
        except Exception as problem:  # noqa: BLE001 - whatever it was, nothing was committed
            results = self._after(problem, groups)
        for future, result in results:
            if isinstance(result, Exception):
                future.set_exception(result)
            else:
                future.set_result(result)

    def _after(self, problem: Exception, groups: _Groups) -> list[tuple[Told, Any]]:
        """A transaction failed: do it again with care, so that only the bad item fails, or tell every caller."""
        failure = explained(problem)
        if not isinstance(failure, StoreFull | StoreUnreachable):
            try:
                return self._attempt(groups, self._apart)
            except Exception as again:  # noqa: BLE001 - as above
                failure = explained(again)
        count = sum(len(entries) for entries in groups.values())
        log.error("a transaction of %d writes failed: %s", count, failure)
        return [(future, failure) for entries in groups.values() for _, future in entries]

    def _attempt(
        self, groups: _Groups, work: Callable[[Connection, Step[Any, Any], list[Any]], Sequence[Any]]
    ) -> list[tuple[Told, Any]]:
        results: list[tuple[Told, Any]] = []
        try:
            conn = self._connection()
            with conn.begin():
                stand: dict[Guard, bool] = {}
                for (step, guard), entries in groups.items():
                    if guard is not None and guard not in stand:  # only now: the groups before may decide it
                        stand[guard] = guard.stands(conn)
                    if guard is not None and not stand[guard]:
                        outcome: Sequence[Any] = [guard.refusal()] * len(entries)
                    else:
                        outcome = work(conn, step, [item for item, _ in entries])
                    results += zip((future for _, future in entries), outcome, strict=True)
        except BaseException:
            self._disconnect()
            self._decided(0, committed=False)
            raise
        self._used_at = time.monotonic()
        self._decided(0, committed=True)
        return results

    def _connection(self) -> Connection:
        """The connection that the last transaction had; after a pause one that was tried first, as the pool does."""
        if self._conn is not None and time.monotonic() - self._used_at > TRUSTED:
            self._disconnect()
        if self._conn is None:
            self._conn = self._engine.connect()
        return self._conn

    def _disconnect(self) -> None:
        """Give the connection back to its pool."""
        conn, self._conn = self._conn, None
        if conn is not None:
            with suppress(SQLAlchemyError):
                conn.close()

    def _decided(self, since: int, *, committed: bool) -> None:
        told, self._deciding[since:] = self._deciding[since:], []
        for tell in told:
            tell(committed)

    def _together(self, conn: Connection, step: Step[Any, Any], items: list[Any]) -> Sequence[Any]:
        """Run one step over its batch: the way that everything goes unless something is wrong with an item."""
        return step(conn, items)

    def _apart(self, conn: Connection, step: Step[Any, Any], items: list[Any]) -> Sequence[Any]:
        """Run one step over its batch under a savepoint; if that fails, item by item, so that a bad one fails alone."""
        savepoint, since = conn.begin_nested(), len(self._deciding)
        try:
            results = step(conn, items)
            savepoint.commit()
            return results
        except Exception as problem:
            if isinstance(explained(problem), StoreFull | StoreUnreachable):
                raise  # not this item's fault: the engine has undone the whole transaction
            savepoint.rollback()
            self._decided(since, committed=False)
            if len(items) == 1:
                if not isinstance(problem, SmsgwError):
                    log.exception("a write failed: %s", getattr(step, "__name__", step))
                return [problem]
        return [self._apart(conn, step, [item])[0] for item in items]


def explained(problem: Exception) -> Exception:
    """Turn a driver's error into one of ours where a person can act on it: no space, no answer."""
    if not isinstance(problem, SQLAlchemyError):
        return problem
    words = str(getattr(problem, "orig", problem)).strip()
    lower = words.lower()
    if "disk is full" in lower or "no space left" in lower or "disk i/o error" in lower:
        return StoreFull(
            f"the store cannot be written: {words}", hint="free some disk space; sending goes on by itself"
        )
    if "not a database" in lower or "malformed" in lower:
        return StoreUnreachable(
            f"the file is no database, or a damaged one: {words}",
            hint="check [store] url; if the file was the store, bring a backup back: smsgw db restore FILE",
        )
    if any(said in lower for said in ("locked", "unable to open", "readonly", "read-only", "connect")):
        return StoreUnreachable(
            f"the store does not answer: {words}",
            hint="check [store] url, that the server runs, and that this user may read and write it",
        )
    return StoreError(f"the store refused a write: {words}", hint="see the log; smsgw db check tells more")


class Database:
    """An open store: `reading()` for looking, `writer` for everything else."""

    def __init__(self, url: str, *, synchronous: str = "FULL") -> None:
        """Open without touching the schema. Raises StoreUnreachable when it cannot be opened."""
        self.url = url
        self._read = open_engine(url, synchronous)
        self._write = open_engine(url, synchronous, writing=True)
        try:
            with self._read.connect():
                pass
        except SQLAlchemyError as problem:
            raise explained(problem) from problem
        self._writer: Writer | None = None
        self._counting = threading.Lock()
        self._counts: Any = None  # a connection of its own: the number of commits is told to each in its own way

    @property
    def writer(self) -> Writer:
        """The writer; its thread starts at the first use."""
        if self._writer is None:
            self._writer = Writer(self._write)
        return self._writer

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for looking only: what it sees is one moment's committed state (SQLite) or read committed."""
        try:
            with self._read.connect() as conn:
                yield conn
        except DBAPIError as problem:
            raise explained(problem) from problem

    def commits(self) -> int | None:
        """A number that is another one after any commit, of whatever process; None: nobody can tell, so look.

        SQLite's data_version is cheap enough to be asked by all who wait: it costs a hundredth of the smallest look.
        """
        if self._read.dialect.name != "sqlite":
            return None
        try:
            with self._counting:
                if self._counts is None:
                    self._counts = self._read.raw_connection()
                    self._counts.detach()
                return int(self._counts.dbapi_connection.execute("PRAGMA data_version").fetchone()[0])
        except (SQLAlchemyError, sqlite3.Error):  # whoever looks is told what is wrong
            return None

    @contextmanager
    def exclusive(self) -> Iterator[Connection]:
        """A transaction of its own, for migrations and maintenance while no writer runs."""
        with self._write.begin() as conn:
            if conn.dialect.name == "postgresql":  # it may think for long between two statements
                conn.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
            yield conn

    def close(self) -> None:
        """Write what is waiting and close every connection."""
        if self._writer is not None:
            self._writer.close()
        if self._counts is not None:
            self._counts.close()
        self._read.dispose()
        self._write.dispose()


def open_engine(url: str, synchronous: str = "FULL", *, writing: bool = False) -> Engine:
    """An SQLAlchemy engine with our settings for SQLite or PostgreSQL. Raises StoreUnreachable for another URL."""
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "postgresql":
            return create_engine(
                url, pool_size=1 if writing else 8, pool_pre_ping=True, json_serializer=written_json,
                connect_args=postgresql_settings(parsed, writing),
            )  # fmt: skip
        if parsed.get_backend_name() != "sqlite":
            raise ArgumentError(f"{parsed.get_backend_name()} is no store that smsgw knows")
        engine = create_engine(
            url,
            connect_args={"timeout": 15, "check_same_thread": False},
            poolclass=StaticPool if writing else None,
            json_serializer=written_json,
        )
    except (ArgumentError, NoSuchModuleError) as problem:
        raise StoreUnreachable(
            f"[store] url {url!r} cannot be read: {problem}",
            hint="use sqlite:////path/file.db or postgresql+psycopg://user@host/name",
        ) from problem
    event.listen(engine, "connect", sqlite_settings(synchronous, CACHE_TO_WRITE if writing else CACHE_TO_READ))
    # The sqlite3 module would begin transactions when it likes; we begin them, and a writer takes its lock at once.
    event.listen(engine, "begin", lambda conn: execute_raw(conn, "BEGIN IMMEDIATE" if writing else "BEGIN"))
    return engine
