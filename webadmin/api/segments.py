"""Groups and segments over the API, and how many a rule means now."""

from __future__ import annotations

from typing import Any

from flask import Response
from sqlalchemy import Connection

from smsgw.customers import audience, customers, finding, groups, segments
from smsgw.customers.groups import Members
from smsgw.customers.rule import Known, Rule
from smsgw.customers.segments import Wish
from smsgw.store.tables import customer_group, segment
from smsgw.store.tables.types import AnyRow

from ..context import the_gateway
from . import paging
from .customers import READ, WRITE, customer_json, tagged
from .customers_shapes import (
    CustomerPage,
    Group,
    GroupChange,
    GroupPage,
    Made,
    MembersTold,
    MembersWish,
    NewGroup,
    NewSegment,
    RuleCount,
    RuleWish,
    Segment,
    SegmentChange,
    SegmentPage,
)
from .matching import hold
from .routes import answer, client, route
from .shapes import Paging


@route("GET", "/groups", scope=READ, answers={200: GroupPage})
def list_groups() -> Response:
    """List the groups, by name."""
    with the_gateway().database.reading() as conn:
        rows = groups.listing(conn)
    return answer({"data": [_group_json(row) for row in rows], "next_cursor": None})


def _group_json(row: AnyRow) -> dict[str, Any]:
    return {name: row._mapping[name] for name in ("id", "name", "members", "created_at", "by")}


@route("POST", "/groups", scope=WRITE, takes=NewGroup, answers={201: Made})
def add_group(body: NewGroup) -> Response:
    """Make an empty group."""
    gateway = the_gateway()
    return answer({"id": groups.create(gateway.database.writer, body.name, client().id, gateway.clock())}, 201)


def _named(conn: Connection, id: str) -> dict[str, Any]:
    """What If-Match compares, and nobody changes until the transaction ends."""
    row = groups.get(conn, id[:80])
    hold(conn, customer_group.c.id, row.id)
    return {"name": groups.get(conn, row.id).name}


@route("GET", "/groups/<id>", scope=READ, answers={200: Group}, errors=("not_found",), written=_named)
def one_group(id: str) -> Response:
    """Show a group, by its id or its name."""
    with the_gateway().database.reading() as conn:
        return answer(_group_json(groups.counted(conn, id[:80])))


@route("PATCH", "/groups/<id>", scope=WRITE, takes=GroupChange, answers={200: Group}, errors=("not_found",),
       audited="group.renamed")  # fmt: skip
def rename_group(id: str, body: GroupChange) -> Response:
    """Give a group another name; segments that speak of it still do."""
    gateway = the_gateway()
    with gateway.database.reading() as conn:
        known = groups.get(conn, id[:80]).id
    if body.name is not None:
        groups.rename(gateway.database.writer, known, body.name)
    return one_group(known)


@route("GET", "/groups/<id>/members", scope=READ, query=Paging, answers={200: CustomerPage}, errors=("not_found",))
def group_members(id: str, query: Paging) -> Response:
    """List who is in a group, newest customers first."""
    with the_gateway().database.reading() as conn:
        return _members(conn, {"group": groups.get(conn, id[:80]).id}, query)


@route("DELETE", "/groups/<id>", scope=WRITE, answers={204: None}, errors=("not_found",), audited="group.removed")
def remove_group(id: str) -> Response:
    """Take a group away; its members stay customers."""
    groups.remove(the_gateway().database.writer, id[:80])
    return Response(status=204)


@route(
    "POST", "/groups/<id>/members", scope=WRITE, takes=MembersWish, answers={200: MembersTold}, errors=("not_found",)
)
def change_members(id: str, body: MembersWish) -> Response:
    """Put customers into a group, by hand, and take them out."""
    gateway = the_gateway()
    writer, by, at = gateway.database.writer, client().id, gateway.clock()
    added = groups.set_members(writer, Members(id[:80], body.add, by, at))
    removed = groups.set_members(writer, Members(id[:80], body.remove, by, at, leave=True))
    return answer({"added": added, "removed": removed})


