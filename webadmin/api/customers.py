"""Customers over the API: made, changed, found, merged; their timelines, notes and fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, request
from sqlalchemy import Connection

from smsgw.customers import audience, customers, duplicates, finding, listed, merging, privacy, segments, timeline
from smsgw.customers.customers import Note, Person, Wish
from smsgw.customers.fields import Field, define, defined, remove
from smsgw.errors import BadInput, Fault, NotFound
from smsgw.paper import csv, xlsx
from smsgw.store.tables import customer

from ..context import the_gateway
from . import paging
from .customers_shapes import (
    Customer,
    CustomerExport,
    CustomerFilter,
    CustomerPage,
    CustomerTold,
    FieldPage,
    Made,
    MergeWish,
    NamedField,
    NewNote,
    OwnField,
    PastFilter,
    PastPage,
    SuspectPage,
)
from .matching import hold
from .routes import answer, client, route

READ, WRITE = "customers:read", "customers:write"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def known(id: str) -> str:
    """The id of a customer that may be there. Raises NotFound."""
    if not paging.looks_like(id, "cus"):
        raise NotFound(f"there is no customer {id[:60]}", hint="GET /api/v1/customers lists them")
    return id


def customer_json(person: Person) -> dict[str, Any]:
    """A customer as the API shows it: customers_shapes.Customer."""
    row = person.row
    same = ("id", "name", "language", "zone", "channel", "reference", "fields", "revision", "created_at", "updated_at")
    addresses = [{"address": one.address, "kind": one.kind, "country": one.region} for one in person.addresses]
    told = {name: row._mapping[name] for name in same}
    return told | {"addresses": addresses, "tags": person.tags, "hold": row.hold_why}


def tagged(told: Mapping[str, Any], status: int = 200, location: str | None = None) -> Response:
    """An answer with the ETag of its revision."""
    headers = {"ETag": f'"{told["revision"]}"'} | ({"Location": location} if location else {})
    return answer(told, status, headers)


def _shown(id: str, status: int = 200) -> Response:
    with the_gateway().database.reading() as conn:
        told = customer_json(customers.get(conn, id))
    return tagged(told, status, f"/api/v1/customers/{told['id']}" if status == 201 else None)


def _wish(told: Mapping[str, Any], id: str | None = None) -> Wish:
    gateway = the_gateway()
    return Wish(told, client().id, gateway.clock(), gateway.config.sending.region, id)


def _written(conn: Connection, id: str) -> dict[str, Any]:
    """What If-Match compares, and nobody changes until the transaction ends."""
    row = customers.get(conn, known(id)).row  # what it became, if it was merged
    hold(conn, customer.c.id, row.id)
    return {"revision": customers.get(conn, row.id).row.revision}


@route("GET", "/customers", scope=READ, query=CustomerFilter, answers={200: CustomerPage})
def list_customers(query: CustomerFilter) -> Response:
    """List customers, newest first, or find them."""
    gateway = the_gateway()
    with gateway.database.reading() as conn:
        rule = None if query.rule is None else segments.read(conn, query.rule)
        wanted = finding.Wanted(query.q, rule, paging.after(query))
        ids = finding.find(conn, wanted, query.limit + 1, gateway.clock())
        people = customers.many(conn, ids)
    return paging.page([one.row for one in people], query.limit, _by_id(people), paging.after(query))


def _by_id(people: list[Person]) -> Any:
    told = {person.id: person for person in people}
    return lambda row: customer_json(told[row.id])


@route(
    "GET",
    "/customers/export",
    scope="customers:privacy",
    query=CustomerExport,
    answers={200: None},
    files=("text/csv", XLSX),
    audited="customers.exported",
)
def export_customers(query: CustomerExport) -> Response:
    """Give customers as a sheet: CSV, or XLSX if Accept asks for it.

    It has the headings that an import understands, and no cell of it is a formula.
    """
    gateway, as_xlsx = the_gateway(), XLSX in request.accept_mimetypes.values()
    with gateway.database.reading() as conn:
        rule = segments.read(conn, query.rule)
        if audience.count(conn, rule, gateway.clock()) > listed.MOST:
            raise BadInput([Fault("/rule", "too_many", f"a sheet holds {listed.MOST} customers: take fewer at a time")])
        table = listed.table(conn, audience.ids(conn, rule, gateway.clock()))
    sheet = xlsx.write([table]) if as_xlsx else csv.write(table)
    return Response(sheet, mimetype=XLSX if as_xlsx else "text/csv", headers={"Cache-Control": "no-store"})


@route("POST", "/customers", scope=WRITE, takes=CustomerTold, answers={201: Customer})
def add_customer(body: CustomerTold) -> Response:
    """Make a customer."""
    told = body.model_dump(exclude_unset=True)
    return _shown(customers.create(the_gateway().database.writer, _wish(told)), 201)


@route("GET", "/customers/<id>", scope=READ, answers={200: Customer}, errors=("not_found",), written=_written)
def one_customer(id: str) -> Response:
    """Show a customer; one that was merged shows what it became. That you looked is written down."""
    gateway = the_gateway()
    response = _shown(known(id))
    gateway.database.writer.put(privacy.seen, (id, "seen", client().id, gateway.clock()))
    return response


@route(
    "PATCH",
    "/customers/<id>",
    scope=WRITE,
    takes=CustomerTold,
    answers={200: Customer},
    errors=("not_found",),
)
def change_customer(id: str, body: CustomerTold) -> Response:
    """Change a customer (JSON Merge Patch)."""
    wish = _wish(body.model_dump(exclude_unset=True), known(id))
    customers.change(the_gateway().database.writer, wish)
    return _shown(id)


@route("POST", "/customers/<id>/notes", scope=WRITE, takes=NewNote, answers={201: Made}, errors=("not_found",))
def add_note(id: str, body: NewNote) -> Response:
    """Keep a note on a customer's card."""
    gateway = the_gateway()
    note = Note(known(id), body.text, client().id, gateway.clock())
    return answer({"id": customers.note(gateway.database.writer, note)}, 201)


