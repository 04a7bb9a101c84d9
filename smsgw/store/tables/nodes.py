"""Nodes that share a store, the leases by which they divide the work, and what the tables ask of a program.

A store in a SQLite file has one node, and these tables are empty there.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, Integer, String, Table, Text

from .types import Json, Moment, metadata

# One row for each daemon that ever shared this store. Its times are the database's: nodes' clocks may differ.
node = Table(
    "node",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("version", String(32), nullable=False),
    Column("revision", String(32), nullable=False),  # the newest of the tables that it knows
    Column("roles", Json, nullable=False),  # "web", "links", "clock"
    Column("links", Json, nullable=False),  # by name: what it may hold, as others' routing must know it
    Column("started_at", Moment, nullable=False),
    Column("until", Moment, nullable=False),  # it lives; past: it stopped, or nothing was heard of it since
)

# Who has what: "link:carrier", "clock". fence: one more with each taking, and compared in every write of a holder.
lease = Table(
    "lease",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("fence", BigInteger, nullable=False),
    Column("node", String(64)),  # None: nobody
    Column("since", Moment, nullable=False),  # when it was taken or given back
    Column("until", Moment, nullable=False),
    Column("halted", Text),  # of a link: who stopped it, for all nodes
)

# The oldest revision whose program may work with these tables: what keeps a rolling upgrade going, or forbids it.
schema_rule = Table(
    "schema_rule",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("revision", String(32), nullable=False),  # of which this is said: who changes the tables says it anew
    Column("oldest", String(32), nullable=False),
    CheckConstraint("oldest <> ''", name="told"),
)
