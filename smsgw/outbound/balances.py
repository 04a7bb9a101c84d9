"""Ask what is left on the SIMs, on demand and when it is due, and keep every answer.

A network may take a minute to answer, so what is due is asked in a thread for each link; a link is never asked twice
at a time.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, insert, select

from ..config import Config
from ..errors import Conflict, NotFound, SmsgwError
from ..link import Link, LinkState
from ..link_verbs import SpeaksUssd
from ..money.booking import Books, Charged, question_id
from ..store.database import Database
from ..store.fences import Alone
from ..store.storable import storable, storable_or_none
from ..store.tables import balance
from ..store.tables.types import AnyRow

log = logging.getLogger(__name__)

MILLION = 1_000_000
TRY_AGAIN = timedelta(minutes=10)  # after a time in vain
LONGEST = 500  # letters of an answer that are kept


@dataclass(frozen=True, slots=True)
class Plan:
    """When one link is asked by itself: every so often, or once a day at a time of day; low: when to warn."""

    every: timedelta | None = None
    at: time | None = None
    low: Decimal | None = None

    def due(self, now: datetime, last: datetime | None, zone: tzinfo | None) -> bool:
        """Whether it is time, when the last answer came at `last`."""
        if last is None:
            return self.every is not None or self.at is not None
        if self.every is not None and now - last >= self.every:
            return True
        return self.at is not None and last < _passed(self.at, now, zone)


def _passed(at: time, now: datetime, zone: tzinfo | None) -> datetime:
    """When it was this time of day last."""
    here = now.astimezone(zone)
    today = here.replace(hour=at.hour, minute=at.minute, second=0, microsecond=0)
    return today if today <= here else today - timedelta(days=1)


def plans_of(config: Config) -> dict[str, Plan]:
    """When the links' SIMs are asked for their money, and when it is low, by name."""
    return {
        link.name: Plan(
            None if link.balance_every is None else timedelta(seconds=link.balance_every),
            None if link.balance_at is None else time.fromisoformat(link.balance_at),
            link.balance_low,
        )
        for link in config.links
        if link.enabled and (link.balance_every or link.balance_at or link.balance_low is not None)
    }


