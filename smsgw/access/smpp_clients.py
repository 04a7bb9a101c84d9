"""Keys that may also be used over SMPP: a system_id and a password of their own, and what such a client may.

The surprise: SMPP has room for eight letters of password (3.4 section 5.2.2), which is too little for a fast hash, so
these are kept as argon2id, and tries are limited (see `smsgw.clients`). A client whose library sends longer ones may
bind with the name or id of its key, and the key's own secret.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Any, Literal

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection, delete, insert, select

from ..errors import BadInput, Conflict, Fault, NotFound, Unauthenticated
from ..store.database import Writer
from ..store.tables import api_key, smpp_client
from ..store.tables.types import AnyRow
from .keys import with_secret

LETTERS = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that are taken for another
PASSWORD = 8
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)

Alphabet = Literal["gsm7", "latin1"]


@lru_cache(maxsize=1)
def _nobody() -> str:
    """A hash that is verified for unknown names, so that they take as long as known ones. Not made at every start."""
    return _hasher.hash("nobody")


@dataclass(frozen=True, slots=True)
class Terms:
    """What a client may. networks: where it may bind from, such as 10.0.0.0/8; empty: anywhere.

    senders: whom its texts may be from; empty: anybody. inbound: which texts of phones it is given: our numbers that
    they were sent to, "link:NAME" for all over a link, "*" for all. binds: connections at a time. window: submits
    without an answer on each. pace: messages a second, None for no bound. alphabet: what its data_coding 0 means.
    """

    networks: Sequence[str] = ()
    senders: Sequence[str] = ()
    inbound: Sequence[str] = ()
    binds: int = 10
    window: int = 100
    pace: int | None = None
    alphabet: Alphabet = "gsm7"
    allow_duplicates: bool = False


@dataclass(frozen=True, slots=True)
class SmppClient:
    """A client as it binds: its key's id and name, what the key may do, its terms, and its key's category."""

    id: str
    name: str
    scopes: frozenset[str]
    terms: Terms
    category: str | None = None


def create(writer: Writer, key: str, terms: Terms, system_id: str | None = None) -> tuple[str, str]:
    """Let a key (its id or name) be used over SMPP; returns its system_id and its password, shown this once.

    Done again, it gets a new password and the new terms. system_id: at most 15 letters, or None to have one made.
    Raises NotFound, BadInput with every fault, Conflict when another key has this system_id.
    """
    if faults := _faults(terms, system_id):
        raise BadInput(faults)
    password = "".join(secrets.choice(LETTERS) for _ in range(PASSWORD))
    row = {
        "networks": [str(ip_network(network, strict=False)) for network in terms.networks],
        "senders": list(terms.senders),
        "inbound": list(terms.inbound),
        "binds": terms.binds,
        "window": terms.window,
        "pace": terms.pace,
        "alphabet": terms.alphabet,
        "allow_duplicates": terms.allow_duplicates,
        "password_hash": _hasher.hash(password),
        "system_id": system_id,
    }
    return writer.do(_insert, (key, row)), password


def _faults(terms: Terms, system_id: str | None) -> list[Fault]:
    faults: list[Fault] = []
    if system_id is not None and not re.fullmatch(r"[\x21-\x7e]{1,15}", system_id):
        says = "a system_id has 1 to 15 plain letters without spaces (SMPP 3.4 section 5.2.1)"
        faults.append(Fault("/system_id", "system_id_invalid", says))
    for network in terms.networks:
        try:
            ip_network(network, strict=False)
        except ValueError:
            says = f"{network!r} is no network: write it as 192.0.2.0/24, or as one address"
            faults.append(Fault("/networks", "network_invalid", says))
    for field, most in (("binds", 1000), ("window", 10_000), ("pace", 1_000_000)):
        value = getattr(terms, field)
        if value is not None and not 1 <= value <= most:
            faults.append(Fault(f"/{field}", "out_of_range", f"{field} must be between 1 and {most}"))
    return faults


def _insert(conn: Connection, batch: list[tuple[str, dict[str, Any]]]) -> list[str | Exception]:
    results: list[str | Exception] = []
    for name, row in batch:
        key = conn.execute(
            select(api_key).where((api_key.c.id == name) | (api_key.c.name == name), api_key.c.revoked_at.is_(None))
        ).first()
        if key is None:
            results.append(NotFound(f"there is no key {name!r} that is not revoked", hint="smsgw key ls shows them"))
            continue
        c = smpp_client.c
        before = conn.scalar(select(c.system_id).where(c.key_id == key.id))
        system_id = row["system_id"] or before or _made(key)
        if conn.scalar(select(c.key_id).where(c.system_id == system_id, c.key_id != key.id)) is not None:
            says = f"another key has the system_id {system_id!r}"
            results.append(Conflict(says, code="system_id_taken", hint="choose another one"))
            continue
        conn.execute(delete(smpp_client).where(c.key_id == key.id))
        conn.execute(insert(smpp_client).values({**row, "key_id": key.id, "system_id": system_id}))
        results.append(str(system_id))
    return results


def _made(key: AnyRow) -> str:
    """A system_id that begins like the key's name and that nobody else has."""
    start = re.sub(r"[^a-z0-9]", "", str(key.name).lower())[:8]
    return f"{start}{'-' if start else ''}{''.join(secrets.choice(LETTERS[:23]) for _ in range(5))}"


