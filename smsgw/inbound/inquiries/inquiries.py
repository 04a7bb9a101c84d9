"""Inquiries: what a person must answer, by when and to whom it belongs; open, answered, closed with a reason.

One inquiry that is not closed for each customer and topic collects what they write further; an answered one is opened
again by their next text. Its texts wait in the inbox as long as it is open, and are handled with it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, insert, select, update

from ...customers import customers
from ...errors import BadInput, Conflict, Fault, NotFound
from ...store import history, keyset
from ...store.database import Writer
from ...store.ids import new_id
from ...store.keyset import Edge
from ...store.lifecycle import INBOUND, INQUIRY
from ...store.tables import address, inquiry, inquiry_text
from ...store.tables.inquiries import PRIORITIES
from ...store.tables.types import AnyRow
from ...text.business import Business
from ..reading.terms import REST, TOPICS

REASONS = ("solved", "no_answer_needed", "customer_left_it", "duplicate", "spam")
HURRIES = {"complaint": 2, "cancel": 2}  # priorities of topics that are not of the usual one
SURE = 0.6  # of a proposal of the learned model, to move an inquiry forward
_USUAL = PRIORITIES.index("normal")
_SHARE = (2.0, 1.0, 0.25, 0.125)  # of the promised minutes, by priority
_RUNNING = INQUIRY.by_event["close"][0].was


@dataclass(frozen=True)
class Promise:
    """How soon somebody answers: so many minutes of business hours for an inquiry of normal priority."""

    business: Business = field(default_factory=Business)
    minutes: int = 480

    def due(self, at: datetime, priority: int) -> datetime:
        """When an inquiry that was opened at `at` is due."""
        return self.business.after(at, max(1, round(self.minutes * _SHARE[priority])))


@dataclass(frozen=True, slots=True)
class Asks:
    """A text of a customer that a person must answer. ids: of the text in `inbound` (several that were read as one).

    topic: None where nobody understood it. about: the order. by: who put it down.
    """

    ids: tuple[str, ...]
    address: str
    topic: str | None
    language: str
    at: datetime
    why: str
    about: str | None = None
    by: str = "inquiries"


def collect(conn: Connection, asks: Asks, promise: Promise) -> str:
    """Put a text to the customer's inquiry, which is opened or opened again if need be; returns its id.

    A text that nobody understood goes to the newest inquiry that is not closed, whatever its topic.
    """
    known = running(conn, asks.address, asks.topic)
    if known is None:
        id = _begin(conn, asks, promise)
    else:
        id = str(known.id)
        priority = max(known.priority, _priority(asks))
        if known.state == "answered":
            values = {"opened_at": asks.at, "due_at": promise.due(asks.at, priority), "priority": priority}
            why = f"the customer wrote again: {asks.why}" if asks.ids else asks.why
            step = history.Step(id, why, values)
            history.move(conn, INQUIRY, "reopen", [step], by=asks.by, now=asks.at)
        else:
            if priority > known.priority:
                due = min(known.due_at, promise.due(asks.at, priority))
                conn.execute(update(inquiry).where(inquiry.c.id == id).values(priority=priority, due_at=due))
            history.note(conn, INQUIRY, "collect", [history.Step(id, asks.why)], by="inquiries", now=asks.at)
    _add_texts(conn, id, asks.ids, asks.at, mine=False)
    return id


def running(conn: Connection, number: str, topic: str | None) -> AnyRow | None:
    """The customer's inquiry of this topic that is not closed; without a topic the newest one of any."""
    i = inquiry.c
    query = select(inquiry).where(i.address.in_(_of_customer(conn, number)), i.state.in_(_RUNNING))
    if topic is not None:
        query = query.where(i.topic == topic)
    return conn.execute(query.order_by(i.id.desc()).limit(1)).first()


def _of_customer(conn: Connection, number: str) -> set[str]:
    """All addresses of whoever has this one."""
    customer = customers.of(conn, [number]).get(number)
    if customer is None:
        return {number}
    return {number, *conn.scalars(select(address.c.address).where(address.c.customer_id == customer.id))}


def _priority(asks: Asks) -> int:
    return HURRIES.get(asks.topic or "", _USUAL)


def _begin(conn: Connection, asks: Asks, promise: Promise) -> str:
    priority = _priority(asks)
    values = {
        "id": new_id("inq", asks.at),
        "address": asks.address,
        "topic": asks.topic or "unclear",
        "priority": priority,
        "assigned_to": None,
        "language": asks.language[:8],
        "about": asks.about,
        "proposal": None,
        "opened_at": asks.at,
        "due_at": promise.due(asks.at, priority),
        "answered_at": None,
        "closed_at": None,
        "closed_for": None,
    }
    history.begin(conn, INQUIRY, [history.Birth(values, [("open", asks.why)])], by=asks.by, now=asks.at)
    return str(values["id"])


