"""The webhooks as a part of the daemon: starts the process that tells them when there are any, and writes for it."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

from sqlalchemy import select

from ..errors import SmsgwError
from ..store.database import Database
from ..store.fences import Alone, Guard
from ..store.lookout import Lookout
from ..store.prepared import Prepared
from ..store.tables import webhook
from . import settle
from .pipe import Beat, Begin, Done, Mouth, Ports, Stop, Wish, hear

log = logging.getLogger(__name__)

_ACTIVE = Prepared(select(webhook.c.id).where(webhook.c.state == "active").limit(1))
LOOK = 0.5  # seconds between two looks whether there are webhooks, and the process lives
STUCK_AFTER = 120.0  # seconds without a sign of life
STEPS = {step.__name__: step for step in (settle.plan, settle.settle, settle.behind, settle.mark)}

OUTCOMES = {"deliver": "delivered", "put_off": "put_off", "give_up": "given_up"}
ENDED: Counter[tuple[str, str]] = Counter()
"""How tries ended since this process began, by webhook and outcome."""


class Webhooks:
    """A part of the daemon: see smsgw.daemon.Part."""

    name = "webhooks"

    def __init__(
        self,
        database: Database,
        begin: Begin,
        own_ports: Callable[[], Collection[int]],
        holdings: Callable[[], Alone] = Alone,
    ) -> None:
        """own_ports: tells where the gateway itself listens; asked again and again, for parts start later.

        holdings: of several nodes that share the store, one tells for all.
        """
        self._database = database
        self._lookout = Lookout(database)
        self._begin = begin
        self._own_ports = own_ports
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)
        self._teller: _Teller | None = None
        self._holdings = holdings
        self._beats = time.monotonic()

    def start(self) -> None:
        """Begin to look whether there is somebody to be told."""
        self._thread.start()

    def stop(self, deadline: float) -> None:
        """Have what is under way ended and written down, until `deadline` (monotonic seconds)."""
        self._end.set()
        if self._thread.is_alive():
            self._thread.join(max(0.1, deadline - time.monotonic()))
        if self._teller is not None:
            self._teller.end(deadline)

    def alive(self) -> bool:
        """Whether it looks, and the process shows signs of life."""
        teller = self._teller
        now = time.monotonic()
        return now - self._beats < STUCK_AFTER and (teller is None or now - teller.beats < STUCK_AFTER)

    def _run(self) -> None:
        while not self._end.wait(LOOK):
            self._beats = time.monotonic()
            try:
                self._look()
            except (SmsgwError, OSError) as problem:
                log.error("webhooks: %s", problem)

    def _look(self) -> None:
        if self._teller is not None and not self._teller.lives():
            log.error("the process that tells webhooks has ended; another one is started")
            self._teller.end(time.monotonic())
            self._teller = None
        holdings = self._holdings()
        if not holdings.holds(self.name) or (self._teller and self._teller.guard and self._teller.guard.lost):
            if self._teller is not None:
                self._teller.end(time.monotonic())
                self._teller = None
            return
        if self._teller is None and self._wanted():
            self._teller = _Teller(self._database, self._begin, holdings.guard(self.name))
        if self._teller is not None:
            self._teller.ports(frozenset(self._own_ports()))

    def _wanted(self) -> bool:
        if not self._lookout.needed():
            return False
        with self._database.reading() as conn:
            if _ACTIVE.run(conn, {}):
                return True
        self._lookout.nothing()
        return False


class _Teller:
    """The process, from the daemon's side."""

    def __init__(self, database: Database, begin: Begin, guard: Guard | None) -> None:
        self._database = database
        self.guard = guard
        self.beats = time.monotonic()
        self._ports: frozenset[int] | None = None
        command = [sys.executable, "-P", "-m", "smsgw.webhooks.teller"]  # -P: nothing from the working directory
        environ = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        self._process = subprocess.Popen(command, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._process.stdin is not None
        self._mouth = Mouth(self._process.stdin)  # type: ignore[arg-type]  # it is a BufferedWriter
        self._mouth.say(begin)
        self._thread = threading.Thread(target=self._listen, name="webhooks-teller", daemon=True)
        self._thread.start()

    def lives(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def ports(self, ports: frozenset[int]) -> None:
        """Tell it where the gateway listens, when that has changed."""
        if ports != self._ports:
            self._ports = ports
            self._say(Ports(ports))

    def end(self, deadline: float) -> None:
        """Have it end well until `deadline`, else at once."""
        self._say(Stop())
        try:
            self._process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._thread.join(5)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()

    def _say(self, what: Any) -> None:
        with suppress(OSError, ValueError):  # it has ended: whoever looks next sees that
            self._mouth.say(what)

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with suppress(EOFError, OSError, ValueError):
            while True:
                said = hear(self._process.stdout)  # type: ignore[arg-type]  # it is a BufferedReader
                self.beats = time.monotonic()
                if isinstance(said, Wish):
                    self._grant(said)
                else:
                    assert isinstance(said, Beat)

    def _grant(self, wish: Wish) -> None:
        def done(future: Future[Any]) -> None:
            self._say(Done(wish.number, future.exception() or future.result()))
            if wish.step == settle.settle.__name__ and future.exception() is None:
                ENDED.update((one.webhook_id, OUTCOMES[one.event]) for one in wish.item[1])

        try:
            self._database.writer.put(STEPS[wish.step], wish.item, self.guard).add_done_callback(done)
        except SmsgwError as problem:  # the store is closed: we are stopping
            self._say(Done(wish.number, problem))