@route("GET", "/customers/<id>/timeline", scope=READ, query=PastFilter, answers={200: PastPage}, errors=("not_found",))
def customer_timeline(id: str, query: PastFilter) -> Response:
    """Tell everything that happened with a customer, over all numbers, links and channels."""
    kinds = tuple((query.kinds or "").split(",")) if query.kinds else timeline.KINDS
    if strangers := [kind for kind in kinds if kind not in timeline.KINDS]:
        says = f"there is no kind {strangers[0][:20]!r}; there are {', '.join(timeline.KINDS)}"
        raise BadInput([Fault("/kinds", "unknown_value", says)])
    edge = paging.after_place(query, timeline.is_place)
    with the_gateway().database.reading() as conn:
        person = customers.get(conn, known(id))
        page = timeline.read(conn, person, query.limit, edge, kinds)
    same = ("kind", "id", "at", "mine", "address", "text", "why", "link", "first_text")
    data = [{name: getattr(one, name) for name in same} | {"status": one.state} for one in page.entries]
    return paging.told(data, page.next, paging.back(page.prev))


@route("GET", "/customers/duplicates", scope=READ, answers={200: SuspectPage})
def customer_duplicates() -> Response:
    """Offer who may be the same person, surest first."""
    gateway = the_gateway()
    with gateway.database.reading() as conn:
        pairs = duplicates.offer(conn, gateway.config.sending.region)
    return answer({"data": [_pair(pair) for pair in pairs], "next_cursor": None})


def _pair(pair: duplicates.Pair) -> dict[str, Any]:
    return {"one": pair.one, "other": pair.other, "why": pair.why, "score": pair.score}


@route(
    "POST", "/customers/<id>/merge", scope=WRITE, takes=MergeWish, answers={200: Made}, errors=("not_found", "conflict")
)
def merge_customers(id: str, body: MergeWish) -> Response:
    """Make another customer a part of this one; the answer's id undoes it."""
    gateway = the_gateway()
    wish = merging.Merge(known(id), known(body.gone), client().id, gateway.clock())
    return answer({"id": merging.merge(gateway.database.writer, wish)})


@route("POST", "/customer-merges/<id>/undo", scope=WRITE, answers={204: None}, errors=("not_found", "conflict"))
def undo_merge(id: str) -> Response:
    """Take a merge back."""
    gateway = the_gateway()
    merging.undo(gateway.database.writer, merging.Undo(id[:60], client().id, gateway.clock()))
    return Response(status=204)


@route("GET", "/customer-fields", scope=READ, answers={200: FieldPage})
def customer_fields() -> Response:
    """List your own fields."""
    with the_gateway().database.reading() as conn:
        found = defined(conn).values()
    return answer({"data": [_field(one) for one in found], "next_cursor": None})


def _field(one: Field) -> dict[str, Any]:
    return {"name": one.name, "label": one.label, "kind": one.kind, "choices": list(one.choices)}


@route(
    "PUT",
    "/customer-fields/<name>",
    scope=WRITE,
    takes=OwnField,
    answers={200: NamedField},
    errors=("conflict",),
    audited="field.set",
)
def set_customer_field(name: str, body: OwnField) -> Response:
    """Define a field of your own, or change its label and choices."""
    gateway = the_gateway()
    field = Field(name[:60], body.label, body.kind, tuple(body.choices))
    define(gateway.database.writer, field, gateway.clock())
    return answer(_field(field))


@route(
    "DELETE",
    "/customer-fields/<name>",
    scope=WRITE,
    answers={204: None},
    errors=("not_found",),
    audited="field.removed",
)
def remove_customer_field(name: str) -> Response:
    """Take a field away, with its values."""
    remove(the_gateway().database.writer, name[:60])
    return Response(status=204)
