"""Start a link that this node has taken, stop one that it has no more: in threads, for either may take its time."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from ..errors import SmsgwError
from ..gateway import Gateway
from ..link import Health, LinkState
from ..store.fences import Guard

log = logging.getLogger(__name__)

STOP_WITHIN = 3.0  # seconds in which a link that is another's by now settles what it has in flight


class Connecting:
    """dropped: called with a guard whose link is not served here any more, and whether it was ours until then."""

    def __init__(self, gateway: Gateway, node: str, dropped: Callable[[Guard, bool], None]) -> None:
        self._gateway = gateway
        self._node = node
        self._dropped = dropped
        self._busy: dict[str, threading.Thread] = {}
        self._lock = threading.Lock()
        self.ending = threading.Event()  # set: nothing more is connected

    def busy(self, link: str) -> bool:
        """Whether a link is being started or stopped."""
        return link in self._busy

    def wait(self, seconds: float) -> None:
        """Until nothing is being started or stopped, at most so long for each."""
        for thread in list(self._busy.values()):
            thread.join(seconds)

    def start(self, link: str, guard: Guard) -> None:
        """The link is ours: what the one before us had in the air is unsure, and then it is connected."""
        self._act(link, guard, lambda: self._connect(link, guard))

    def stop(self, link: str, guard: Guard, *, ours: bool) -> bool:
        """Stop a link; ours: nobody else can have it until it has stopped. Returns whether that was begun."""
        within = 2 * STOP_WITHIN if ours else STOP_WITHIN
        if not ours:
            guard.lost = True  # at once: from here on nothing more is handed over, and no word of it is believed
        return self._act(link, guard, lambda: self._stop(link, guard, within, ours))

    def _act(self, link: str, guard: Guard, what: Callable[[], None]) -> bool:
        """Do something with a link in a thread, unless something is being done with it."""

        def quietly() -> None:
            try:
                what()
            except Exception as problem:  # such as a store that is away: the lease is given back, and taken anew
                log.error("link %s: %s", link, problem, exc_info=not isinstance(problem, SmsgwError))
                self._drop(link, guard)
            finally:
                del self._busy[link]

        with self._lock:
            if link in self._busy:
                return False
            self._busy[link] = threading.Thread(target=quietly, name=f"link-{link}", daemon=True)
        self._busy[link].start()
        return True

    def _connect(self, link: str, guard: Guard) -> None:
        gateway = self._gateway
        configured = next(one for one in gateway.config.links if one.name == link)
        lost = gateway.database.writer.do(gateway.handover.recover, (link, gateway.clock()), guard=guard)
        if lost:
            log.warning("%s: %d messages were in the air when it was taken over: they are unsure", link, lost)
        if self.ending.is_set() or guard.lost:
            return
        sender, driver = gateway.open_link(configured)
        sender.guard = guard
        gateway.links[link], gateway.senders[link] = driver, sender
        gateway.heard(link, Health(LinkState.CONNECTING, f"starting on node {self._node}"))
        sender.start(driver)
        sender.wake()
        gateway.balances.recall()
        log.info("link %s is this node's (%s) now, fence %d", link, self._node, guard.fence)

    def _stop(self, link: str, guard: Guard, within: float, ours: bool) -> None:
        gateway = self._gateway
        sender = gateway.senders.get(link)
        if sender is not None:
            if not ours:
                log.warning("link %s is another node's by now, or may be: %s stops it", link, self._node)
            sender.stop(time.monotonic() + within)
            if ours:
                gateway.heard(link, Health(LinkState.DOWN, f"stopped on node {self._node}"))
                gateway.database.writer.do(gateway.handover.recover, (link, gateway.clock()), guard=guard)
        self._forget(link, guard, ours)

    def _drop(self, link: str, guard: Guard) -> None:
        """Something went wrong with a link: begin with it from the start."""
        ours, guard.lost = not guard.lost, True
        if (sender := self._gateway.senders.get(link)) is not None:
            sender.stop(time.monotonic() + STOP_WITHIN)
        self._forget(link, guard, ours)

    def _forget(self, link: str, guard: Guard, ours: bool) -> None:
        gateway = self._gateway
        gateway.senders.pop(link, None)
        gateway.links.pop(link, None)
        guard.lost = True
        if link in gateway.network.links:
            gateway.network.heard(link, Health(LinkState.DOWN, f"node {self._node} stopped it"), gateway.clock())
        self._dropped(guard, ours)
