"""Sessions as people see them: where somebody is logged in, since when, and an end to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select

from ..errors import NotFound
from ..store.database import Writer
from ..store.tables import account, session
from . import audit
from .keys import hashed


@dataclass(frozen=True, slots=True)
class Shown:
    """A session. id: of its token's hash, which opens nothing; here: whether it is the one of the token given."""

    id: str
    account_id: str
    name: str
    created_at: datetime
    used_at: datetime
    address: str | None
    browser: str | None
    here: bool


@dataclass(frozen=True, slots=True)
class End:
    """Sessions to end: those of `account_id`, all accounts' when None; only `id`, else all but the one of `keep`."""

    at: datetime
    by: str
    account_id: str | None
    id: str | None = None
    keep: str | None = None


def listing(conn: Connection, at: datetime, account_id: str | None, token: str) -> list[Shown]:
    """Who is logged in, the last used first: everybody, or one account. token: of the session that asks."""
    query = (
        select(session, account.c.name)
        .join_from(session, account)
        .where(session.c.kind == "session", session.c.expires_at > at)
    )
    if account_id is not None:
        query = query.where(session.c.account_id == account_id)
    mine = hashed(token)
    rows = conn.execute(query.order_by(session.c.used_at.desc(), session.c.token_hash))
    return [
        Shown(
            bytes(row.token_hash).hex(), row.account_id, row.name, row.created_at, row.used_at or row.created_at,
            row.address, row.browser, bytes(row.token_hash) == mine,
        )
        for row in rows
    ]  # fmt: skip


def end(writer: Writer, wish: End) -> int:
    """End sessions; returns how many. Raises NotFound when there is no session `wish.id`."""
    return writer.do(_end, wish)


def _end(conn: Connection, batch: list[End]) -> list[int | NotFound]:
    return [_one_end(conn, wish) for wish in batch]


def _one_end(conn: Connection, wish: End) -> int | NotFound:
    query = delete(session).where(session.c.kind == "session")
    if wish.account_id is not None:
        query = query.where(session.c.account_id == wish.account_id)
    if wish.id is not None:
        try:
            query = query.where(session.c.token_hash == bytes.fromhex(wish.id))
        except ValueError:
            return _unknown()
    elif wish.keep is not None:
        query = query.where(session.c.token_hash != hashed(wish.keep))
    gone = list(conn.scalars(query.returning(session.c.account_id)))
    if wish.id is not None and not gone:
        return _unknown()
    for id in dict.fromkeys(gone):
        says = f"{gone.count(id)} session(s) were ended"
        audit.tell(conn, [audit.Line(wish.by, "session.ended", says, wish.at, "account", id)])
    return len(gone)


def _unknown() -> NotFound:
    return NotFound("this session is over already", hint="the page People shows those that are not")
