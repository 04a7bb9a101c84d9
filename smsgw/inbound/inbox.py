"""Take texts in: store every piece once, join the whole, offer it to the readers in order.

All of it happens in one transaction, and the driver acknowledges after the commit. A piece that the network hands over
again is counted, not stored twice. Pieces of a long text wait in the store for their siblings, over restarts, and in
any order; what stays incomplete is released by the clock with a mark where a piece is missing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from ..link import Alphabet, Concatenation, InboundPiece
from ..media.mail_boxes import Boxes
from ..money.booking import Books, Charged
from ..store import history, keyset
from ..store.ids import new_id
from ..store.keyset import Edge
from ..store.lifecycle import INBOUND
from ..store.prepared import Prepared, among
from ..store.storable import storable, storable_or_none
from ..store.tables import address, inbound, inbound_part
from ..store.tables.types import AnyRow
from ..text import header, parts
from ..text.wording import wording
from .dialogue.stopped import with_the_rest
from .mms_notices import WAP_PUSH, Notices, is_push, pushed
from .readers import READERS, Reader

_STORE = Prepared(insert(inbound_part), [column.name for column in inbound_part.c if column.name != "id"])
_SEEN = Prepared(
    select(inbound_part.c.reference).where(inbound_part.c.link == bindparam("link"), among(inbound_part.c.reference))
)
LONGEST = 65_536  # letters of one text: more than 255 parts hold
SERIES_LIFE = timedelta(hours=72)  # a piece that comes later than this begins a new text


@dataclass(frozen=True, slots=True)
class Arrived:
    """A piece, the link it came over, and when."""

    link: str
    piece: InboundPiece
    at: datetime


class Inbox:
    """The steps about what comes in."""

    def __init__(self, readers: Sequence[Reader] = READERS) -> None:
        self._readers = readers
        self.books: Books | None = None  # who books what links charge for texts that come in
        self.boxes: Boxes | None = None  # who tells mailboxes of it
        self.notices: Notices | None = None  # who makes something of WAP pushes: MMS that wait, reports on ours

    def take(self, conn: Connection, batch: list[Arrived]) -> list[None]:
        """Store pieces, join what is whole, and let the readers act. Repeats are counted and change nothing."""
        batch = [replace(one, piece=replace(one.piece, reference=storable(one.piece.reference, 90))) for one in batch]
        for link in dict.fromkeys(arrived.link for arrived in batch):
            for arrived in self._take_whole(conn, link, [one for one in batch if one.link == link]):
                self._take(conn, arrived)
        return [None] * len(batch)

    def _take_whole(self, conn: Connection, link: str, batch: list[Arrived]) -> list[Arrived]:
        """Store the new texts that came in one piece, all at once; returns the others, in order."""
        seen = {row[0] for row in _SEEN.run(conn, {"link": link, "ids": [one.piece.reference for one in batch]})}
        rows: list[dict[str, Any]] = []
        others: list[Arrived] = []
        for arrived in batch:
            if arrived.piece.reference in seen or _series(arrived.piece) is not None:
                others.append(arrived)
            else:
                seen.add(arrived.piece.reference)
                rows.append(_piece_row(arrived, arrived.piece.reference, None))
        ids = self._release(conn, [([row], 0) for row in rows], batch[-1].at)
        _STORE.many(conn, [{**row, "inbound_id": id} for row, id in zip(rows, ids, strict=True)])
        return others

    def _take(self, conn: Connection, arrived: Arrived) -> None:
        reference = _fresh_reference(conn, arrived)
        if reference is None:
            return
        series = _series(arrived.piece)
        row = _piece_row(arrived, reference, series)
        if series is None:
            [stored] = self._release(conn, [([row], 0)], arrived.at)
            _STORE.many(conn, [{**row, "inbound_id": stored}])
            return
        siblings = _siblings(conn, row, arrived.at - SERIES_LIFE)
        twin = next((s for s in siblings if s["position"] == row["position"]), None)
        if twin is not None and (twin["user_data"], twin["alphabet"]) == (row["user_data"], row["alphabet"]):
            _count_copy(conn, twin["id"])
            return
        if twin is not None:
            siblings = []  # the same place with other words: another text, which took the same reference
        released = next((s["inbound_id"] for s in siblings if s["inbound_id"] is not None), None)
        _STORE.many(conn, [{**row, "inbound_id": released}])
        if released is not None:
            _complete(conn, released, [*siblings, row], arrived)
            if len(siblings) + 1 == row["of"]:
                self._push(conn, [(released, [*siblings, row])], arrived.at)
        elif len(siblings) + 1 == row["of"]:
            [stored] = self._release(conn, [([*siblings, row], 0)], arrived.at)
            _belongs(conn, stored, [*siblings, row])

    def release_incomplete(self, conn: Connection, batch: list[tuple[datetime, datetime]]) -> list[int]:
        """For (older than, now): give out texts that still miss pieces, marked where; returns how many."""
        counts: list[int] = []
        for older, now in batch:
            waiting = conn.execute(
                select(inbound_part).where(inbound_part.c.inbound_id.is_(None)).order_by(inbound_part.c.received_at)
            )
            series: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
            for found in waiting:
                series.setdefault(_series_key(found._mapping), []).append(dict(found._mapping))
            ripe = [rows for rows in series.values() if rows[-1]["received_at"] <= older]
            for rows in ripe:
                [stored] = self._release(conn, [(rows, rows[0]["of"] - len(rows))], now)
                _belongs(conn, stored, rows)
            counts.append(len(ripe))
        return counts

    def _release(self, conn: Connection, texts: list[tuple[list[dict[str, Any]], int]], now: datetime) -> list[str]:
        """Store whole texts, with what the readers decide; returns their ids. texts: pieces, and how many miss.

        All are of one link.
        """
        whole: list[tuple[dict[str, Any], str]] = []
        for rows, missing in texts:
            values = _text_row(sorted(rows, key=lambda row: int(row["position"])), missing, now)
            why = f"came over {values['link']}"
            why += f"; {missing} of {values['parts']} parts never came" if missing else ""
            whole.append((values, why))
        ids = self.begin(conn, whole, now)
        self._push(conn, [(id, rows) for id, (rows, _) in zip(ids, texts, strict=True)], now)
        return ids

    def begin(self, conn: Connection, texts: Sequence[tuple[dict[str, Any], str]], now: datetime) -> list[str]:
        """Store what came in, each with why, as the readers decide; returns their ids. All are of one link.

        texts: rows of `inbound` without a state, that nobody has read.
        """
        births: list[history.Birth] = []
        for values, why in texts:
            decisions = (reader(conn, values, now) for reader in self._readers)
            decided = next((decision for decision in decisions if decision is not None), None)
            if decided is None:
                births.append(history.Birth(values, [("receive", why)]))
                continue
            decided = with_the_rest(conn, str(values["sender"]), str(values["text"]), decided, now)
            events = [("receive", why), (decided.event, decided.why)]
            births.append(history.Birth({**values, **decided.values}, events, by=decided.by))
        if births:
            history.begin(conn, INBOUND, births, by=str(births[0].values["link"]), now=now)
            if self.books is not None:
                charged = [_charged(b.values, now) for b in births if b.values["kind"] not in ("mms", "mail")]
                self.books.received(conn, charged, now)
            if self.boxes is not None:
                self.boxes.tell(conn, [birth.values for birth in births], now)
        return [str(birth.values["id"]) for birth in births]

    def _push(self, conn: Connection, whole: list[tuple[str, list[dict[str, Any]]]], now: datetime) -> None:
        """Have something made of those that are WAP pushes. whole: ids of texts, and their pieces, maybe not all."""
        if self.notices is None:
            return
        ordered = ((id, sorted(rows, key=lambda row: int(row["position"]))) for id, rows in whole)
        pushes = [push for id, rows in ordered if (push := pushed(id, rows, now)) is not None]
        if pushes:
            self.notices.take(conn, pushes)


def _charged(text: Mapping[str, Any], now: datetime) -> Charged:
    """A text that came in, as a link charges for it: by its parts and who wrote."""
    return Charged(str(text["id"]), str(text["link"]), str(text["sender"]), int(text["parts"]), now)


def _text_row(rows: list[dict[str, Any]], missing: int, now: datetime) -> dict[str, Any]:
    """The row of a whole text, before anybody has read it. rows: its pieces in order."""
    first = rows[0]
    return {
        "id": new_id("in", now),
        "link": first["link"],
        "reference": first["reference"],
        "sender": first["sender"],
        "recipient": first["recipient"],
        "text": storable(joined(rows), LONGEST),
        "kind": first["kind"],
        "parts": first["of"],
        "missing": missing,
        "sent_at": first["sent_at"],
        "received_at": now,
        "understood_as": WAP_PUSH if is_push(rows) else None,
        "explanation": None,
        "handled_at": None,
    }


def _series(piece: InboundPiece) -> Concatenation | None:
    """Which piece of which whole it is; None for a whole, and for nonsense from the wire: shown rather than lost."""
    series = piece.concatenation or (parts.concatenation(piece.udh) if piece.udh else None)
    return series if series is not None and series.of > 1 and 1 <= series.position <= series.of <= 255 else None


def joined(rows: list[dict[str, Any]]) -> str:
    """The text of pieces in order, with a mark in place of each that is missing."""
    of = int(rows[0]["of"])
    have = {int(row["position"]): row for row in rows}
    text: list[str] = []
    run: list[parts.Piece] = []
    for position in range(1, of + 1):
        if position in have:
            row = have[position]
            run.append(parts.Piece(Alphabet(row["alphabet"]), bytes(row["user_data"]), bytes(row["udh"])))
            continue
        text.append(parts.join(run))
        text.append(wording("part_missing", "en").format(position=position, of=of))
        run = []
    text.append(parts.join(run) if run else "")
    return "".join(text)


def _piece_row(arrived: Arrived, reference: str, series: Concatenation | None) -> dict[str, Any]:
    piece = arrived.piece
    return {
        "link": arrived.link,
        "reference": reference,
        "copies": 1,
        "sender": storable(piece.sender, 20),
        "recipient": storable_or_none(piece.to, 20),
        "kind": piece.kind,
        "series": None if series is None else series.reference,
        "wide": series is not None and series.wide,
        "of": 1 if series is None else series.of,
        "position": 1 if series is None else series.position,
        "alphabet": piece.alphabet.value,
        "user_data": piece.user_data,
        "udh": piece.udh,
        "sent_at": piece.sent_at,
        "received_at": arrived.at,
    }


def _fresh_reference(conn: Connection, arrived: Arrived) -> str | None:
    """The reference to store the piece under; None when it is a repeat, which is counted."""
    c = inbound_part.c
    piece = arrived.piece
    seen = conn.execute(
        select(c.id, c.received_at).where(c.link == arrived.link, c.reference == piece.reference)
    ).first()
    if seen is None:
        return piece.reference
    age = arrived.at - seen.received_at
    if piece.repeats_within is None or age <= timedelta(seconds=piece.repeats_within):
        _count_copy(conn, seen.id)
        return None
    # The same words again after the time in which networks repeat themselves: a new text, under a name of its own.
    conn.execute(
        update(inbound_part)
        .where(c.id == seen.id)
        .values(reference=f"{piece.reference}@{seen.received_at:%Y%m%dT%H%M%S.%f}")
    )
    conn.execute(
        update(inbound)
        .where(inbound.c.link == arrived.link, inbound.c.reference == piece.reference)
        .values(reference=f"{piece.reference}@{seen.received_at:%Y%m%dT%H%M%S.%f}")
    )
    return piece.reference


def _count_copy(conn: Connection, id: int) -> None:
    c = inbound_part.c
    conn.execute(update(inbound_part).where(c.id == id).values(copies=c.copies + 1))


def _siblings(conn: Connection, row: dict[str, Any], since: datetime) -> list[dict[str, Any]]:
    """The pieces of the same series that are stored: those that wait, else those of a text released incomplete."""
    c = inbound_part.c
    same = (
        (c.link == row["link"])
        & (c.sender == row["sender"])
        & (c.series == row["series"])
        & (c.of == row["of"])
        & (c.wide == row["wide"])
        & (c.received_at > since)
    )
    waiting = conn.execute(select(inbound_part).where(same, c.inbound_id.is_(None))).mappings().all()
    if waiting:
        return [dict(one) for one in waiting]
    late = conn.execute(
        select(inbound_part)
        .join(inbound, inbound.c.id == c.inbound_id)
        .where(same, inbound.c.missing > 0)
        .order_by(c.id)
    )
    return [dict(one) for one in late.mappings()]


def _series_key(row: Any) -> tuple[Any, ...]:
    return (row["link"], row["sender"], row["series"], row["of"], row["wide"])


def _belongs(conn: Connection, inbound_id: str, rows: Sequence[dict[str, Any]]) -> None:
    references = [row["reference"] for row in rows]
    c = inbound_part.c
    conn.execute(
        update(inbound_part).where(c.link == rows[0]["link"], c.reference.in_(references)).values(inbound_id=inbound_id)
    )


def _complete(conn: Connection, inbound_id: str, rows: list[dict[str, Any]], arrived: Arrived) -> None:
    """A missing piece came after the text was given out: put it in its place, and say so."""
    missing = int(rows[0]["of"]) - len(rows)
    conn.execute(
        update(inbound)
        .where(inbound.c.id == inbound_id)
        .values(text=storable(joined(sorted(rows, key=lambda row: int(row["position"]))), LONGEST), missing=missing)
    )
    why = f"a missing part came late; {missing} still missing" if missing else "the last missing part came late"
    history.note(conn, INBOUND, "complete", [history.Step(inbound_id, why)], by=arrived.link, now=arrived.at)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which texts to list; None leaves a field open. recipient: the number of ours; customer: from any number of this
    customer; words: a piece of the text, capitals or not."""

    sender: str | None = None
    state: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    recipient: str | None = None
    customer: str | None = None
    words: str | None = None


