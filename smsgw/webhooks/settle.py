"""Write down what is to be told and how telling ended: the steps of webhooks on the store, each over a batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from ..store import followers, history
from ..store.history import Birth, Step
from ..store.ids import new_id
from ..store.lifecycle import DELIVERY, WEBHOOK
from ..store.tables import delivery, follower, webhook

FOLLOWER = "webhooks"
BY = "webhooks"
STANDS_AT = select(follower.c.upto).where(follower.c.name == FOLLOWER)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a piece of history means for the webhooks. was, upto: history ids, the follower's move."""

    was: int
    upto: int
    deliveries: Sequence[Mapping[str, Any]]
    now: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a try ended. event: the life's, `deliver`, `put_off` or `give_up`. due_at: of what is put off.

    What is put off holds up the later events of its record. values: further columns.
    """

    id: str
    webhook_id: str
    record_id: str
    line: int
    event: str
    why: str
    due_at: datetime | None
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Behind:
    """The events of this record after this one wait until `due_at`, as an earlier one does."""

    webhook_id: str
    record_id: str
    line: int
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Health:
    """Since when a webhook fails; None: it works. disable: why it is to be switched off, else empty."""

    webhook_id: str
    failing_since: datetime | None
    now: datetime
    disable: str = ""


def delivery_row(
    webhook_id: str, event: str, record_id: str, line: int, body: str, now: datetime, due_at: datetime | None = None
) -> dict[str, Any]:
    """The columns of a new delivery. due_at: None for one that comes in its turn."""
    return {
        "id": new_id("evt", now),
        "webhook_id": webhook_id,
        "event": event,
        "record_id": record_id,
        "line": line,
        "body": body,
        "created_at": now,
        "due_at": due_at,
        "attempts": 0,
    }


def plan(conn: Connection, batch: list[Plan]) -> list[bool]:
    """Writer step: store deliveries and move the follower, together.

    False: the follower does not stand where the plan begins, so somebody else told this; nothing was stored.
    """
    results = []
    for one in batch:
        fits = conn.scalar(STANDS_AT) == one.was
        if fits:
            there = set(conn.scalars(select(webhook.c.id)))  # one may have been removed a moment ago
            births = [Birth(row, [("plan", "")]) for row in one.deliveries if row["webhook_id"] in there]
            history.begin(conn, DELIVERY, births, by=BY, now=one.now)
            followers.remember(conn, [followers.Position(FOLLOWER, one.upto, one.now)])
        results.append(fits)
    return results


def settle(conn: Connection, batch: list[tuple[datetime, Sequence[Outcome]]]) -> list[None]:
    """Writer step: write down how tries ended, at this time."""
    for now, outcomes in batch:
        steps: dict[str, list[Step]] = {}
        for one in outcomes:
            ended = None if one.event == "put_off" else now
            values = {"due_at": one.due_at, "ended_at": ended, **one.values}
            steps.setdefault(one.event, []).append(Step(one.id, one.why, values))
        for event, some in steps.items():
            history.move(conn, DELIVERY, event, some, by=BY, now=now)
        waits = [Behind(o.webhook_id, o.record_id, o.line, o.due_at) for o in outcomes if o.due_at is not None]
        behind(conn, waits)
    return [None] * len(batch)


def behind(conn: Connection, batch: list[Behind]) -> list[None]:
    """Writer step: let later events of a record wait for an earlier one."""
    d = delivery.c
    for one in batch:
        conn.execute(
            update(delivery)
            .where(
                d.webhook_id == one.webhook_id,
                d.record_id == one.record_id,
                d.line > one.line,
                d.ended_at.is_(None),
                d.due_at.is_(None) | (d.due_at < one.due_at),
            )
            .values(due_at=one.due_at)
        )
    return [None] * len(batch)


def mark(conn: Connection, batch: list[Health]) -> list[None]:
    """Writer step: write down how webhooks are, and switch off those that are to be."""
    for one in batch:
        conn.execute(update(webhook).where(webhook.c.id == one.webhook_id).values(failing_since=one.failing_since))
        if one.disable:
            history.move(conn, WEBHOOK, "disable", [Step(one.webhook_id, one.disable)], by=BY, now=one.now)
    return [None] * len(batch)
