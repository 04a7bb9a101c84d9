"""Forget what is old, class by class: words, then the records themselves, proofs of consent, and traces.

Everything is found by time alone, so that a run that was killed is simply done again. Who is under a legal hold is
left out. A dry run counts what a run would do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
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
    """Records of one table that are due in one class. address: whose they are, None for nobody's."""

    name: str
    table: Table
    due: ColumnElement[bool]
    address: Column[str] | None
    work: Work


def run(database: Database, config: RetentionConfig, now: datetime, by: str, *, dry: bool = False) -> dict[str, int]:
    """Forget what is due; returns how many records of which kind that were, or would be with `dry`."""
    found: dict[str, int] = {}
    with database.reading() as conn:
        held = _held(conn)
    for kind in _kinds(config, now):
        found[kind.name] = 0
        last: Any = None
        while some := _next(database, kind, last):
            ids = [id for id, owner in some if owner not in held]
            if ids and not dry:
                database.writer.do(_step, _Piece(kind.work, tuple(ids)))
            found[kind.name] += len(ids)
            last = some[-1][0]
    if not dry:
        database.writer.do(importing.forget_lines, now - SHEETS_KEPT)
    return found


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


def _held(conn: Connection) -> set[str]:
    """The addresses of those under a legal hold."""
    owned = select(address.c.address).join(customer, customer.c.id == address.c.customer_id)
    return set(conn.scalars(owned.where(customer.c.hold_at.is_not(None))))


def _next(database: Database, kind: _Kind, last: Any) -> list[tuple[Any, str | None]]:
    id = kind.table.c.id
    columns = [id] if kind.address is None else [id, kind.address]
    query = select(*columns).where(kind.due).order_by(id).limit(AT_ONCE)
    with database.reading() as conn:
        rows = conn.execute(query if last is None else query.where(id > last)).all()
    return [(row[0], None if kind.address is None else row[1]) for row in rows]


def _kinds(config: RetentionConfig, now: datetime) -> Iterator[_Kind]:
    """What is due at `now`, in an order in which nothing is done twice: whole records first."""
    m, i, o, c = message.c, inbound.c, order.c, call.c
    gone, words = now - config.metadata_months * MONTH, now - config.bodies_months * MONTH
    traces = now - timedelta(days=config.traces_days)
    old = and_(m.id < first_id("msg", gone), m.final_at.is_not(None))
    yield _Kind("messages", message, old, m.recipient, _whole(message))
    yield _Kind("texts", inbound, i.id < first_id("in", gone), i.sender, _whole(inbound))
    yield _Kind("calls", call, c.id < first_id("call", gone), c.caller, _whole(call))
    yield _Kind("talks", talk, talk.c.id < first_id("talk", gone), talk.c.number, _whole(talk))
    spoken = and_(
        _between(m.id, "msg", gone, words),
        m.final_at.is_not(None),
        or_(m.text != "", _carries(m.id, message_medium.c.message_id)),
    )
    yield _Kind("words of messages", message, spoken, m.recipient, forgetting.messages)
    said = and_(_between(i.id, "in", gone, words), or_(i.text != "", _carries(i.id, inbound_medium.c.inbound_id)))
    yield _Kind("words of texts", inbound, said, i.sender, forgetting.texts)
    wrote = order_revision.c
    ordered = select(wrote.order_id).where(wrote.order_id == o.id, wrote.words != "").exists()
    yield _Kind("words of orders", order, and_(o.id < first_id("ord", words), ordered), o.address, forgetting.orders)
    written = and_(
        _between(talk.c.id, "talk", gone, words),
        or_(talk.c.note != "", and_(talk.c.promised.is_not(None), talk.c.promised != forgetting.GONE)),
    )
    yield _Kind("words of talks", talk, written, talk.c.number, forgetting.notes)
    yield _Kind("proofs of consent", consent, _proofs(now - config.consent_years * YEAR), consent.c.address, _proof)
    traced = and_(_between(m.id, "msg", words, traces), m.final_at.is_not(None), m.trace.is_not(None))
    yield _Kind("traces of messages", message, traced, m.recipient, _trace)
    worded = and_(receipt.c.received_at < traces, receipt.c.said.is_not(None))
    yield _Kind("words of networks", receipt, worded, receipt.c.recipient, _worded)
    yield _Kind("refusals of the gate", refusal, refusal.c.at < traces, refusal.c.recipient, _refused)


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


def _refused(conn: Connection, ids: Sequence[Any]) -> None:
    conn.execute(delete(refusal).where(refusal.c.id.in_(ids)))


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