def segment_json(row: AnyRow, known: Known) -> dict[str, Any]:
    """A segment as the API shows it: customers_shapes.Segment."""
    same = ("id", "name", "rule", "revision", "updated_at", "by")
    return {name: row._mapping[name] for name in same} | {"words": segments.words(row.rule, known)}


def _shown(id: str, status: int = 200) -> Response:
    with the_gateway().database.reading() as conn:
        told = segment_json(segments.get(conn, id), audience.known(conn))
    return tagged(told, status, f"/api/v1/segments/{told['id']}" if status == 201 else None)


@route("GET", "/segments", scope=READ, answers={200: SegmentPage})
def list_segments() -> Response:
    """List the segments, by name."""
    with the_gateway().database.reading() as conn:
        known = audience.known(conn)
        data = [segment_json(row, known) for row in segments.listing(conn)]
    return answer({"data": data, "next_cursor": None})


@route("POST", "/segments", scope=WRITE, takes=NewSegment, answers={201: Segment})
def add_segment(body: NewSegment) -> Response:
    """Make a segment."""
    gateway = the_gateway()
    wish = Wish(client().id, gateway.clock(), body.name, body.rule)
    return _shown(segments.save(gateway.database.writer, wish), 201)


def _written(conn: Connection, id: str) -> dict[str, Any]:
    """What If-Match compares, and nobody changes until the transaction ends."""
    row = segments.get(conn, id[:80])
    hold(conn, segment.c.id, row.id)
    return {"revision": segments.get(conn, row.id).revision}


@route("GET", "/segments/<id>", scope=READ, answers={200: Segment}, errors=("not_found",), written=_written)
def one_segment(id: str) -> Response:
    """Show a segment."""
    return _shown(id[:80])


@route(
    "PATCH",
    "/segments/<id>",
    scope=WRITE,
    takes=SegmentChange,
    answers={200: Segment},
    errors=("not_found",),
)
def change_segment(id: str, body: SegmentChange) -> Response:
    """Change a segment's name or rule."""
    gateway = the_gateway()
    wish = Wish(client().id, gateway.clock(), body.name, body.rule, id[:80])
    return _shown(segments.save(gateway.database.writer, wish))


@route(
    "DELETE",
    "/segments/<id>",
    scope=WRITE,
    answers={204: None},
    errors=("not_found", "conflict"),
    audited="segment.removed",
)
def remove_segment(id: str) -> Response:
    """Take a segment away, unless another one speaks of it."""
    segments.remove(the_gateway().database.writer, id[:80])
    return Response(status=204)


@route("GET", "/segments/<id>/members", scope=READ, query=Paging, answers={200: CustomerPage}, errors=("not_found",))
def segment_members(id: str, query: Paging) -> Response:
    """List who is in a segment now, newest customers first."""
    with the_gateway().database.reading() as conn:
        return _members(conn, segments.get(conn, id[:80]).rule, query)


def _members(conn: Connection, rule: Rule, query: Paging) -> Response:
    wanted = finding.Wanted(rule=rule, after=paging.after(query))
    people = customers.many(conn, finding.find(conn, wanted, query.limit + 1, the_gateway().clock()))
    told = {person.id: person for person in people}
    return paging.page(
        [one.row for one in people], query.limit, lambda row: customer_json(told[row.id]), paging.after(query)
    )


@route("GET", "/segments/<id>/count", scope=READ, answers={200: RuleCount}, errors=("not_found",))
def segment_count(id: str) -> Response:
    """Count who is in a segment now."""
    with the_gateway().database.reading() as conn:
        return _counted(conn, segments.get(conn, id[:80]).rule)


@route("POST", "/segments/count", scope=READ, takes=RuleWish, answers={200: RuleCount})
def count_rule(body: RuleWish) -> Response:
    """Count whom a rule means now, without keeping it."""
    with the_gateway().database.reading() as conn:
        return _counted(conn, segments.read(conn, body.rule))


def _counted(conn: Any, rule: dict[str, Any]) -> Response:
    words = segments.words(rule, audience.known(conn))
    return answer({"count": audience.count(conn, rule, the_gateway().clock()), "rule": rule, "words": words})
