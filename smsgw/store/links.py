"""Write down how each link is, so that others than the running daemon can read it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from ..link import Health
from . import history, keyset
from .database import Database, Writer
from .happenings import HAPPENINGS
from .ids import first_id
from .keyset import Edge
from .tables import history as lines
from .tables import inbound, link, message
from .tables.types import AnyRow

COUNTED = 10_000  # a page that looks every second must not count a million
RECENT = 2000  # texts that came in that a graph counts, for the same reason
PAST = 120  # readings that are kept: ten minutes of a link that is never quiet


@dataclass(frozen=True, slots=True)
class Heard:
    """What a driver told of its link, and since when it is in that state."""

    name: str
    kind: str
    health: Health
    since: datetime


def write_down(conn: Connection, batch: list[Heard]) -> list[None]:
    """Store the newest word about each link."""
    for name, heard in {one.name: one for one in batch}.items():
        row = {
            "kind": heard.kind,
            "health": heard.health.state.value,
            "why": heard.health.why,
            "facts": heard.health.facts,
            "since": heard.since,
        }
        if not conn.execute(update(link).where(link.c.name == name).values(row)).rowcount:
            conn.execute(insert(link).values(name=name, **row))
        _tell(conn, heard)
    return [None] * len(batch)


def _tell(conn: Connection, heard: Heard) -> None:
    """A line of history when a link is otherwise than history last said; that it tries to connect is no news."""
    state = heard.health.state.value
    if state not in HAPPENINGS["link"]:
        return
    h = lines.c
    last = select(h.now).where(h.record == "link", h.record_id == heard.name).order_by(h.id.desc()).limit(1)
    if conn.scalar(last) != state:
        why = heard.health.why or HAPPENINGS["link"][state]
        history.happened(conn, "link", state, [heard.name], why, by=heard.name, now=heard.since)


def events(conn: Connection, name: str, limit: int, edge: Edge = None) -> list[AnyRow]:
    """What happened to a link, newest first: lines of history, by their ids."""
    h = lines.c
    return keyset.rows(conn, select(lines).where(h.record == "link", h.record_id == name), h.id, edge, limit)


def add_facts(conn: Connection, batch: list[tuple[str, dict[str, str | None]]]) -> list[None]:
    """Put facts beside those that the driver told; None takes one away."""
    for name, more in batch:
        facts = conn.scalar(select(link.c.facts).where(link.c.name == name).with_for_update())
        if facts is not None:
            changed = {key: value for key, value in {**facts, **more}.items() if value is not None}
            conn.execute(update(link).where(link.c.name == name).values(facts=changed))
    return [None] * len(batch)


def write_paces(conn: Connection, batch: list[list[tuple[str, dict[str, Any]]]]) -> list[None]:
    """Store how fast links send (see `outbound.pace.Reading`), by name, with `past`: the last readings to draw."""
    for name, pace in {name: pace for listed in batch for name, pace in listed}.items():
        conn.execute(update(link).where(link.c.name == name).values(pace=pace))
    return [None] * len(batch)


def with_past(pace: dict[str, Any], before: dict[str, Any] | None, now: datetime) -> dict[str, Any]:
    """A reading with those before it in `past`, oldest first: [seconds since 1970, parts in a second, bound]."""
    past = [] if before is None else before.get("past", [])
    return pace | {"past": [*past, [int(now.timestamp()), pace["sent_second"], pace["allowed"]]][-PAST:]}


def forget_others(writer: Writer, names: list[str]) -> None:
    """Forget links that the configuration no longer has."""
    writer.do(_forget_others, names)


def _forget_others(conn: Connection, batch: list[list[str]]) -> list[None]:
    conn.execute(delete(link).where(link.c.name.not_in(batch[-1])))
    return [None] * len(batch)


def listing(conn: Connection) -> list[AnyRow]:
    """Every link as last heard, by name."""
    return list(conn.execute(select(link).order_by(link.c.name)))


def queues(conn: Connection) -> dict[str, int]:
    """How many messages wait for each link; of more than COUNTED only COUNTED are counted."""
    waiting = select(message.c.id).where(message.c.state == "queued", message.c.link == link.c.name).limit(COUNTED)
    counted = select(func.count()).select_from(waiting.correlate(link).subquery()).scalar_subquery()
    return {row.name: row[1] for row in conn.execute(select(link.c.name, counted))}


def came(conn: Connection, name: str, since: datetime) -> dict[int, int]:
    """How many parts came over a link in each second, by seconds since 1970; of more than RECENT only the newest."""
    i = inbound.c
    newest = select(i.received_at, i.parts).where(i.id >= first_id("in", since), i.link == name)
    counted: dict[int, int] = {}
    for at, parts in conn.execute(newest.order_by(i.id.desc()).limit(RECENT)):
        second = int(at.timestamp())
        counted[second] = counted.get(second, 0) + parts
    return counted


def sending_somewhere(database: Database) -> list[str]:
    """The links that have messages in the air, by the store; also links that are no longer configured."""
    with database.reading() as conn:
        return list(
            conn.scalars(
                select(message.c.link).where(message.c.state == "sending", message.c.final_at.is_(None)).distinct()
            )
        )
