"""People: names, passwords (argon2id), sessions, and links that log in one time."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection, delete, insert, select, update

from ..errors import BadInput, Fault, Unauthenticated
from ..store.database import Writer
from ..store.ids import new_id
from ..store.storable import storable_or_none
from ..store.tables import account, session
from ..store.tables.types import AnyRow
from . import audit, roles
from .keys import hashed

ONCE_FOR = timedelta(hours=1)  # how long a one-time link waits to be used
SHORTEST, LONGEST = 12, 200  # letters of a password; it may be of any kind and pasted
BROWSER = 200  # letters kept of what a browser calls itself
_hasher = PasswordHasher()


@lru_cache(maxsize=1)
def _nobody() -> str:
    """A hash that is verified for unknown names, so that they take as long as known ones. Not made at every start."""
    return _hasher.hash("nobody")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is logged in. has_factor: a code is asked for after their password."""

    id: str
    name: str
    role: str
    has_factor: bool = False

    def may(self, permission: str) -> bool:
        """Whether their role has a permission (see smsgw/access/roles.py)."""
        return roles.may(self.role, permission)


@dataclass(frozen=True, slots=True)
class _Stored:
    name: str
    password_hash: str | None
    role: str
    at: datetime
    by: str


def add(writer: Writer, name: str, role: str, password: str | None, at: datetime, by: str = "cli") -> str:
    """Make an account; returns its id. password None: it can only be entered by a one-time link.

    Raises BadInput for a short password, an empty, a long or a taken name, and a role that is none.
    """
    faults = [*name_faults(name), *role_faults(role), *password_faults(password, name)]
    if faults:
        raise BadInput(faults)
    stored = None if password is None else _hasher.hash(password)
    return writer.do(_add, _Stored(name.strip(), stored, role, at, by))


def name_faults(name: str) -> list[Fault]:
    """What is wrong with a name, whoever else may have it."""
    if not name.strip():
        return [Fault("/name", "name_missing", "an account needs a name")]
    if len(name.strip()) > 60 or not name.strip().isprintable():
        return [Fault("/name", "name_invalid", "a name has 60 letters at most, in one line")]
    return []


def role_faults(role: str) -> list[Fault]:
    """What is wrong with a role."""
    if role in roles.ROLES:
        return []
    return [Fault("/role", "role_unknown", f"there is no role {role!r}; there are: {', '.join(roles.ROLES)}")]


def _add(conn: Connection, batch: list[_Stored]) -> list[str | BadInput]:
    results: list[str | BadInput] = []
    for wish in batch:
        if conn.scalar(select(account.c.id).where(account.c.name == wish.name)) is not None:
            says = f"there is an account {wish.name!r} already; smsgw user passwd changes its password"
            results.append(BadInput([Fault("/name", "name_taken", says)]))
            continue
        id = new_id("acc", wish.at)
        row = {
            "id": id,
            "name": wish.name,
            "password_hash": wish.password_hash,
            "role": wish.role,
            "created_at": wish.at,
        }
        conn.execute(insert(account).values(row))
        says = f"an account was made for {wish.name} ({wish.role})"
        audit.tell(conn, [audit.Line(wish.by, "account.created", says, wish.at, "account", id, after=wish.role)])
        results.append(id)
    return results


def set_password(writer: Writer, name: str, password: str, at: datetime | None = None, by: str = "cli") -> None:
    """Give an account a new password and end its sessions. at: now, for the audit. Raises BadInput."""
    faults = password_faults(password, name)
    if faults:
        raise BadInput(faults)
    writer.do(_set_password, (name, _hasher.hash(password), at or datetime.now(UTC), by))


def _set_password(conn: Connection, batch: list[tuple[str, str, datetime, str]]) -> list[BadInput | None]:
    results: list[BadInput | None] = []
    for name, stored, at, by in batch:
        id = conn.scalar(select(account.c.id).where(account.c.name == name))
        if id is None:
            says = f"there is no account {name!r}; smsgw user add makes one"
            results.append(BadInput([Fault("/name", "name_unknown", says)]))
            continue
        conn.execute(update(account).where(account.c.id == id).values(password_hash=stored))
        conn.execute(delete(session).where(session.c.account_id == id))
        says = f"{name} has a new password, and every session of theirs is over"
        audit.tell(conn, [audit.Line(by, "account.password", says, at, "account", id)])
        results.append(None)
    return results


def password_faults(password: str | None, name: str) -> list[Fault]:
    """What is wrong with a password: length and guesses count, not its composition (NIST SP 800-63B, 3.1.1.2)."""
    if password is None:
        return []
    if len(password) < SHORTEST:
        return [Fault("/password", "password_short", f"a password needs {SHORTEST} characters or more")]
    if len(password) > LONGEST:
        return [Fault("/password", "password_long", f"a password has {LONGEST} characters at most")]
    if len(set(password)) < 4 or password.casefold().replace(name.strip().casefold() or " ", "").strip() == "":
        says = "a password is not the name, nor the same few letters again and again"
        return [Fault("/password", "password_guessed", says)]
    return []


def hash_of(password: str) -> str:
    """What is stored of a password."""
    return _hasher.hash(password)


def person_of(row: AnyRow) -> Person:
    """Who an account is."""
    return Person(row.id, row.name, row.role, row.totp_since is not None or bool(row.passkeys))


