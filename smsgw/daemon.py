"""Start the parts of a running smsgw in order, stop them in reverse, watch that they live."""

from __future__ import annotations

import logging
import threading
import time
from typing import Protocol

from .errors import SmsgwError, StoreUnreachable
from .gateway import Gateway
from .store import schema
from .store.leases import Lease

log = logging.getLogger(__name__)

STOP_WITHIN = 10.0  # seconds for everything: systemd's own limit is far above
LINKS_WITHIN = 6.0  # of these, the links' share
STUCK_AFTER = 120.0  # seconds without a sign of life


class Part(Protocol):
    """A part of the daemon that is not a link: the clock, the web server."""

    name: str

    def start(self) -> None:
        """Begin to work in threads of its own; returns when it is ready."""

    def stop(self, deadline: float) -> None:
        """End before `deadline` (monotonic seconds)."""

    def alive(self) -> bool:
        """Whether it still does its work."""


class Daemon:
    """The order of things: lease, schema, links, clock, web; and back."""

    def __init__(self, gateway: Gateway, parts: list[Part]) -> None:
        self.gateway = gateway
        self._parts = parts
        self._started: list[Part] = []
        self._lease = Lease(gateway.config.store.full_url)
        self._end = threading.Event()
        self._stopped = False

    def start(self) -> None:
        """Start everything. Raises StoreUnreachable when another daemon has this database, StoreTooNew,
        StoreError when the last run did not end well and left a store that is damaged, OSError."""
        self._take_lease()
        try:
            if self._lease.unclean:
                log.warning("smsgw did not end well the last time: the store is read through")
                schema.look_through(self.gateway.database)
            before, after = schema.upgrade(self.gateway.database)
            if before != after:
                log.info("the store was brought from revision %s to %s", before or "nothing", after)
            self.gateway.start_links()
            for part in self._parts:
                part.start()
                self._started.append(part)
                log.info("%s is running", part.name)
        except BaseException:
            self.stop()
            raise

    def _take_lease(self) -> None:
        """A command that looks whether a daemon runs holds the lease for a moment: so ask for a second, not once."""
        for attempt in range(10):
            try:
                self._lease.take()
                return
            except StoreUnreachable as problem:
                if problem.code != "store_busy" or attempt == 9:
                    raise
                time.sleep(0.1)

    def run(self) -> None:
        """Wait until `end` is called, then stop."""
        while not self._end.wait(5.0):
            for sick in self.unwell():
                log.error("%s does not move any more", sick)
            self._keep_lease()
        self.stop()

    def _keep_lease(self) -> None:
        try:
            self._lease.keep()
        except StoreUnreachable as problem:
            log.error("%s", problem)
            if problem.code == "store_busy":  # two daemons on one database would send things twice
                self.end()

    def end(self) -> None:
        """Ask `run` to return; safe from a signal."""
        self._end.set()

    def unwell(self) -> list[str]:
        """The names of parts that stopped working; the watchdog is fed only while there is none."""
        now = time.monotonic()
        sick = [part.name for part in self._started if not part.alive()]
        senders = list(self.gateway.senders.items())
        sick += [f"sender of {name}" for name, s in senders if s.started and now - s.beats > STUCK_AFTER]
        if self.gateway.database.writer.hangs(STUCK_AFTER):
            sick.append("the store's writer")
        return sick

    def stop(self) -> None:
        """Stop everything in reverse, within ten seconds: web and clock first, then the links, then the store.

        A second call does nothing: a daemon is started once.
        """
        if self._stopped:
            return
        self._stopped = True
        begun = time.monotonic()
        for part in reversed(self._started):
            try:
                part.stop(begun + STOP_WITHIN - LINKS_WITHIN)
            except (SmsgwError, OSError) as problem:  # such as a full disk: the links must still end well
                log.error("%s did not stop as it should: %s", part.name, problem)
        self._started.clear()
        self.gateway.stop_links(begun + STOP_WITHIN - 2)
        self.gateway.close()
        self._lease.drop()
