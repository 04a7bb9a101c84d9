"""The hooks of clients that speak a dialect: where their reports and texts go, as their own requests say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from ..errors import BadInput, Fault, NotFound
from ..store import followers, history
from ..store.database import Writer
from ..store.history import Birth, Step
from ..store.ids import new_id
from ..store.lifecycle import WEBHOOK
from ..store.tables import signing, webhook
from ..store.tables.types import AnyRow
from .addresses import Allowed, check_url, read_url
from .dialects import CALLBACK
from .dialects.event import callable_url, origin
from .hooks import from_now_on
from .settle import FOLLOWER

REPORTS = ("message.*",)
TEXTS = ("inbound.received",)
MOST = 1000  # hooks of one client


@dataclass(frozen=True, slots=True)
class ClientHook:
    """A hook that a client wants. terms: what its dialect wants to know; see there."""

    client: str
    dialect: str
    url: str
    events: Sequence[str]
    at: datetime
    terms: Mapping[str, Any] = field(default_factory=dict)


def check(url: str, allowed: Allowed) -> str:
    """A URL that may be called, as its origin. Raises BadInput, at /url."""
    where = origin(url)
    check_url(read_url(where), allowed)
    return where


def callback(writer: Writer, client: str, url: str, allowed: Allowed, at: datetime) -> str:
    """See to it that what a message's own URL leads to is told; returns its origin. Raises BadInput."""
    where = check(url, allowed)
    followers.begin(writer, FOLLOWER, at)
    writer.do(_ensure, ClientHook(client, CALLBACK, where, REPORTS, at))
    return where


def _ensure(conn: Connection, batch: list[ClientHook]) -> list[None]:
    for wish in batch:
        c = webhook.c
        mine = (c.client == wish.client, c.dialect == wish.dialect, c.url == wish.url)
        row = conn.execute(select(c.id, c.state).where(*mine)).first()
        if row is None:
            _begin(conn, wish)
        elif row.state != "active":
            step = Step(row.id, "a message wants it told", {"failing_since": None})
            history.move(conn, WEBHOOK, "enable", [step], by=wish.client, now=wish.at)
    return [None] * len(batch)


def _begin(conn: Connection, wish: ClientHook) -> str:
    values = {
        "id": new_id("whk", wish.at), "url": wish.url, "events": list(wish.events), "secrets": [], "after": 0,
        "by": wish.client, "created_at": wish.at, "dialect": wish.dialect, "client": wish.client,
        "terms": dict(wish.terms),
    }  # fmt: skip
    birth = Birth(values, [("create", f"by {wish.client}, for {wish.dialect}")])
    history.begin(conn, WEBHOOK, [birth], by=wish.client, now=wish.at)
    from_now_on(conn, str(values["id"]))
    return str(values["id"])


def put(writer: Writer, wish: ClientHook, allowed: Allowed, same: Mapping[str, Any]) -> str:
    """Set up a hook, in the place of the one of this dialect whose terms agree with `same`; returns its id.

    Raises BadInput for a URL that may not be called.
    """
    check(wish.url, allowed)
    bare = read_url(callable_url(wish.url)[0]).url  # what the teller connects by; the dialect has the client's own
    followers.begin(writer, FOLLOWER, wish.at)
    wish = replace(wish, url=bare, terms={**wish.terms, "url": wish.url})
    return writer.do(_put, (wish, dict(same)))


def _put(conn: Connection, batch: list[tuple[ClientHook, dict[str, Any]]]) -> list[str | BadInput]:
    results: list[str | BadInput] = []
    for wish, same in batch:
        known = _listed(conn, wish.client, wish.dialect)
        old = next((row for row in known if _agree(row, same)), None)
        if old is None and len(known) >= MOST:
            results.append(BadInput([Fault("/url", "too_many", f"there are {MOST} of these already: remove one")]))
        elif old is None:
            results.append(_begin(conn, wish))
        else:
            values = {"url": wish.url, "events": list(wish.events), "terms": dict(wish.terms)}
            conn.execute(update(webhook).where(webhook.c.id == old.id).values(values))
            step = Step(old.id, "set up anew", {"failing_since": None})
            history.move(conn, WEBHOOK, "enable", [step], by=wish.client, now=wish.at)
            results.append(str(old.id))
    return results


def _agree(row: AnyRow, same: Mapping[str, Any]) -> bool:
    terms = row.terms or {}
    return all(terms.get(name) == value for name, value in same.items())


def listing(conn: Connection, client: str, dialect: str) -> list[AnyRow]:
    """A client's hooks of a dialect, oldest first."""
    return _listed(conn, client, dialect)


def _listed(conn: Connection, client: str, dialect: str) -> list[AnyRow]:
    c = webhook.c
    return list(conn.execute(select(webhook).where(c.client == client, c.dialect == dialect).order_by(c.id)))


def remove(writer: Writer, client: str, dialect: str, same: Mapping[str, Any]) -> None:
    """Take away the hooks whose terms agree with `same`. Raises NotFound when there are none."""
    writer.do(_remove, (client, dialect, dict(same)))


def _remove(conn: Connection, batch: list[tuple[str, str, dict[str, Any]]]) -> list[NotFound | None]:
    results: list[NotFound | None] = []
    for client, dialect, same in batch:
        ids = [row.id for row in _listed(conn, client, dialect) if _agree(row, same)]
        conn.execute(delete(webhook).where(webhook.c.id.in_(ids)))
        results.append(None if ids else NotFound("there is no such webhook"))
    return results


def sign_with(writer: Writer, key_id: str, dialect: str, secret: str) -> None:
    """Have what this client is told in a dialect signed with this secret."""
    writer.do(_sign_with, (key_id, dialect, secret))


def _sign_with(conn: Connection, batch: list[tuple[str, str, str]]) -> list[None]:
    for key_id, dialect, secret in batch:
        mine = (signing.c.key_id == key_id, signing.c.dialect == dialect)
        if not conn.execute(update(signing).where(*mine).values(secret=secret)).rowcount:
            conn.execute(insert(signing).values(key_id=key_id, dialect=dialect, secret=secret))
    return [None] * len(batch)


def secret_of(conn: Connection, key_id: str, dialect: str) -> str | None:
    """What signs for this client in a dialect."""
    return conn.scalar(select(signing.c.secret).where(signing.c.key_id == key_id, signing.c.dialect == dialect))
