"""Campaigns in numbers: freezing a large audience, filling the queue, and what an urgent text waits meanwhile.

The customers are those of `people`: `--customers` of them for the audience, and `--messages` for the campaign beside
which urgent texts are sent, so `--messages 1000000` says whether anything grows with it. While the audience is frozen
and the queue is filled, a step that does nothing is put to the writer a hundred times a second: how long it waits is
how long anybody would. The urgent texts go through a whole gateway over a simulated network, a dozen a second, while a
campaign runs as fast as it can.
"""

from __future__ import annotations

import resource
import threading
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, select

from benchmarks import people
from benchmarks.measure import percentile, spell, table
from benchmarks.stage import Stores
from smsgw.campaigns import life, watching, writing
from smsgw.campaigns.desk import BATCHES, Campaigns
from smsgw.config import Config
from smsgw.gateway import Gateway
from smsgw.link import Health, LinkState
from smsgw.outbound.routing import Network, Served
from smsgw.outbound.submit import Asked, Door, Terms
from smsgw.store import schema
from smsgw.store.database import Database
from smsgw.store.tables import campaign, message

RULE = "allows school and city in (Ljubljana, Koper, Kranj, Celje, Ptuj, Zagreb)"
TEXT = "Zvezki so cenejsi. Odjava: STOP"
HEADINGS = (
    "of customers", "means", "freeze s", "per million s", "CPU s", "placed", "msgs/s", "CPU s/1000", "wait p99 ms",
    "worst ms", "MB",
)  # fmt: skip
URGENT = ("beside", "urgent texts", "campaign msgs/s", "p50 ms", "p99 ms", "worst ms", "look ms", "pause ms")
LEAST = 100_000  # people of the campaign beside which urgent texts are sent


def run(stores: Stores, many: int, messages: int, seconds: float) -> None:
    """Freeze the audience that RULE means of `many` customers, place `messages`, on every store; then urgent texts."""
    for kind in stores.kinds:
        database = people._empty(stores, kind)
        with closing(database):
            people._fill(database, kind, many)
            table(f"(j) a campaign, on {kind}", HEADINGS, [_campaign(database, many, messages)])
        table(f"(j) urgent texts beside a campaign, on {kind}", URGENT, [_urgent(stores, kind, messages, seconds)])


class _Waits:
    """Asks the writer for nothing, again and again, and notes how long that takes."""

    def __init__(self, database: Database) -> None:
        self.waits: list[float] = []
        self._database = database
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._ask, daemon=True)

    def __enter__(self) -> _Waits:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _ask(self) -> None:
        while not self._ended.wait(0.01):
            begun = time.monotonic()
            self._database.writer.do(_nothing, None)
            self.waits.append((time.monotonic() - begun) * 1000)


def _nothing(conn: Connection, batch: list[None]) -> list[None]:
    return batch


def _planned(database: Database, links: tuple[str, ...], audience: Any, now: datetime, **more: Any) -> str:
    """A campaign that begins at once; returns its id."""
    wish = writing.Wish("bench", audience, "bench", now, {"sl": TEXT}, links=links, region="SI", **more)
    id = writing.create(database, wish)
    with database.reading() as conn:
        changed = life.get(conn, id).changed_at
    life.estimated(database.writer, id, {}, changed, "bench", now)
    life.approve(database.writer, life.Approval(id, "bench", now))
    life.schedule(database.writer, life.When(id, "bench", now))
    return id


