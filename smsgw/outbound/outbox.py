"""Look at messages and act on them: the same verbs for the command line, the API and the pages."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, func, select, text

from ..errors import Conflict, NotFound
from ..store import history, keyset, said_before
from ..store.database import Writer
from ..store.ids import first_id
from ..store.keyset import Edge
from ..store.lifecycle import MESSAGE
from ..store.tables import address, message, part
from ..store.tables import history as lines
from ..store.tables.outbound import BAD_ENDS, ENDED_BADLY
from ..store.tables.types import AnyRow, spelled_out
from .asked import Asked
from .carried import carried_by
from .cutting import shown

FEW = 2000  # messages of a state that are sought by what is open, not from the newest on


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which messages to list. client: only this caller's; None: everybody's.

    customer: to any number of this customer; words: a piece of the text, capitals or not.
    """

    state: str | None = None
    to: str | None = None
    client: str | None = None
    client_ref: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    sender: str | None = None
    campaign: str | None = None
    customer: str | None = None
    words: str | None = None


@dataclass(frozen=True, slots=True)
class Cancelled:
    """A wish to take a message back, by whom, and when."""

    id: str
    by: str
    at: datetime


def full_id(written: str) -> str:
    """The id of a message as we spell it, also from what a client over SMPP was answered: `01JD…`, or `01JD….2`."""
    bare = written.partition(".")[0]
    return bare if "_" in bare else f"msg_{bare}"


def get(conn: Connection, id: str) -> AnyRow:
    """The message's row. Raises NotFound."""
    row = conn.execute(select(message).where(message.c.id == id)).first()
    if row is None:
        raise NotFound(f"there is no message {id}", hint="ids look like msg_01JD…; a listing of messages shows them")
    return row


def _found_quickly(conn: Connection, query: Select[Any], state: str) -> Select[Any]:
    """Name the index in which messages of a rare state are found: among a million others they would be sought long."""
    m = message.c
    if state in BAD_ENDS:
        return query.where(text(spelled_out(ENDED_BADLY)))  # in the words of the index, or SQLite does not take it
    if state == "delivered":
        return query
    few = select(m.id).where(m.final_at.is_(None), m.state == state).limit(FEW + 1)
    if (conn.scalar(select(func.count()).select_from(few.subquery())) or 0) <= FEW:
        return query.where(m.final_at.is_(None))
    return query


def listing(conn: Connection, wanted: Wanted, limit: int, before: Edge = None) -> list[AnyRow]:
    """Messages, newest first: at most `limit`, those with ids before `before`."""
    m = message.c
    query = select(message)
    for column, value in (
        (m.state, wanted.state),
        (m.recipient, wanted.to),
        (m.client, wanted.client),
        (m.client_ref, wanted.client_ref),
        (m.sender, wanted.sender),
        (m.campaign_id, wanted.campaign),
    ):
        if value is not None:
            query = query.where(column == value)
    if wanted.state is not None:
        query = _found_quickly(conn, query, wanted.state)
    if wanted.since is not None:
        query = query.where(m.created_at >= wanted.since)
    if wanted.until is not None:
        query = query.where(m.created_at < wanted.until)
    if wanted.customer is not None:
        query = query.where(m.recipient.in_(select(address.c.address).where(address.c.customer_id == wanted.customer)))
    if wanted.words is not None:
        query = query.where(m.text.icontains(wanted.words, autoescape=True))
    return keyset.rows(conn, query, m.id, before, limit)


def sent_together(conn: Connection, id: str) -> list[AnyRow]:
    """The messages that one request made for many numbers, in order: they came at one time, and the caller's names for
    them are one and the same up to the last colon. id: of any of them. Raises NotFound, also for a message alone."""
    row, m = get(conn, id), message.c
    name = (row.client_ref or "").rpartition(":")[0]
    if not name:
        raise NotFound(f"there is no message {id}")
    moment = first_id("msg", row.created_at), first_id("msg", row.created_at + timedelta(milliseconds=1))
    same = m.client_ref.startswith(f"{name}:", autoescape=True)
    query = select(message).where(m.id >= moment[0], m.id < moment[1], m.client == row.client, same)
    return list(conn.execute(query.order_by(m.id)))


def events(conn: Connection, ids: Sequence[str]) -> list[AnyRow]:
    """What happened to these records, oldest first: event, was, now, why, by, at."""
    return list(conn.execute(select(lines).where(lines.c.record_id.in_(ids)).order_by(lines.c.id)))


def parts_of(conn: Connection, id: str) -> list[AnyRow]:
    """The parts of a message in order, as their rows stand."""
    return list(conn.execute(select(part).where(part.c.message_id == id).order_by(part.c.position)))


def again(conn: Connection, id: str, by: str) -> Asked:
    """What is to be asked for so that a message that has come to its end is sent again, as it was.

    What it carried goes again too, by the way that suits its phone now. Raises NotFound; Conflict while it is under
    way, or when what it said was forgotten.
    """
    row = get(conn, id)
    if row.state not in MESSAGE.final:
        says = f"the message is {row.state}: {MESSAGE.states[row.state]}"
        raise Conflict(says, hint="only what has come to its end can be sent again")
    content = carried_by(conn, id)
    told = shown(dict(row._mapping))
    data = told.get("data")
    if content is not None and not content.slides and not content.attached:
        raise Conflict("what it showed was forgotten", hint="send a new message")
    if not told["text"] and data is None and content is None:
        raise Conflict("what it said was forgotten, or is no text", hint="send a new message")
    return Asked(
        to=row.recipient,
        text=row.text if data is None and content is None else "",
        content=content,
        client=by,
        sender=row.sender,
        purpose=row.purpose,
        category=row.category,
        priority=row.priority,
        link=row.wanted_link,
        message_class=row.message_class,
        on_unsure=row.on_unsure,
        reply_to=row.reply_to,
        allow_duplicate=True,
        metadata={**said_before.without(row.metadata), "resend_of": row.id},
        data=None if data is None else b64decode(data),
        ports=None if data is None or row.ports is None else (row.ports[0], row.ports[1]),
    )


def cancel(writer: Writer, wish: Cancelled) -> None:
    """Take a message back. Raises NotFound, or Conflict when it is too late (it may be in the air, or is final)."""
    writer.do(_cancel, wish)


def cancel_many(writer: Writer, wishes: Sequence[Cancelled]) -> int:
    """Take back those of these messages for which it is not too late; how many they were."""
    return sum(result is None for result in writer.do_all(_cancel, wishes))


def _cancel(conn: Connection, batch: list[Cancelled]) -> list[Exception | None]:
    results: list[Exception | None] = []
    for wish in batch:
        step = history.Step(wish.id, f"cancelled by {wish.by}", {"final_at": wish.at})
        if history.move(conn, MESSAGE, "cancel", [step], by=wish.by, now=wish.at)[0] is not None:
            results.append(None)
            continue
        state = conn.scalar(select(message.c.state).where(message.c.id == wish.id))
        results.append(_too_late(wish.id, state))
    return results


def _too_late(id: str, state: str | None) -> Exception:
    if state is None:
        return NotFound(f"there is no message {id}")
    says = f"the message is {state}: {MESSAGE.states[state]}"
    return Conflict(
        says,
        code="already_final" if state in MESSAGE.final else "already_sending",
        hint="only a message that is accepted, held or queued can be taken back",
    )
