"""Rows about nodes and what they hold: live, take, renew, give back. For PostgreSQL, whose clock decides.

A lease is taken when nobody has it, when its time is over, or by a node of the same name whose former run ended: that
no such run is left the lock of its name says (`leases.Lease`). Each taking adds one to the fencing number.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic_core import to_json
from sqlalchemy import Connection, select, text

from .fences import Guard
from .pragmas import SESSION
from .tables import lease, node
from .tables.types import AnyRow

FORGOTTEN = 7  # days after which a node of which nothing is heard is forgotten
_NOW = "(clock_timestamp() AT TIME ZONE 'UTC')"
_NAMES = "CAST(:names AS text[])"
_MINE = "unnest(CAST(:names AS text[]), CAST(:fences AS bigint[])) AS mine(name, fence)"
_LASTS = f"({_NOW} + make_interval(secs => :lasts))"
_LIVE = text(
    f"""INSERT INTO node (name, version, revision, roles, links, started_at, until)
    VALUES (:name, :version, :revision, CAST(:roles AS json), CAST(:links AS json), {_NOW}, {_LASTS})
    ON CONFLICT (name) DO UPDATE SET version = excluded.version,
    revision = excluded.revision, roles = excluded.roles, links = excluded.links,
    started_at = CASE WHEN :born THEN excluded.started_at ELSE node.started_at END, until = excluded.until"""
)
_GONE = text(f"UPDATE node SET until = {_NOW} WHERE name = :name")
_MAKE = text(
    f"""INSERT INTO lease (name, fence, since, until) SELECT each, 0, {_NOW}, {_NOW} FROM unnest({_NAMES}) AS each
    ON CONFLICT (name) DO NOTHING"""
)
# SKIP LOCKED: a holder that was frozen inside a transaction has the row locked until the server ends its session.
_FREE = text(
    f"""SELECT name FROM lease WHERE name = ANY({_NAMES}) AND halted IS NULL
    AND (node = :node OR (node IS NULL AND since <= {_NOW} - make_interval(secs => :patience))
    OR (node IS NOT NULL AND until <= {_NOW} - make_interval(secs => :patience)))
    ORDER BY name LIMIT :most FOR UPDATE SKIP LOCKED"""
)
_TAKE = text(
    f"""UPDATE lease SET fence = fence + 1, node = :node, since = {_NOW}, until = {_LASTS}
    WHERE name = ANY({_NAMES}) RETURNING name, fence"""
)
_RENEW = text(
    f"""UPDATE lease SET until = {_LASTS} FROM {_MINE}
    WHERE lease.name = mine.name AND lease.fence = mine.fence AND lease.node = :node RETURNING lease.name"""
)
_RELEASE = text(
    f"""UPDATE lease SET node = NULL, since = {_NOW}, until = {_NOW}
    FROM {_MINE}
    WHERE lease.name = mine.name AND lease.fence = mine.fence AND lease.node = :node"""
)
_HALT = text("UPDATE lease SET halted = :by WHERE name = :name RETURNING name")
_UNHALT_ALL = text(
    f"UPDATE lease SET halted = NULL WHERE NOT EXISTS (SELECT 1 FROM node WHERE until > {_NOW} AND name <> :name)"
)
# backend_xid: it has written, or locked rows. Client: it waits for its node, to hear more or to be heard. Whatever its
# state is: in the middle of a pipeline, such as psycopg's executemany, it is called active.
_END = text(
    """SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()
    AND usename = current_user AND application_name = :session AND pid <> pg_backend_pid()
    AND wait_event_type = 'Client' AND backend_xid IS NOT NULL
    AND state_change < clock_timestamp() - make_interval(secs => :after)"""
)
_ALIVE = text(f"SELECT {_NOW}")
_FORGET = text(f"DELETE FROM node WHERE until < {_NOW} - interval '{FORGOTTEN} days'")
LINK = "link:"  # how the names of links' leases begin


@dataclass(frozen=True, slots=True)
class Me:
    """A node as it tells of itself. revision: the newest of the tables that it knows. links: by name, what others must
    know of those that it may hold."""

    name: str
    version: str
    roles: Sequence[str]
    revision: str
    links: dict[str, Any]
    lasts: float


@dataclass(frozen=True, slots=True)
class Others:
    """Who there is, by the database's clock: `node` and `lease` rows, each with whether it is alive."""

    nodes: list[tuple[AnyRow, bool]]
    leases: list[tuple[AnyRow, bool]]

    def holder(self, name: str) -> str | None:
        """The node that has a lease now."""
        return next((row.node for row, alive in self.leases if row.name == name and alive), None)


