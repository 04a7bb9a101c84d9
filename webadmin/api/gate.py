"""The gate's own rules over the API: frequency caps, open hours, what was refused, and who changed what."""

from __future__ import annotations

from typing import Any

from flask import Response

from smsgw.customers.consent import changes as consent_changes
from smsgw.errors import NotFound
from smsgw.outbound import destinations
from smsgw.outbound.gate import facts as gate_facts
from smsgw.outbound.gate import rules as gate_rules

from ..context import the_gateway
from .consents_shapes import Changed
from .gate_shapes import (
    Cap,
    CapList,
    CapPlace,
    NewOpenHours,
    OpenHours,
    OpenHoursList,
    RefusalFilter,
    RefusalList,
    RuleChangeList,
)
from .routes import answer, client, route

READ, MANAGE = "consents:read", "consents:manage"
NEWEST = 200


def _write(act: Any) -> Any:
    return consent_changes.write(the_gateway().database.writer, act)


@route("GET", "/gate/caps", scope=READ, answers={200: CapList})
def caps() -> Response:
    """List how much a person gets at most."""
    with the_gateway().database.reading() as conn:
        found = gate_rules.caps(conn)
    data = [{"category": one.category, "days": one.days, "most": one.most} for one in found]
    return answer({"data": data, "next_cursor": None})


@route("PUT", "/gate/caps", scope=MANAGE, takes=Cap, answers={200: Cap})
def put_cap(body: Cap) -> Response:
    """Set how many offers and notices a person gets at most in so many days."""
    wanted, by, now = gate_facts.Cap(body.category, body.days, body.most), client().id, the_gateway().clock()
    _write(lambda conn: gate_rules.set_cap(conn, wanted, by, now))
    return answer(body.model_dump())


@route("DELETE", "/gate/caps", scope=MANAGE, query=CapPlace, answers={200: Changed}, errors=("not_found",))
def delete_cap(query: CapPlace) -> Response:
    """Take a cap away."""
    by, now = client().id, the_gateway().clock()
    if not _write(lambda conn: gate_rules.drop_cap(conn, query.category, query.days, by, now)):
        raise NotFound("there is no such cap", hint="GET /api/v1/gate/caps lists them")
    return answer({"changed": 1})


@route("GET", "/gate/hours", scope=READ, answers={200: OpenHoursList})
def open_hours() -> Response:
    """List when marketing may arrive, by country: what people set here, and what comes with smsgw."""
    with the_gateway().database.reading() as conn:
        data = destinations.listed(gate_rules.hours(conn))
    return answer({"data": data, "next_cursor": None})


@route("PUT", "/gate/hours/<region>", scope=MANAGE, takes=NewOpenHours, answers={200: OpenHours})
def put_open_hours(region: str, body: NewOpenHours) -> Response:
    """Set when marketing may arrive in a country, or (with *) wherever nothing else is said."""
    by, now = client().id, the_gateway().clock()
    _write(lambda conn: gate_rules.set_hours(conn, region, body.hours, body.holidays, by, now))
    return answer({"region": region, "hours": body.hours, "holidays": body.holidays, "source": "set here"})


@route("DELETE", "/gate/hours/<region>", scope=MANAGE, answers={200: Changed}, errors=("not_found",))
def delete_open_hours(region: str) -> Response:
    """Go back to the open hours that come with smsgw."""
    by, now = client().id, the_gateway().clock()
    if not _write(lambda conn: gate_rules.drop_hours(conn, region, by, now)):
        raise NotFound(f"nobody set open hours for {region[:10]!r}", hint="GET /api/v1/gate/hours lists them")
    return answer({"changed": 1})


@route("GET", "/gate/refusals", scope=READ, query=RefusalFilter, answers={200: RefusalList})
def refusals(query: RefusalFilter) -> Response:
    """List what the gate refused and why, newest first; the texts are not kept."""
    with the_gateway().database.reading() as conn:
        rows = gate_rules.refusals(conn, query.limit, query.to, query.before)
    return answer({"data": [row._asdict() for row in rows], "next_cursor": None})


@route("GET", "/gate/changes", scope=READ, answers={200: RuleChangeList})
def rule_changes() -> Response:
    """List who changed which rule of the gate, newest first."""
    with the_gateway().database.reading() as conn:
        rows = consent_changes.listing(conn, NEWEST)
    return answer({"data": [row._asdict() for row in rows], "next_cursor": None})
