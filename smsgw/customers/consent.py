"""Who agreed and who took it back: statements with their proof, append only; the newest one counts.

Today's statements are about every purpose ("*"): STOP and START. Categories come with the customers' own room.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, select

from ..store.prepared import Prepared, among
from ..store.tables import consent

EVERYTHING = "*"

# Built once: the gate asks it for every batch.
_NEWEST = (
    select(func.max(consent.c.id))
    .where(among(consent.c.address, "addresses"), consent.c.purpose == EVERYTHING)
    .group_by(consent.c.address)
)
_WITHDRAWN = Prepared(select(consent).where(consent.c.id.in_(_NEWEST), consent.c.statement == "withdrawn"))


@dataclass(frozen=True, slots=True)
class Statement:
    """What one address said, or somebody for it. words: as said. source: "sms", "clerk" or "api"."""

    address: str
    granted: bool
    words: str
    at: datetime
    source: str
    by: str
    inbound_id: str | None = None


def record(conn: Connection, statements: Sequence[Statement]) -> None:
    """Append statements to the ledger."""
    if statements:
        conn.execute(
            insert(consent),
            [
                {
                    "address": s.address,
                    "purpose": EVERYTHING,
                    "statement": "granted" if s.granted else "withdrawn",
                    "source": s.source,
                    "words": s.words[:200],
                    "inbound_id": s.inbound_id,
                    "by": s.by,
                    "at": s.at,
                }
                for s in statements
            ],
        )


def withdrawn(conn: Connection, addresses: Collection[str]) -> dict[str, Statement]:
    """Those of `addresses` whose newest statement is a withdrawal, each with that statement."""
    if not addresses:
        return {}
    rows = _WITHDRAWN.records(conn, {"addresses": list(addresses)})
    return {
        row["address"]: Statement(
            row["address"], False, row["words"], row["at"], row["source"], row["by"], row["inbound_id"]
        )
        for row in rows
    }
