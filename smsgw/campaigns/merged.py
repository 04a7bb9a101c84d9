"""One person gets one message, also who had a target for each of two numbers and became one customer meanwhile."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, bindparam, select

from ..store.history import chunks
from ..store.ids import first_id
from ..store.prepared import Prepared
from ..store.tables import address, customer_merge, target
from ..store.tables.types import AnyRow
from .facts import Person

_MERGES = Prepared(
    select(customer_merge.c.kept_id).where(
        customer_merge.c.id > bindparam("since"), customer_merge.c.undone_at.is_(None)
    )
)


def served(conn: Connection, row: AnyRow, some: Iterable[Person]) -> set[int]:
    """The targets among `some` whose person has a message of this campaign (its row) already, by another target."""
    owners = _owners(conn, row.started_at)
    if not owners:
        return set()
    had: set[str] = set()
    for addresses in chunks(list(owners)):
        t = target.c
        placed = select(t.address).where(t.address.in_(addresses), t.campaign_id == row.id, t.message_id.is_not(None))
        had |= {owners[number] for number in conn.scalars(placed)}
    found = set()
    for one in some:
        owner = owners.get(one.address)
        if owner in had:
            found.add(one.target_id)
        elif owner is not None:
            had.add(owner)
    return found


def _owners(conn: Connection, since: datetime) -> dict[str, str]:
    """The addresses of everybody who was merged since then, each with the customer that it belongs to now."""
    kept = [id for (id,) in _MERGES.run(conn, {"since": first_id("mrg", since)})]
    found: dict[str, str] = {}
    for ids in chunks(list(dict.fromkeys(kept))):
        owned = select(address.c.address, address.c.customer_id).where(address.c.customer_id.in_(ids))
        found.update((row.address, row.customer_id) for row in conn.execute(owned))
    return found
