"""The log of what was told: look at deliveries, replay one or everything since a time, forget old ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, delete, func, select

from ..errors import NotFound
from ..store import history, keyset
from ..store.database import Database, Writer
from ..store.history import IDS, Birth, Step, chunks
from ..store.ids import first_id
from ..store.keyset import Edge
from ..store.lifecycle import DELIVERY
from ..store.tables import delivery, webhook
from ..store.tables import history as lines
from ..store.tables.types import AnyRow
from . import events, hooks, settle, speaking

PIECE = 500  # lines of history replayed, or deliveries forgotten, in one transaction
_d = delivery.c
_AGAIN = {"ended_at": None, "attempts": 0}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which deliveries to list. state, event: only those; before: only those with smaller ids."""

    webhook_id: str
    state: str | None = None
    event: str | None = None
    before: Edge = None


@dataclass(frozen=True, slots=True)
class Replay:
    """Tell a webhook again what history says from line `first` to `last` and happened at `since` or later.

    only_dead: only what was given up.
    """

    webhook_id: str
    first: int
    last: int
    since: datetime
    only_dead: bool
    by: str
    at: datetime


def listing(conn: Connection, wanted: Wanted, limit: int) -> list[AnyRow]:
    """Deliveries, newest first, at most `limit`. Raises NotFound when there is no such webhook."""
    hooks.get(conn, wanted.webhook_id)
    query = select(delivery).where(_d.webhook_id == wanted.webhook_id)
    for column, value in ((_d.state, wanted.state), (_d.event, wanted.event)):
        if value is not None:
            query = query.where(column == value)
    return keyset.rows(conn, query, _d.id, wanted.before, limit)


def get(conn: Connection, webhook_id: str, id: str) -> AnyRow:
    """One delivery. Raises NotFound."""
    row = conn.execute(select(delivery).where(_d.id == id, _d.webhook_id == webhook_id)).first()
    if row is None:
        raise NotFound(f"this webhook has no delivery {id[:60]}", hint="smsgw webhook log shows its deliveries")
    return row


def waiting(conn: Connection) -> dict[str, int]:
    """How many deliveries wait for each webhook for which any do."""
    query = select(_d.webhook_id, func.count()).where(_d.state == "pending").group_by(_d.webhook_id)
    return {row[0]: row[1] for row in conn.execute(query)}


def replay(writer: Writer, webhook_id: str, id: str, by: str, at: datetime) -> None:
    """Tell one event again, under the same id, whatever became of it. Raises NotFound."""
    writer.do(_replay_one, (webhook_id, id, by, at))


def _replay_one(conn: Connection, batch: list[tuple[str, str, str, datetime]]) -> list[NotFound | None]:
    results: list[NotFound | None] = []
    for webhook_id, id, by, at in batch:
        try:
            get(conn, webhook_id, id)
        except NotFound as missing:
            results.append(missing)
            continue
        _again(conn, [id], by, at)
        results.append(None)
    return results


def _again(conn: Connection, ids: Sequence[str], by: str, at: datetime) -> None:
    steps = [Step(id, f"replayed by {by}", {**_AGAIN, "due_at": at}) for id in ids]
    history.move(conn, DELIVERY, "replay", steps, by=by, now=at)


def replay_since(
    database: Database, webhook_id: str, since: datetime, by: str, at: datetime, *, only_dead: bool = False
) -> int:
    """Tell again everything that happened since a time, also what was never planned; returns how many events.

    Events are told under the ids that they had. only_dead: only what was given up. Raises NotFound.
    """
    with database.reading() as conn:
        hooks.get(conn, webhook_id)
        last = conn.scalar(select(func.max(lines.c.id))) or 0
        first = max(1, _first_line(conn, since, last) - PIECE)  # lines are nearly in the order of their times
    told = 0
    while first <= last:
        end = min(last, first + PIECE - 1)
        told += database.writer.do(replay_piece, Replay(webhook_id, first, end, since, only_dead, by, at))
        first = end + 1
    return told


