"""What a client asks about a message of its own: how it is, and take it back."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from ..errors import Conflict, NotFound, SmsgwError
from ..link import ReceiptState
from ..listener import Outcome
from ..store import history
from ..store.lifecycle import MESSAGE
from ..store.tables import message, part, submitted_part
from ..store.tables.types import AnyRow
from .joining import waiting_ids

# How each of our states is told to a client (SMPP 3.4 section 5.2.28).
STATES = {
    "accepted": ReceiptState.ACCEPTED,
    "held": ReceiptState.ACCEPTED,
    "queued": ReceiptState.ENROUTE,
    "sending": ReceiptState.ENROUTE,
    "unsure": ReceiptState.ENROUTE,
    "sent": ReceiptState.ENROUTE,
    "delivered": ReceiptState.DELIVERED,
    "undelivered": ReceiptState.UNDELIVERABLE,
    "failed": ReceiptState.REJECTED,
    "refused": ReceiptState.REJECTED,
    "expired": ReceiptState.EXPIRED,
    "cancelled": ReceiptState.DELETED,
}


@dataclass(frozen=True, slots=True)
class TakeBack:
    """A wish to cancel: the message, or without an id all that wait for `to` from `sender` (None: from anybody)."""

    client: str
    id: str
    sender: str | None
    to: str | None
    at: datetime


def bare(id: str) -> str:
    """The id of a message by the name of one of its parts."""
    return id.partition(".")[0]


def outcome(conn: Connection, client: str, id: str) -> Outcome:
    """How a message is. Raises NotFound."""
    row = _own(conn, client, id)
    if row is not None:
        error = error_of(conn, bare(id)) if row.state in ("failed", "undelivered") else ""
        return Outcome(STATES[row.state], row.final_at, error)
    c = submitted_part.c
    if conn.scalar(select(c.id).where(c.message_id == bare(id), c.client == client).limit(1)) is not None:
        return Outcome(ReceiptState.ACCEPTED)  # its other parts are still to come
    raise _nowhere(id)


def error_of(conn: Connection, id: str) -> str:
    """The network's own code for what went wrong with a message, three digits where it gave any (appendix B)."""
    said = conn.scalars(select(part.c.error).where(part.c.message_id == id, part.c.error.is_not(None)).limit(1)).first()
    found = re.search(r"\b[0-9]{1,3}\b", said or "")
    return found[0] if found else ""


def take_back(conn: Connection, batch: list[TakeBack]) -> list[int | SmsgwError]:
    """Writer step: cancel; for each wish how many messages that were, NotFound, or Conflict when it is too late."""
    return [_take_back(conn, wish) for wish in batch]


def _take_back(conn: Connection, wish: TakeBack) -> int | SmsgwError:
    if wish.id:
        row = _own(conn, wish.client, wish.id)
        ids = [] if row is None else [str(row.id)]
    else:
        row = None
        ids = waiting_ids(conn, wish.client, [wish.to or ""], wish.sender)
    steps = [history.Step(id, "taken back by its client", {"final_at": wish.at}) for id in ids]
    moved = [was for was in history.move(conn, MESSAGE, "cancel", steps, by=wish.client, now=wish.at) if was]
    if moved:
        return len(moved)
    return _too_late(row) if row is not None else _nowhere(wish.id or f"waiting for {wish.to}")


def _own(conn: Connection, client: str, id: str) -> AnyRow | None:
    return conn.execute(select(message).where(message.c.id == bare(id), message.c.client == client)).first()


def _too_late(row: AnyRow) -> Conflict:
    code = "already_final" if row.state in MESSAGE.final else "already_sending"
    return Conflict(f"the message is {row.state}: {MESSAGE.states[row.state]}", code=code)


def _nowhere(what: str) -> NotFound:
    return NotFound(f"there is no message {what!r} of this client")
