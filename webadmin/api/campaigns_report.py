"""What became of campaigns, over the API: the report, and the targets with why they were left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response

from smsgw.campaigns import report
from smsgw.campaigns.leaving_out import WORDS
from smsgw.money.rates import money
from smsgw.outbound import link_clicks
from smsgw.store.tables.types import AnyRow

from ..context import the_gateway
from .campaigns import READ, known, row_of
from .campaigns_report_shapes import Report, TargetFilter, TargetPage
from .routes import answer, route


def report_json(told: Mapping[str, Any]) -> dict[str, Any]:
    """A report as the API shows it: campaigns_report_shapes.Report."""
    same = ("people", "left_out", "unplaced", "placed", "waiting", "difference", "winner", "runs", "clicks")
    booked, saved, control = told["booked"], told["saved"], told["control"]
    currency = booked[0]["currency"] if booked else None
    return {name: told[name] for name in same} | {
        "saved": saved and {"messages": saved["messages"], "cost": money(saved["amount"], saved["currency"])},
        "statuses": told["states"],
        "failures": [{"status": one["state"], "why": one["why"], "count": one["count"]} for one in told["failures"]],
        "estimated": _money(told["planned"]["estimate"]),
        "planned": _money(told["planned"]["placed"]),
        "booked": _money(booked),
        "brought": _brought(told["brought"]),
        "cost_per_order": money(told["cost_per_order"], currency),
        "control": control and {**control, "value": money(control["value"], told["brought"]["currency"])},
        "variants": {name: _brought(one) for name, one in told["variants"].items()},
    }


def _money(amounts: list[dict[str, Any]]) -> list[dict[str, str] | None]:
    return [money(one["amount"], one["currency"]) for one in amounts]


def _brought(told: Mapping[str, Any]) -> dict[str, Any]:
    return {name: told[name] for name in ("placed", "delivered", "replied", "orders", "opted_out", "clicked")} | {
        "value": money(told["value"], told["currency"])
    }


def target_json(row: AnyRow, clicks: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A target's row as the API shows it: campaigns_report_shapes.Target. clicks: on the links of its message."""
    same = ("customer_id", "language", "variant", "left_out", "message_id", "why")
    return {name: row._mapping[name] for name in same} | {
        "number": row.address,
        "says": row.says or (WORDS.get(row.left_out, row.left_out) if row.left_out else None),
        "status": row.state,
        "clicks": clicks["people"] if clicks else 0,
        "clicked_at": clicks["last"] if clicks else None,
    }


@route("GET", "/campaigns/<id>/report", scope=READ, answers={200: Report}, errors=("not_found",))
def campaign_report(id: str) -> Response:
    """What became of a campaign: who was left out, what was planned and booked, and what it brought."""
    with the_gateway().database.reading() as conn:
        return answer(report_json(report.report(conn, known(id))))


@route(
    "GET", "/campaigns/<id>/targets", scope=READ, query=TargetFilter, answers={200: TargetPage}, errors=("not_found",)
)
def campaign_targets(id: str, query: TargetFilter) -> Response:
    """List whom a campaign is about, with what became of each; left_out=any lists those who get nothing.

    clicked=true lists those who followed a short link of their own.
    """
    row_of(id)
    with the_gateway().database.reading() as conn:
        rows = report.targets(conn, id, query.limit + 1, query.after, query.left_out, clicked=query.clicked)
        clicks = link_clicks.of_messages(conn, [row.message_id for row in rows if row.message_id])
    more = rows[query.limit - 1].id if len(rows) > query.limit else None
    data = [target_json(row, clicks.get(row.message_id)) for row in rows[: query.limit]]
    return answer({"data": data, "next_after": more})
