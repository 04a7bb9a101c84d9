"""Everything that happened with one customer, newest first, over all numbers, links and channels, in pages.

There is no table of it. What has an id of ours sorts by it; what has only a time and a number gets a place made of
these. The place, 26 letters, is the cursor, so that what comes meanwhile neither repeats nor hides anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, or_, select

from ..store import keyset, said_before
from ..store.ids import first_id
from ..store.keyset import Ahead
from ..store.tables import (
    call,
    consent,
    customer_merge,
    customer_note,
    inbound,
    inquiry,
    mail,
    message,
    message_page,
    order,
    page_visit,
    participant,
    short_link,
    short_link_click,
    survey,
    survey_answer,
    talk,
)
from ..store.tables.types import AnyRow
from .customers import Person

END = "Z"  # behind every place
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
KINDS = (
    "message", "inbound", "call", "talk", "mail", "order", "inquiry", "survey", "note", "consent", "merge", "view",
    "click",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened. id: of the record, "" where it has none of its own. mine: whether we did it.

    place: where it stands among all; text: words, if there are any; state and why: of the record now. first_text: of a
    message that another text was put into, what it said at first.
    """

    place: str
    kind: str
    id: str
    at: datetime
    mine: bool
    address: str
    text: str
    state: str
    why: str
    link: str | None = None
    first_text: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Entries, newest first, and the places at which the next page and the one before begin; None: there is none."""

    entries: list[Entry]
    next: str | None
    prev: str | None = None


def read(
    conn: Connection, person: Person, limit: int = 50, edge: str | Ahead | None = None, kinds: Sequence[str] = KINDS
) -> Page:
    """A page of a customer's past. edge: where it stands (see store.keyset). kinds: which of KINDS are wanted."""
    phones = [one.address for one in person.addresses if one.kind == "phone"]
    mails = [one.address for one in person.addresses if one.kind == "email"]
    found: list[Entry] = []
    for kind in kinds:
        look = _Look(conn, person.id, phones, mails, edge, limit + 1)
        found += _SOURCES[kind](look)
    found.sort(key=lambda one: one.place, reverse=True)
    near = found[-limit - 1 :] if isinstance(edge, Ahead) else found[: limit + 1]
    data, older, newer = keyset.neighbours(near, limit, edge)
    return Page(list(data), data[-1].place if older else None, data[0].place if newer else None)


@dataclass(frozen=True, slots=True)
class _Look:
    """What is looked for."""

    conn: Connection
    id: str
    phones: list[str]
    mails: list[str]
    edge: str | Ahead | None
    limit: int

    def newest(self, query: Select[Any], id: ColumnElement[str], prefix: str) -> Iterator[AnyRow]:
        """The rows that stand nearest to the edge, of a table whose ids are ours."""
        at = Ahead(f"{prefix}_{self.edge.id}") if isinstance(self.edge, Ahead) else f"{prefix}_{self.edge or END}"
        yield from keyset.rows(self.conn, query, id, at, self.limit)

    def timed(
        self, query: Select[Any], at: ColumnElement[datetime], number: ColumnElement[int]
    ) -> Iterator[tuple[str, AnyRow]]:
        """The same of a table with times and numbers: rows with their places."""
        edge, ahead = (str(self.edge.id), True) if isinstance(self.edge, Ahead) else (self.edge or END, False)
        ordered = query.order_by(at.asc(), number.asc()) if ahead else query.order_by(at.desc(), number.desc())
        if edge != END:
            at_edge = _moment(edge)
            ordered = ordered.where(at >= at_edge if ahead else at < at_edge + timedelta(milliseconds=1))
        taken = 0
        for row in self.conn.execute(ordered):
            place = _place(first_id("x", row.at, row.number))
            if place > edge if ahead else place < edge:
                yield place, row
                taken += 1
            if taken == self.limit:
                return


def _messages(look: _Look) -> Iterator[Entry]:
    m = message.c
    query = select(m.id, m.created_at, m.recipient, m.text, m.state, m.why, m.link, m.metadata)
    for row in look.newest(query.where(m.recipient.in_(look.phones)), m.id, "msg"):
        at, state, first = row.created_at, row.state, said_before.first(row.metadata)
        yield Entry(
            _place(row.id), "message", row.id, at, True, row.recipient, row.text, state, row.why, row.link, first
        )


def _inbound(look: _Look) -> Iterator[Entry]:
    i = inbound.c
    query = select(i.id, i.received_at, i.sender, i.text, i.state, i.why, i.link).where(i.sender.in_(look.phones))
    for row in look.newest(query, i.id, "in"):
        at, state = row.received_at, row.state
        yield Entry(_place(row.id), "inbound", row.id, at, False, row.sender, row.text, state, row.why, row.link)


def _views(look: _Look) -> Iterator[Entry]:
    """When somebody opened the page of a message: only what a person did, not what looked at a link."""
    v, m = page_visit.c, message.c
    p = message_page.c
    joined = page_visit.join(message_page, p.id == v.page_id).join(message, m.id == p.message_id)
    query = select(v.at, v.id.label("number"), m.recipient, m.id.label("message"), m.link).select_from(joined)
    query = query.where(m.recipient.in_(look.phones), v.level == "opened")
    for place, row in look.timed(query, v.at, v.id):
        why = f"the page of {row.message} was opened"
        yield Entry(place, "view", row.message, row.at, False, row.recipient, "", "opened", why, row.link)