def _add_texts(conn: Connection, id: str, texts: Collection[str], at: datetime, *, mine: bool) -> None:
    t = inquiry_text.c
    there = set(conn.scalars(select(t.text_id).where(t.inquiry_id == id, t.text_id.in_(list(texts)))))
    rows = [{"inquiry_id": id, "text_id": one, "mine": mine, "at": at} for one in texts if one not in there]
    if rows:
        conn.execute(insert(inquiry_text), rows)


# What people do with them


@dataclass(frozen=True, slots=True)
class Assignment:
    """An inquiry is given to somebody (None: to nobody), gets another priority or another topic, or several of these.

    What is None stays as it is; to: "" takes it away from whoever has it.
    """

    id: str
    by: str
    why: str
    at: datetime
    to: str | None = None
    priority: str | None = None
    topic: str | None = None


def assign(writer: Writer, promise: Promise, wish: Assignment) -> None:
    """Change whose it is, how urgent, or what it is about. Raises NotFound, Conflict (closed), BadInput."""
    faults = []
    if wish.priority is not None and wish.priority not in PRIORITIES:
        says = f"there is no priority {wish.priority!r}; there are: {', '.join(PRIORITIES)}"
        faults.append(Fault("/priority", "unknown_value", says))
    if wish.topic is not None and wish.topic not in (*TOPICS, *REST):
        says = f"there is no topic {wish.topic!r}; there are: {', '.join((*TOPICS, *REST))}"
        faults.append(Fault("/topic", "unknown_value", says))
    if wish.to is None and wish.priority is None and wish.topic is None:
        faults.append(Fault("", "nothing_to_do", "say to whom it goes, or how urgent it is, or what it is about"))
    if faults:
        raise BadInput(faults)
    writer.do(assign_step, (wish, promise))


def assign_step(conn: Connection, batch: Sequence[tuple[Assignment, Promise]]) -> list[None]:
    """Writer step: change inquiries; raises as `assign`."""
    for wish, promise in batch:
        row = require(conn, wish.id, running=True)
        values: dict[str, Any] = {}
        told = []
        if wish.to is not None:
            values["assigned_to"] = wish.to.strip()[:64] or None
            told.append(f"given to {values['assigned_to'] or 'nobody'}")
        if wish.priority is not None:
            priority = PRIORITIES.index(wish.priority)
            values |= {"priority": priority, "due_at": promise.due(row.opened_at, priority)}
            told.append(f"now {wish.priority}")
        if wish.topic is not None and wish.topic != row.topic:
            if running(conn, row.address, wish.topic) is not None:
                raise Conflict(f"another inquiry of {row.address} is about {wish.topic}: close one of them")
            values["topic"] = wish.topic
            told.append(f"about {wish.topic}, not {row.topic}")
        if values:
            conn.execute(update(inquiry).where(inquiry.c.id == wish.id).values(**values))
        why = "; ".join([*told, wish.why] if wish.why else told)
        history.note(conn, INQUIRY, "assign", [history.Step(wish.id, why)], by=wish.by, now=wish.at)
    return [None] * len(batch)


@dataclass(frozen=True, slots=True)
class Closing:
    """An inquiry is done. reason: one of REASONS; why: in the person's words, may be empty."""

    id: str
    reason: str
    by: str
    why: str
    at: datetime


def close(writer: Writer, wish: Closing) -> None:
    """Close an inquiry and handle its texts. Raises NotFound, Conflict (closed already), BadInput (the reason)."""
    if wish.reason not in REASONS:
        says = f"there is no reason {wish.reason!r} to close; there are: {', '.join(REASONS)}"
        raise BadInput([Fault("/reason", "unknown_value", says)])
    writer.do(close_step, wish)


def close_step(conn: Connection, batch: Sequence[Closing]) -> list[None]:
    """Writer step: close inquiries; raises as `close`."""
    for wish in batch:
        require(conn, wish.id, running=True)
        why = wish.reason.replace("_", " ") + (f": {wish.why}" if wish.why else "")
        step = history.Step(wish.id, why, {"closed_at": wish.at, "closed_for": wish.reason})
        history.move(conn, INQUIRY, "close", [step], by=wish.by, now=wish.at)
        handle_texts(conn, wish.id, f"its inquiry was closed: {why}", wish.by, wish.at)
    return [None] * len(batch)


def answered(conn: Connection, id: str, message_id: str | None, why: str, by: str, now: datetime) -> None:
    """Within a writer's step: something went to the customer. Raises NotFound, Conflict (closed)."""
    require(conn, id, running=True)
    history.move(conn, INQUIRY, "answer", [history.Step(id, why, {"answered_at": now})], by=by, now=now)
    if message_id is not None:
        _add_texts(conn, id, [message_id], now, mine=True)
    handle_texts(conn, id, f"its inquiry was answered: {why}", by, now)


def handle_texts(conn: Connection, id: str, why: str, by: str, now: datetime) -> None:
    """Take the texts of an inquiry off the pile of those that wait."""
    t = inquiry_text.c
    ids = conn.scalars(select(t.text_id).where(t.inquiry_id == id, t.mine.is_(False)))
    history.move(conn, INBOUND, "handle", [history.Step(one, why, {"handled_at": now}) for one in ids], by=by, now=now)


