"""A shop: a desk whose links cost money, with plans and budgets, as the daemon wires them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select

from smsgw.config import MoneyConfig
from smsgw.link import Health, LinkState, ReceiptState
from smsgw.money import budgeting, bundles, pricelist
from smsgw.money.plans import Plan, plan_of
from smsgw.money.till import Till
from smsgw.outbound.handover import Handover
from smsgw.outbound.receipts import Receipts
from smsgw.outbound.routing import Network
from smsgw.outbound.sequel import Sequel
from smsgw.outbound.spending import budget_check, plan_check
from smsgw.outbound.submit import Door
from smsgw.outbound.waiting import Waiting
from smsgw.store.database import Database
from smsgw.store.tables import alert, cost_entry, metadata, plan
from tests.smsgw.desk import RETRY, START, Desk

ZONE = ZoneInfo("Europe/Ljubljana")


def emptied(database: Database) -> Database:
    """The store without a row, for the next example of a property."""
    with database.exclusive() as conn:
        for table in reversed(metadata.sorted_tables):
            conn.execute(delete(table))
    return database


@dataclass
class Shop(Desk):
    """A desk with a till. Every link lies in Slovenia."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.zones = {link.name: ZONE for link in self.links}
        self.till = Till(MoneyConfig(zone=ZONE.key, brake_times=0, brake_places=False), self.zones)
        till = self.till
        self.network = Network(
            self.links, START, rates=till.rates, plans=till.plans, budgets=till.budgets, exchange=till.exchange
        )
        self.terms = replace(self.terms, budgets=till.budgets)
        self.terms.rules.more["budget"] = budget_check(till.budgets, till.brake)
        self.terms.rules.more["plan"] = plan_check(till.plans)
        self.door = Door(self.database.writer, self.network, self.terms, lambda: self.now, self.hands, 7)
        self.waiting = Waiting(self.network, self.terms.rules, self.door.next_reference, frozenset({"otp"}))
        retry = replace(RETRY, sequel=Sequel(self.waiting.moving))
        self.receipts = Receipts(retry, lambda: 0.0)
        self.handover = Handover(self.receipts, retry, lambda: 0.0, self.terms.rules)
        self.inbox.books = till.books
        for link in self.links:
            self.network.heard(link.name, Health(LinkState.UP), START)

    def read(self) -> None:
        """Read what somebody changed, as the daemon does every five seconds."""
        with self.database.reading() as conn:
            self.till.read(conn, self.now)

    def rate(self, link: str, prefix: str, amount: str, currency: str = "EUR", **more: str) -> None:
        """Say what a part costs; from the desk's first day on, unless `valid_from` says."""
        told = {"link": link, "prefix": prefix, "amount": amount, "currency": currency, "valid_from": "2026-01-01"}
        pricelist.store(self.database.writer, [pricelist.read_line(told | more, self.zones, self.now)], self.now)
        self.read()

    def plan(self, link: str = "a", **told: str) -> Plan:
        """Give a link a plan, from the year's beginning on."""
        terms = bundles.read_terms({"link": link, "valid_from": "2026-01-01"} | told, self.zones, "EUR", self.now)
        id = bundles.add(self.database.writer, terms, self.now)
        self.read()
        with self.database.reading() as conn:
            return plan_of(conn.execute(select(plan).where(plan.c.id == id)).one(), ZONE)

    def budget(self, ceiling: str, **told: str) -> int:
        """Set a budget."""
        terms = budgeting.read_terms({"name": "spring", "ceiling": ceiling} | told, "EUR", self.zones)
        id = budgeting.add(self.database.writer, terms, self.now)
        self.read()
        return id

    def sends(self, id: str, link: str = "a") -> None:
        """The link takes every part of what is due, this message among it."""
        self.take_all(link)
        assert self.state(id) == "sent", self.row(id).why

    def take_all(self, link: str = "a") -> int:
        """The link takes every part of what is due; returns how many."""
        wires = self.claim(link, 100)
        for wire in wires:
            self.taken(wire, f"{wire.message_id}-{wire.position}", link)
        return len(wires)

    def arrives_all(self, id: str, state: ReceiptState = ReceiptState.DELIVERED, link: str = "a") -> None:
        """The network tells of every part of a message."""
        for piece in self.parts(id):
            self.receipt(piece.reference, state, link)

    def entries(self, id: str | None = None) -> list[Any]:
        """What was booked, for one message or for all."""
        query = select(cost_entry).order_by(cost_entry.c.id)
        with self.database.reading() as conn:
            return list(conn.execute(query if id is None else query.where(cost_entry.c.message_id == id)))

    def invoice(self) -> Mapping[str, int]:
        """What was booked altogether, by currency."""
        sums: dict[str, int] = {}
        for entry in self.entries():
            sums[entry.currency] = sums.get(entry.currency, 0) + entry.amount
        return sums

    def told(self) -> list[tuple[str, str]]:
        """What the owner was told and still stands: kind and words."""
        with self.database.reading() as conn:
            rows = conn.execute(select(alert).where(alert.c.state != "over").order_by(alert.c.id))
            return [(row.kind, row.why) for row in rows]

    def at(self, written: str) -> datetime:
        """Turn the clock to a time in the operator's zone, such as 2026-03-31 23:59."""
        self.now = datetime.fromisoformat(written).replace(tzinfo=ZONE)
        return self.now
