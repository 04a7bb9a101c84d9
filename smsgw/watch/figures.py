"""How the gateway is, in figures: queues, links, disk. Each is one cheap question to the store, or is in memory.

The surprise: what waits is counted by the two indices that hold nothing but what is open (`ix_message_queue`,
`ix_message_open`), so a million old messages cost nothing, and a million waiting ones a tenth of a second.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, func, select, text

from ..errors import SmsgwError
from ..gateway import Gateway
from ..link import LinkState
from ..money.plans import allowance, used
from ..store import nodes
from ..store.backup import sqlite_path
from ..store.ids import first_id
from ..store.tables import campaign, delivery, inquiry, mail, message, target

WELL = (LinkState.UP, LinkState.DEGRADED)
UNSETTLED = ("accepted", "held", "sent")  # open states that are counted for all links together
IN_THE_AIR = ("sending", "unsure")  # and those of which there are few


@dataclass(frozen=True)
class Waiting:
    """Open messages of one link ("" for all) in one state, and since when the oldest of them is due."""

    link: str
    state: str
    count: int
    oldest_due: datetime | None = None


@dataclass(frozen=True)
class LinkNow:
    """How one link is. dbm: its signal, None where nobody tells; in_use: parts in its window."""

    name: str
    kind: str
    state: LinkState
    why: str
    since: datetime
    dbm: int | None
    in_use: int
    window: int
    pace: float | None


def waiting(conn: Connection) -> list[Waiting]:
    """What is open, by link and state."""
    c = message.c
    queued = select(c.link, func.count(), func.min(c.due_at)).where(c.state == "queued").group_by(c.link)
    found = [Waiting(link, "queued", count, due) for link, count, due in conn.execute(queued)]
    for state in UNSETTLED:
        open_ones = select(func.count(), func.min(c.due_at)).where(c.final_at.is_(None), c.state == state)
        count, due = conn.execute(open_ones).one()
        found.append(Waiting("", state, count, due if state == "accepted" else None))
    air = (
        select(c.link, c.state, func.count())
        .where(c.final_at.is_(None), c.state.in_(IN_THE_AIR))
        .group_by(c.link, c.state)
    )
    return found + [Waiting(link or "", state, count) for link, state, count in conn.execute(air)]


def links_now(gateway: Gateway) -> list[LinkNow]:
    """How every link of this process is, by name; from memory."""
    found = []
    for name, served in sorted(gateway.network.links.copy().items()):
        health, since = gateway.network.health(name)
        driver, sender = gateway.links.get(name), gateway.senders.get(name)
        found.append(
            LinkNow(
                name,
                served.kind,
                health.state,
                health.why,
                since,
                _dbm(health.facts),
                sender.in_flight if sender is not None else 0,
                driver.window if driver is not None else 0,
                gateway.paces().get(name),
            )
        )
    return found


def _dbm(facts: dict[str, str]) -> int | None:
    """The number in "signal", such as "-71 dBm (21 of 31)"."""
    found = re.search(r"(-?[0-9]+) dBm", facts.get("signal", "").replace("\N{MINUS SIGN}", "-"))
    return int(found[1]) if found else None


class Late(NamedTuple):
    """How many questions of customers should have had their answer, and since when the first."""

    questions: int
    oldest: datetime | None


def unanswered(conn: Connection, now: datetime) -> Late:
    """What should have been answered by `now`."""
    c = inquiry.c
    row = conn.execute(select(func.count(), func.min(c.due_at)).where(c.state == "open", c.due_at < now)).one()
    return Late(row[0], row[1])


def bundles(conn: Connection, gateway: Gateway, now: datetime) -> list[tuple[str, int]]:
    """What the bundle in force of each link has left, in parts."""
    found = []
    for of in gateway.till.plans.with_bundles(now):
        found.append((of.link, max(0, allowance(conn, of, now) - used(conn, of, now))))
    return found


def progress(conn: Connection) -> list[tuple[str, float]]:
    """How much of its audience each running campaign has behind it, from 0 to 1, by its id."""
    found = []
    for row in conn.execute(select(campaign.c.id, campaign.c.placed).where(campaign.c.state == "running")):
        t = target.c
        whole = conn.scalar(select(func.count()).where(t.campaign_id == row.id, t.left_out.is_(None))) or 0
        found.append((row.id, min(1.0, row.placed / whole) if whole else 0.0))
    return found


def webhooks_pending(conn: Connection) -> list[tuple[str, int]]:
    """How many events each webhook is still to be told of, by its id."""
    c = delivery.c
    query = select(c.webhook_id, func.count()).where(c.state == "pending").group_by(c.webhook_id)
    return [(row[0], row[1]) for row in conn.execute(query)]


def lost_mails(conn: Connection, since: datetime, now: datetime) -> tuple[int, str]:
    """How many letters of ours were given up or came back since then, and why the last was."""
    c = mail.c
    tried = now - timedelta(days=14)  # a letter is tried for days; ids begin with when they were made
    query = select(c.why).where(c.id > first_id("mail", tried), c.state == "dead", c.ended_at > since)
    dead = list(conn.scalars(query.order_by(c.ended_at.desc())))
    return len(dead), str(dead[0]) if dead else ""


def store_octets(conn: Connection, url: str) -> int:
    """How large the store is on its disk."""
    path = sqlite_path(url)
    if path is None:
        return int(conn.scalar(text("SELECT pg_database_size(current_database())")) or 0)
    files = (path, Path(f"{path}-wal"))
    return sum(file.stat().st_size for file in files if file.exists())


class NodeNow(NamedTuple):
    """A node that shares the store: whether it lives, and what it has, each since when."""

    name: str
    version: str
    alive: bool
    until: datetime
    has: dict[str, datetime]


def nodes_now(conn: Connection) -> list[NodeNow]:
    """Every node that was heard of lately, by name; none where the store is a file of this process alone."""
    if conn.dialect.name != "postgresql":
        return []
    found = nodes.others(conn)
    return [
        NodeNow(
            row.name, row.version, alive, row.until,
            {one.name: one.since for one, held in found.leases if held and one.node == row.name},
        )
        for row, alive in found.nodes
    ]  # fmt: skip


def free_octets(folder: Path) -> int:
    """How much may still be written into this folder's file system, by us."""
    return shutil.disk_usage(folder).free


def in_a_line(gateway: Gateway) -> str:
    """How it is, as `systemctl status` shows it: "2 of 3 links up, 14 queued, 3 unsure". Never raises."""
    links = links_now(gateway)
    up = sum(one.state in WELL for one in links)
    words = [f"{up} of {len(links)} links up"]
    try:
        with gateway.database.reading() as conn:
            found = waiting(conn)
    except SmsgwError as problem:
        return f"{words[0]}; the store: {problem}"
    for state in ("queued", "unsure"):
        count = sum(one.count for one in found if one.state == state)
        if count or state == "queued":
            words.append(f"{count} {state}")
    return ", ".join(words)