def _clicks(look: _Look) -> Iterator[Entry]:
    """When a person followed a short link of their own."""
    s, k, m = short_link.c, short_link_click.c, message.c
    joined = message.join(short_link, s.message_id == m.id).join(short_link_click, k.link_id == s.id)
    query = select(k.at, k.id.label("number"), m.recipient, m.id.label("message"), m.link, s.url).select_from(joined)
    for place, row in look.timed(query.where(m.recipient.in_(look.phones), k.human), k.at, k.id):
        why = f"a short link of {row.message} was followed"
        yield Entry(place, "click", row.message, row.at, False, row.recipient, row.url, "followed", why, row.link)


def _calls(look: _Look) -> Iterator[Entry]:
    c = call.c
    query = select(c.id, c.at, c.caller, c.state, c.why, c.link).where(c.caller.in_(look.phones))
    for row in look.newest(query, c.id, "call"):
        yield Entry(_place(row.id), "call", row.id, row.at, False, row.caller, "", row.state, row.why, row.link)


def _talks(look: _Look) -> Iterator[Entry]:
    """What was spoken on the telephone, with its note and what was promised."""
    t = talk.c
    query = select(talk).where(t.number.in_(look.phones))
    for row in look.newest(query, t.id, "talk"):
        spoke = row.taken_at is not None and row.ended_at is not None
        long = f"{max(1, round((row.ended_at - row.taken_at).total_seconds() / 60))} min" if spoke else ""
        said = "; ".join(part for part in (row.note, row.promised and f"promised: {row.promised}") if part)
        why = ", ".join(part for part in (row.why, long) if part)
        mine = row.direction == "out"
        yield Entry(_place(row.id), "talk", row.id, row.began_at, mine, row.number, said, row.state, why)


def _mails(look: _Look) -> Iterator[Entry]:
    m = mail.c
    query = select(m.id, m.created_at, m.recipient, m.subject, m.state, m.why).where(m.recipient.in_(look.mails))
    for row in look.newest(query, m.id, "mail") if look.mails else ():
        yield Entry(
            _place(row.id), "mail", row.id, row.created_at, True, row.recipient, row.subject, row.state, row.why
        )


def _orders(look: _Look) -> Iterator[Entry]:
    o = order.c
    query = select(o.id, o.created_at, o.address, o.number, o.total, o.currency, o.state, o.why, o.link)
    for row in look.newest(query.where(o.address.in_(look.phones)), o.id, "ord"):
        worth = "" if row.total is None else f": {row.total / 1_000_000:.2f} {row.currency}"
        words, at = f"{row.number}{worth}", row.created_at
        yield Entry(_place(row.id), "order", row.id, at, False, row.address, words, row.state, row.why, row.link)


def _inquiries(look: _Look) -> Iterator[Entry]:
    i = inquiry.c
    query = select(i.id, i.opened_at, i.address, i.topic, i.state, i.why).where(i.address.in_(look.phones))
    for row in look.newest(query, i.id, "inq"):
        yield Entry(_place(row.id), "inquiry", row.id, row.opened_at, False, row.address, row.topic, row.state, row.why)


def _surveys(look: _Look) -> Iterator[Entry]:
    a, p = survey_answer.c, participant.c
    joined = survey_answer.join(participant, p.id == a.participant_id).join(survey, survey.c.id == p.survey_id)
    query = select(a.at, a.position.label("number"), a.words, p.address, survey.c.name, survey.c.id).select_from(joined)
    for place, row in look.timed(query.where(p.address.in_(look.phones)), a.at, a.position):
        yield Entry(place, "survey", row.id, row.at, False, row.address, row.words, "answered", row.name)


def _notes(look: _Look) -> Iterator[Entry]:
    n = customer_note.c
    for row in look.newest(select(customer_note).where(n.customer_id == look.id), n.id, "note"):
        yield Entry(_place(row.id), "note", row.id, row.at, True, "", row.text, "kept", f"by {row.by}")


def _consents(look: _Look) -> Iterator[Entry]:
    c = consent.c
    query = select(c.id.label("number"), c.at, c.address, c.purpose, c.statement, c.source, c.words, c.by)
    for place, row in look.timed(query.where(c.address.in_([*look.phones, *look.mails])), c.at, c.id):
        about = "everything" if row.purpose == "*" else row.purpose
        why = f"{about}, by {row.source}"
        yield Entry(place, "consent", "", row.at, False, row.address, row.words, row.statement, why)


def _merges(look: _Look) -> Iterator[Entry]:
    m = customer_merge.c
    query = select(customer_merge).where(or_(m.kept_id == look.id, m.gone_id == look.id))
    for row in look.newest(query, m.id, "mrg"):
        undone = "" if row.undone_at is None else f", undone by {row.undone_by}"
        words = f"{row.gone_id} became a part of {row.kept_id}"
        state = "merged" if row.undone_at is None else "undone"
        yield Entry(_place(row.id), "merge", row.id, row.at, True, "", words, state, f"by {row.by}{undone}")


_SOURCES: dict[str, Callable[[_Look], Iterator[Entry]]] = {
    "message": _messages, "inbound": _inbound, "call": _calls, "talk": _talks, "mail": _mails, "order": _orders,
    "inquiry": _inquiries, "survey": _surveys, "note": _notes, "consent": _consents, "merge": _merges,
    "view": _views, "click": _clicks,
}  # fmt: skip


def _place(id: str) -> str:
    return id.rpartition("_")[2]


def _moment(place: str) -> datetime:
    """The time that a place was made of (see store/ids: 48 bits of milliseconds)."""
    number = 0
    for letter in place:
        number = number << 5 | _LETTERS.index(letter)
    return datetime.fromtimestamp((number >> 80) / 1000, UTC)


def is_place(written: str) -> bool:
    """Whether this can be a place at all."""
    return len(written) == 26 and all(letter in _LETTERS for letter in written)
