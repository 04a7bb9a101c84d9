"""What the doctor looks at among several nodes: who lives, and who has what, since when."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

from sqlalchemy import inspect

from smsgw.cli.finding import Finding, doubt, good
from smsgw.config import Config
from smsgw.errors import StoreError
from smsgw.store import nodes
from smsgw.store.database import Database
from smsgw.store.nodes import LINK, Others
from smsgw.store.tables import lease


def examine(config: Config) -> Iterator[Finding]:
    """Everything about nodes; nothing where the store is a SQLite file."""
    if not config.store.url.startswith("postgresql"):
        return
    try:
        with closing(Database(config.store.full_url)) as database, database.reading() as conn:
            if not inspect(conn).has_table(lease.name):
                return
            yield from told(nodes.others(conn), {link.name for link in config.links if link.enabled})
    except StoreError:
        return  # which was told already


def told(others: Others, links: set[str]) -> Iterator[Finding]:
    """In sentences. links: of this node's configuration."""
    for row, alive in others.nodes:
        mine = [f"{one.name} (since {one.since:%H:%M})" for one, held in others.leases if held and one.node == row.name]
        if alive:
            has = ", ".join(mine) or "nothing"
            yield good(
                "node", f"{row.name}, version {row.version}, runs since {row.started_at:%Y-%m-%d %H:%M}, has {has}"
            )
        else:
            says = f"{row.name} is not heard of since {row.until:%Y-%m-%d %H:%M} UTC"
            yield doubt("node", says, f"start it: systemctl start smsgw; it is forgotten {nodes.FORGOTTEN} days after")
    if not any(alive for _, alive in others.nodes):
        return
    if others.holder("clock") is None:
        yield doubt(
            "node", "no node has the clock: nothing is released or expired", "start one without --only web,links"
        )
    for row, held in others.leases:
        name = row.name.removeprefix(LINK)
        if row.halted and name in links:
            repair = f"POST /api/v1/links/{name}/start lets nodes have it again"
            yield doubt("node", f"link {name} was stopped by {row.halted}", repair)
        elif name in links and not held and row.name.startswith(LINK):
            yield doubt("node", f"link {name}: no node has it", "see the log of the nodes that it is configured on")