def _campaign(database: Database, many: int, messages: int) -> list[str]:
    now = people.NOW
    network = Network([Served("a", "fake")], now)
    network.heard("a", Health(LinkState.UP), now)
    door = Door(database.writer, network, Terms(region="SI", queue_bound=10_000_000), lambda: now)
    campaigns = Campaigns(database, door, dict, ahead=messages)
    id = _planned(database, ("a",), {"rule": RULE}, now, category="school")
    with _Waits(database) as seen:
        begun, cpu = time.monotonic(), time.process_time()
        while _row(database, id).frozen_at is None:
            campaigns.step(now)
        frozen, cost = time.monotonic() - begun, time.process_time() - cpu
        begun, cpu = time.monotonic(), time.process_time()
        while campaigns.step(now, BATCHES):
            pass
        placing, spent = time.monotonic() - begun, time.process_time() - cpu
    with database.reading() as conn:
        means = life.progress(conn, id)["wait"]
    placed = _row(database, id).placed
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [
        str(many), str(means), spell(frozen), spell(frozen / means * 1e6), spell(cost / means * 1e6), str(placed),
        f"{placed / placing:,.0f}", spell(spent / placed * 1000),
        spell(percentile(seen.waits, 0.99)), spell(max(seen.waits)), f"{peak:.0f}",
    ]  # fmt: skip


def _row(database: Database, id: str) -> Any:
    with database.reading() as conn:
        return conn.execute(select(campaign).where(campaign.c.id == id)).one()


def _urgent(stores: Stores, kind: str, messages: int, seconds: float) -> list[str]:
    """Urgent texts through a whole gateway while a campaign runs that is frozen to its last person.

    Then what a look at how it fares takes, in the CPU, and how long whoever pauses it waits.
    """
    url, seconds, many = stores.url(kind), max(3.0, seconds), max(LEAST, messages)
    phones = {"name": "net", "kind": "fake", "handsets": [], "delay": 0.0, "receipt_delay": 0.0}
    config = Config.model_validate({"store": {"url": url}, "sending": {"region": "SI"}, "links": [phones]})
    gateway = Gateway(config, lambda: datetime.now(UTC))
    schema.upgrade(gateway.database)
    people._fill(gateway.database, kind, many)
    gateway.start_links()
    id = _planned(gateway.database, ("net",), {"rule": "everybody"}, gateway.clock(), purpose="service")
    while _row(gateway.database, id).placed == 0:
        gateway.campaigns.step(gateway.clock())
    before, begun = _row(gateway.database, id).placed, time.monotonic()
    end = begun + seconds
    running = threading.Thread(target=_go_on, args=(gateway, lambda: time.monotonic() < end), daemon=True)
    running.start()
    ids = []
    while time.monotonic() < end:
        asked = Asked(f"+38651{len(ids):06d}", f"answer {len(ids)}", "bench", purpose="conversational")
        ids.append(gateway.door.submit(asked).row["id"])
        time.sleep(0.08)
    running.join()
    looking, pausing = _timed(lambda: _look(gateway, id)), time.monotonic()
    life.pause(gateway.database.writer, id, "bench", "enough", gateway.clock())
    pausing = time.monotonic() - pausing
    rate = (_row(gateway.database, id).placed - before) / (time.monotonic() - begun)
    time.sleep(1)
    with gateway.database.reading() as conn:
        m = message.c
        rows = conn.execute(select(m.created_at, m.sent_at).where(m.id.in_(ids))).all()
    took = [(row.sent_at - row.created_at).total_seconds() * 1000 if row.sent_at else float("inf") for row in rows]
    gateway.stop_links(time.monotonic() + 5)
    gateway.close()
    waits = [spell(percentile(took, at)) for at in (0.5, 0.99, 1.0)]
    return [str(many), str(len(took)), f"{rate:,.0f}", *waits, spell(looking * 1000), spell(pausing * 1000)]


def _look(gateway: Gateway, id: str) -> None:
    row = _row(gateway.database, id)
    with gateway.database.reading() as conn:
        watching.look(conn, row)


def _timed(work: Callable[[], object]) -> float:
    """Seconds of this thread's CPU."""
    begun = time.thread_time()
    work()
    return time.thread_time() - begun


def _go_on(gateway: Gateway, still: Any) -> None:
    while still():
        if not gateway.campaigns.step(gateway.clock(), BATCHES):
            time.sleep(0.05)
