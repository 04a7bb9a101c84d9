"""The life of a campaign: approve it, give it a time, pause, resume and stop it.

A campaign begins at its time by the clock, never in the request that asked for it. Each verb says who did it and why;
a pause holds from its commit on, for the queue is asked about it at every claim.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, select, update

from ..access import audit
from ..errors import Conflict, Forbidden, NotFound
from ..money.rates import spelled
from ..outbound.halted import PAUSED
from ..store import history, keyset
from ..store.database import Database, Writer
from ..store.keyset import Edge
from ..store.lifecycle import CAMPAIGN, MESSAGE, WAITING
from ..store.outcomes import attempt
from ..store.tables import campaign, message, message_content, target
from ..store.tables.types import AnyRow
from .occurrences import next_day_at, next_run
from .terms import Terms

SLICE = 500  # messages that are moved in one step
ROUNDS = 10  # of these, before a stop is answered
LATELY = timedelta(days=3)  # for so long something of a stopped campaign may wait


def get(conn: Connection, id: str) -> AnyRow:
    """A campaign's row. Raises NotFound."""
    row = conn.execute(select(campaign).where(campaign.c.id == id)).first()
    if row is None:
        raise NotFound(f"there is no campaign {id[:60]}", hint="smsgw campaign list shows them")
    return row


def listing(
    conn: Connection, limit: int, after: Edge = None, state: str | None = None, parent: str | None = None
) -> list[AnyRow]:
    """Campaigns, newest first; after: only those older than this id; parent: only its runs and follow-ups."""
    query = select(campaign)
    if state is not None:
        query = query.where(campaign.c.state == state)
    if parent is not None:
        query = query.where(campaign.c.parent_id == parent)
    return keyset.rows(conn, query, campaign.c.id, after, limit)


def require(row: AnyRow, event: str) -> None:
    """Raises Conflict where a campaign's life does not allow an event now."""
    if CAMPAIGN.after(event, row.state) is None:
        says = f"the campaign is {row.state}: it cannot {event} now"
        raise Conflict(says, code="campaign_state", hint=_NEXT.get(row.state, "docs/campaigns.md tells its states"))


def move(conn: Connection, id: str, event: str, why: str, values: Mapping[str, Any], by: str, now: datetime) -> None:
    """Move a campaign on. Raises Conflict where its life does not allow that."""
    (was,) = history.move(conn, CAMPAIGN, event, [history.Step(id, why, values)], by=by, now=now)
    if was is None:
        require(get(conn, id), event)


_NEXT = {
    "draft": "estimate it first, then approve it",
    "estimated": "approve it first",
    "approved": "give it a time first",
    "finished": "it is over; copy it to send it again",
    "stopped": "it is over; copy it to send it again",
}


def estimated(writer: Writer, id: str, told: Mapping[str, Any], written_at: datetime, by: str, now: datetime) -> None:
    """Keep an estimate of the campaign as it was written at `written_at`. Raises Conflict if it was changed since."""
    writer.do(_estimated, (id, told, written_at, by, now))


def _estimated(conn: Connection, batch: list[tuple[str, Any, datetime, str, datetime]]) -> list[Exception | None]:
    return [attempt(_estimated_one, conn, *one) for one in batch]


def _estimated_one(conn: Connection, id: str, told: Any, written_at: datetime, by: str, now: datetime) -> None:
    if get(conn, id).changed_at != written_at:
        raise Conflict("the campaign was changed while it was estimated", hint="estimate it again")
    values = {"estimate": told, "estimated_at": now}
    move(conn, id, "estimate", "what it costs is known", values, by, now)


@dataclass(frozen=True, slots=True)
class Approval:
    """A yes. above: the amount (millionths) above which it takes another person than the one who wrote it."""

    id: str
    by: str
    now: datetime
    above: int | None = None


def approve(writer: Writer, wish: Approval) -> None:
    """Say yes to an estimated campaign.

    Raises NotFound; Conflict (variables without a value, not estimated); Forbidden when a second person is needed.
    """
    writer.do(_approve, wish)


def _approve(conn: Connection, batch: list[Approval]) -> list[Exception | None]:
    return [attempt(_approve_one, conn, wish) for wish in batch]


def _approve_one(conn: Connection, wish: Approval) -> None:
    row = get(conn, wish.id)
    told = row.estimate or {}
    require_values(told)
    most = max((cost["amount"] for cost in told.get("costs", ())), default=0)
    if wish.above is not None and most > wish.above and wish.by == row.by:
        says = f"this campaign costs more than {spelled(wish.above)}: somebody other than {row.by} must approve it"
        raise Forbidden(says, code="second_person_needed")
    values = {"approved_by": wish.by, "approved_at": wish.now}
    move(conn, wish.id, "approve", "somebody who may said yes", values, wish.by, wish.now)
    costs = ", ".join(f"{spelled(one['amount'])} {one['currency']}" for one in told.get("costs", ())) or "nothing"
    says = f"the campaign {row.name!r} was approved; it costs {costs} as estimated"
    audit.tell(conn, [audit.Line(wish.by, "campaign.approved", says, wish.now, "campaign", wish.id)])


