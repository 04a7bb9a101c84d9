"""Wake other nodes at once, by PostgreSQL's LISTEN and NOTIFY: work for a link, its change, a text, who is where.

A word that is lost costs nothing but time, for whoever waits also looks by itself. So words are sent after the commit,
by a thread and a connection of their own, many alike as one: the writer never waits for them, and its transactions do
not queue up behind the one lock that PostgreSQL has for all notifications.
"""

from __future__ import annotations

import logging
import select
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from .database import open_engine

log = logging.getLogger(__name__)

CHANNEL = "smsgw"
AGAIN = 1.0  # seconds until a connection that was lost is tried again
TURN = 2.0  # seconds of one wait
MISSED = "missed"  # what is heard after a time in which nothing could be heard


class Silent:
    """The bell of a process that shares its store with nobody."""

    def ring(self, word: str) -> None:
        """Tell all others this word."""


class Bell(Silent):
    """heard: called with each word of another node, in a thread of the bell; must be quick."""

    def __init__(self, url: str, heard: Callable[[str], None]) -> None:
        self._heard = heard
        self._engine: Engine = open_engine(url)
        self._words: dict[str, None] = {}  # in the order in which they were rung last
        self._state = threading.Condition()
        self._ending = False
        self._ours: int | None = None  # the session that rings: its own words are no news
        self.hears = threading.Event()  # what is rung now by others will be heard
        self._threads = [
            threading.Thread(target=self._ring_on, name="bell", daemon=True),
            threading.Thread(target=self._listen_on, name="bell-ear", daemon=True),
        ]

    def start(self) -> None:
        """Begin to ring and to listen."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Say what is to be said, and end."""
        with self._state:
            self._ending = True
            self._state.notify_all()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(TURN + 1)
        self._engine.dispose()

    def ring(self, word: str) -> None:
        """Tell all others this word, soon; safe from any thread, and quick."""
        with self._state:
            self._words.pop(word, None)
            self._words[word] = None
            self._state.notify_all()

    def _ring_on(self) -> None:
        conn: Connection | None = None
        while True:
            with self._state:
                self._state.wait_for(lambda: self._words or self._ending)
                words, self._words = list(self._words), {}
                if not words:
                    break
            try:
                if conn is None:
                    conn = self._connected()
                    self._ours = conn.scalar(text("SELECT pg_backend_pid()"))
                for word in words:
                    conn.execute(text("SELECT pg_notify(:channel, :word)"), {"channel": CHANNEL, "word": word})
            except SQLAlchemyError as problem:  # whoever waits for these words looks by itself too
                log.debug("other nodes could not be woken: %s", problem)
                _close(conn)
                conn = None
                if self._wait(AGAIN):
                    break
        _close(conn)

    def _listen_on(self) -> None:
        conn: Connection | None = None
        while not self._ending:
            try:
                if conn is None:
                    conn = self._connected()
                    conn.execute(text(f"LISTEN {CHANNEL}"))
                    self.hears.set()
                    self._heard(MISSED)
                for word in self._words_from(conn.connection.dbapi_connection):
                    self._heard(word)
            except (SQLAlchemyError, OSError, ValueError) as problem:
                log.debug("other nodes cannot be heard: %s", problem)
                self.hears.clear()
                _close(conn)
                conn = None
                self._wait(AGAIN)
            except Exception:  # what a word led to must not end the listening
                log.exception("a word of another node")
        _close(conn)

    def _words_from(self, raw: Any) -> list[str]:
        """What other sessions said; waits a while for it. Raises OSError when the connection is lost."""
        ready, _, _ = select.select([raw.fileno()], [], [], TURN)
        if not ready:
            return []
        try:
            said = list(raw.notifies(timeout=0))
        except Exception as problem:
            raise OSError(str(problem)) from problem
        return list(dict.fromkeys(one.payload for one in said if one.pid != self._ours))

    def _connected(self) -> Connection:
        return self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")

    def _wait(self, seconds: float) -> bool:
        with self._state:
            return self._state.wait_for(lambda: self._ending, seconds)


def _close(conn: Connection | None) -> None:
    if conn is not None:
        with suppress(SQLAlchemyError):
            conn.invalidate()
            conn.close()
