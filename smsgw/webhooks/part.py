"""The webhooks as a part of the daemon: a thread in which the loop of `sending` runs."""

from __future__ import annotations

import asyncio
import logging
import threading
import time

from ..store.database import Database
from .sending import Sending
from .terms import Terms

log = logging.getLogger(__name__)

STUCK_AFTER = 120.0  # seconds without a look at history
AGAIN = 2.0  # seconds until it begins anew after a fault that nobody foresaw


class Webhooks:
    """A part of the daemon: see smsgw.daemon.Part."""

    name = "webhooks"

    def __init__(self, database: Database, terms: Terms) -> None:
        self._database = database
        self._terms = terms
        self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)
        self._end = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._sending: Sending | None = None

    def start(self) -> None:
        """Begin to tell what happened."""
        self._thread.start()

    def stop(self, deadline: float) -> None:
        """Begin nothing new and write down what ended, until `deadline` (monotonic seconds)."""
        self._end.set()
        loop, sending = self._loop, self._sending
        if loop is not None and sending is not None and not loop.is_closed():
            loop.call_soon_threadsafe(sending.stop)
        if self._thread.is_alive():
            self._thread.join(max(0.1, deadline - time.monotonic()))

    def alive(self) -> bool:
        """Whether history is still looked at."""
        sending = self._sending
        return self._thread.is_alive() and (sending is None or time.monotonic() - sending.beats < STUCK_AFTER)

    def _run(self) -> None:
        while not self._end.is_set():
            try:
                asyncio.run(self._send())
            except Exception:  # whatever it was, what is to be told is on disk
                log.exception("sending webhooks broke off and begins anew")
                self._end.wait(AGAIN)

    async def _send(self) -> None:
        self._sending = Sending(self._database, self._database.writer, self._terms)
        self._loop = asyncio.get_running_loop()
        if not self._end.is_set():
            await self._sending.run()
