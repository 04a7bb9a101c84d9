"""The process that tells webhooks: reads the store, speaks HTTP, and has the daemon write for it.

A process of its own because HTTP for thousands of events a second would take the interpreter away from the links: so
it has an interpreter, and a core, of its own. All writes stay with the daemon's one writer. It ends at once when the
daemon is gone, for the next daemon starts another one.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

from .. import log as logs
from ..store.database import Database
from .pipe import Beat, Begin, Done, Mouth, Ports, Stop, Wish, hear
from .sending import Sending
from .terms import terms_of

log = logging.getLogger(__name__)

BEAT = 5.0  # seconds between two signs of life
AGAIN = 2.0  # seconds until it begins anew after a fault that nobody foresaw


class Daemon:
    """The daemon as the teller sees it: takes wishes as the one writer does, and says what to do."""

    def __init__(self) -> None:
        self._mouth = Mouth(sys.stdout.buffer)
        self._numbers = itertools.count(1)
        self._waiting: dict[int, Future[Any]] = {}
        self.ports: frozenset[int] = frozenset()
        self.stop: Callable[[], None] = lambda: None
        self.stopped = threading.Event()

    def put(self, step: Any, item: Any) -> Future[Any]:
        """See `sending.Puts`."""
        number, future = next(self._numbers), Future[Any]()
        self._waiting[number] = future
        self._mouth.say(Wish(number, step.__name__, item))
        return future

    def beat(self) -> None:
        """Say that we live."""
        self._mouth.say(Beat())

    def listen(self) -> None:
        """Do what the daemon says, until it is gone: then end at once."""
        with suppress(EOFError, OSError):
            while True:
                said = hear(sys.stdin.buffer)
                if isinstance(said, Done):
                    _settle(self._waiting.pop(said.number), said.result)
                elif isinstance(said, Ports):
                    self.ports = said.ports
                elif isinstance(said, Stop):
                    self.stopped.set()
                    self.stop()
        os._exit(0)


def _settle(future: Future[Any], result: Any) -> None:
    if isinstance(result, Exception):
        future.set_exception(result)
    else:
        future.set_result(result)


def main() -> None:
    """Tell webhooks until the daemon says stop, or is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole group: the daemon tells us when to end
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # so does systemd's
    begin: Begin = hear(sys.stdin.buffer)
    logs.set_up(begin.log.level, begin.log.format, show_numbers=begin.log.show_numbers)
    daemon = Daemon()
    database = Database(begin.url)
    terms = terms_of(begin.webhooks, lambda: daemon.ports, pauses=begin.pauses)
    threading.Thread(target=daemon.listen, name="daemon", daemon=True).start()
    while not daemon.stopped.is_set():
        try:
            asyncio.run(_tell(daemon, Sending(database, daemon, terms)))
        except (BrokenPipeError, ValueError):
            break  # the daemon is gone
        except Exception:  # whatever it was, what is to be told is on disk
            log.exception("telling webhooks broke off and begins anew")
            daemon.stopped.wait(AGAIN)
    _leave()


async def _tell(daemon: Daemon, sending: Sending) -> None:
    loop = asyncio.get_running_loop()
    daemon.stop = lambda: _from_outside(loop, sending.stop)
    if daemon.stopped.is_set():
        return
    beating = asyncio.create_task(_beat(daemon, sending))
    try:
        await sending.run()
    finally:
        beating.cancel()
    if daemon.stopped.is_set():
        _leave()


def _leave() -> None:
    """End now: Python would wait for the thread that listens, and for names that are still looked up."""
    logging.shutdown()
    os._exit(0)


def _from_outside(loop: asyncio.AbstractEventLoop, what: Callable[[], None]) -> None:
    with suppress(RuntimeError):  # the loop has ended already
        loop.call_soon_threadsafe(what)


async def _beat(daemon: Daemon, sending: Sending) -> None:
    """Signs of life, as long as history is looked at."""
    while True:
        beats = sending.beats
        await asyncio.sleep(BEAT)
        if sending.beats != beats:
            daemon.beat()


if __name__ == "__main__":
    main()
