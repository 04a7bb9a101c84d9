"""Budgets, alerts and the brake over the API."""

from __future__ import annotations

from typing import Any

from flask import Response
from sqlalchemy import Connection

from smsgw.errors import NotFound
from smsgw.money import alerts, brake, budgeting
from smsgw.money.budget import Budget as Terms
from smsgw.money.pricelist import read_prefix
from smsgw.money.rates import money, spelled
from smsgw.store.tables import budget as stored

from ..context import the_gateway
from .matching import hold
from .money_shapes import (
    Alert,
    AlertMove,
    AlertPage,
    Budget,
    BudgetChange,
    BudgetList,
    Done,
    NewBudget,
    NewClearance,
)
from .paging import after, page
from .routes import answer, client, route
from .shapes import Paging

READ, MANAGE = "money:read", "money:manage"


@route("GET", "/budgets", scope=READ, answers={200: BudgetList})
def budgets() -> Response:
    """List the budgets and how each stands."""
    return answer({"data": [budget_json(one) for one in _standings()], "next_cursor": None})


def _standings() -> list[budgeting.Standing]:
    gateway = the_gateway()
    with gateway.database.reading() as conn:
        return budgeting.standings(conn, gateway.till.budgets, gateway.clock())


@route("POST", "/budgets", scope=MANAGE, takes=NewBudget, answers={201: Budget})
def add_budget(body: NewBudget) -> Response:
    """Set a budget; what is spent counts from now on."""
    gateway = the_gateway()
    told = {name: value for name, value in body.model_dump().items() if name != "currency" or value}
    terms = budgeting.read_terms(told, gateway.till.currency, gateway.till.zones)
    id = budgeting.add(gateway.database.writer, terms, gateway.clock(), client().id)
    return _shown(id, 201)


def _written(conn: Connection, number: int) -> dict[str, Any]:
    """What If-Match compares, and nobody changes until the transaction ends."""
    hold(conn, stored.c.id, number)
    return _changeable(budgeting.get(conn, number))


@route("GET", "/budgets/<int:number>", scope=READ, answers={200: Budget}, errors=("not_found",), written=_written)
def one_budget(number: int) -> Response:
    """Show a budget and how it stands."""
    return _shown(number, 200)


@route("PATCH", "/budgets/<int:number>", scope=MANAGE, takes=BudgetChange, answers={200: Budget}, errors=("not_found",))
def change_budget(number: int, body: BudgetChange) -> Response:
    """Change what a budget allows; what waits for it is looked at anew."""
    gateway = the_gateway()
    told = {name: value for name, value in body.model_dump().items() if value is not None}
    budgeting.change(gateway.database.writer, number, told, gateway.clock(), client().id)
    return _shown(number, 200)


@route("DELETE", "/budgets/<int:number>", scope=MANAGE, answers={200: Done}, errors=("not_found",))
def remove_budget(number: int) -> Response:
    """End a budget."""
    gateway = the_gateway()
    if not budgeting.remove(gateway.database.writer, number, gateway.clock(), client().id):
        raise NotFound(f"there is no budget {number}", hint="GET /budgets lists them")
    gateway.read_money()
    return answer({"count": 1})


def _shown(id: int, status: int) -> Response:
    the_gateway().read_money()
    found = next((one for one in _standings() if one.budget.id == id), None)
    if found is None:
        raise NotFound(f"there is no budget {id}", hint="GET /budgets lists them")
    return answer(budget_json(found), status)


def budget_json(one: budgeting.Standing) -> dict[str, Any]:
    """A budget as programs are told of it."""
    return {
        **{name: getattr(one.budget, name) for name in ("id", "scope", "subject", "period")},
        **_changeable(one.budget),
        "now": one.period,
        "spent": spelled(one.spent),
        "kept": spelled(one.kept),
        "left": spelled(one.left),
    }


def _changeable(one: Terms) -> dict[str, Any]:
    return {
        **{name: getattr(one, name) for name in ("name", "warn_at", "beyond")},
        "ceiling": money(one.ceiling, one.currency),
        "exempt": sorted(one.exempt),
    }


@route("GET", "/alerts", scope=READ, query=Paging, answers={200: AlertPage})
def list_alerts(query: Paging) -> Response:
    """List what the owner was told: budgets, bundles, clients that ran away, sums that do not agree."""
    with the_gateway().database.reading() as conn:
        rows = alerts.listing(conn, query.limit + 1, after(query))
    return page(rows, query.limit, _alert, after(query))


def _alert(row: Any) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ("id", "kind", "state", "why", "subject", "at")}


@route(
    "PATCH",
    "/alerts/<id>",
    scope=MANAGE,
    takes=AlertMove,
    answers={200: Alert},
    errors=("not_found", "conflict"),
    audited="alert.moved",
)
def move_alert(id: str, body: AlertMove) -> Response:
    """Say that an alert was read, or that it is dealt with."""
    gateway = the_gateway()
    (alerts.see if body.state == "seen" else alerts.over)(gateway.database.writer, id, client().id, gateway.clock())
    gateway.watch_money(gateway.clock())
    with gateway.database.reading() as conn:
        return answer(_alert(alerts.get(conn, id)))


@route("POST", "/clearances", scope=MANAGE, takes=NewClearance, answers={201: Done})
def clear(body: NewClearance) -> Response:
    """Let pass what the brake holds: a client's pace, or numbers that begin so."""
    gateway = the_gateway()
    prefix = read_prefix(body.prefix) if body.prefix else ""
    wish = brake.Clearance(body.client, prefix, body.until, client().id, gateway.clock())
    brake.clear(gateway.database.writer, wish)
    gateway.watch_money(gateway.clock())
    return answer({"count": 1}, 201)
