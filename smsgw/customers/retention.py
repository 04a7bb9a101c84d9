"""Forget what is old, class by class: words, then the records themselves, proofs of consent, and traces.

Everything is found by time alone, so that a run that was killed is simply done again. Who is under a legal hold is
left out. A dry run counts what a run would do, by the same conditions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Column, ColumnElement, Connection, Table, and_, delete, func, insert, or_, select, update

from ..config.retention import RetentionConfig
from ..store import followers
from ..store.database import Database
from ..store.ids import first_id
from ..store.tables import (
    address,
    call,
    consent,
    customer,
    follower,
    inbound,
    inbound_medium,
    message,
    message_medium,
    order,
    order_revision,
    receipt,
    refusal,
    short_link,
    short_link_click,
    talk,
)
from . import forgetting
from .consent.consent import EVERYTHING
from .importing import importing

AT_ONCE = 400  # records in one transaction: others wait for it
MONTH = timedelta(days=30.44)
YEAR = timedelta(days=365.25)
SHEETS_KEPT = timedelta(days=7)
NAME = "retention"
NIGHT = range(2, 6)  # hours in which it disturbs nobody
Work = Callable[[Connection, Sequence[Any]], None]


@dataclass(frozen=True)
class _Kind:
    """Records of one table that are due in one class. since: when they began; age: how old they must be, None where
    that is not counted from then. media: of whose pictures and files the way to them goes with the record."""

    name: str
    table: Table
    due: ColumnElement[bool]
    work: Work
    since: Column[datetime]
    age: timedelta | None
    media: Column[str] | None = None


_Owned = tuple[_Kind, Column[str]]  # and whose the records are


@dataclass(frozen=True, slots=True)
class Due:
    """How many records of a kind a run would take, since when the oldest is there, with how many pictures and files.

    leaves_at: when the oldest is old enough; None where there is none, or where it is not told by its age.
    """

    kind: str
    count: int
    oldest: datetime | None
    media: int
    leaves_at: datetime | None


def run(database: Database, config: RetentionConfig, now: datetime, by: str, *, dry: bool = False) -> dict[str, int]:
    """Forget what is due; returns how many records of which kind that were, or would be with `dry`."""
    if dry:
        return {one.kind: one.count for one in planned(database, config, now)}
    found: dict[str, int] = {}
    for kind in _kinds(config, now):
        found[kind.name] = 0
        last: Any = None
        while ids := _next(database, kind, last):
            database.writer.do(_step, _Piece(kind.work, tuple(ids)))
            found[kind.name] += len(ids)
            last = ids[-1]
    database.writer.do(importing.forget_lines, now - SHEETS_KEPT)
    return found


def planned(database: Database, config: RetentionConfig, now: datetime) -> list[Due]:
    """What `run` would take at `now`, which may be to come: each kind in its order, also where there is nothing."""
    found = []
    with database.reading() as conn:
        for kind in _kinds(config, now):
            count, oldest = conn.execute(select(func.count(), func.min(kind.since)).where(kind.due)).one()
            media = 0
            if kind.media is not None and count:
                its = kind.media.in_(select(kind.table.c.id).where(kind.due))
                media = conn.scalar(select(func.count()).select_from(kind.media.table).where(its)) or 0
            leaves_at = oldest + kind.age if oldest is not None and kind.age is not None else None
            found.append(Due(kind.name, count, oldest, media, leaves_at))
    return found


def last_night(conn: Connection) -> date | None:
    """The day on which `nightly` ran last, in the business's zone, or a new store was first seen; None before that."""
    upto = conn.scalar(select(follower.c.upto).where(follower.c.name == NAME))
    return None if upto is None else date.fromordinal(upto)


def nightly(database: Database, config: RetentionConfig, now: datetime, zone: str) -> dict[str, int] | None:
    """Run once a night of the business's zone; at any hour when two nights were missed. None: not now.

    The last day is kept where followers of history are, as the number of the day. A new store waits for its first
    night, so that a start has nothing else to do.
    """
    local = now.astimezone(ZoneInfo(zone))
    today = local.toordinal()
    with database.reading() as conn:
        last = conn.scalar(select(follower.c.upto).where(follower.c.name == NAME))
    if last is None:
        database.writer.do(_first, (today, now))
        return None
    if today <= last or (local.hour not in NIGHT and today - last < 2):
        return None
    found = run(database, config, now, "clock")
    database.writer.do(followers.remember, followers.Position(NAME, today, now))
    return found


