"""A shop in virtual time: its gateway, the clock that is turned, what it sends and what its customers write.

Everything is the program's own but the time: `Gateway` over a simulated network, and every job of the timetable when
it would be due. A step ends when nothing moves any more.
"""

from __future__ import annotations

import json
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from benchmarks.stage import ROOT
from schedules.timetable import TIMETABLE
from smsgw.campaigns import life, writing
from smsgw.config import Config
from smsgw.customers.consent import consent
from smsgw.customers.consent.categories import Category, every, keep
from smsgw.errors import RefusedByPolicy
from smsgw.gateway import Gateway
from smsgw.inbound.catalogue import file as catalogue_file
from smsgw.inbound.catalogue import importing
from smsgw.money import pricelist
from smsgw.outbound.submit import Asked
from smsgw.store import schema
from smsgw.store.tables import message
from tests.flows.running import until

ZONE = ZoneInfo("Europe/Ljubljana")
PHONES = [f"+386410{number:05d}" for number in range(40)]  # of customers who write back
OTHERS = [f"+386510{number:05d}" for number in range(160)]
KNOBS = {"delay": 0.0, "receipt_delay": 0.0, "duplicate": 0.05, "shuffle": 0.1, "temporary": 0.01}
PATIENCE = 120.0


class Time:
    """A clock that is turned."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Seen:
    """What people outside know: texts that were asked for by day, what phones typed, who said stop and when."""

    asked: dict[str, datetime] = field(default_factory=dict)
    typed: Counter[str] = field(default_factory=Counter)
    stopped: dict[str, datetime] = field(default_factory=dict)
    refused: int = 0
    campaigns: list[str] = field(default_factory=list)


class Shop:
    """A shop with its gateway, in a folder. start: the beginning of its first day."""

    def __init__(self, folder: Path, url: str, start: datetime, seed: int) -> None:
        self.time, self.chance, self.seen = Time(start), Random(f"soak {seed}"), Seen()
        self.tape = folder / "tape.jsonl"
        net = {"name": "net", "kind": "fake", "handsets": PHONES, "tape": str(self.tape), "seed": seed, **KNOBS}
        self.config = Config.model_validate({
            "store": {"url": url, "state_dir": str(folder), "backup_every": 24, "backup_keep": 3},
            "sending": {"region": "SI", "retry_first": 1, "retry_most": 60}, "business": {"zone": str(ZONE)},
            "retention": {"bodies_months": 1, "metadata_months": 1, "traces_days": 7}, "links": [net],
        })  # fmt: skip
        self.gateway = Gateway(self.config, self.time, Random(seed).random)
        schema.upgrade(self.gateway.database)
        self.network: Any = self.gateway.links["net"]
        self.network._clock = self.time  # the network lives in the same time
        self._due: dict[Any, datetime] = {}
        self._furnish()
        self.gateway.start_links()

    def _furnish(self) -> None:
        """A price list, a catalogue, and customers who agreed to offers."""
        now, writer = self.time(), self.gateway.database.writer
        price = {"link": "net", "prefix": "*", "amount": "0.02", "currency": "EUR", "valid_from": "2020-01-01",
                 "charged": "submit", "kind": "sms"}  # fmt: skip
        pricelist.store(writer, [pricelist.read_line(price, {"net": ZONE}, now)], now)
        listed = catalogue_file.read((ROOT / "smsgw/cli/demo.csv").read_text(), "EUR")
        importing.apply(writer, importing.Wish(listed, None, "soak", now, False, False))

        def agree(conn: Any, batch: list[None]) -> list[None]:
            if "news" not in every(conn):
                keep(conn, Category("news", {"en": "news"}), "soak", now)
            said = [consent.Statement(to, True, "yes", now, "form", "soak", scope="news") for to in PHONES + OTHERS]
            consent.record(conn, said)
            return batch

        writer.do(agree, None)

    def run(self, moment: datetime) -> None:
        """Turn the clock to a moment, run what is due, and let everything come to rest."""
        self.time.now = moment
        for job, seconds in TIMETABLE:
            if self._due.get(job, moment) <= moment:
                job(self.gateway, moment)
                self._due[job] = moment + timedelta(seconds=seconds)
        self.rest()

    def rest(self) -> None:
        """Until texts are read, and what may go now is with the network and told of."""
        until(self._rests, PATIENCE, "it does not come to rest", every=0.005)

    def _rests(self) -> bool:
        while self.gateway.reading.round():
            pass
        m, now = message.c, self.time()
        moving = m.state.in_(["accepted", "sending", "sent", "unsure"]) | ((m.state == "queued") & (m.due_at <= now))
        with self.gateway.database.reading() as conn:
            if conn.scalar(select(func.count()).select_from(message).where(moving)):
                for sender in self.gateway.senders.values():
                    sender.wake()  # it looks by a clock that does not run here
                return False
        return not self.network._network.owed  # what waits for the rest of a text is read later

    def asks(self) -> None:
        """Some texts that people asked for: a parcel, a visit."""
        for _ in range(self.chance.randint(1, 6)):
            to, number = self.chance.choice(PHONES + OTHERS), len(self.seen.asked)
            text = f"No. {number}: your order is ready, we are open until eight"
            asked = Asked(to, text, "soak", client_ref=f"r{number}.{self.seen.refused}")
            try:
                self.seen.asked[str(self.gateway.door.submit(asked).row["id"])] = self.time()
            except RefusedByPolicy:  # who said STOP gets none
                self.seen.refused += 1

    def writes(self) -> None:
        """Somebody writes: an order, a yes to what was summed up, a question, a stop."""
        phone = self.chance.choice(PHONES)
        text = self.chance.choice(
            ["2 notebooks A4 and a blue pen please"] * 4 + ["Yes please"] * 3 + ["When are you open?", "STOP", "START"]
        )
        if text == "STOP":
            self.seen.stopped.setdefault(phone, self.time())
        elif text == "START":
            self.seen.stopped.pop(phone, None)
        self.network.type_text(phone, text)
        self.seen.typed[f"{self.time():%Y-%m-%d}"] += 1

    def campaign(self, purpose: str) -> None:
        """A campaign to everybody begins."""
        now, database = self.time(), self.gateway.database
        number = len(self.seen.campaigns)
        text = f"Offer {number}: notebooks are cheaper. STOP ends it"
        wish = writing.Wish(
            f"offer {number}", {"numbers": PHONES + OTHERS}, "soak", now, {"en": text}, purpose=purpose,
            category="news" if purpose == "marketing" else None, links=("net",), region="SI",
        )  # fmt: skip
        id = writing.create(database, wish)
        with database.reading() as conn:
            changed = life.get(conn, id).changed_at
        life.estimated(database.writer, id, {}, changed, "soak", now)
        life.approve(database.writer, life.Approval(id, "soak", now))
        life.schedule(database.writer, life.When(id, "soak", now))
        self.seen.campaigns.append(id)

    def close(self) -> None:
        """Stop."""
        self.gateway.stop_links(time.monotonic() + 5)
        self.gateway.close()


def moments(day: datetime) -> Iterator[tuple[datetime, bool]]:
    """The moments of a day at which the clock is turned, and whether the shop is open then. day: local midnight."""
    begin, end = day.astimezone(UTC), (day + timedelta(days=1)).astimezone(UTC)  # 23 hours long when clocks change
    moment = begin
    while moment < end:
        local = moment.astimezone(ZONE)
        is_open = local.weekday() < 6 and 8 <= local.hour < 20
        yield moment, is_open
        moment += timedelta(minutes=20 if is_open else 60)


class Tape:
    """What the network took, read on as it grows: by message and position, how often, whom it was for and when."""

    def __init__(self, path: Path) -> None:
        self._path, self._upto = path, 0
        self.parts: dict[tuple[str, int], int] = defaultdict(int)
        self.offers: list[tuple[str, datetime]] = []  # whom a marketing text went to, and when

    def read(self) -> None:
        """Read what is new."""
        with self._path.open("rb") as file:
            file.seek(self._upto)
            *whole, _ = file.read().split(b"\n")
        self._upto += sum(len(line) + 1 for line in whole)
        for line in map(json.loads, whole):
            if line["is"] == "part":
                self.parts[line["message_id"], line["position"]] += 1
                if bytes.fromhex(line["user_data"]).startswith(b"Offer "):
                    self.offers.append((line["to"], datetime.fromisoformat(line["at"])))