def check_password(conn: Connection, name: str, password: str) -> Person:
    """Who this is. Raises Unauthenticated with one sentence for every reason, so that names cannot be guessed."""
    row = conn.execute(select(account).where(account.c.name == name)).first()
    nobody = _nobody()  # made by the first who asks, known or not
    try:
        _hasher.verify(nobody if row is None or row.password_hash is None else row.password_hash, password)
    except (VerificationError, InvalidHashError):
        row = None
    if row is None or row.password_hash is None or row.disabled_at is not None:
        raise Unauthenticated("this name and password do not fit", hint="smsgw user passwd NAME sets a new one")
    return person_of(row)


def open_session(
    writer: Writer,
    account_id: str,
    at: datetime,
    lasts: timedelta,
    kind: str = "session",
    source: str | None = None,
    browser: str | None = None,
) -> str:
    """Start a session (kind "session"), make a one-time link's token ("once"), or await a second factor ("factor").

    Returns the token. source: the network address of whoever logs in; browser: as it calls itself.
    """
    token = secrets.token_urlsafe(24)
    row = {
        "token_hash": hashed(token),
        "account_id": account_id,
        "kind": kind,
        "created_at": at,
        "expires_at": at + lasts,
        "used_at": at,
        "address": storable_or_none(source, 64),
        "browser": storable_or_none(browser, BROWSER),
    }
    writer.do(_open_session, row)
    return token


def _open_session(conn: Connection, batch: list[dict[str, Any]]) -> list[None]:
    conn.execute(delete(session).where(session.c.expires_at < batch[0]["created_at"]))
    conn.execute(insert(session), batch)
    for row in (row for row in batch if row["kind"] == "session"):
        conn.execute(update(account).where(account.c.id == row["account_id"]).values(seen_at=row["created_at"]))
    audit.tell(conn, [line for row in batch if (line := _entered(row)) is not None])
    return [None] * len(batch)


def _entered(row: dict[str, Any]) -> audit.Line | None:
    id, at = row["account_id"], row["created_at"]
    if row["kind"] == "once":
        return audit.Line("cli", "login.link", "a link was made that logs in one time", at, "account", id)
    if row["kind"] == "session":
        return audit.Line(id, "login", "logged in", at, "account", id, source=row["address"])
    return None


def use_once(writer: Writer, token: str, at: datetime) -> Person:
    """Redeem a one-time token: it is gone afterwards. Raises Unauthenticated."""
    return writer.do(_use_once, (token, at))


def _use_once(conn: Connection, batch: list[tuple[str, datetime]]) -> list[Person | Unauthenticated]:
    results: list[Person | Unauthenticated] = []
    for token, at in batch:
        row = _session_row(conn, token, at, "once")
        if row is None:
            says = "this link was used already, or is too old"
            results.append(Unauthenticated(says, hint="restart the demo, or log in with name and password"))
            continue
        conn.execute(delete(session).where(session.c.token_hash == hashed(token)))
        results.append(person_of(row))
    return results


def whose(conn: Connection, token: str, at: datetime, kind: str = "session") -> Person:
    """Who a session belongs to; kind "factor": who must still give a second factor. Raises Unauthenticated."""
    row = _session_row(conn, token, at, kind)
    if row is None:
        raise Unauthenticated("the session is over: log in again")
    return person_of(row)


def prolong(writer: Writer, token: str, until: datetime, at: datetime, source: str | None = None) -> None:
    """Let a session that is in use, at this time and from this address, live until then; does not wait for the disk."""
    writer.put(_prolong, (token, until, at, storable_or_none(source, 64)))


def _prolong(conn: Connection, batch: list[tuple[str, datetime, datetime, str | None]]) -> list[None]:
    for token, until, at, source in batch:
        mine = (session.c.token_hash == hashed(token)) & (session.c.kind == "session")
        used = {"expires_at": until, "used_at": at, "address": source}
        id = conn.scalar(update(session).where(mine).values(used).returning(session.c.account_id))
        conn.execute(update(account).where(account.c.id == id).values(seen_at=at))
    return [None] * len(batch)


def end_session(writer: Writer, token: str, at: datetime | None = None, source: str | None = None) -> None:
    """Log out. at: now; source: the network address; both for the audit."""
    writer.do(_end_session, (token, at or datetime.now(UTC), source))


def _end_session(conn: Connection, batch: list[tuple[str, datetime, str | None]]) -> list[None]:
    for token, at, source in batch:
        mine = session.c.token_hash == hashed(token)
        ended = conn.execute(delete(session).where(mine).returning(session.c.account_id, session.c.kind)).all()
        told = [
            audit.Line(id, "logout", "logged out", at, "account", id, source=source)
            for id, kind in ended
            if kind == "session"
        ]
        audit.tell(conn, told)
    return [None] * len(batch)


def _session_row(conn: Connection, token: str, at: datetime, kind: str) -> AnyRow | None:
    return conn.execute(
        select(account.c.id, account.c.name, account.c.role, account.c.totp_since, account.c.passkeys)
        .join_from(session, account)
        .where(
            session.c.token_hash == hashed(token),
            session.c.kind == kind,
            session.c.expires_at > at,
            account.c.disabled_at.is_(None),
        )
    ).first()


def listing(conn: Connection) -> list[AnyRow]:
    """Every account, by name, without password hashes and secrets."""
    c = account.c
    has_password = c.password_hash.is_not(None).label("has_password")
    told = (c.id, c.name, c.role, c.created_at, c.disabled_at, c.seen_at, c.totp_since, c.passkeys, has_password)
    return list(conn.execute(select(*told).order_by(c.name)))
