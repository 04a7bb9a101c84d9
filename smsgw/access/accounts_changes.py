"""Change an account: its role, whether it may be used, and its second factor taken away. One owner always stays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, select, update

from ..errors import BadInput, Conflict, NotFound
from ..store.database import Writer
from ..store.tables import account, session
from ..store.tables.types import AnyRow
from . import audit
from .accounts import role_faults
from .roles import OWNER


@dataclass(frozen=True, slots=True)
class Act:
    """Something to be done to an account. named: its id or its name."""

    named: str
    at: datetime
    by: str
    role: str = ""


def set_role(writer: Writer, act: Act) -> None:
    """Give an account `act.role`. Raises BadInput, NotFound, and Conflict for the last owner."""
    if faults := role_faults(act.role):
        raise BadInput(faults)
    writer.do(_set_role, act)


def _set_role(conn: Connection, batch: list[Act]) -> list[NotFound | Conflict | None]:
    return [_one_role(conn, act) for act in batch]


def _one_role(conn: Connection, act: Act) -> NotFound | Conflict | None:
    row = find(conn, act.named)
    if row is None:
        return unknown(act.named)
    if row.role == act.role:
        return None
    if _is_last_owner(conn, row):
        return _last("give somebody else the role owner first")
    conn.execute(update(account).where(account.c.id == row.id).values(role=act.role))
    says = f"{row.name} has the role {act.role} now, and had {row.role} before"
    audit.tell(conn, [audit.Line(act.by, "account.role", says, act.at, "account", row.id, row.role, act.role)])
    return None


def disable(writer: Writer, act: Act) -> None:
    """Switch an account off and end its sessions and links. Raises NotFound, and Conflict for the last owner."""
    writer.do(_disable, act)


def _disable(conn: Connection, batch: list[Act]) -> list[NotFound | Conflict | None]:
    return [_one_off(conn, act) for act in batch]


def _one_off(conn: Connection, act: Act) -> NotFound | Conflict | None:
    row = find(conn, act.named)
    if row is None:
        return unknown(act.named)
    if row.disabled_at is not None:
        return None
    if _is_last_owner(conn, row):
        return _last("make somebody else an owner first")
    conn.execute(update(account).where(account.c.id == row.id).values(disabled_at=act.at))
    conn.execute(delete(session).where(session.c.account_id == row.id))
    says = f"{row.name} cannot log in any more, and every session of theirs is over"
    audit.tell(conn, [audit.Line(act.by, "account.disabled", says, act.at, "account", row.id)])
    return None


def enable(writer: Writer, act: Act) -> None:
    """Let an account be used again. Raises NotFound."""
    writer.do(_enable, act)


def _enable(conn: Connection, batch: list[Act]) -> list[NotFound | None]:
    results: list[NotFound | None] = []
    for act in batch:
        row = find(conn, act.named)
        if row is not None and row.disabled_at is not None:
            conn.execute(update(account).where(account.c.id == row.id).values(disabled_at=None))
            line = audit.Line(act.by, "account.enabled", f"{row.name} can log in again", act.at, "account", row.id)
            audit.tell(conn, [line])
        results.append(unknown(act.named) if row is None else None)
    return results


def reset_factor(writer: Writer, act: Act) -> None:
    """Take the second factor of an account away, because it is lost; its sessions end. Raises NotFound."""
    writer.do(_reset_factor, act)


def _reset_factor(conn: Connection, batch: list[Act]) -> list[NotFound | None]:
    results: list[NotFound | None] = []
    for act in batch:
        row = find(conn, act.named)
        results.append(unknown(act.named) if row is None else None)
        if row is None or not (row.totp_since or row.passkeys):
            continue
        none = {"totp_secret": None, "totp_since": None, "totp_step": None, "recovery": None, "passkeys": None}
        conn.execute(update(account).where(account.c.id == row.id).values(none))
        conn.execute(delete(session).where(session.c.account_id == row.id))
        says = f"the second factor of {row.name} was taken away, and every session of theirs is over"
        audit.tell(conn, [audit.Line(act.by, "account.factor_reset", says, act.at, "account", row.id)])
    return results


def find(conn: Connection, named: str) -> AnyRow | None:
    """The account with this id or name."""
    return conn.execute(select(account).where((account.c.id == named) | (account.c.name == named))).first()


def unknown(named: str) -> NotFound:
    """There is no such account."""
    return NotFound(f"there is no account {named[:60]!r}", hint="smsgw user ls and the page People show them")


def _is_last_owner(conn: Connection, row: AnyRow) -> bool:
    """On PostgreSQL the owners are locked, so that two at once do not take the role from each other."""
    if row.role != OWNER or row.disabled_at is not None:
        return False
    owners = (account.c.role == OWNER) & account.c.disabled_at.is_(None)
    conn.execute(select(account.c.id).where(owners).order_by(account.c.id).with_for_update())
    return (conn.scalar(select(func.count()).select_from(account).where(owners)) or 0) < 2


def _last(hint: str) -> Conflict:
    return Conflict("this is the last owner: without one nobody could manage people any more", hint=hint)
