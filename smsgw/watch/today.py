"""Today: what waits for a person, what goes out, what is wrong and what came in, each as a number or a short list.

Everything is asked of indices that hold only what is open, or of ids of the last two days, and counted up to a bound: a
page that is opened all day must cost nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import ColumnElement, Connection, Table, func, select

from ..customers.consent import doubts
from ..gateway import Gateway
from ..money import alerts, budgeting
from ..money.budgeting import Standing
from ..store.ids import first_id
from ..store.tables import campaign, inbound, inquiry, message, order
from ..store.tables.types import AnyRow
from . import figures
from .figures import LinkNow

MOST = 20  # of a short list
COUNTED = 50_000  # of anything: from there on a number is "at least"


@dataclass(frozen=True, slots=True)
class Waits:
    """What waits for a person. texts: on the pile, of so many `conversations`; handover: confirmed orders."""

    review: int
    handover: int
    inquiries: int
    overdue: int
    conversations: int
    texts: int
    doubts: int
    approvals: int


@dataclass(frozen=True, slots=True)
class Flow:
    """What came in or went out since midnight, and by the same time of yesterday."""

    today: int
    yesterday: int


@dataclass(frozen=True, slots=True)
class Today:
    """The day at a glance. held: messages that wait for their time; held_today: those of them whose time is today.

    links: those that are not well; budgets: those of which as much is used as warns; empty: nothing was ever sent.
    """

    waits: Waits
    running: Sequence[AnyRow]
    planned: Sequence[AnyRow]
    held: int
    held_today: int
    queued: int
    unsure: int
    links: Sequence[LinkNow]
    alerts: Sequence[AnyRow]
    budgets: Sequence[Standing]
    came: Flow
    went: Flow
    failed: int
    empty: bool


def today(conn: Connection, gateway: Gateway, now: datetime) -> Today:
    """How the day stands at `now`, by the clock of the business."""
    zone = gateway.config.business.business.zone
    midnight = datetime.combine(now.astimezone(zone).date(), time(), zone)
    tomorrow = datetime.combine(now.astimezone(zone).date() + timedelta(days=1), time(), zone)
    m, c = message.c, campaign.c
    open_ones = select(campaign).where(c.ended_at.is_(None))
    held = m.final_at.is_(None) & (m.state == "held")
    return Today(
        waits=_waits(conn, now),
        running=list(
            conn.execute(open_ones.where(c.state.in_(("running", "paused"))).order_by(c.id.desc()).limit(MOST))
        ),
        planned=list(
            conn.execute(
                open_ones.where(c.state == "scheduled", c.starts_at < tomorrow).order_by(c.starts_at).limit(MOST)
            )
        ),
        held=_count(conn, message, held),
        held_today=_count(conn, message, held & (m.due_at < tomorrow)),
        queued=_count(conn, message, m.state == "queued"),
        unsure=_count(conn, message, m.final_at.is_(None) & (m.state == "unsure")),
        links=[one for one in figures.links_now(gateway) if one.state not in figures.WELL],
        alerts=alerts.standing(conn, MOST),
        budgets=[one for one in budgeting.standings(conn, gateway.till.budgets, now) if _is_near(one)],
        came=_flow(conn, inbound, "in", midnight, now),
        went=_flow(conn, message, "msg", midnight, now),
        failed=_failed(conn, midnight),
        empty=conn.scalar(select(m.id).limit(1)) is None and conn.scalar(select(inbound.c.id).limit(1)) is None,
    )


def _waits(conn: Connection, now: datetime) -> Waits:
    i, q, o = inbound.c, inquiry.c, order.c
    waiting = select(func.count(i.id), func.count(i.sender.distinct())).where(i.state == "waiting")
    texts, conversations = conn.execute(waiting).one()
    return Waits(
        review=_count(conn, order, o.state == "needs_review"),
        handover=_count(conn, order, o.state == "confirmed"),
        inquiries=_count(conn, inquiry, q.state == "open"),
        overdue=figures.unanswered(conn, now).questions,
        conversations=conversations,
        texts=texts,
        doubts=len(doubts.listing(conn, 100)),
        approvals=_count(conn, campaign, campaign.c.ended_at.is_(None) & (campaign.c.state == "estimated")),
    )


def _count(conn: Connection, table: Table, which: ColumnElement[bool]) -> int:
    some = select(table.c.id).where(which).limit(COUNTED).subquery()
    return conn.scalar(select(func.count()).select_from(some)) or 0


def _failed(conn: Connection, midnight: datetime) -> int:
    """How many of the newest messages of today did not arrive."""
    m = message.c
    newest = select(m.state).where(m.id >= first_id("msg", midnight)).order_by(m.id.desc()).limit(COUNTED).subquery()
    lost = newest.c.state.in_(("failed", "undelivered", "refused"))
    return conn.scalar(select(func.count()).select_from(newest).where(lost)) or 0


def _flow(conn: Connection, table: Table, prefix: str, midnight: datetime, now: datetime) -> Flow:
    id, day = table.c.id, timedelta(days=1)
    before = (id >= first_id(prefix, midnight - day)) & (id < first_id(prefix, now - day))
    return Flow(_count(conn, table, id >= first_id(prefix, midnight)), _count(conn, table, before))


def _is_near(one: Standing) -> bool:
    used = one.spent + one.kept
    return used * 100 >= one.budget.ceiling * one.budget.warn_at
