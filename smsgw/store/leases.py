"""Which daemons hold a database, told by locks that die with their processes.

SQLite: an advisory lock on a file beside the database, for one daemon at a time. PostgreSQL: session advisory locks.
There several nodes hold the database together, each with a lock of its own on its name; a command that must be alone
with it, and a daemon of a version that knew no nodes, waits for all of them. All of these locks vanish when the process
does, also after kill -9, so a start never has to guess whether a lock is stale.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from sqlalchemy import Connection, Engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from ..errors import StoreUnreachable
from .database import explained, open_engine

_POSTGRES_KEY = 0x736D736777  # "smsgw"
_NODE_KEY = 0x736D73  # "sms": the first of two numbers, beside the hash of a node's name
_SHARED = text("SELECT pg_try_advisory_lock_shared(:key)")
_EXCLUSIVE = text("SELECT pg_try_advisory_lock(:key)")
_NAMED = text("SELECT pg_try_advisory_lock(:key, hashtext(:name))")


class Lease:
    """The right to be the daemon of one database. Use as a context manager, or `take` and `drop`.

    node: the name of one of several that hold a PostgreSQL database together; None: alone.
    """

    def __init__(self, url: str, node: str | None = None) -> None:
        self._url = url
        self._node = node
        self._file: int | None = None
        self._engine: Engine | None = None
        self._conn: Connection | None = None
        self.unclean = False  # the last holder did not give it back: it was killed, or the power failed

    def take(self) -> None:
        """Raises StoreUnreachable: code store_busy when another daemon has it, else it cannot be asked."""
        parsed = make_url(self._url)
        try:
            if parsed.get_backend_name() == "sqlite":
                self._take_file(Path(f"{parsed.database}.lock"))
            else:
                self._take_session()
        except SQLAlchemyError as problem:
            self.drop()
            raise explained(problem) from problem
        except OSError as problem:
            says = f"the lock file beside the database cannot be opened: {problem}"
            raise StoreUnreachable(says, hint="let this user write in the folder of the database") from problem

    def _take_file(self, path: Path) -> None:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(handle, 20).decode(errors="replace").strip()
            os.close(handle)
            raise _busy(f"process {holder}" if holder else "another process") from None
        self.unclean = bool(os.read(handle, 20))
        os.ftruncate(handle, 0)
        os.lseek(handle, 0, os.SEEK_SET)
        os.write(handle, f"{os.getpid()}\n".encode())
        self._file = handle

    def _take_session(self) -> None:
        self._engine = open_engine(self._url)
        self._conn = self._engine.connect()
        got = self._conn.scalar(_EXCLUSIVE if self._node is None else _SHARED, {"key": _POSTGRES_KEY})
        named = self._node is None or self._conn.scalar(_NAMED, {"key": _NODE_KEY, "name": self._node})
        self._conn.commit()
        if not got or not named:
            self.drop()
            raise _busy("another daemon") if not got else _twice(str(self._node))

    def keep(self) -> None:
        """Make sure that it is still ours: a PostgreSQL that restarted has forgotten. Call it now and then.

        Raises StoreUnreachable: code store_busy when another daemon took it meanwhile, else nobody answers.
        """
        if self._file is not None:
            return
        try:
            if self._conn is not None:
                self._conn.execute(text("SELECT 1"))
                self._conn.commit()
                return
        except SQLAlchemyError:
            self.drop()
        self.take()

    def drop(self) -> None:
        """Give it back."""
        if self._file is not None:
            with suppress(OSError):  # a full disk: then the next start looks once too often
                os.ftruncate(self._file, 0)
            os.close(self._file)
            self._file = None
        if self._conn is not None:
            with suppress(SQLAlchemyError):  # its server may be gone
                self._conn.close()
            self._conn = None
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None

    def __enter__(self) -> Lease:
        self.take()
        return self

    def __exit__(self, kind: type[BaseException] | None, it: BaseException | None, at: TracebackType | None) -> None:
        self.drop()


def held(url: str, node: str | None = None) -> bool:
    """Whether a daemon runs on this database now; node: this one of several. Raises StoreUnreachable when it cannot be
    asked."""
    lease = Lease(url, node if url.startswith("postgresql") else None)
    try:
        lease.take()
    except StoreUnreachable as problem:
        if problem.code != "store_busy":
            raise
        return True
    lease.drop()
    return False


def _twice(node: str) -> StoreUnreachable:
    return StoreUnreachable(
        f"the database is in use by another node that is called {node}",
        code="store_busy",
        hint="give each node a name of its own: [node] name, by default the name of its host",
    )


def _busy(who: str) -> StoreUnreachable:
    return StoreUnreachable(
        f"the database is in use by {who}",
        code="store_busy",
        hint="stop the other smsgw first (systemctl stop smsgw), or give this one a database of its own",
    )