def require_values(told: Mapping[str, Any]) -> None:
    """Raises Conflict (`variable_undefined`) that names who lacks which variable, if anybody does."""
    missing = told.get("undefined", {})
    if missing.get("count"):
        some = "; ".join(f"{one['who']} has no {', '.join(one['names'])}" for one in missing["some"])
        says = f"{missing['count']} of its texts have a variable without a value: {some}"
        hint = 'give the variable a fallback, {{ name|default:"words" }}, or fill in the field'
        raise Conflict(says, code="variable_undefined", hint=hint)


@dataclass(frozen=True, slots=True)
class When:
    """When an approved campaign begins. at: aware; None: now; of a series: not before it."""

    id: str
    by: str
    now: datetime
    at: datetime | None = None


def schedule(writer: Writer, wish: When) -> datetime:
    """Give an approved campaign its time; returns it. Raises NotFound, Conflict, BadInput."""
    return writer.do(_schedule, wish)


def _schedule(conn: Connection, batch: list[When]) -> list[datetime | Exception]:
    return [attempt(_schedule_one, conn, wish) for wish in batch]


def _schedule_one(conn: Connection, wish: When) -> datetime:
    row = get(conn, wish.id)
    at = max(wish.at or wish.now, wish.now)
    terms = Terms.model_validate(row.terms)
    if terms.kind != "once":
        first = first_run(terms, at - timedelta(microseconds=1))
        if first is None:
            raise Conflict("this series is over: none of its runs lies ahead", code="series_over")
        at = first
    why = f"begins {at:%Y-%m-%d %H:%M} UTC"
    move(conn, wish.id, "schedule", why, {"starts_at": at}, wish.by, wish.now)
    return at


def first_run(terms: Terms, after: datetime) -> datetime | None:
    """The next run of a series later than `after`; None when it is over."""
    if terms.repeat is not None:
        told = terms.repeat
        return next_run(told.rule, told.first, told.zone, told.holidays, after)
    assert terms.relative is not None
    at = next_day_at(terms.relative.at, terms.relative.zone, after)
    return at if at.date() <= terms.relative.until + timedelta(days=1) else None


def pause(writer: Writer, id: str, by: str, why: str, now: datetime) -> dict[str, int]:
    """Stop sending from this moment on; returns how many had `left`, and how many `wait`. Raises NotFound, Conflict."""
    return writer.do(_pause, (id, by, why, now))


def _pause(conn: Connection, batch: list[tuple[str, str, str, datetime]]) -> list[dict[str, int] | Exception]:
    return [attempt(pause_in, conn, *one) for one in batch]


def pause_in(conn: Connection, id: str, by: str, why: str, now: datetime) -> dict[str, int]:
    """The same within a transaction."""
    get(conn, id)
    told = progress(conn, id)
    says = f"{why}; {told['left']} had left, {told['wait']} wait"
    move(conn, id, "pause", says, {}, by, now)
    return told


def progress(conn: Connection, id: str) -> dict[str, int]:
    """How many messages of a campaign have `left`, and how many of its targets `wait`: in the queue or before it."""
    counts = dict(message_states(conn, id))
    waiting = sum(counts.pop(state, 0) for state in WAITING)
    unplaced = conn.scalar(
        select(func.count()).where(
            target.c.campaign_id == id, target.c.left_out.is_(None), target.c.message_id.is_(None)
        )
    )
    gone = sum(counts.get(state, 0) for state in ("sending", "unsure", "sent", "delivered", "undelivered"))
    return {"left": gone, "wait": waiting + (unplaced or 0)}


def message_states(conn: Connection, id: str) -> list[tuple[str, int]]:
    """How many messages of a campaign are in each state.

    A picture message that another one stands for, or is about to, is left out: its person is counted by that one.
    """
    m = message.c
    query = select(m.state, func.count()).where(m.campaign_id == id).group_by(m.state)
    counts: dict[str, int] = {row[0]: row[1] for row in conn.execute(query)}
    if (conn.scalar(select(campaign.c.terms).where(campaign.c.id == id)) or {}).get("shown"):
        for state, count in conn.execute(_REPLACED, {"campaign": id}):
            counts[state] -= count
    return [(state, count) for state, count in counts.items() if count]