def live(conn: Connection, me: Me, *, born: bool) -> None:
    """Tell that this node lives. born: it has just begun to."""
    values = {"roles": to_json(list(me.roles)).decode(), "links": to_json(me.links).decode(), "born": born}
    conn.execute(_LIVE, {"name": me.name, "version": me.version, "revision": me.revision, "lasts": me.lasts, **values})
    if born:
        conn.execute(_UNHALT_ALL, {"name": me.name})
        conn.execute(_FORGET)


def gone(conn: Connection, name: str) -> None:
    """Tell that this node has stopped."""
    conn.execute(_GONE, {"name": name})


def take(
    conn: Connection, me: Me, names: Sequence[str], *, patience: float = 0.0, most: int = 1000
) -> list[tuple[str, int]]:
    """Take what is free of these, at most so many; returns each name with its new fencing number.

    patience: seconds for which it must have been free, so that others who hold less are first.
    """
    if not names:
        return []
    conn.execute(_MAKE, {"names": sorted(names)})
    free = {"names": list(names), "node": me.name, "patience": patience, "most": most}
    found = list(conn.scalars(_FREE, free))
    if not found:
        return []
    taken = conn.execute(_TAKE, {"names": found, "node": me.name, "lasts": me.lasts})
    return [(row.name, row.fence) for row in taken]


def renew(conn: Connection, me: Me, guards: Iterable[Guard]) -> set[str]:
    """Keep what is still ours; returns the names of it. What is missing was taken by somebody else."""
    held = list(guards)
    if not held:
        return set()
    mine = {"names": [one.name for one in held], "fences": [one.fence for one in held]}
    return set(conn.scalars(_RENEW, {**mine, "node": me.name, "lasts": me.lasts}))


def release(conn: Connection, node: str, guards: Iterable[Guard]) -> None:
    """Give back, so that another node need not wait until the time is over."""
    held = list(guards)
    if held:
        mine = {"names": [one.name for one in held], "fences": [one.fence for one in held]}
        conn.execute(_RELEASE, {**mine, "node": node})


def end_frozen(conn: Connection, after: float) -> int:
    """End sessions of smsgw that have waited for their node within a transaction that writes, for so many seconds;
    returns how many. Such a one keeps what its node held from being taken. By itself PostgreSQL ends those that wait
    between two statements: `idle_in_transaction_session_timeout` does not count from the first message of a pipeline
    until its Sync (PostgreSQL's manual, 55.2.4), nor while an answer is not taken."""
    return len(conn.execute(_END, {"session": SESSION, "after": after}).all())


def halt(conn: Connection, batch: Sequence[tuple[str, str | None]]) -> list[bool]:
    """Writer step, for (link, by whom): nobody is to hold it; None: it may be held again."""
    return [bool(conn.execute(_HALT, {"name": LINK + link, "by": by}).first()) for link, by in batch]


def others(conn: Connection) -> Others:
    """Everybody, and everything that is or was held."""
    now = conn.scalar(_ALIVE)
    assert isinstance(now, datetime)
    at = now.replace(tzinfo=UTC)
    nodes = [(row, row.until > at) for row in conn.execute(select(node).order_by(node.c.name))]
    rows = conn.execute(select(lease).order_by(lease.c.name))
    return Others(nodes, [(row, row.node is not None and row.until > at) for row in rows])
