"""Put what was found into our history, people, groups and suppressions: a second time it adds nothing.

Nothing of it can be sent: every message is born in a final state, in one transaction, without a part that a link could
claim. Nobody who follows history hears of it, for it happened elsewhere. Nobody is taken to have agreed to offers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, select

from ..access import audit
from ..clients.asking import spelled
from ..customers import customers, groups
from ..customers.consent import suppression
from ..customers.customers import Wish
from ..errors import BadInput
from ..link import Abilities
from ..outbound.cutting import encoding
from ..store import history
from ..store.database import Database
from ..store.history import Birth, chunks
from ..store.ids import new_id
from ..store.lifecycle import INBOUND, MESSAGE
from ..store.storable import storable
from ..store.tables import customer_group, inbound, message
from ..text import parts
from ..text.number import read_number
from .found import DELIVERED, EXPIRED, FAILED, SENT, UNDELIVERED, Contact, Found, Note, Received, Sent, Stop, name_of

PIECE = 500  # things that are stored in one transaction
_TAKEN = ("accept", "admit", "claim", "hand_over")
ROADS = {  # from what was said of a message to the events of its birth, the last of which is final
    DELIVERED: (*_TAKEN, "deliver"),
    UNDELIVERED: (*_TAKEN, "bounce"),
    EXPIRED: (*_TAKEN, "expire"),
    SENT: (*_TAKEN, "expire"),  # as a message of ours that no receipt ever came for
    FAILED: ("accept", "admit", "claim", "give_up"),
}
_WORDS = {
    DELIVERED: "delivered", UNDELIVERED: "not delivered", EXPIRED: "expired", FAILED: "failed",
    SENT: "sent; no report was kept",
}  # fmt: skip
_LONGEST = 254
LONGEST = 100_000  # letters of a text


@dataclass(frozen=True, slots=True)
class Terms:
    """What is brought, by whom and when. region: whose national numbers are understood. dry: only look."""

    kind: str
    by: str
    at: datetime
    region: str | None
    dry: bool = True

    @property
    def client(self) -> str:
        """Who the messages belong to here."""
        return f"import:{self.kind}"


@dataclass
class Report:
    """What there was. added and known: how many of each sort, by its name; notes: what was not taken over, and why."""

    added: Counter[str] = field(default_factory=Counter)
    known: Counter[str] = field(default_factory=Counter)
    notes: list[Note] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Piece:
    things: Sequence[Found]
    terms: Terms


def bring(database: Database, found: Iterable[Found], terms: Terms) -> Report:
    """Store everything that is found, or with terms.dry only count it. Raises StoreError; what was stored stays."""
    report, things = Report(), iter(found)
    while piece := list(islice(things, PIECE)):
        if terms.dry:
            with database.reading() as conn:
                told = _look(conn, _Piece(piece, terms))
        else:
            told = database.writer.do(_store, _Piece(piece, terms))
        report.added += told.added
        report.known += told.known
        report.notes += told.notes
    if report.added and not terms.dry:
        counts = ", ".join(f"{count} {name}" for name, count in sorted(report.added.items()))
        audit.put(database.writer, audit.Line(terms.by, f"{terms.kind}.imported", f"taken over: {counts}", terms.at))
    return report


def _store(conn: Connection, batch: list[_Piece]) -> list[Report]:
    return [_stored(conn, piece) for piece in batch]


def _stored(conn: Connection, piece: _Piece) -> Report:
    terms, report = piece.terms, Report()
    people: dict[str, None] = {}
    births = list(_new_messages(conn, piece, report, people))
    history.begin(conn, MESSAGE, births, by=terms.by, now=terms.at, told=False)
    texts = list(_new_inbound(conn, piece, report, people))
    history.begin(conn, INBOUND, texts, by=terms.by, now=terms.at, told=False)
    _keep_contacts(conn, piece, report)
    customers.ensure(conn, [one for one in people if one.startswith("+")], terms.at)
    _keep_stops(conn, piece, report)
    report.notes += [one for one in piece.things if isinstance(one, Note)]
    return report


def _look(conn: Connection, piece: _Piece) -> Report:
    """The same without storing anything."""
    report = Report()
    for _ in _new_messages(conn, piece, report, {}):
        pass
    for _ in _new_inbound(conn, piece, report, {}):
        pass
    for contact, number in _read(piece, Contact, report):
        owner = customers.of(conn, [number]).get(number)
        (report.added if owner is None else report.known)["customers"] += 1
        there = set() if owner is None else {row.name for row in groups.of(conn, str(owner.id))}
        report.added["members of groups"] += len({_group_name(name) for name in contact.groups} - there)
    stops = [(one, number) for one, number in _read(piece, Stop, report)]
    listed = suppression.suppressed(conn, [number for _, number in stops])
    for one, number in stops:
        (report.known if number in listed else report.added)[f"stops ({one.reach})"] += 1
    report.notes += [one for one in piece.things if isinstance(one, Note)]
    return report


def _read(piece: _Piece, kind: Any, report: Report) -> Iterator[tuple[Any, str]]:
    """The things of a kind with the number that each is about; one whose number is none is noted."""
    for one in piece.things:
        if not isinstance(one, kind):
            continue
        written = one.to if isinstance(one, Sent) else one.sender if isinstance(one, Received) else one.number
        try:
            yield one, read_number(spelled(written.strip(), piece.terms.region), piece.terms.region)
        except BadInput as wrong:
            if isinstance(one, Received) and written.strip():
                yield one, written.strip()[:_LONGEST]  # a name: banks and shops send as such
                continue
            report.notes.append(Note(one.where, f"{written!r}: {wrong.faults[0].detail}"))


def _new_messages(conn: Connection, piece: _Piece, report: Report, people: dict[str, None]) -> Iterator[Birth]:
    terms = piece.terms
    wanted = {
        f"{one.ref}:{name_of(one.at, one.to, one.text)}"[-120:]: (one, to) for one, to in _read(piece, Sent, report)
    }
    c, known = message.c, set()
    for some in chunks(list(wanted)):
        known |= set(conn.scalars(select(c.client_ref).where(c.client == terms.client, c.client_ref.in_(some))))
    for ref, (one, to) in wanted.items():
        people[to] = None
        if ref in known:
            report.known["sent texts"] += 1
            continue
        try:
            birth = _message(one, to, ref, terms)
        except BadInput as wrong:
            report.notes.append(Note(one.where, wrong.faults[0].detail))
            continue
        report.added["sent texts"] += 1
        yield birth


def _message(one: Sent, to: str, ref: str, terms: Terms) -> Birth:
    pieces = parts.split(storable(one.text, LONGEST), Abilities(), 1)
    why = f"by {terms.kind}: {_WORDS[one.state]}" + (f" ({one.said})" if one.said else "")
    marks = {"from": terms.kind, "ref": one.ref, "folder": one.folder}
    row = {
        "id": new_id("msg", one.at),
        "client": terms.client,
        "client_ref": ref,
        "recipient": to,
        "sender": one.sender[:_LONGEST] or None,
        "text": storable(one.text, LONGEST),
        "encoding": encoding(pieces),
        "parts": min(255, max(1, len(pieces))),
        "priority": 5,
        "purpose": "transactional",
        "on_unsure": "fail",
        "link": (one.link or terms.kind)[:40],
        "created_at": one.at,
        "due_at": one.at,
        "valid_until": one.at,
        "sent_at": None if one.state == FAILED else one.at,
        "final_at": max(one.at, one.final_at or one.at),
        "attempts": 1,
        "metadata": {"imported": {name: word for name, word in marks.items() if word}},
    }
    return Birth(row, [(event, why) for event in ROADS[one.state]])


def _new_inbound(conn: Connection, piece: _Piece, report: Report, people: dict[str, None]) -> Iterator[Birth]:
    terms = piece.terms
    wanted = {
        f"{terms.client}:{one.ref}:{name_of(one.at, one.sender, one.text)}"[-120:]: (one, sender)
        for one, sender in _read(piece, Received, report)
    }
    c, known = inbound.c, set()
    for some in chunks(list(wanted)):
        known |= set(conn.scalars(select(c.reference).where(c.reference.in_(some))))
    for ref, (one, sender) in wanted.items():
        people[sender] = None
        if ref in known:
            report.known["received texts"] += 1
            continue
        report.added["received texts"] += 1
        row = {
            "id": new_id("in", one.at),
            "link": (one.link or terms.kind)[:40],
            "reference": ref,
            "sender": sender,
            "recipient": one.to[:_LONGEST] or None,
            "text": storable(one.text, LONGEST),
            "kind": "text",
            "parts": 1,
            "missing": 0,
            "sent_at": one.at,
            "received_at": one.at,
            "understood_as": None,
            "explanation": None,
            "handled_at": one.at,
        }
        why = f"came to {terms.kind}, and was taken over" + (f" from its folder {one.folder}" if one.folder else "")
        yield Birth(row, [("receive", f"came to {terms.kind}"), ("handle", why)])


def _keep_contacts(conn: Connection, piece: _Piece, report: Report) -> None:
    terms = piece.terms
    for one, number in _read(piece, Contact, report):
        owner = customers.of(conn, [number]).get(number)
        if owner is None:
            told = {"name": one.name[:120], "addresses": [number, *([one.email] if "@" in one.email else [])]}
            [made] = customers.create_step(conn, [Wish(told, terms.by, terms.at, terms.region)])
            if isinstance(made, Exception):
                report.notes.append(Note(one.where, f"{one.name}: {made}"))
                continue
            id = made
            report.added["customers"] += 1
        else:
            id = str(owner.id)
            report.known["customers"] += 1
        for name in one.groups:
            report.added["members of groups"] += _join(conn, _group_name(name), id, terms)


def _group_name(written: str) -> str:
    return " ".join(written.split())[:80]


def _join(conn: Connection, name: str, id: str, terms: Terms) -> int:
    """Put a customer into a group, which is made if it is not there; returns 1 if that changed anything."""
    if not name:
        return 0
    if conn.scalar(select(customer_group.c.id).where(customer_group.c.name == name)) is None:
        groups.create_step(conn, [(name, terms.by, terms.at)])
    [changed] = groups.set_members_step(conn, [groups.Members(name, [id], terms.by, terms.at)])
    return changed if isinstance(changed, int) else 0


def _keep_stops(conn: Connection, piece: _Piece, report: Report) -> None:
    terms = piece.terms
    for one, number in _read(piece, Stop, report):
        new = suppression.suppress(conn, [number], one.why, terms.by, terms.at, reach=one.reach)
        (report.added if new else report.known)[f"stops ({one.reach})"] += 1