_REPLACED = (
    select(message.c.state, func.count())
    .join_from(message, message_content, message_content.c.message_id == message.c.id)
    .where(
        message.c.campaign_id == bindparam("campaign"),
        message_content.c.fallback_id.is_not(None)
        | (message_content.c.fallback_at.is_not(None) & message.c.state.in_(("failed", "undelivered", "expired"))),
    )
    .group_by(message.c.state)
)


def resume(writer: Writer, id: str, by: str, now: datetime) -> None:
    """Go on. Raises NotFound, Conflict."""
    writer.do(_resume, (id, by, now))
    while writer.do(_let_go, (id, now)):
        pass


def _resume(conn: Connection, batch: list[tuple[str, str, datetime]]) -> list[Exception | None]:
    return [attempt(_resume_one, conn, *one) for one in batch]


def _resume_one(conn: Connection, id: str, by: str, now: datetime) -> None:
    get(conn, id)
    move(conn, id, "resume", "it goes on", {"paced_at": now, "base": None}, by, now)


def _let_go(conn: Connection, batch: list[tuple[str, datetime]]) -> list[int]:
    """Some of what a pause held: its time has come again; returns how many."""
    counts = []
    for id, now in batch:
        m = message.c
        held = (m.campaign_id == id, m.state == "held", m.why.startswith(PAUSED), m.due_at > now)
        ids = conn.scalars(select(m.id).where(*held).limit(SLICE)).all()
        if ids:
            conn.execute(update(message).where(m.id.in_(ids)).values(due_at=now))
        counts.append(len(ids))
    return counts


def stop(writer: Writer, id: str, by: str, why: str, now: datetime) -> dict[str, int]:
    """End a campaign for good, whatever it does; returns what `pause` does. Raises NotFound, Conflict.

    What waits in the queue is taken back, the first of it before this returns, and none of it leaves meanwhile.
    """
    told = writer.do(_stop, (id, by, why, now))
    for _ in range(ROUNDS):
        if not writer.do(_take_back, (id, by, now)):
            break
    return told


def remove(writer: Writer, id: str) -> None:
    """Take a campaign away of which nothing was sent. Raises NotFound, Conflict (it runs, or something of it stays)."""
    writer.do(_remove, id)


def _remove(conn: Connection, batch: list[str]) -> list[Exception | None]:
    return [attempt(_remove_one, conn, id) for id in batch]


def _remove_one(conn: Connection, id: str) -> None:
    conn.execute(select(campaign.c.id).where(campaign.c.id == id).with_for_update())  # it must not begin meanwhile
    row = get(conn, id)
    if row.state in ("scheduled", "running", "paused"):
        says = f"the campaign is {row.state}: it cannot be taken away now"
        raise Conflict(says, code="campaign_state", hint="stop it first")
    count = conn.scalar(select(func.count()).where(message.c.campaign_id == id)) or row.placed
    if count:
        says = f"{count} messages of it were made: it stays, with them and what they cost"
        raise Conflict(says, code="campaign_state", hint=_NEXT["stopped"])
    if conn.scalar(select(campaign.c.id).where(campaign.c.parent_id == id).limit(1)) is not None:
        says = "it has runs or follow-ups, which would stand without it"
        raise Conflict(says, code="campaign_state", hint="take those away first")
    conn.execute(delete(campaign).where(campaign.c.id == id))


def take_back_stopped(database: Database, now: datetime) -> None:
    """Take back some more of what stopped campaigns have in the queue."""
    c = campaign.c
    with database.reading() as conn:
        ids = conn.scalars(select(c.id).where(c.state == "stopped", c.ended_at > now - LATELY)).all()
    for id in ids:
        database.writer.do(_take_back, (id, "clock", now))


def _stop(conn: Connection, batch: list[tuple[str, str, str, datetime]]) -> list[dict[str, int] | Exception]:
    return [attempt(_stop_one, conn, *one) for one in batch]


def _stop_one(conn: Connection, id: str, by: str, why: str, now: datetime) -> dict[str, int]:
    get(conn, id)
    told = progress(conn, id)
    says = f"{why}; {told['left']} had left, {told['wait']} never will"
    move(conn, id, "stop", says, {"ended_at": now}, by, now)
    return told


def _take_back(conn: Connection, batch: list[tuple[str, str, datetime]]) -> list[int]:
    """Cancel some of what a stopped campaign has in the queue; returns how many."""
    counts = []
    for id, by, now in batch:
        m = message.c
        waits = (m.campaign_id == id, m.state.in_(WAITING))
        ids = conn.scalars(select(m.id).where(*waits).limit(SLICE)).all()
        steps = [history.Step(one, "its campaign was stopped", {"final_at": now}) for one in ids]
        moved = [was for was in history.move(conn, MESSAGE, "cancel", steps, by=by, now=now) if was]
        counts.append(len(moved))
    return counts