def _first(conn: Connection, batch: list[tuple[int, datetime]]) -> list[None]:
    if conn.scalar(select(follower.c.upto).where(follower.c.name == NAME)) is None:
        conn.execute(insert(follower).values(name=NAME, upto=batch[0][0], updated_at=batch[0][1]))
    return [None] * len(batch)


@dataclass(frozen=True)
class _Piece:
    """Some records, and what is to be done with them."""

    work: Work
    ids: tuple[Any, ...]


def _step(conn: Connection, batch: list[_Piece]) -> list[None]:
    for piece in batch:
        piece.work(conn, piece.ids)
    return [None] * len(batch)


def _free(owner: Column[str]) -> ColumnElement[bool]:
    """Whether nobody under a legal hold has this address."""
    owned = select(address.c.address).join(customer, customer.c.id == address.c.customer_id)
    return or_(owner.is_(None), owner.not_in(owned.where(customer.c.hold_at.is_not(None))))


def _next(database: Database, kind: _Kind, last: Any) -> list[Any]:
    id = kind.table.c.id
    query = select(id).where(kind.due).order_by(id).limit(AT_ONCE)
    with database.reading() as conn:
        return list(conn.scalars(query if last is None else query.where(id > last)))


def _kinds(config: RetentionConfig, now: datetime) -> Iterator[_Kind]:
    """What is due at `now`, in an order in which nothing is done twice: whole records first."""
    for kind, owner in (*_whole_records(config, now), *_words(config, now), *_traces(config, now)):
        yield replace(kind, due=and_(kind.due, _free(owner)))
    yield from _short_links(config, now)


def _whole_records(config: RetentionConfig, now: datetime) -> Iterator[_Owned]:
    m, i, c, t = message.c, inbound.c, call.c, talk.c
    age = config.metadata_months * MONTH
    gone = now - age
    old = and_(m.id < first_id("msg", gone), m.final_at.is_not(None))
    sent, came = message_medium.c.message_id, inbound_medium.c.inbound_id
    yield _Kind("messages", message, old, _whole(message), m.created_at, age, sent), m.recipient
    yield _Kind("texts", inbound, i.id < first_id("in", gone), _whole(inbound), i.received_at, age, came), i.sender
    yield _Kind("calls", call, c.id < first_id("call", gone), _whole(call), c.at, age), c.caller
    yield _Kind("talks", talk, t.id < first_id("talk", gone), _whole(talk), t.began_at, age), t.number


def _words(config: RetentionConfig, now: datetime) -> Iterator[_Owned]:
    m, i, o, t = message.c, inbound.c, order.c, talk.c
    age, sent, came = config.bodies_months * MONTH, message_medium.c.message_id, inbound_medium.c.inbound_id
    gone, words = now - config.metadata_months * MONTH, now - age
    spoken = and_(_between(m.id, "msg", gone, words), m.final_at.is_not(None), or_(m.text != "", _carries(m.id, sent)))
    yield _Kind("words of messages", message, spoken, forgetting.messages, m.created_at, age, sent), m.recipient
    said = and_(_between(i.id, "in", gone, words), or_(i.text != "", _carries(i.id, came)))
    yield _Kind("words of texts", inbound, said, forgetting.texts, i.received_at, age, came), i.sender
    wrote = order_revision.c
    ordered = select(wrote.order_id).where(wrote.order_id == o.id, wrote.words != "").exists()
    due = and_(o.id < first_id("ord", words), ordered)
    yield _Kind("words of orders", order, due, forgetting.orders, o.created_at, age), o.address
    written = and_(
        _between(t.id, "talk", gone, words),
        or_(t.note != "", and_(t.promised.is_not(None), t.promised != forgetting.GONE)),
    )
    yield _Kind("words of talks", talk, written, forgetting.notes, t.began_at, age), t.number


