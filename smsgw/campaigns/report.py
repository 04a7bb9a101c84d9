"""What became of a campaign: who was left out and why, what was planned and what booked, and what it brought.

What it brought is compared with the people who were held out: what they bought in the same days without it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, func, select

from ..outbound import link_clicks
from ..store.lifecycle import WAITING
from ..store.tables import campaign, cost_entry, message, target
from ..store.tables.types import AnyRow
from .leaving_out import WORDS
from .life import get, message_states
from .terms import Terms
from .winning import Brought, brought, ordered


def report(conn: Connection, id: str) -> dict[str, Any]:
    """The report of a campaign as JSON; amounts in millionths. Raises NotFound."""
    row = get(conn, id)
    terms = Terms.model_validate(row.terms)
    states = dict(message_states(conn, id))
    left_out = left_out_counts(conn, id)
    costs = _booked(conn, id)
    came = brought(conn, row)
    held_out = left_out.get("control", 0)
    booked = sum(costs.values())
    return {
        "people": _targets(conn, id),
        "left_out": [
            {"code": code, "count": count, "words": WORDS.get(code, code)} for code, count in sorted(left_out.items())
        ],
        "saved": _saved(row, left_out),
        "unplaced": _targets(conn, id, waiting=True),
        "placed": row.placed,
        "waiting": sum(states.get(state, 0) for state in WAITING),
        "states": states,
        "failures": _failures(conn, id),
        "planned": {"estimate": (row.estimate or {}).get("costs", []), "placed": _amounts({row.currency: row.planned})},
        "booked": _amounts(costs),
        "difference": _difference(row, states, left_out),
        "brought": asdict(came),
        "clicks": _clicks(conn, row) if terms.track_links and row.started_at is not None else None,
        "cost_per_order": booked // came.orders if came.orders and len(costs) == 1 else None,
        "control": _control(conn, row, terms, held_out, came) if held_out else None,
        "variants": {name: asdict(brought(conn, row, name)) for name in sorted(row.texts)}
        if len(row.texts) > 1
        else {},
        "winner": row.winner,
        "runs": conn.scalar(select(func.count()).where(campaign.c.parent_id == id)) or 0,
    }


def left_out_counts(conn: Connection, id: str) -> dict[str, int]:
    """How many were left out, by code."""
    t = target.c
    query = select(t.left_out, func.count()).where(t.campaign_id == id, t.left_out.is_not(None)).group_by(t.left_out)
    return {row[0]: row[1] for row in conn.execute(query)}


def targets(
    conn: Connection, id: str, limit: int, after: int = 0, left_out: str | None = None, *, clicked: bool = False
) -> list[AnyRow]:
    """Targets in the order they were frozen, with the state of their message; left_out: a code, or "any".

    clicked: only those who followed a link of theirs.
    """
    t, m = target.c, message.c
    query = (
        select(target, m.state.label("state"), m.why.label("why"))
        .outerjoin_from(target, message, m.id == t.message_id)
        .where(t.campaign_id == id, t.id > after)
        .order_by(t.id)
        .limit(limit)
    )
    if left_out == "any":
        query = query.where(t.left_out.is_not(None))
    elif left_out is not None:
        query = query.where(t.left_out == left_out)
    if clicked:
        query = query.where(link_clicks.was_followed(t.message_id))
    return list(conn.execute(query))


def _clicks(conn: Connection, row: AnyRow) -> dict[str, Any]:
    return link_clicks.of_campaign(conn, row.id, row.started_at, row.ended_at)


def _targets(conn: Connection, id: str, *, waiting: bool = False) -> int:
    t = target.c
    query = select(func.count()).where(t.campaign_id == id)
    if waiting:
        query = query.where(t.left_out.is_(None), t.message_id.is_(None))
    return conn.scalar(query) or 0


def _booked(conn: Connection, id: str) -> dict[str, int]:
    """What was charged, by currency."""
    c = cost_entry.c
    query = (
        select(c.currency, func.sum(c.amount))
        .join_from(cost_entry, message, message.c.id == c.message_id)
        .where(message.c.campaign_id == id)
        .group_by(c.currency)
    )
    return {row[0]: int(row[1]) for row in conn.execute(query)}


def _amounts(by_currency: Mapping[Any, int]) -> list[dict[str, Any]]:
    return [{"currency": one, "amount": amount} for one, amount in by_currency.items() if one is not None]


def _failures(conn: Connection, id: str) -> list[dict[str, Any]]:
    """The commonest reasons for which messages did not arrive."""
    m = message.c
    query = (
        select(m.state, m.why, func.count().label("count"))
        .where(m.campaign_id == id, m.state.in_(("failed", "undelivered", "expired", "refused")))
        .group_by(m.state, m.why)
        .order_by(func.count().desc())
        .limit(10)
    )
    return [{"state": row[0], "why": row[1], "count": row[2]} for row in conn.execute(query)]


def _saved(row: AnyRow, left_out: Mapping[str, int]) -> dict[str, Any] | None:
    """What the memory of unreachable numbers saved, at what the other messages cost on average."""
    count = left_out.get("unreachable_number", 0)
    if not count:
        return None
    amount = row.planned * count // row.placed if row.placed else None
    return {"messages": count, "amount": amount, "currency": row.currency}


def _difference(row: AnyRow, states: Mapping[str, int], left_out: Mapping[str, int]) -> str:
    """Why it costs something else than was estimated, in words."""
    told = row.estimate
    if told is None or row.frozen_at is None:
        return ""
    more = []
    if told.get("sampled"):
        more.append(f"it was estimated from {told['sampled']} people, give or take {told['give_or_take']} %")
    if row.winner not in (None, "a"):
        more.append(f"text {row.winner} won, and text a was estimated for those who waited for it")
    if row.placed != told["messages"]:
        more.append(f"{told['messages']} messages were estimated and {row.placed} placed")
    changed = {code: left_out.get(code, 0) - told["left_out"].get(code, 0) for code in {*left_out, *told["left_out"]}}
    more += [
        f"{abs(by)} {'more' if by > 0 else 'fewer'} left out: {WORDS.get(code, code)}"
        for code, by in sorted(changed.items())
        if by
    ]
    free = sum(states.get(state, 0) for state in ("failed", "refused", "expired", "cancelled"))
    if free:
        more.append(f"{free} never arrived, which most rates do not charge")
    return "; ".join(more)


def _control(conn: Connection, row: AnyRow, terms: Terms, count: int, came: Brought) -> dict[str, Any]:
    """What those bought who were held out, and how much more those bought who were not, by the hundred people."""
    t = target.c
    orders, value, _ = ordered(conn, row, terms, [t.campaign_id == row.id, t.left_out == "control"])
    theirs, ours = orders / count, came.orders / max(came.placed, 1)
    extra = round((ours - theirs) * came.placed, 1)
    return {"people": count, "orders": orders, "value": value, "extra_orders": extra}