def authenticate(conn: Connection, system_id: str, password: str) -> SmppClient:
    """Who binds with this. Takes some hundredths of a second, on purpose. Raises Unauthenticated."""
    row = conn.execute(
        select(smpp_client, api_key.c.name, api_key.c.scopes, api_key.c.revoked_at, api_key.c.category)
        .join_from(smpp_client, api_key, api_key.c.id == smpp_client.c.key_id)
        .where(smpp_client.c.system_id == system_id)
    ).first()
    nobody = _nobody()  # made by the first who asks, known or not
    right = _verified(nobody if row is None else row.password_hash, password)
    if row is not None and right:
        if row.revoked_at is not None:
            raise Unauthenticated(f"the key {row.name!r} was revoked on {row.revoked_at:%Y-%m-%d}")
        return SmppClient(row.key_id, row.name, frozenset(row.scopes), terms_of(row), row.category)
    return _by_key(conn, system_id, password)


def _by_key(conn: Connection, named: str, secret: str) -> SmppClient:
    """A key's name or id with its own secret."""
    key = with_secret(conn, secret)
    if key is None or named not in (key.id, key.name):
        says = f"there is no client {named!r} with this password"
        raise Unauthenticated(says, hint="smsgw key smpp KEY makes a system_id and a password")
    if key.revoked_at is not None:
        raise Unauthenticated(f"the key {key.name!r} was revoked on {key.revoked_at:%Y-%m-%d}")
    own = conn.execute(select(smpp_client).where(smpp_client.c.key_id == key.id)).first()
    terms = Terms() if own is None else terms_of(own)
    return SmppClient(key.id, key.name, frozenset(key.scopes), terms, key.category)


def terms_of(row: AnyRow) -> Terms:
    """The terms in a row of smpp_client."""
    return Terms(
        networks=tuple(row.networks),
        senders=tuple(row.senders),
        inbound=tuple(row.inbound),
        binds=row.binds,
        window=row.window,
        pace=row.pace,
        alphabet=row.alphabet,
        allow_duplicates=row.allow_duplicates,
    )


def may_come_from(terms: Terms, address: str) -> bool:
    """Whether a client may bind from this address (an IP address; a zone behind % does not matter)."""
    if not terms.networks:
        return True
    here = ip_address(address.partition("%")[0])
    mapped = getattr(here, "ipv4_mapped", None)
    here = mapped or here
    return any(here in ip_network(network) for network in terms.networks)


def still_good(conn: Connection, ids: Collection[str]) -> set[str]:
    """Those of these keys that are not revoked."""
    return set(conn.scalars(select(api_key.c.id).where(api_key.c.id.in_(list(ids)), api_key.c.revoked_at.is_(None))))


def listing(conn: Connection) -> list[AnyRow]:
    """Every key that may be used over SMPP, with its name, by system_id; without password."""
    query = select(smpp_client, api_key.c.name).join_from(smpp_client, api_key, api_key.c.id == smpp_client.c.key_id)
    return list(conn.execute(query.where(api_key.c.revoked_at.is_(None)).order_by(smpp_client.c.system_id)))


def _verified(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False