def listing(conn: Connection, wanted: Wanted, limit: int, before: Edge = None) -> list[AnyRow]:
    """Whole texts, newest first: at most `limit`, those with ids before `before`."""
    c = inbound.c
    query = select(inbound)
    for column, value in ((c.sender, wanted.sender), (c.state, wanted.state), (c.recipient, wanted.recipient)):
        if value is not None:
            query = query.where(column == value)
    if wanted.since is not None:
        query = query.where(c.received_at >= wanted.since)
    if wanted.until is not None:
        query = query.where(c.received_at < wanted.until)
    if wanted.customer is not None:
        query = query.where(c.sender.in_(select(address.c.address).where(address.c.customer_id == wanted.customer)))
    if wanted.words is not None:
        query = query.where(c.text.icontains(wanted.words, autoescape=True))
    return keyset.rows(conn, query, c.id, before, limit)


def data_of(conn: Connection, ids: Sequence[str]) -> dict[str, tuple[bytes, tuple[int, int] | None]]:
    """The octets of what is no text, by the id of the inbound, and its ports (destination, origin) if it names any."""
    found: dict[str, tuple[bytes, tuple[int, int] | None]] = {}
    c = inbound_part.c
    for row in conn.execute(select(inbound_part).where(c.inbound_id.in_(ids)).order_by(c.inbound_id, c.position)):
        octets, where = found.get(row.inbound_id, (b"", None))
        found[row.inbound_id] = octets + row.user_data, where or header.ports(row.udh)
    return found
