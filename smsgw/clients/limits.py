"""Bounds on what clients do: tries to get in, and messages a second."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from ipaddress import IPv6Network

MOST_NAMES = 10_000  # addresses and system_ids remembered at a time: whoever makes up more gains nothing


def neighbourhood(address: str) -> str:
    """By what an address is counted: itself, but of IPv6 its first 64 bits, for whoever has one has all behind them."""
    if ":" not in address:
        return address
    try:
        return str(IPv6Network((address.partition("%")[0], 64), strict=False).network_address)
    except ValueError:
        return address


class Attempts:
    """Counts failed tries for a name, and says when there were too many of late. Safe from any thread."""

    def __init__(self, most: int, within: float, now: Callable[[], float]) -> None:
        """most: failures allowed within so many seconds. now: a steady clock."""
        self._most = most
        self._within = within
        self._now = now
        self._failed: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = threading.Lock()

    def wait(self, name: str) -> float:
        """Seconds until this name may try again; 0: now."""
        with self._lock:
            failed = self._failed.get(name)
            if failed is None:
                return 0.0
            now = self._now()
            while failed and now - failed[0] >= self._within:
                failed.popleft()
            if not failed:
                del self._failed[name]
            return self._within - (now - failed[0]) if len(failed) >= self._most else 0.0

    def failed(self, name: str) -> None:
        """This name tried and failed."""
        with self._lock:
            self._failed.setdefault(name, deque(maxlen=self._most)).append(self._now())
            self._failed.move_to_end(name)
            while len(self._failed) > MOST_NAMES:
                self._failed.popitem(last=False)


class Allowance:
    """So many a second, with a second's worth at once; several connections share one. Safe from any thread."""

    def __init__(self, pace: int, now: Callable[[], float]) -> None:
        self.pace = pace
        self._now = now
        self._left = float(pace)
        self._at = now()
        self._lock = threading.Lock()

    def take(self, wanted: int) -> int:
        """How many of `wanted` may go now; they are taken."""
        with self._lock:
            now = self._now()
            self._left = min(float(self.pace), self._left + (now - self._at) * self.pace)
            self._at = now
            granted = min(wanted, int(self._left))
            self._left -= granted
            return granted
