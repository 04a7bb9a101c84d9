"""Bounds on who asks for message pages: wrong links from one address, one page again and again, and wrong ones at all.

Before a link is looked up its address must not have tried too many wrong ones: then it is asked to wait, whatever it
asks for. Whoever reads a page in earnest never meets this.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import datetime
from ipaddress import ip_address, ip_network

from flask import Request
from sqlalchemy import Connection

from smsgw.clients.limits import Attempts
from smsgw.config.pages import PagesConfig
from smsgw.gateway import Gateway
from smsgw.money import alerts

WITHIN = 60.0  # seconds
ALARM_WITHIN = 600.0
JOINS, JOINS_WITHIN = 6, 3600.0  # forms of the opt-in page that one address may send, in so many seconds
MEDIA = 20  # a page's pictures and the pieces of its films are asked for so much more often than the page


class PageGuard:
    """Counts in this process. Safe from any thread."""

    def __init__(self, terms: PagesConfig, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._terms = terms
        self._now = monotonic
        self._wrong = Attempts(terms.tries, WITHIN, monotonic)
        self._looks = Attempts(terms.tries, WITHIN, monotonic)
        self._media = Attempts(terms.tries * MEDIA, WITHIN, monotonic)
        self._joins = Attempts(JOINS, JOINS_WITHIN, monotonic)
        self._all_wrong: deque[float] = deque(maxlen=terms.alarm)
        self._lock = threading.Lock()

    def address(self, request: Request) -> str:
        """Who asks: the other end, or whom the proxy names, if there is one."""
        header = self._terms.address_header
        if header is None:
            return request.remote_addr or ""
        return request.headers.get(header, "").rpartition(",")[2].strip() or request.remote_addr or ""

    def wait(self, address: str) -> float:
        """Seconds until this address may ask for anything; 0: now."""
        return self._wrong.wait(_who(address))

    def looked(self, address: str, page_id: str, *, media: bool = False) -> float:
        """Count a look at one page; seconds to wait when there were too many, else 0."""
        counts, name = self._media if media else self._looks, f"{_who(address)} {page_id}"
        wait = counts.wait(name)
        if not wait:
            counts.failed(name)
        return wait

    def joined(self, address: str) -> float:
        """Count a form of the opt-in page; seconds to wait when there were too many, else 0."""
        wait = self._joins.wait(_who(address))
        if not wait:
            self._joins.failed(_who(address))
        return wait

    def missed(self, address: str) -> bool:
        """Count a wrong link; whether there were by now so many, from wherever, that somebody must be told."""
        self._wrong.failed(_who(address))
        with self._lock:
            now = self._now()
            self._all_wrong.append(now)
            many = len(self._all_wrong) == self._terms.alarm and now - self._all_wrong[0] <= ALARM_WITHIN
            if many:
                self._all_wrong.clear()
            return many


def _who(address: str) -> str:
    """What is counted as one: an IPv4 address, or the /64 of an IPv6 one, which is one subscriber's."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address[:60]
    return str(found) if found.version == 4 else str(ip_network((found, 64), strict=False))


def raise_alarm(gateway: Gateway, many: int) -> None:
    """Tell the owner that somebody guesses links; once while it stands."""
    says = (
        f"{many} wrong links to message pages within ten minutes: somebody tries to guess them; 128 bits hold that off"
    )
    gateway.database.writer.put(_tell, (alerts.Alarm("page_guessing", "message pages", says), gateway.clock()))


def _tell(conn: Connection, batch: list[tuple[alerts.Alarm, datetime]]) -> list[None]:
    alerts.tell(conn, [alarm for alarm, _ in batch], batch[-1][1])
    return [None] * len(batch)