def _first_line(conn: Connection, since: datetime, last: int) -> int:
    """The first line of history at `since` or later, found by halving: lines are nearly in the order of their times."""
    low, high = 1, last + 1
    while low < high:
        middle = (low + high) // 2
        at = conn.scalar(select(lines.c.at).where(lines.c.id >= middle).order_by(lines.c.id).limit(1))
        if at is not None and at < since:
            low = middle + 1
        else:
            high = middle
    return low


def replay_piece(conn: Connection, batch: list[Replay]) -> list[int]:
    """Writer step: for each piece of history, tell it again; returns how many events that are."""
    return [_replay_piece(conn, one) for one in batch]


def _replay_piece(conn: Connection, wish: Replay) -> int:
    row = conn.execute(select(webhook).where(webhook.c.id == wish.webhook_id)).first()
    if row is None:
        return 0
    query = select(lines).where(lines.c.id.between(wish.first, wish.last), lines.c.at >= wish.since)
    happened = conn.execute(query.order_by(lines.c.id)).all()
    there = {line.id for line in happened}
    known = [one for one in _planned(conn, wish, sorted({line.record_id for line in happened})) if one.line in there]
    again = [one.id for one in known if one.state == "dead" or not (wish.only_dead or _comes_anyway(one, wish.at))]
    for some in chunks(again):
        _again(conn, some, wish.by, wish.at)
    if wish.only_dead:
        return len(again)
    planned = {one.line for one in known}
    missing = [line for line in happened if line.id not in planned]
    if row.state == "active":  # what the follower is about to plan is left to it
        told_upto = max(row.after, conn.scalar(settle.STANDS_AT) or 0)
        missing = [line for line in missing if line.id <= told_upto]
    return len(again) + _plan(conn, hooks.hook_of(row), wish, missing)


def _comes_anyway(row: AnyRow, at: datetime) -> bool:
    """Whether it is about to be tried in its turn."""
    return row.state == "pending" and (row.due_at is None or row.due_at <= at)


def _planned(conn: Connection, wish: Replay, records: list[str]) -> list[AnyRow]:
    query = select(_d.id, _d.line, _d.state, _d.due_at).where(
        _d.webhook_id == wish.webhook_id, _d.record_id.in_(IDS), _d.line.between(wish.first, wish.last)
    )
    return [row for some in chunks(records) for row in conn.execute(query, {"ids": some})]


def _plan(conn: Connection, hook: hooks.Hook, wish: Replay, happened: Sequence[AnyRow]) -> int:
    """Plan what this webhook was never told: it was switched off then, or is newer, or wanted other events."""
    missing = [line for line in happened if events.type_of(line) in hook.types]
    if hook.dialect is not None:
        rows = speaking.deliveries(conn, [replace(hook, after=0)], missing, wish.at)
        spoken = [Birth({**row, "due_at": wish.at}, [("plan", f"replayed by {wish.by}")]) for row in rows]
        history.begin(conn, DELIVERY, spoken, by=wish.by, now=wish.at)
        return len(spoken)
    births = [
        Birth(
            settle.delivery_row(
                hook.id, f"{line.record}.{line.now}", line.record_id, line.id, body, wish.at, due_at=wish.at
            ),
            [("plan", f"replayed by {wish.by}")],
        )
        for line, body in zip(missing, events.bodies(conn, missing), strict=True)
    ]
    history.begin(conn, DELIVERY, births, by=wish.by, now=wish.at)
    return len(births)


def forget(writer: Writer, older: datetime) -> int:
    """Forget deliveries planned before `older`, also those that never arrived; returns how many."""
    gone = 0
    while some := writer.do(forget_piece, older):
        gone += some
    return gone


def forget_piece(conn: Connection, batch: list[datetime]) -> list[int]:
    """Writer step: forget some of what is older; returns how many."""
    bound = first_id("evt", max(batch))
    old = select(_d.id).where(_d.id < bound).order_by(_d.id).limit(PIECE)
    gone = conn.execute(delete(delivery).where(_d.id.in_(old.scalar_subquery()))).rowcount
    return [gone] * len(batch)
