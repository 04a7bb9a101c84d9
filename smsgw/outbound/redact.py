"""Forget what a message said, once it has come to its end: what was sent to whom, when and at what price stays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select, update

from ..errors import Conflict, NotFound
from ..store import history, said_before
from ..store.lifecycle import MESSAGE
from ..store.tables import message, message_content, message_medium, part, short_link


@dataclass(frozen=True, slots=True)
class Redaction:
    """A wish to forget a text. marks: put into the message's metadata beside what is there."""

    id: str
    by: str
    at: datetime
    marks: dict[str, Any]


def redact(conn: Connection, batch: list[Redaction]) -> list[Exception | None]:
    """Writer step: forget the texts of messages that are final; NotFound, or Conflict for one that is not."""
    return [_redact(conn, wish) for wish in batch]


def _redact(conn: Connection, wish: Redaction) -> Exception | None:
    row = conn.execute(select(message.c.state, message.c.metadata).where(message.c.id == wish.id)).first()
    if row is None:
        return NotFound(f"there is no message {wish.id}")
    if row.state not in MESSAGE.final:
        says = f"the message is {row.state}: what it says is forgotten when it has come to its end"
        return Conflict(says, hint="ask again then")
    kept = {**said_before.without(row.metadata), **wish.marks} or None
    conn.execute(update(message).where(message.c.id == wish.id).values(text="", metadata=kept))
    conn.execute(update(part).where(part.c.message_id == wish.id).values(user_data=b""))
    gone: dict[str, Any] = {"subject": "", "slides": [], "attached": None}
    conn.execute(update(message_content).where(message_content.c.message_id == wish.id).values(**gone))
    conn.execute(delete(message_medium).where(message_medium.c.message_id == wish.id))
    conn.execute(delete(short_link).where(short_link.c.message_id == wish.id))  # one recipient's own
    step = history.Step(wish.id, f"its text was forgotten, as {wish.by} asked")
    history.note(conn, MESSAGE, "redact", [step], by=wish.by, now=wish.at)
    return None
