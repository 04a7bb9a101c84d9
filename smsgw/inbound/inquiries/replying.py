"""A person answers an inquiry: with own words, with the template of its topic, or with what was proposed.

The message, the inquiry's move and the texts that are handled with it are one transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from ...errors import BadInput, Conflict, Fault
from ...outbound.submit import Asked, Door, Ready
from ...store.database import Database
from ...store.tables import inbound, message
from ...store.tables.types import AnyRow
from ...text import template
from ...text.business import Business
from ..dialogue.terms import Heard
from ..orders import asking
from ..reading.terms import Reading
from . import answers, inquiries
from . import topics as answer_topics


@dataclass(frozen=True, slots=True)
class Reply:
    """What somebody answers. text: own words; use: "template" or "proposal" instead of them.

    client_ref: the caller's own name for the message, which makes a second try harmless. closing: the reason to close
    the inquiry with it, None to keep it open for what the customer says.
    """

    id: str
    by: str
    at: datetime
    text: str | None = None
    use: str | None = None
    client_ref: str | None = None
    closing: str | None = None


def words(conn: Connection, reply: Reply, business: Business) -> tuple[AnyRow, str]:
    """The inquiry and the text that will go out. Raises NotFound, Conflict (closed, nothing proposed), BadInput."""
    row = inquiries.require(conn, reply.id, running=True)
    if reply.closing is not None and reply.closing not in inquiries.REASONS:
        says = f"there is no reason {reply.closing!r} to close; there are: {', '.join(inquiries.REASONS)}"
        raise BadInput([Fault("/close", "unknown_value", says)])
    if (reply.text is None) == (reply.use is None):
        raise BadInput([Fault("/text", "answer_what", "give a text, or say use: template or proposal")])
    if reply.text is not None:
        if not reply.text.strip():
            raise BadInput([Fault("/text", "text_missing", "there is nothing in the text")])
        return row, reply.text
    if reply.use == "proposal":
        found = answers.proposed(conn, _asked(conn, reply.id))
        if found is None:
            raise Conflict(f"nothing is proposed for {reply.id}", hint="answer with a text of your own")
        return row, str(found.text)
    return row, _from_template(conn, row, business, reply.at)


def _from_template(conn: Connection, row: AnyRow, business: Business, now: datetime) -> str:
    known = {each.language: each.text for each in answer_topics.templates(conn, row.topic)}
    text = known.get(row.language)
    if text is None:
        raise Conflict(f"{row.topic} has no template in {row.language}", hint="answer with a text of your own")
    read = template.read(text)
    heard = Heard(row.id, row.address, None, "", "", None, now, Reading("inquiry"), None, None, row.language, now, ())
    told, missing = read.fill(answers.fields(conn, heard, business, read.names))
    if missing:
        raise Conflict(f"the template speaks of {', '.join(missing)}, which is not known here")
    return told


def _asked(conn: Connection, id: str) -> list[str]:
    """The customer's texts of an inquiry, oldest first."""
    return [row.text_id for row in inquiries.texts(conn, [id])[id] if not row.mine]


def answer(database: Database, door: Door, business: Business, reply: Reply) -> str:
    """Send an answer; returns the message's id.

    Raises NotFound, Conflict, BadInput, RefusedByPolicy, QueueFull, StoreError: then nothing has happened.
    """
    with database.reading() as conn:
        known = _answered_already(conn, reply)
        if known is not None:
            return known
        row, text = words(conn, reply, business)
        last = _asked(conn, reply.id)[-1:]
        link = conn.scalar(select(inbound.c.link).where(inbound.c.id.in_(last)))
    asked = Asked(
        row.address,
        text,
        reply.by,
        client_ref=reply.client_ref,
        purpose="conversational",
        reply_to=last[0] if last and link is not None else None,
        metadata={"inquiry": reply.id},
    )
    return database.writer.do(_answer, (door, reply, door.read(asked)))


def _answered_already(conn: Connection, reply: Reply) -> str | None:
    """The message that this very answer became before: a second try, also after the inquiry was closed with it."""
    if reply.client_ref is None:
        return None
    m = message.c
    row = conn.execute(select(m.id, m.metadata).where(m.client == reply.by, m.client_ref == reply.client_ref)).first()
    return str(row.id) if row is not None and (row.metadata or {}).get("inquiry") == reply.id else None


def _answer(conn: Connection, batch: Sequence[tuple[Door, Reply, Ready]]) -> list[str]:
    return [_answer_one(conn, *one) for one in batch]


def _answer_one(conn: Connection, door: Door, reply: Reply, ready: Ready) -> str:
    inquiries.require(conn, reply.id, running=True)
    [accepted] = door.store(conn, [ready])
    if isinstance(accepted, Exception):
        raise accepted
    id = str(accepted.row["id"])
    if accepted.created:
        answers.judge(conn, _asked(conn, reply.id), ready.asked.text, reply.by, reply.at)
        inquiries.answered(conn, reply.id, id, "a person answered", reply.by, reply.at)
        asking.summary_again(conn, [(door, asking.Answered(ready.row["recipient"], id, reply.at))])
        if reply.closing is not None:
            inquiries.close_step(conn, [inquiries.Closing(reply.id, reply.closing, reply.by, "", reply.at)])
    return id
