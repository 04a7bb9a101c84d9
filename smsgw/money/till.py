"""All that this process knows of money, together: rates, plans, exchange, budgets, the brake, and who books by them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from ..config import MoneyConfig
from ..store.database import Database
from . import alerts, bundles, closing
from .booking import Books
from .brake import Brake, Limits
from .budget import Budgets, follow
from .exchange import Exchange
from .facts import span
from .plans import Plans, forget_people
from .proof import Proof, prove, tell
from .rates import Rates

LEARN = timedelta(minutes=30)  # how often it is looked up what is usual


class Till:
    """See the module's docstring. currency: in which reports are added up. zone: in which days begin."""

    def __init__(self, config: MoneyConfig, zones: Mapping[str, ZoneInfo]) -> None:
        """zones: of the links."""
        self.zone = ZoneInfo(config.zone)
        self.currency = config.currency
        self.zones = dict(zones)
        self.rates = Rates()
        self.plans = Plans(self.zones)  # a reload of the configuration may change them
        self.exchange = Exchange()
        self.budgets = Budgets(self.zone, self.exchange)
        self.brake = Brake(Limits(config.brake_times, config.brake_least, config.brake_places))
        self.books = Books(self.rates, self.plans, self.budgets)
        hour, minute = config.nightly_at.split(":")
        self._nightly = timedelta(hours=int(hour), minutes=int(minute))
        self._learnt: datetime | None = None

    def read(self, conn: Connection, now: datetime) -> bool:
        """Read what somebody may have changed; returns whether the rates are others than before."""
        changed = self.rates.read(conn)
        self.exchange.read(conn)
        self.budgets.read(conn)
        self.plans.read(conn, now)
        if self._learnt is None or now - self._learnt >= LEARN:
            self.brake.learn(conn, now)
            self._learnt = now
        return changed

    def watch(self, database: Database, now: datetime, *, for_all: bool = True) -> None:
        """Tell the owner what must be told, and give back what budgets keep for what has ended.

        for_all: what concerns the store; else only what this process counted itself.
        """
        with database.reading() as conn:
            alarms = self.brake.read(conn, now)
            alarms += bundles.alarms(conn, self.plans, now) if for_all else []
        if alarms:
            database.writer.do(_tell, (alarms, now))
            self.brake.told(alarms)
        if self.budgets.some and for_all:
            database.writer.do(follow, now)

    def close_due(self, database: Database, now: datetime) -> Proof | None:
        """Close and prove the oldest day that is over, if one is not closed; returns the proof."""
        with database.reading() as conn:
            day = closing.due(conn, self.zone, now, self._nightly)
        if day is None:
            return None
        closing.close(database, day, self.zone, now)
        since, until = span(day, day, self.zone)
        with database.reading() as conn:
            proof = prove(conn, self.plans, since, until)
        database.writer.do(tell, (proof, now))
        database.writer.do(_tidy, (now.astimezone(self.zone).date(), now))
        return proof


def _tidy(conn: Connection, batch: list[tuple[date, datetime]]) -> list[None]:
    """What is past needs nobody's eye, and names of people are kept no longer than they are counted."""
    for today, now in batch:
        alerts.end_past(conn, today, now)
        forget_people(conn, today - timedelta(days=31))
    return [None] * len(batch)


def _tell(conn: Connection, batch: list[tuple[list[alerts.Alarm], datetime]]) -> list[None]:
    for alarms, now in batch:
        alerts.tell(conn, alarms, now)
    return [None] * len(batch)
