"""A town of customers over a desk's store, who agreed to offers or did not, and the verbs of campaigns with a clock."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select

from smsgw.campaigns import life, writing
from smsgw.campaigns.desk import Campaigns
from smsgw.customers import customers
from smsgw.customers.consent import categories as consent_categories
from smsgw.customers.consent import consent
from smsgw.customers.details import Reachable
from smsgw.store.ids import new_id
from smsgw.store.tables import campaign, message, target
from tests.smsgw.desk import Desk

NOON = datetime(2026, 11, 24, 11, tzinfo=UTC)  # a Tuesday, noon in Ljubljana
TEXT = "Zvezki so cenejši. Odjava: STOP"
PEOPLE: Mapping[str, Any] = {"name": "Ana Novak", "language": "sl"}


class Town:
    """Customers and campaigns."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.database = desk.database
        desk.now = NOON
        self.paces: dict[str, float | None] = {}
        self.campaigns = Campaigns(desk.database, desk.door, lambda: self.paces)
        self.count = 0
        self.do(lambda conn: consent_categories.keep(conn, consent_categories.Category("school", {"en": "School"}),
                                                     "test", NOON))  # fmt: skip

    def do(self, work: Any) -> Any:
        """Run something in a transaction of the writer."""
        return self.database.writer.do(lambda conn, batch: [work(conn)], None)

    def people(self, count: int, agreed: bool = True, prefix: str = "+38640", **told: Any) -> list[str]:
        """So many new customers with a number each; returns the numbers."""
        numbers = [f"{prefix}{100_000 + self.count + n}" for n in range(count)]
        self.count += count
        some = [
            (new_id("cus", self.desk.now), {**PEOPLE, **told, "addresses": [Reachable(number, "phone", "SI")]})
            for number in numbers
        ]
        self.do(lambda conn: customers.add(conn, some, self.desk.now, by="test"))
        if agreed:
            self.say(numbers, granted=True)
        return numbers

    def say(self, numbers: list[str], *, granted: bool, scope: str = "school") -> None:
        """These numbers said yes or no to a category."""
        words = "DA" if granted else "STOP"
        said = [
            consent.Statement(number, granted, words, self.desk.now, "sms", "test", scope=scope) for number in numbers
        ]
        self.do(lambda conn: consent.record(conn, said))

    def write(self, **more: Any) -> str:
        """A campaign to everybody; returns its id."""
        given: dict[str, Any] = {
            "name": "School", "audience": {"rule": {"everybody": True}}, "by": "ana", "now": self.desk.now,
            "category": "school", "links": ("a", "b"), "region": "SI",
        } | more  # fmt: skip
        if "template" not in given:
            given.setdefault("texts", {"sl": TEXT})
        return writing.create(self.database, writing.Wish(**given))

    def approved(self, **more: Any) -> str:
        """A campaign that was estimated and approved."""
        id = self.write(**more)
        self.campaigns.estimate(id, "ana", self.desk.now)
        life.approve(self.database.writer, life.Approval(id, "bojan", self.desk.now))
        return id

    def started(self, **more: Any) -> str:
        """A campaign whose time has come; the clock has not looked yet."""
        id = self.approved(**more)
        life.schedule(self.database.writer, life.When(id, "ana", self.desk.now))
        return id

    def run(self, most: int = 1000) -> int:
        """Let the clock look until there is nothing to do at once; returns how often it looked."""
        for number in range(most):
            if not self.campaigns.step(self.desk.now):
                return number + 1
        raise AssertionError("there was always more to do")

    def tick(self) -> None:
        """All jobs of the clock look once, and campaigns go on until nothing is to do at once."""
        self.campaigns.step(self.desk.now)
        self.campaigns.series(self.desk.now)
        self.campaigns.follow_ups(self.desk.now)
        self.run()

    def children(self, id: str) -> list[Any]:
        """The runs and follow-ups of a campaign."""
        with self.database.reading() as conn:
            return list(conn.execute(select(campaign).where(campaign.c.parent_id == id).order_by(campaign.c.run)))

    def deliver(self, link: str = "a") -> int:
        """Have a link take and deliver what waits for it; returns how many messages that were."""
        count = 0
        while wire := self.desk.claim(link, 500):
            for one in wire:
                self.desk.taken(one, f"r{one.message_id}{one.position}", link)
                self.desk.receipt(f"r{one.message_id}{one.position}", link=link)
            count += len({one.message_id for one in wire})
        return count

    def row(self, id: str) -> Any:
        """A campaign's row."""
        with self.database.reading() as conn:
            return conn.execute(select(campaign).where(campaign.c.id == id)).one()

    def messages(self, id: str) -> list[Any]:
        """The messages of a campaign."""
        with self.database.reading() as conn:
            return list(conn.execute(select(message).where(message.c.campaign_id == id).order_by(message.c.id)))

    def left_out(self, id: str) -> dict[str, int]:
        """How many were left out, by code."""
        t = target.c
        query = select(t.left_out, func.count()).where(t.campaign_id == id, t.left_out.is_not(None))
        with self.database.reading() as conn:
            return {row[0]: row[1] for row in conn.execute(query.group_by(t.left_out))}
