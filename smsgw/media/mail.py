"""Letters: written into the store in the transaction that has something to tell, then taken away by `postman`.

What a server refuses for good, and what was tried too often, is dead and stays to be looked at and sent again.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from ..config import MailConfig
from ..errors import Conflict, NotFound
from ..store import history
from ..store.database import Writer
from ..store.ids import new_id
from ..store.lifecycle import INBOUND, MAIL
from ..store.tables import inbound, mail
from ..store.tables.types import AnyRow
from ..text.mail_address import domain_of

log = logging.getLogger(__name__)

BY = "mail"


@dataclass(frozen=True, slots=True)
class Letter:
    """What is to be sent. reference: the writer's own name; the same to the same recipient again is the same letter.

    inbound_id: it tells of this, whose words and media are put in as it goes; body is "" then. thread_id: the
    conversation. answer_to, bounce_to: our addresses for these. follows: Message-IDs of the mails before it.
    """

    reference: str
    recipient: str
    subject: str
    body: str
    inbound_id: str | None = None
    thread_id: int | None = None
    answer_to: str | None = None
    bounce_to: str | None = None
    follows: str | None = None


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
                "inbound_id": one.inbound_id,
                "thread_id": one.thread_id,
                "answer_to": one.answer_to,
                "bounce_to": one.bounce_to,
                "follows": one.follows,
            },
            [("write", "not tried yet")],
        )
        for one in new
    ]
    history.begin(conn, MAIL, births, by=BY, now=now)
    return len(births)


def message_id(id: str, config: MailConfig) -> str:
    """The Message-ID of a letter, the same over all tries."""
    return f"<{id}@{config.domain or domain_of(config.sender or '')}>"


def listing(conn: Connection, limit: int, state: str | None = None, before: str | None = None) -> list[AnyRow]:
    """Letters, newest first, with ids before `before`; state: pending, sent or dead."""
    query = select(mail).order_by(mail.c.id.desc()).limit(limit)
    if state is not None:
        query = query.where(mail.c.state == state)
    return list(conn.execute(query if before is None else query.where(mail.c.id < before)))


def lost(conn: Connection, ids: Sequence[str], why: str, now: datetime) -> None:
    """Letters did not arrive: somebody is told in the log, and in the inbox at what the letters tell of."""
    rows = conn.execute(select(mail.c.id, mail.c.recipient, mail.c.inbound_id).where(mail.c.id.in_(ids))).all()
    for row in rows:
        log.error("the letter %s to %s did not arrive: %s; smsgw mail again %s", row.id, row.recipient, why, row.id)
        if row.inbound_id is None:
            continue
        says = f"the mail about it to {row.recipient} did not arrive: {why}"
        state = conn.scalar(select(inbound.c.state).where(inbound.c.id == row.inbound_id))
        event = {"handled": "reopen", "ignored": "reopen"}.get(str(state))
        step = history.Step(row.inbound_id, says, {"handled_at": None})
        if event is not None:
            history.move(conn, INBOUND, event, [step], by=BY, now=now)
        elif state is not None:  # it waits already, or is about to be read
            history.note(conn, INBOUND, "mail_lost", [history.Step(row.inbound_id, says)], by=BY, now=now)


def bounced(conn: Connection, ids: Sequence[str], why: str, now: datetime) -> int:
    """A mail server that took letters says that they did not arrive; returns how many it was not known of."""
    steps = [history.Step(id, why, {"ended_at": now}) for id in ids]
    moved = history.move(conn, MAIL, "bounce", steps, by=BY, now=now)
    gone = [id for id, was in zip(ids, moved, strict=True) if was is not None]
    lost(conn, gone, why, now)
    return len(gone)


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
