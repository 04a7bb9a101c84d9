"""API clients: keys with scopes. A secret is shown once and stored as a hash; it is found by that hash.

SHA-256 is enough here and fast on the hot path: secrets that we make have 190 bits of chance, and chosen ones must be
at least 24 characters long.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from hmac import compare_digest
from typing import Any

from sqlalchemy import Connection, insert, select, update

from ..errors import BadInput, Fault, NotFound, Unauthenticated
from ..store.database import Writer
from ..store.ids import new_id
from ..store.tables import api_key
from ..store.tables.types import AnyRow
from . import audit

SCOPES = {
    "messages:send": "send messages and cancel them",
    "messages:read": "see messages, their events, and what came in",
    "messages:*": "both",
    "links:read": "see the links and how they are",
    "links:manage": "stop, start and try links",
    "links:trace": "look for a while at what goes over the wire of a link, without texts and whole numbers",
    "links:*": "all about links",
    "links:ussd": "talk to operators by USSD codes, which can cost money, and ask for balances",
    "campaigns:read": "see templates, campaigns, their targets and reports",
    "campaigns:write": "write templates and campaigns, estimate and test them, start, pause and stop them",
    "campaigns:approve": "approve campaigns",
    "campaigns:*": "all of that",
    "consents:read": "see consents, suppressions and the rules of the gate",
    "consents:manage": "record consents and withdrawals, categories, keywords, suppressions, caps and open hours",
    "consents:*": "both",
    "webhooks:manage": "set up webhooks, see their log and replay it",
    "orders:read": "see orders and the catalogue",
    "orders:manage": "decide about orders, and change the catalogue",
    "orders:*": "both",
    "inquiries:read": "see inquiries, automatic answers and corrections, and read again what came in",
    "inquiries:write": "assign, answer and close inquiries, and propose corrections",
    "inquiries:*": "both",
    "answers:manage": "write and switch automatic answers, and approve corrections",
    "surveys:read": "see surveys and what they brought",
    "surveys:write": "draft, start and end surveys",
    "surveys:*": "both",
    "customers:read": "see customers, their timelines, groups, segments and imports",
    "customers:write": "change these, merge, and import",
    "customers:privacy": "take data of people away, have people forgotten, and hold that",
    "customers:*": "all of that",
    "money:read": "see rates, plans, budgets, alerts, estimates and cost reports",
    "money:manage": "change rates, plans and budgets, and let pass what the brake holds",
    "money:*": "both",
    "conversations:read": "see conversations, and what was said in them",
    "conversations:write": "assign, put off and close conversations, and write notes and tags",
    "conversations:*": "both",
    "audit:read": "see who did what",
    "simulator:*": "use the phones of simulated links",
    "admin:*": "everything",
}
# Who sees messages sees the links that they go over.
GREATER = {"links:read": ("messages:read", "messages:*"), "campaigns:read": ("campaigns:write", "campaigns:approve")}
ANY = "*"  # what every key may
SHORTEST = 24
NOBODY = bytes(32)  # what is compared where no key is found: no secret is known that has this hash


@dataclass(frozen=True, slots=True)
class Client:
    """Somebody who may use the API: an id that messages carry, a name for people, and what they may do.

    category: of the marketing that it sends, where a door has no word for that; see NewKey. per_minute: how many
    messages it may send in a minute over HTTP; None: as many as the queue takes.
    """

    id: str
    name: str
    scopes: frozenset[str]
    category: str | None = None
    per_minute: int | None = None

    def may(self, scope: str) -> bool:
        """Whether `scope` is among the client's, or covered by one with a star or by a greater one."""
        enough = {scope, scope.split(":")[0] + ":*", "admin:*", *GREATER.get(scope, ())}
        return scope == ANY or bool(enough & self.scopes)


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key to be made. secret: chosen by the caller, or None to have one made.

    category: what it sends over SMPP and through the doors of other gateways is marketing of this category, if the
    message does not say otherwise itself. per_minute: see Client.
    """

    name: str
    scopes: Sequence[str]
    at: datetime
    secret: str | None = None
    category: str | None = None
    by: str = "cli"
    per_minute: int | None = None


def create(writer: Writer, wish: NewKey) -> tuple[str, str]:
    """Store a key; returns its id and its secret, which cannot be seen again.

    The same name, scopes and chosen secret again are the same key. Raises BadInput for an unknown scope, a short
    secret, or one that another key has.
    """
    faults = [
        Fault("/scopes", "scope_unknown", f"there is no scope {scope!r}; there are: {', '.join(SCOPES)}")
        for scope in wish.scopes
        if scope not in SCOPES
    ]
    if not wish.scopes:
        faults.append(Fault("/scopes", "scope_missing", f"say what the key may do: {', '.join(SCOPES)}"))
    if not wish.name.strip():
        faults.append(Fault("/name", "name_missing", "give the key a name, so that you know it later"))
    if wish.secret is not None and len(wish.secret) < SHORTEST:
        faults.append(Fault("/secret", "secret_short", f"a secret needs {SHORTEST} characters or more"))
    if wish.per_minute is not None and wish.per_minute < 1:
        faults.append(Fault("/per_minute", "out_of_range", "a key may send at least one message in a minute"))
    if faults:
        raise BadInput(faults)
    secret = wish.secret or f"smsgw_live_{secrets.token_urlsafe(24)}"
    id = new_id("key", wish.at)
    row = {
        "id": id,
        "name": wish.name.strip(),
        "hint": secret[:15] if wish.secret is None else secret[:4],
        "secret_hash": hashed(secret),
        "scopes": list(wish.scopes),
        "created_at": wish.at,
        "category": wish.category,
        "per_minute": wish.per_minute,
    }
    return writer.do(_insert, (row, wish.by)), secret


def _insert(conn: Connection, batch: list[tuple[dict[str, Any], str]]) -> list[BadInput | str]:
    results: list[BadInput | str] = []
    for row, by in batch:
        known = conn.execute(select(api_key).where(api_key.c.secret_hash == row["secret_hash"])).first()
        told = (row["name"], row["scopes"], row["category"], row["per_minute"], None)
        if (
            known is not None and (known.name, known.scopes, known.category, known.per_minute, known.revoked_at) == told
        ):  # a script that provisions may run twice
            results.append(str(known.id))
            continue
        if known is not None:
            results.append(BadInput([Fault("/secret", "secret_known", "another key has this secret: choose another")]))
            continue
        conn.execute(insert(api_key).values(row))
        says = f"the key {row['name']!r} was made; it may {' '.join(row['scopes'])}"
        audit.tell(conn, [audit.Line(by, "key.created", says, row["created_at"], "key", row["id"])])
        results.append(str(row["id"]))
    return results


def listing(conn: Connection) -> list[AnyRow]:
    """Every key, oldest first, without secrets."""
    return list(conn.execute(select(api_key).order_by(api_key.c.id)))


def revoke(writer: Writer, id_or_name: str, at: datetime, by: str = "cli") -> None:
    """Make a key useless from now on. Raises NotFound."""
    writer.do(_revoke, (id_or_name, at, by))


def _revoke(conn: Connection, batch: list[tuple[str, datetime, str]]) -> list[NotFound | None]:
    results: list[NotFound | None] = []
    for name, at, by in batch:
        done = conn.execute(
            update(api_key)
            .where((api_key.c.id == name) | (api_key.c.name == name), api_key.c.revoked_at.is_(None))
            .values(revoked_at=at)
            .returning(api_key.c.id, api_key.c.name)
        ).all()
        told = [audit.Line(by, "key.revoked", f"the key {n!r} was revoked", at, "key", id) for id, n in done]
        audit.tell(conn, told)
        says = f"there is no key {name!r} that is not revoked"
        results.append(None if done else NotFound(says, hint="smsgw key ls shows them"))
    return results


def authenticate(conn: Connection, secret: str) -> Client:
    """Who this secret belongs to. Raises Unauthenticated."""
    row = with_secret(conn, secret)
    if row is None:
        raise Unauthenticated("this key is not known", hint="make one with: smsgw key create NAME")
    if row.revoked_at is not None:
        raise Unauthenticated(f"the key {row.name!r} was revoked on {row.revoked_at:%Y-%m-%d}")
    return Client(row.id, row.name, frozenset(row.scopes), row.category, row.per_minute)


def with_secret(conn: Connection, secret: str) -> AnyRow | None:
    """The key with this secret, revoked or not. It takes the same steps for every secret that is wrong.

    What is searched is the hash, so the time of the search tells nothing of a secret; a comparison has the last word.
    """
    told = hashed(secret)
    row = conn.execute(select(api_key).where(api_key.c.secret_hash == told)).first()
    return row if compare_digest(NOBODY if row is None else bytes(row.secret_hash), told) else None


def stands(conn: Connection, id: str) -> bool:
    """Whether there is such a key, and nobody revoked it."""
    return conn.scalar(select(api_key.c.id).where(api_key.c.id == id, api_key.c.revoked_at.is_(None))) is not None


def hashed(secret: str) -> bytes:
    """What is stored of a secret."""
    return sha256(secret.encode()).digest()
