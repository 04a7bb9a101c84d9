"""Letters: written into the store in the transaction that has something to tell, then taken away by `postman`.

What a server refuses for good, and what was tried too often, is dead and stays to be looked at and sent again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from ..errors import Conflict, NotFound
from ..store import history
from ..store.database import Writer
from ..store.ids import new_id
from ..store.lifecycle import MAIL
from ..store.tables import mail
from ..store.tables.types import AnyRow

BY = "mail"


@dataclass(frozen=True, slots=True)
class Letter:
    """What is to be sent. reference: the writer's own name; the same to the same recipient again is the same letter."""

    reference: str
    recipient: str
    subject: str
    body: str


def write(conn: Connection, letters: Sequence[Letter], now: datetime) -> int:
    """Store letters in this transaction, each once; returns how many are new."""
    m = mail.c
    known = {
        (row.reference, row.recipient)
        for row in conn.execute(
            select(m.reference, m.recipient).where(m.reference.in_({letter.reference for letter in letters}))
        )
    }
    new = [one for one in dict.fromkeys(letters) if (one.reference, one.recipient) not in known]
    births = [
        history.Birth(
            {
                "id": new_id("mail", now),
                "reference": one.reference,
                "recipient": one.recipient,
                "subject": " ".join(one.subject.split()),
                "body": one.body,
                "created_at": now,
                "due_at": now,
                "attempts": 0,
                "ended_at": None,
            },
            [("write", "not tried yet")],
        )
        for one in new
    ]
    history.begin(conn, MAIL, births, by=BY, now=now)
    return len(births)


def listing(conn: Connection, limit: int, state: str | None = None, before: str | None = None) -> list[AnyRow]:
    """Letters, newest first, with ids before `before`; state: pending, sent or dead."""
    query = select(mail).order_by(mail.c.id.desc()).limit(limit)
    if state is not None:
        query = query.where(mail.c.state == state)
    return list(conn.execute(query if before is None else query.where(mail.c.id < before)))


def again(writer: Writer, id: str, by: str, now: datetime) -> None:
    """Send a letter once more that is dead, or was sent. Raises NotFound, Conflict (it waits already)."""
    writer.do(_again, (id, by, now))


def _again(conn: Connection, batch: list[tuple[str, str, datetime]]) -> list[Exception | None]:
    results: list[Exception | None] = []
    for id, by, now in batch:
        row = conn.execute(select(mail.c.state).where(mail.c.id == id)).first()
        if row is None:
            results.append(NotFound(f"there is no letter {id!r}", hint="smsgw mail list shows them"))
            continue
        step = history.Step(id, "to be sent again", {"due_at": now, "attempts": 0, "ended_at": None})
        [was] = history.move(conn, MAIL, "again", [step], by=by, now=now)
        results.append(Conflict(f"{id} waits to be sent already") if was is None else None)
    return results
