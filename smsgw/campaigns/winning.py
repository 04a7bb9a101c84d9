"""Which of several texts wins: what each of them brought, counted alike for the test, the report and the decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from ..outbound.link_clicks import was_followed
from ..store.ids import first_id
from ..store.tables import inbound, message, order, target
from ..store.tables.types import AnyRow
from .life import message_states
from .terms import Terms
from .watching import among_its_targets, opt_outs

BOUGHT = ("confirmed", "fulfilled")


@dataclass(frozen=True, slots=True)
class Brought:
    """What came of a text, or of the whole: how many got it, answered, ordered, for how much, and said stop."""

    placed: int
    delivered: int
    replied: int
    orders: int
    value: int  # millionths
    currency: str | None
    opted_out: int
    clicked: int | None = None  # who followed a link, where that is known


def brought(conn: Connection, row: AnyRow, variant: str | None = None) -> Brought:
    """What came of a campaign (its row), or of one of its texts, so far."""
    terms = Terms.model_validate(row.terms)
    got = _got(row, variant)
    if variant is None:
        placed, delivered = row.placed, dict(message_states(conn, row.id)).get("delivered", 0)
    else:
        placed, delivered = _placed(conn, got)
    orders, value, currency = ordered(conn, row, terms, got)
    theirs = [among_its_targets(row.id), *got[1:]]
    return Brought(
        placed=placed, delivered=delivered, replied=replied(conn, row, terms, theirs), orders=orders, value=value,
        currency=currency, opted_out=opt_outs(conn, row, variant),
        clicked=clicked(conn, got) if tells_who_clicked(row) else None,
    )  # fmt: skip


def _placed(conn: Connection, got: Sequence[ColumnElement[bool]]) -> tuple[int, int]:
    """How many messages these targets have, and how many of them are delivered."""
    m = message.c
    query = select(func.count(), func.count().filter(m.state == "delivered"))
    counted = conn.execute(query.join_from(target, message, m.id == target.c.message_id).where(*got)).one()
    return counted[0], counted[1]


def _got(row: AnyRow, variant: str | None) -> Sequence[ColumnElement[bool]]:
    t = target.c
    mine = [t.campaign_id == row.id, t.message_id.is_not(None)]
    return mine if variant is None else [*mine, t.variant == variant]


def tells_who_clicked(row: AnyRow) -> bool:
    """Whether each recipient of a campaign (its row) has short links of their own."""
    return bool(row.terms.get("track_links")) and row.purpose == "marketing"


def clicked(conn: Connection, got: Sequence[ColumnElement[bool]]) -> int:
    """How many of these targets followed a link of their message."""
    return conn.scalar(select(func.count()).where(*got, was_followed(target.c.message_id))) or 0


def until(row: AnyRow, terms: Terms) -> datetime:
    """Up to when replies and orders count as this campaign's own."""
    began: datetime = row.started_at
    return began + timedelta(days=terms.attribution)


def replied(conn: Connection, row: AnyRow, terms: Terms, who: Sequence[ColumnElement[bool]]) -> int:
    """How many of these targets wrote since it began."""
    if row.started_at is None:
        return 0
    i = inbound.c
    query = (
        select(func.count(i.sender.distinct()))
        .join_from(inbound, target, i.sender == target.c.address)
        .where(i.id > first_id("in", row.started_at), i.id < first_id("in", until(row, terms)), *who)
    )
    return conn.scalar(query) or 0


def ordered(
    conn: Connection, row: AnyRow, terms: Terms, who: Sequence[ColumnElement[bool]]
) -> tuple[int, int, str | None]:
    """How many orders these targets placed since it began, for how much, in which currency (the one that is there)."""
    if row.started_at is None:
        return 0, 0, None
    o = order.c
    own = or_(o.campaign.is_(None), o.campaign == row.id)  # else it is what another campaign brought
    query = (
        select(func.count(), func.coalesce(func.sum(o.total), 0), func.max(o.currency))
        .join_from(order, target, o.address == target.c.address)
        .where(and_(o.created_at >= row.started_at, o.created_at < until(row, terms)), o.state.in_(BOUGHT), own, *who)
    )
    counted = conn.execute(query).one()
    return counted[0], int(counted[1]), counted[2]


def winner(conn: Connection, row: AnyRow) -> str:
    """The text that did best by what the campaign goes by; of equals the first. A STOP is no reply worth having."""
    terms = Terms.model_validate(row.terms)
    assert terms.split is not None
    scores: list[tuple[float, str]] = []
    for name in sorted(row.texts):
        told = brought(conn, row, name)
        wins = {
            "replies": told.replied - told.opted_out,
            "orders": told.orders,
            "clicks": told.clicked or 0,
            "delivered": told.delivered,
            "fewest_opt_outs": -told.opted_out,
        }[terms.split.by]
        scores.append((wins / max(told.placed, 1), name))
    best = max(score for score, _ in scores)
    return next(name for score, name in scores if score == best)