def texts_handled(conn: Connection, ids: Collection[str], why: str, by: str, now: datetime) -> None:
    """A person answered these texts in the inbox: so the open inquiries that they belong to are answered."""
    t = inquiry_text.c
    found: set[str] = set()
    for some in history.chunks(list(ids)):
        found.update(conn.scalars(select(t.inquiry_id).where(t.text_id.in_(some), t.mine.is_(False))))
    open_ones = conn.scalars(select(inquiry.c.id).where(inquiry.c.id.in_(sorted(found)), inquiry.c.state == "open"))
    steps = [history.Step(one, f"in the inbox: {why}", {"answered_at": now}) for one in open_ones]
    history.move(conn, INQUIRY, "answer", steps, by=by, now=now)


def texts_wait_again(
    conn: Connection, ids: Collection[str], answered_at: datetime, why: str, by: str, now: datetime
) -> None:
    """That these texts were handled was taken back: so the inquiries that were answered by it are open again."""
    t, q = inquiry_text.c, inquiry.c
    found: set[str] = set()
    for some in history.chunks(list(ids)):
        found.update(conn.scalars(select(t.inquiry_id).where(t.text_id.in_(some), t.mine.is_(False))))
    theirs = select(q.id).where(q.id.in_(sorted(found)), q.state == "answered", q.answered_at == answered_at)
    steps = [history.Step(one, f"in the inbox: {why}", {"answered_at": None}) for one in conn.scalars(theirs)]
    history.move(conn, INQUIRY, "reopen", steps, by=by, now=now)


# Looking


def require(conn: Connection, id: str, *, running: bool = False) -> AnyRow:
    """The inquiry's row. Raises NotFound; with `running` also Conflict where it is closed."""
    row = conn.execute(select(inquiry).where(inquiry.c.id == id)).first()
    if row is None:
        raise NotFound(f"there is no inquiry {id[:60]}", hint="smsgw inquiry list shows them")
    if running and row.state == "closed":
        raise Conflict(f"{id} was closed: {row.why}", hint="what the customer writes next is another inquiry")
    return row


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which inquiries to list; None leaves a field open. overdue: open ones that were due before this time."""

    state: str | None = None
    topic: str | None = None
    assigned_to: str | None = None
    address: str | None = None
    overdue: datetime | None = None
    before: Edge = None


def listing(conn: Connection, wanted: Wanted, limit: int) -> list[AnyRow]:
    """Inquiries, newest first: at most `limit`, those with ids before `wanted.before`."""
    return keyset.rows(conn, _which(wanted), inquiry.c.id, wanted.before, limit)


def queue(conn: Connection, wanted: Wanted, limit: int = 100) -> list[AnyRow]:
    """What somebody must answer: the most urgent first, then what is due first.

    Of equal priority, those come first that the learned model takes for something that hurries.
    """
    i = inquiry.c
    query = _which(wanted).where(i.state == "open")
    rows = list(conn.execute(query.order_by(i.priority.desc(), i.due_at, i.id).limit(limit)))
    return sorted(rows, key=lambda row: (-row.priority, -_hurry(row.proposal)))


def _hurry(proposal: dict[str, Any] | None) -> float:
    """How likely the model thinks that it hurries, if it is rather sure."""
    if proposal is None or proposal["share"] < SURE:
        return 0.0
    return float(proposal["share"]) if str(proposal["topic"]).partition("/")[2] in HURRIES else 0.0


def _which(wanted: Wanted) -> Select[*tuple[Any, ...]]:
    i = inquiry.c
    query = select(inquiry)
    given = ((i.state, wanted.state), (i.topic, wanted.topic), (i.address, wanted.address))
    for column, value in given:
        if value is not None:
            query = query.where(column == value)
    if wanted.assigned_to is not None:
        nobody = wanted.assigned_to == ""
        query = query.where(i.assigned_to.is_(None) if nobody else i.assigned_to == wanted.assigned_to)
    if wanted.overdue is not None:
        query = query.where(i.state == "open", i.due_at < wanted.overdue)
    return query


def texts(conn: Connection, ids: Sequence[str]) -> dict[str, list[AnyRow]]:
    """The texts of these inquiries, oldest first: rows of inquiry_text, by the inquiry's id."""
    found: dict[str, list[AnyRow]] = {id: [] for id in ids}
    for some in history.chunks(ids):
        t = inquiry_text.c
        for row in conn.execute(select(inquiry_text).where(t.inquiry_id.in_(some)).order_by(t.id)):
            found[row.inquiry_id].append(row)
    return found


def of_text(conn: Connection, inbound_id: str) -> str | None:
    """The inquiry that a text belongs to, if one."""
    t = inquiry_text.c
    found = conn.scalar(select(t.inquiry_id).where(t.text_id == inbound_id, t.mine.is_(False)).limit(1))
    return None if found is None else str(found)
