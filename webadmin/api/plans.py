"""Plans of SIMs over the API: what they give, how they stand, how long they last."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from flask import Response
from sqlalchemy import Connection

from smsgw.errors import NotFound
from smsgw.money import bundles
from smsgw.money.plans import plan_of
from smsgw.store.tables import plan as stored

from ..context import the_gateway
from .matching import hold
from .money_shapes import Done, NewPlan, Plan, PlanChange, PlanList
from .reading import typed
from .routes import answer, client, route

READ, MANAGE = "money:read", "money:manage"


@route("GET", "/plans", scope=READ, answers={200: PlanList})
def plans() -> Response:
    """List the plans of SIMs and how each stands."""
    return answer({"data": [plan_json(one) for one in _standings()], "next_cursor": None})


def _standings() -> list[bundles.Standing]:
    gateway = the_gateway()
    with gateway.database.reading() as conn:
        return bundles.standings(conn, gateway.till.zones, gateway.clock())


@route("POST", "/plans", scope=MANAGE, takes=NewPlan, answers={201: Plan})
def add_plan(body: NewPlan) -> Response:
    """Give a link a plan; it takes the place of the one before from its day on."""
    gateway = the_gateway()
    now = gateway.clock()
    terms = bundles.read_terms(body.model_dump(), gateway.till.zones, gateway.till.currency, now)
    id = bundles.add(gateway.database.writer, terms, now, client().id)
    gateway.read_money()
    return answer(next(plan_json(one) for one in _standings() if one.plan.id == id), 201)


def _written(conn: Connection, number: int) -> dict[str, Any]:
    """What If-Match compares, and nobody changes until the transaction ends."""
    hold(conn, stored.c.id, number)
    row = bundles.get(conn, number)
    return {name: row._mapping[name] for name in bundles.CHANGEABLE}


def _shown(number: int) -> Response:
    gateway = the_gateway()
    with gateway.database.reading() as conn:
        row = bundles.get(conn, number)
        zone = gateway.till.zones.get(row.link, ZoneInfo("UTC"))
        return answer(plan_json(bundles.standing(conn, plan_of(row, zone), gateway.clock())))


@route("GET", "/plans/<int:number>", scope=READ, answers={200: Plan}, errors=("not_found",), written=_written)
def one_plan(number: int) -> Response:
    """Show a plan and how it stands."""
    return _shown(number)


@route("PATCH", "/plans/<int:number>", scope=MANAGE, takes=PlanChange, answers={200: Plan}, errors=("not_found",))
def change_plan(number: int, body: PlanChange) -> Response:
    """Change what a plan gives and allows; what is used stays used."""
    gateway = the_gateway()
    wish = bundles.Change(number, typed(body), gateway.till.zones, client().id, gateway.clock())
    bundles.change(gateway.database.writer, wish)
    gateway.read_money()
    return _shown(number)


@route("DELETE", "/plans/<int:number>", scope=MANAGE, answers={200: Done}, errors=("not_found",))
def remove_plan(number: int) -> Response:
    """Take a plan away; what it gave stays written."""
    gateway = the_gateway()
    if not bundles.remove(gateway.database.writer, number, gateway.clock(), client().id):
        raise NotFound(f"there is no plan {number}", hint="GET /plans lists them")
    gateway.read_money()
    return answer({"count": 1})


def plan_json(one: bundles.Standing) -> dict[str, Any]:
    """A plan as programs are told of it."""
    same = (
        "id", "link", "name", "units", "period", "beyond", "hour_cap", "day_cap", "people_cap", "reset_day", "rollover",
        "warn_at", "currency", "valid_from",
    )  # fmt: skip
    return {
        **{name: getattr(one.plan, name) for name in same},
        "begun": one.begun.isoformat(),
        "ends": one.ends,
        "had": one.had,
        "used": one.used,
        "left": one.left,
        "last_day": one.last_day and one.last_day.isoformat(),
        "scope": list(one.plan.scope),
        "sent_hour": one.sent_hour,
        "sent_day": one.sent_day,
        "people": one.people,
    }
