"""Write down what is to be told and how telling ended: the steps of webhooks on the store, each over a batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from ..store import history
from ..store.history import Birth, Step
from ..store.ids import new_id
from ..store.lifecycle import DELIVERY, WEBHOOK
from ..store.prepared import Prepared
from ..store.tables import delivery, follower, webhook

FOLLOWER = "webhooks"
BY = "webhooks"
STANDS_AT = select(follower.c.upto).where(follower.c.name == FOLLOWER)
_MOVE_ON = Prepared(  # only from where it is thought to stand: else somebody else moved it
    update(follower)
    .where(follower.c.name == FOLLOWER, follower.c.upto == bindparam("was"))
    .values(upto=bindparam("reached"), updated_at=bindparam("at", type_=follower.c.updated_at.type))
    .returning(follower.c.name)
)
_THERE = Prepared(select(webhook.c.id))
_DELIVER = history.Together(
    DELIVERY, "deliver", "pending", sets=("attempts", "status", "said", "ended_at"), fixed={"due_at": None}
)
MANY = 10  # kinds of answers in a batch, beyond which one statement for each kind is no gain


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

    What is put off holds up the later events of its record. attempts: with this one. status, said: of the answer.
    tries: all that failed; None leaves them as they are. reply: what is to be answered to a phone.
    """

    id: str
    webhook_id: str
    record_id: str
    line: int
    event: str
    why: str
    due_at: datetime | None
    attempts: int
    status: int | None
    said: str
    tries: Sequence[Mapping[str, Any]] | None = None
    reply: str | None = None


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
        "request": None,  # a row of a batch has the columns of all the others
    }


def plan(conn: Connection, batch: list[Plan]) -> list[bool]:
    """Writer step: store deliveries and move the follower, together.

    False: the follower does not stand where the plan begins, so somebody else told this; nothing was stored.
    """
    results = []
    for one in batch:
        fits = bool(_MOVE_ON.run(conn, {"was": one.was, "reached": one.upto, "at": one.now}))
        if fits and one.deliveries:
            there = {row[0] for row in _THERE.run(conn, {})}  # one may have been removed a moment ago
            births = [Birth(row, [("plan", "")]) for row in one.deliveries if row["webhook_id"] in there]
            history.begin(conn, DELIVERY, births, by=BY, now=one.now)
        results.append(fits)
    return results


def settle(conn: Connection, batch: list[tuple[datetime, Sequence[Outcome]]]) -> list[None]:
    """Writer step: write down how tries ended, at this time."""
    for now, outcomes in batch:
        steps: dict[str, list[Step]] = {}
        for one in _alike(conn, outcomes, now):
            values: dict[str, Any] = {
                "due_at": one.due_at,
                "ended_at": None if one.event == "put_off" else now,
                "attempts": one.attempts,
                "status": one.status,
                "said": one.said,
            }
            if one.tries is not None:
                values["tries"] = one.tries
            if one.reply is not None:
                values["reply"] = one.reply
            steps.setdefault(one.event, []).append(Step(one.id, one.why, values))
        for event, some in steps.items():
            history.move(conn, DELIVERY, event, some, by=BY, now=now)
        waits = [Behind(o.webhook_id, o.record_id, o.line, o.due_at) for o in outcomes if o.due_at is not None]
        behind(conn, waits)
    return [None] * len(batch)


def _alike(conn: Connection, outcomes: Sequence[Outcome], now: datetime) -> Sequence[Outcome]:
    """Write down those that were taken with the same answer, all at once; returns the others."""
    kinds: dict[tuple[str, int, int | None, str], list[str]] = {}
    others = []
    for one in outcomes:
        if one.event == "deliver" and one.reply is None:
            kinds.setdefault((one.why, one.attempts, one.status, one.said), []).append(one.id)
        else:
            others.append(one)
    if len(kinds) > MANY:
        return outcomes
    for (why, attempts, status, said), ids in kinds.items():
        values = {"attempts": attempts, "status": status, "said": said, "ended_at": now}
        _DELIVER.move(conn, ids, why, values, by=BY, now=now)
    return others


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