class Balances:
    """See the module's docstring. told: called with a link's name and facts about its money, for its health."""

    def __init__(
        self,
        plans: Mapping[str, Plan],
        links: Mapping[str, Link],
        database: Database,
        clock: Callable[[], datetime],
        told: Callable[[str, dict[str, str | None]], None],
    ) -> None:
        self.plans = dict(plans)
        self._links = links
        self._database = database
        self._clock = clock
        self._told = told
        self.books: Books | None = None  # who books what links charge for USSD
        self.holdings = Alone()
        self._lock = threading.Lock()
        self._asking: set[str] = set()

    def ask(self, name: str, timeout: float = 60.0) -> AnyRow:
        """Ask the network now and keep what it says; returns the row of `balance`.

        Raises NotFound, Conflict (it cannot, is being asked, or is another node's), SmsgwError (no answer), StoreError.
        """
        link = self.speaker(name)
        with self._lock:
            if name in self._asking:
                raise Conflict(f"{name} is being asked for its balance", code="ussd_busy")
            self._asking.add(name)
        try:
            return self._ask(name, link, timeout)
        finally:
            with self._lock:
                self._asking.discard(name)

    def speaker(self, name: str) -> SpeaksUssd:
        """The link of this name, if it can talk to its operator from here. Raises NotFound, Conflict."""
        if (elsewhere := self.holdings.elsewhere(name)) is not None:
            raise elsewhere
        return speaker(self._links, name)

    def _ask(self, name: str, link: SpeaksUssd, timeout: float) -> AnyRow:
        row: dict[str, Any] = {"link": name, "amount": None, "currency": None, "said": "", "trouble": None}
        try:
            found = link.balance(timeout)
        except SmsgwError as silent:
            self._database.writer.do(_keep, row | {"at": self._clock(), "trouble": storable(str(silent), LONGEST)})
            raise
        amount = None if found.amount is None else int(found.amount * MILLION)
        said = storable(found.said, LONGEST)
        row |= {"amount": amount, "currency": storable_or_none(found.currency, 8), "said": said}
        self._database.writer.do(self._keep_and_book, row | {"at": self._clock()})
        with self._database.reading() as conn:
            kept = history(conn, name, 1)[0]
        self._tell(kept)
        return kept

    def _keep_and_book(self, conn: Connection, batch: list[dict[str, Any]]) -> list[None]:
        """Writer step: an answer, and what the question cost."""
        for row in batch:
            conn.execute(insert(balance).values(row))
            if self.books is not None:
                self.books.asked(conn, [asked(row["link"], row["at"])], row["at"])
        return [None] * len(batch)

    def charge(self, name: str) -> None:
        """An operator was asked something else over USSD: book what that costs."""
        if self.books is not None and self.books.rates.charges("ussd"):
            self._database.writer.do(self._book, asked(name, self._clock()))

    def _book(self, conn: Connection, batch: list[Charged]) -> list[None]:
        if self.books is not None:
            self.books.asked(conn, batch, self._clock())
        return [None] * len(batch)

    def _tell(self, row: AnyRow) -> None:
        low = self.plans.get(row.link, Plan()).low
        is_low = low is not None and row.amount is not None and Decimal(row.amount) / MILLION < low
        if is_low:
            log.warning("%s: the balance is low: %s, below %s", row.link, money(row), low)
        words = f"{money(row) or row.said[:60]} ({row.at.astimezone(UTC):%Y-%m-%d %H:%M} UTC)"
        self._told(row.link, {"balance": words, "balance low": f"below {low}: top it up" if is_low else None})

    def recall(self) -> None:
        """Tell again what was heard last, after a start."""
        with self._database.reading() as conn:
            rows = [row for name in list(self._links) for row in _newest(conn, name, good=True)]
        for row in rows:
            self._tell(row)

    def ask_due(self, now: datetime, zone: tzinfo | None = None) -> list[str]:
        """Begin to ask every link whose time has come and that can be asked; returns their names. zone: of `at`."""
        begun = []
        for name, plan in self.plans.items():
            there = name in self._links and self._links[name].health().state in (LinkState.UP, LinkState.DEGRADED)
            if not there or name in self._asking or not self._is_due(name, plan, now, zone):
                continue
            threading.Thread(target=self._ask_quietly, args=(name,), name=f"balance of {name}", daemon=True).start()
            begun.append(name)
        return begun

    def _is_due(self, name: str, plan: Plan, now: datetime, zone: tzinfo | None) -> bool:
        with self._database.reading() as conn:
            good, last = _newest(conn, name, good=True), _newest(conn, name, good=False)
        lately = bool(last) and last[0].trouble is not None and now - last[0].at < TRY_AGAIN
        return not lately and plan.due(now, good[0].at if good else None, zone)

    def _ask_quietly(self, name: str) -> None:
        try:
            self.ask(name)
        except SmsgwError as problem:
            log.warning("%s: the balance is not known: %s", name, problem)


def asked(link: str, at: datetime) -> Charged:
    """A question to an operator, as its link charges for it."""
    return Charged(question_id(at), link, "", 1, at)


def speaker(links: Mapping[str, Link], name: str) -> SpeaksUssd:
    """The link of this name, if it can talk to its operator. Raises NotFound, Conflict."""
    link = links.get(name)
    if link is None:
        there = ", ".join(sorted(links)) or "none"
        raise NotFound(f"there is no link {name[:40]!r}; there are: {there}")
    if "ussd" not in link.abilities.optional or not isinstance(link, SpeaksUssd):
        raise Conflict(f"{name} cannot send USSD codes: only modems can", code="no_ussd")
    return link


def _keep(conn: Connection, batch: list[dict[str, Any]]) -> list[None]:
    conn.execute(insert(balance), batch)
    return [None] * len(batch)


def history(conn: Connection, link: str, limit: int) -> list[AnyRow]:
    """What was heard of a link's money, newest first, also times in vain."""
    c = balance.c
    return list(conn.execute(select(balance).where(c.link == link).order_by(c.id.desc()).limit(limit)))


def _newest(conn: Connection, link: str, good: bool) -> list[AnyRow]:
    """The newest row of a link, if there is one. good: the newest with an answer."""
    c = balance.c
    query = select(balance).where(c.link == link).order_by(c.id.desc()).limit(1)
    return list(conn.execute(query.where(c.trouble.is_(None)) if good else query))


def money(row: AnyRow) -> str:
    """The amount of a row for people, such as "12.34 EUR"; "" when it is not known."""
    if row.amount is None:
        return ""
    exact = Decimal(row.amount) / MILLION
    shown = f"{exact:.2f}" if exact == round(exact, 2) else f"{exact.normalize():f}"
    return f"{shown} {row.currency}" if row.currency else shown