def _traces(config: RetentionConfig, now: datetime) -> Iterator[_Owned]:
    """Proofs of consent before them, whose years are counted from when it was taken back."""
    m, r, f, c = message.c, receipt.c, refusal.c, consent.c
    age = timedelta(days=config.traces_days)
    words, traces = now - config.bodies_months * MONTH, now - age
    proofs = _proofs(now - config.consent_years * YEAR)
    yield _Kind("proofs of consent", consent, proofs, _proof, c.at, None), c.address
    traced = and_(_between(m.id, "msg", words, traces), m.final_at.is_not(None), m.trace.is_not(None))
    yield _Kind("traces of messages", message, traced, _trace, m.created_at, age), m.recipient
    worded = and_(r.received_at < traces, r.said.is_not(None))
    yield _Kind("words of networks", receipt, worded, _worded, r.received_at, age), r.recipient
    yield _Kind("refusals of the gate", refusal, f.at < traces, _rows(refusal), f.at, age), f.recipient


def _short_links(config: RetentionConfig, now: datetime) -> Iterator[_Kind]:
    """Clicks, and links that nobody used or followed for as long; one recipient's own go with their message."""
    s, k, age = short_link.c, short_link_click.c, config.metadata_months * MONTH
    gone = now - age
    yield _Kind("clicks on short links", short_link_click, k.at < gone, _rows(short_link_click), k.at, age)
    followed = select(k.id).where(k.link_id == s.id, k.at >= gone).exists()
    unused = and_(s.message_id.is_(None), s.used_at < gone, ~followed)
    yield _Kind("short links", short_link, unused, _rows(short_link), s.used_at, None)


def _between(id: Column[str], prefix: str, since: datetime, before: datetime) -> ColumnElement[bool]:
    """Ids that were made in this time: what is older falls into a class of its own."""
    return and_(id >= first_id(prefix, since), id < first_id(prefix, before))


def _carries(id: Column[str], owner: Column[str]) -> ColumnElement[bool]:
    """Whether a message or something that came in has media."""
    return select(owner).where(owner == id).exists()


def _whole(table: Table) -> Work:
    return lambda conn, ids: forgetting.records(conn, table, ids)


def _trace(conn: Connection, ids: Sequence[Any]) -> None:
    conn.execute(update(message).where(message.c.id.in_(ids)).values(trace=None))


def _rows(table: Table) -> Work:
    return lambda conn, ids: _gone(conn, table, ids)


def _gone(conn: Connection, table: Table, ids: Sequence[Any]) -> None:
    conn.execute(delete(table).where(table.c.id.in_(ids)))


def _worded(conn: Connection, ids: Sequence[Any]) -> None:
    conn.execute(update(receipt).where(receipt.c.id.in_(ids)).values(said=None))


def _proofs(before: datetime) -> ColumnElement[bool]:
    """Statements that were taken back long ago: a yes behind which stands a no of the time, and that no's own words."""
    c, no = consent.c, consent.alias("no")
    taken_back = (
        select(no.c.id)
        .where(
            no.c.address == c.address,
            or_(no.c.purpose == c.purpose, no.c.purpose == EVERYTHING),
            no.c.statement == "withdrawn",
            no.c.id > c.id,
            no.c.at < before,
        )
        .exists()
    )
    own = and_(c.statement == "withdrawn", c.at < before, or_(func.length(c.words) > 0, c.note.is_not(None)))
    return or_(and_(taken_back, c.at < before), own)


def _proof(conn: Connection, ids: Sequence[Any]) -> None:
    """Forget proofs. The newest no of an address stays, without its words: it still forbids."""
    c, no = consent.c, consent.alias("no")
    later = select(no.c.id).where(
        no.c.address == c.address, no.c.purpose == c.purpose, no.c.statement == "withdrawn", no.c.id > c.id
    )
    conn.execute(
        delete(consent)
        .where(c.id.in_(ids), or_(c.statement == "granted", later.exists()))
        .execution_options(synchronize_session=False)
    )
    conn.execute(update(consent).where(c.id.in_(ids)).values(words="", note=None, inbound_id=None))
