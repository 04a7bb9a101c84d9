"""Numbers and mail addresses that nothing goes to, whoever asks: kept as keyed digests, so also of people we forgot.

The key stays in the store: whoever has the store could try all numbers, but a list that leaves it alone tells nobody.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from ...store.prepared import Prepared, among
from ...store.tables import own_key, suppression
from ...store.tables.types import AnyRow
from ...text.number import mask
from .changes import changed

KEY = "suppression"
_FOUND = Prepared(
    select(suppression.c.digest, suppression.c.reach, suppression.c.why).where(among(suppression.c.digest, "digests"))
)


@dataclass(frozen=True, slots=True)
class Suppressed:
    """Why nothing goes to an address. reach: "everything" or "marketing"."""

    reach: str
    why: str


def key(conn: Connection, name: str = KEY) -> bytes | None:
    """A key that the gateway made for itself; None if it made none yet."""
    found = conn.execute(select(own_key.c.key).where(own_key.c.name == name)).scalar()
    return None if found is None else bytes(found)


def make_key(conn: Connection, name: str = KEY) -> bytes:
    """The same, made if there is none; inside a writer's step."""
    found = key(conn, name)
    if found is None:
        found = secrets.token_bytes(32)
        conn.execute(insert(own_key).values(name=name, key=found))
    return found


def digest(secret: bytes, address: str) -> str:
    """What stands for an address in the list."""
    return hmac.new(secret, address.strip().casefold().encode(), hashlib.sha256).hexdigest()


def suppress(
    conn: Connection,
    addresses: Sequence[str],
    why: str,
    by: str,
    now: datetime,
    *,
    reach: str = "everything",
    hinted: bool = True,
) -> int:
    """Put addresses on the list; returns how many were not there with this reach or a farther one.

    hinted: whether a masked spelling is kept for people; not for those whose data is forgotten.
    """
    secret = make_key(conn)
    known = suppressed(conn, addresses, secret)
    new = 0
    for address in dict.fromkeys(addresses):
        there = known.get(address)
        if there is not None and there.reach in ("everything", reach):
            continue
        values: dict[str, Any] = {"reach": reach, "why": why, "by": by, "at": now}
        values["hint"] = mask(address)[:30] if hinted and address.startswith("+") else None
        row = {"digest": digest(secret, address), **values}
        if there is None:
            conn.execute(insert(suppression).values(row))
        else:
            conn.execute(update(suppression).where(suppression.c.digest == row["digest"]).values(values))
        new += 1
    if new:
        changed(conn, f"{new} suppressed: {why}", by, now)
    return new


def lift(conn: Connection, addresses: Sequence[str], by: str, now: datetime) -> int:
    """Take addresses off the list; returns how many were on it."""
    secret = key(conn)
    if secret is None:
        return 0
    gone = 0
    for address in addresses:
        gone += conn.execute(delete(suppression).where(suppression.c.digest == digest(secret, address))).rowcount
    if gone:
        changed(conn, f"{gone} no longer suppressed", by, now)
    return gone


def came_back(conn: Connection, address: str, by: str, now: datetime) -> None:
    """Somebody said yes by their own word: what kept marketing from them is over, also having been forgotten."""
    secret = key(conn)
    if secret is None:
        return
    s = suppression.c
    gone = delete(suppression).where(s.digest == digest(secret, address), s.reach == "marketing")
    if conn.execute(gone).rowcount:
        changed(conn, "1 no longer suppressed: they came back by their own word", by, now)


def suppressed(conn: Connection, addresses: Collection[str], secret: bytes | None = None) -> dict[str, Suppressed]:
    """Those of `addresses` that are on the list. secret: the key, if the caller has it already."""
    secret = secret or key(conn)
    if secret is None or not addresses:
        return {}
    by_digest = {digest(secret, address): address for address in addresses}
    rows = _FOUND.run(conn, {"digests": list(by_digest)})
    return {by_digest[found]: Suppressed(reach, why) for found, reach, why in rows}


def listing(conn: Connection, limit: int, digest: str | None = None) -> list[AnyRow]:
    """The newest entries, newest first; digest: only that of an address."""
    query = select(suppression).order_by(suppression.c.at.desc()).limit(limit)
    return list(conn.execute(query if digest is None else query.where(suppression.c.digest == digest)))
