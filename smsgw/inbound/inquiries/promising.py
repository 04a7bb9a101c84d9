"""A promise becomes an inquiry: somebody told a customer that an answer comes, and until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update

from ...errors import BadInput, Fault
from ...store import history
from ...store.ids import new_id
from ...store.lifecycle import INQUIRY
from ...store.tables import inquiry
from ...store.tables.inquiries import PRIORITIES
from ..reading.terms import REST, TOPICS


@dataclass(frozen=True, slots=True)
class Promised:
    """What was promised to whom, until when, and by whom, who has to keep it. topic: one of an inquiry's."""

    address: str
    topic: str
    language: str
    due_at: datetime
    by: str
    words: str
    at: datetime


def promise(conn: Connection, told: Promised) -> str:
    """Within a writer's step: open an inquiry that is due when it was promised, or put it to the customer's one of
    this topic that is not closed, which is due no later then. Returns its id. Raises BadInput for an unknown topic."""
    if told.topic not in (*TOPICS, *REST):
        says = f"there is no topic {told.topic[:20]!r}; there are: {', '.join((*TOPICS, *REST))}"
        raise BadInput([Fault("/about", "unknown_value", says)])
    i = inquiry.c
    same = select(inquiry).where(i.address == told.address, i.topic == told.topic, i.state != "closed")
    known = conn.execute(same).first()
    if known is None:
        return _open(conn, told)
    values = {"due_at": min(known.due_at, told.due_at), "assigned_to": known.assigned_to or told.by}
    if known.state == "answered":
        values |= {"due_at": told.due_at, "opened_at": told.at}
        history.move(conn, INQUIRY, "reopen", [history.Step(known.id, told.words, values)], by=told.by, now=told.at)
    else:
        conn.execute(update(inquiry).where(i.id == known.id).values(**values))
        history.note(conn, INQUIRY, "promise", [history.Step(known.id, told.words)], by=told.by, now=told.at)
    return str(known.id)


def _open(conn: Connection, told: Promised) -> str:
    values = {
        "id": new_id("inq", told.at),
        "address": told.address,
        "topic": told.topic,
        "priority": PRIORITIES.index("normal"),
        "assigned_to": told.by,
        "language": told.language[:8],
        "about": None,
        "proposal": None,
        "opened_at": told.at,
        "due_at": told.due_at,
        "answered_at": None,
        "closed_at": None,
        "closed_for": None,
    }
    history.begin(conn, INQUIRY, [history.Birth(values, [("open", told.words)])], by=told.by, now=told.at)
    return str(values["id"])
