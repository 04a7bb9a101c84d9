"""Tell the owner: a line in the log, a record that stands until somebody deals with it, and through it a webhook event.

The same thing is not told twice while it stands.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, select

from ..errors import Conflict, NotFound
from ..store import history, keyset
from ..store.database import Writer
from ..store.ids import new_id
from ..store.keyset import Edge
from ..store.lifecycle import ALERT
from ..store.tables import alert
from ..store.tables.types import AnyRow

log = logging.getLogger(__name__)


class Alarm(NamedTuple):
    """What is to be told. subject: what it is about, for this kind; says: why, and what to do."""

    kind: str
    subject: str
    says: str


def tell(conn: Connection, alarms: Sequence[Alarm], now: datetime) -> list[Alarm]:
    """Tell these, but for those that stand already, within the caller's transaction; returns what was new."""
    if not alarms:
        return []
    c = alert.c
    standing = {(row.kind, row.subject) for row in conn.execute(select(c.kind, c.subject).where(c.state != "over"))}
    fresh = list({alarm[:2]: alarm for alarm in alarms if (alarm.kind, alarm.subject[:120]) not in standing}.values())
    births = []
    for alarm in fresh:
        log.warning("%s: %s", alarm.kind, alarm.says)
        values = {"id": new_id("alert", now), "kind": alarm.kind, "subject": alarm.subject[:120], "at": now}
        births.append(history.Birth(values, [("raise", alarm.says)]))
    history.begin(conn, ALERT, births, by="money", now=now)
    return fresh


def end(conn: Connection, kind: str, subjects: Sequence[str], why: str, now: datetime) -> None:
    """What was told of these is so no more."""
    c = alert.c
    query = select(c.id).where(c.state != "over", c.kind == kind, c.subject.in_(list(subjects)))
    steps = [history.Step(id, why) for id in conn.scalars(query)]
    history.move(conn, ALERT, "end", steps, by="money", now=now)


def end_past(conn: Connection, today: date, now: datetime) -> None:
    """What was told of the budgets and bundles of a day or month that is over is so no more."""
    c = alert.c
    kinds = ("budget.warning", "budget.exceeded", "bundle.low", "bundle.empty")
    rows = conn.execute(select(c.id, c.kind, c.subject).where(c.state != "over", c.kind.in_(kinds)))
    steps = [history.Step(row.id, "its time is over") for row in rows if _is_past(row.kind, row.subject, today)]
    history.move(conn, ALERT, "end", steps, by="money", now=now)


def _is_past(kind: str, subject: str, today: date) -> bool:
    """subject: a number, then a month, a day or the day on which a bundle began (of a month at most)."""
    period = subject.partition(" ")[2]
    last = today - timedelta(days=31) if kind.startswith("bundle") else today
    return period < last.isoformat()[: len(period)] and period[:1].isdigit()


def see(writer: Writer, id: str, by: str, now: datetime) -> None:
    """Somebody has read it. Raises NotFound, Conflict."""
    writer.do(_move, (id, "see", f"seen by {by}", by, now))


def over(writer: Writer, id: str, by: str, now: datetime) -> None:
    """Somebody dealt with it. Raises NotFound, Conflict."""
    writer.do(_move, (id, "end", f"{by} says that it is done", by, now))


def _move(conn: Connection, batch: list[tuple[str, str, str, str, datetime]]) -> list[Exception | None]:
    results: list[Exception | None] = []
    for id, event, why, by, now in batch:
        row = conn.execute(select(alert.c.state).where(alert.c.id == id)).first()
        if row is None:
            results.append(NotFound(f"there is no alert {id[:60]}"))
        elif history.move(conn, ALERT, event, [history.Step(id, why)], by=by, now=now)[0] is None:
            results.append(Conflict(f"this alert is {row.state} already"))
        else:
            results.append(None)
    return results


def get(conn: Connection, id: str) -> AnyRow:
    """One alert. Raises NotFound."""
    row = conn.execute(select(alert).where(alert.c.id == id)).first()
    if row is None:
        raise NotFound(f"there is no alert {id[:60]}")
    return row


def standing(conn: Connection, limit: int = 100) -> list[AnyRow]:
    """What stands, newest first."""
    return list(conn.execute(select(alert).where(alert.c.state != "over").order_by(alert.c.id.desc()).limit(limit)))


def listing(conn: Connection, limit: int, before: Edge = None) -> list[AnyRow]:
    """Everything that was told, newest first. before: only what is older than the alert of this id."""
    return keyset.rows(conn, select(alert), alert.c.id, before, limit)
