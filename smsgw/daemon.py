"""Start the parts of a running smsgw in order, stop them in reverse, watch that they live."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Collection
from typing import Protocol

from .errors import SmsgwError, StoreUnreachable
from .gateway import Gateway
from .holding.keeper import ROLES, Keeper
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
    """The order of things: lease, schema, links, clock, web; and back.

    With a PostgreSQL store it is one of the nodes that share it, and has those links that it holds (see `holding`).
    """

    def __init__(self, gateway: Gateway, parts: list[Part], roles: Collection[str] = ROLES) -> None:
        self.gateway = gateway
        self._parts = parts
        self._started: list[Part] = []
        url = gateway.config.store.full_url
        shares = url.startswith("postgresql")
        self._lease = Lease(url, gateway.config.node.called if shares else None)
        self._keeper = Keeper(gateway, roles) if shares else None
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
            if self._keeper is None:
                self.gateway.start_links()
            else:
                self._keeper.start()
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
            if problem.code == "store_busy":
                self._lease_is_taken()

    def _lease_is_taken(self) -> None:
        """A command that only looks has it for a moment; two daemons on one database would send things twice."""
        try:
            self._take_lease()
        except StoreUnreachable as problem:
            if problem.code == "store_busy":
                log.error("%s: this one ends", problem)
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
        if self._keeper is not None and not self._keeper.alive():
            sick.append(self._keeper.name)
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
        if self._keeper is not None:
            self._keeper.stop(begun + STOP_WITHIN - LINKS_WITHIN)
        self.gateway.stop_links(begun + STOP_WITHIN - 2)
        self.gateway.close()
        if self._keeper is not None:
            self._keeper.give_back()
        self._lease.drop()
