"""Let people in for the first time: invitations, and the link that makes the first account of all.

Both are redeemed by choosing a password, never by merely looking: programs that look at links ahead of people use none
up. No account is ever made with a password that somebody else knows.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from string import ascii_letters

from sqlalchemy import Connection, delete, func, insert, select, update

from ..errors import BadInput, Fault, NotFound, Unauthenticated
from ..store.database import Writer
from ..store.ids import new_id
from ..store.tables import account, session
from . import audit
from .accounts import Person, hash_of, name_faults, password_faults, person_of, role_faults
from .accounts_changes import find, unknown
from .keys import hashed
from .roles import OWNER

LASTS = timedelta(days=3)  # how long an invitation waits
SETUP_LASTS = timedelta(days=7)  # how long the link for the first account waits; every start makes a new one


@dataclass(frozen=True, slots=True)
class Invitation:
    """Somebody is to have an account; or, again=True, somebody who has one is to choose a new password."""

    name: str
    role: str
    at: datetime
    by: str
    again: bool = False


@dataclass(frozen=True, slots=True)
class Redeemed:
    """Somebody followed a link and chose a password. name: for the first account of all."""

    token: str
    password: str
    at: datetime
    source: str | None = None
    name: str = ""


def invite(writer: Writer, wish: Invitation) -> str:
    """Make the account, or find it, and a link's token that works once within LASTS; earlier links of theirs are over.

    Raises BadInput for a name that is empty or taken and a role that is none, NotFound.
    """
    faults = [] if wish.again else [*name_faults(wish.name), *role_faults(wish.role)]
    if faults:
        raise BadInput(faults)
    token = secrets.token_urlsafe(24)
    writer.do(_invite, (wish, hashed(token)))
    return token


def _invite(conn: Connection, batch: list[tuple[Invitation, bytes]]) -> list[BadInput | NotFound | None]:
    return [_one_invited(conn, wish, stored) for wish, stored in batch]


def _one_invited(conn: Connection, wish: Invitation, stored: bytes) -> BadInput | NotFound | None:
    row = find(conn, wish.name.strip())
    if wish.again and (row is None or row.disabled_at is not None):
        return unknown(wish.name)
    if row is not None and not wish.again:
        return BadInput([Fault("/name", "name_taken", f"there is an account {wish.name.strip()!r} already")])
    if row is None:
        id, name = new_id("acc", wish.at), wish.name.strip()
        conn.execute(insert(account).values(id=id, name=name, role=wish.role, created_at=wish.at))
        says = f"{name} was invited ({wish.role})"
    else:
        id, says = row.id, f"a link was made with which {row.name} chooses a new password"
    conn.execute(delete(session).where(session.c.account_id == id, session.c.kind == "invite"))
    _keep(conn, stored, id, "invite", wish.at, LASTS)
    after = None if wish.again else wish.role
    audit.tell(conn, [audit.Line(wish.by, "account.invited", says, wish.at, "account", id, after=after)])
    return None


def _keep(conn: Connection, stored: bytes, id: str | None, kind: str, at: datetime, lasts: timedelta) -> None:
    row = {"token_hash": stored, "account_id": id, "kind": kind, "created_at": at, "expires_at": at + lasts}
    conn.execute(insert(session).values(row))


def invited(conn: Connection, token: str, at: datetime) -> Person:
    """Whom a link invites; looking does not use it up. Raises Unauthenticated."""
    mine = (session.c.token_hash == hashed(token), session.c.kind == "invite", session.c.expires_at > at)
    row = conn.execute(
        select(account).join_from(session, account).where(*mine, account.c.disabled_at.is_(None))
    ).first()
    if row is None:
        raise Unauthenticated("this link was used already, or is too old", hint="ask whoever sent it for a new one")
    return person_of(row)


def redeem(writer: Writer, wish: Redeemed) -> Person:
    """Choose a password: the link is used up, older sessions end. Raises Unauthenticated, BadInput."""
    return writer.do(_redeem, (wish, hash_of(wish.password)))


def _redeem(conn: Connection, batch: list[tuple[Redeemed, str]]) -> list[Person | Unauthenticated | BadInput]:
    results: list[Person | Unauthenticated | BadInput] = []
    for wish, stored in batch:
        try:
            person = invited(conn, wish.token, wish.at)
        except Unauthenticated as over:
            results.append(over)
            continue
        if faults := password_faults(wish.password, person.name):
            results.append(BadInput(faults))
            continue
        conn.execute(update(account).where(account.c.id == person.id).values(password_hash=stored))
        conn.execute(delete(session).where(session.c.account_id == person.id))
        says = f"{person.name} followed their link and chose a password"
        told = audit.Line(person.id, "account.password", says, wish.at, "account", person.id, source=wish.source)
        audit.tell(conn, [told])
        results.append(person)
    return results


def begin_setup(writer: Writer, at: datetime) -> str | None:
    """A token with which the first account can be made; None when there is an account. Earlier ones are over."""
    token = "".join(secrets.choice(ascii_letters) for _ in range(32))  # no digits: the log takes them for a number
    return token if writer.do(_begin_setup, (hashed(token), at)) else None


def _begin_setup(conn: Connection, batch: list[tuple[bytes, datetime]]) -> list[bool]:
    results = []
    for stored, at in batch:
        conn.execute(delete(session).where(session.c.kind == "setup"))
        is_first = not _accounts(conn)
        if is_first:
            _keep(conn, stored, None, "setup", at, SETUP_LASTS)
        results.append(is_first)
    return results


def _accounts(conn: Connection) -> int:
    return conn.scalar(select(func.count()).select_from(account)) or 0


def require_setup(conn: Connection, token: str, at: datetime) -> None:
    """See that a link makes the first account; looking does not use it up. Raises Unauthenticated."""
    mine = (session.c.token_hash == hashed(token), session.c.kind == "setup", session.c.expires_at > at)
    if conn.scalar(select(session.c.kind).where(*mine)) is None or _accounts(conn):
        hint = "log in; or, when nobody can, have smsgw user add NAME --role owner make an account"
        raise Unauthenticated("this link was used already, or is too old", hint=hint)


def finish_setup(writer: Writer, wish: Redeemed) -> Person:
    """Make the first account, an owner. Raises Unauthenticated, BadInput."""
    if faults := [*name_faults(wish.name), *password_faults(wish.password, wish.name)]:
        raise BadInput(faults)
    return writer.do(_finish_setup, (wish, hash_of(wish.password)))


def _finish_setup(conn: Connection, batch: list[tuple[Redeemed, str]]) -> list[Person | Unauthenticated]:
    results: list[Person | Unauthenticated] = []
    for wish, stored in batch:
        try:
            require_setup(conn, wish.token, wish.at)
        except Unauthenticated as over:
            results.append(over)
            continue
        id, name = new_id("acc", wish.at), wish.name.strip()
        conn.execute(delete(session).where(session.c.kind == "setup"))
        row = {"id": id, "name": name, "role": OWNER, "password_hash": stored, "created_at": wish.at}
        conn.execute(insert(account).values(row))
        says = f"{name} made the first account, with the link from the log ({OWNER})"
        told = audit.Line(id, "account.created", says, wish.at, "account", id, after=OWNER, source=wish.source)
        audit.tell(conn, [told])
        results.append(Person(id, name, OWNER))
    return results
