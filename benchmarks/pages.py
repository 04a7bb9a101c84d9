"""What the pages cost over a full store: every page that links lead to, in the time of the processor.

The store has old messages as `stock` writes them, customers as `people` does, half of the messages to them and with
a price, and a hundred campaigns. The pages are asked for without a network, packed as a browser gets them; what they
run into is asked of SQLite's own planner by hand. At last a page is asked for beside open tabs (tabs.py).
"""

from __future__ import annotations

import re
import time
from contextlib import closing
from datetime import timedelta
from typing import Any

from benchmarks import people, stock, tabs
from benchmarks.bare import raw
from benchmarks.measure import percentile, table
from benchmarks.stage import Stores
from smsgw.access import accounts
from smsgw.campaigns import writing
from smsgw.config import Config
from smsgw.gateway import Gateway
from smsgw.store.database import Database
from webadmin import create_app

CAMPAIGNS = 100
ROUNDS = 8
HEADINGS = ("page", "ms p50", "ms p95", "kB", "kB sent")
NO_PAGES = {"pages.static", "pages.enter", "pages.event_stream", "pages.start"}
SOUGHT = (  # what people look for
    "/messages?state=failed", "/messages?state=sent", "/messages?to=%2B38640000500", "/customers?q=person99",
    "/customers?q=040000500", "/customers?rule=allows+school", "/find?q=person99", "/find?q=040000500",
)  # fmt: skip
LOOK = {"Accept": "text/html"}
PACKED = LOOK | {"Accept-Encoding": "gzip"}
_THEIRS = """UPDATE message SET recipient = '+386' || (40000001 + (rowid * 7919) % {customers}), price = 50000,
    currency = 'EUR', created_at = datetime('now', '-' || (rowid % 90) || ' days') || '.000000' WHERE rowid % 2 = 0"""


def run(stores: Stores, messages: int, customers: int) -> None:
    """Time every page over so many messages and customers, on SQLite."""
    kind = "sqlite"
    url = stock._empty(stores, kind)
    stock._fill(url, kind, 1, messages)
    with closing(Database(url)) as database:
        people._fill(database, kind, customers)
    with closing(raw(url)) as conn:
        conn.execute(_THEIRS.format(customers=customers))
        conn.execute("ANALYZE")
        conn.commit()
    gateway = Gateway(Config.model_validate({"store": {"url": url}, "sending": {"region": "SI"}}))
    for n in range(CAMPAIGNS):
        audience = {"rule": people.RULES[n % len(people.RULES)]}
        wish = writing.Wish(
            f"Campaign {n}", audience, "bench", gateway.clock(), {"sl": "Zvezki. STOP"}, category="school", region="SI"
        )
        writing.create(gateway.database, wish)
    client = _logged_in(gateway)
    rows = sorted((_timed(client, path) for path in [*_reached(client), *SOUGHT]), key=lambda row: -float(row[2]))
    table(f"(q) pages over {messages:,} messages, {customers:,} customers, {CAMPAIGNS} campaigns", HEADINGS, rows)
    gateway.close()
    tabs.run(url)


def _logged_in(gateway: Gateway) -> Any:
    now, writer = gateway.clock(), gateway.database.writer
    owner = accounts.add(writer, "bench", "owner", None, now)
    client = create_app(gateway).test_client()
    client.get(f"/enter/{accounts.open_session(writer, owner, now, timedelta(hours=1), kind='once')}")
    return client


def _reached(client: Any) -> list[str]:
    """Each view once: those without a name in their address, and of the others the first that a page leads to."""
    adapter = client.application.url_map.bind("localhost")
    rules = [rule for rule in client.application.url_map.iter_rules() if rule.endpoint.startswith("pages.")]
    wanted = [rule for rule in rules if "GET" in rule.methods and not rule.arguments and rule.endpoint not in NO_PAGES]
    paths, found = {rule.endpoint: rule.rule for rule in wanted}, []
    waiting = list(paths.values())
    while waiting:
        answer = client.get(waiting[0], headers=LOOK)
        path = waiting.pop(0)
        if answer.status_code != 200 or not answer.mimetype.endswith("html"):
            continue
        found.append(path)
        for link in re.findall(r'href="(/[^"#?]*)', answer.text):
            endpoint, names = adapter.match(link)
            if names and endpoint not in paths and endpoint not in NO_PAGES:
                paths[endpoint] = link
                waiting.append(link)
    return found


def _timed(client: Any, path: str) -> list[str]:
    took = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        sent = client.get(path, headers=PACKED).data
        took.append((time.process_time() - begun) * 1000)
    size = len(client.get(path, headers=LOOK).data) / 1024
    spelled = [f"{percentile(took, share) or 0:.1f}" for share in (0.5, 0.95)]
    return [path[:60], *spelled, f"{size:.1f}", f"{len(sent) / 1024:.1f}"]
