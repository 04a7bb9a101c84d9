"""Orders over the API: listed, shown with everything that happened, exported, and what people do with them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any

from flask import Response

from smsgw.errors import NotFound
from smsgw.inbound.orders import listing as orders_listing
from smsgw.inbound.orders.desk import Act, Written
from smsgw.store.tables.types import AnyRow
from smsgw.webhooks.order_document import documents, line_document, money

from ..context import the_gateway
from . import paging
from .inbound import sender_of
from .messages import number_of
from .orders_shapes import (
    NewOrder,
    Order,
    OrderAct,
    OrderDecision,
    OrderEdit,
    OrderEnd,
    OrderExport,
    OrderFilter,
    OrderPage,
    OrderQuestion,
    WantedLine,
    WholeOrder,
)
from .routes import answer, client, route

READ, ACT = "orders:read", "orders:manage"
FORBIDDEN = ("not_found", "order_state", "order_changed")
MOST_EXPORTED = 10_000


def _wanted(query: OrderFilter) -> orders_listing.Wanted:
    return orders_listing.Wanted(query.status, sender_of(query.from_), query.since, paging.after(query))


@route("GET", "/orders", scope=READ, query=OrderFilter, answers={200: OrderPage})
def orders(query: OrderFilter) -> Response:
    """List orders, newest first."""
    with the_gateway().database.reading() as conn:
        rows = orders_listing.listing(conn, _wanted(query), query.limit + 1)
        told = documents(conn, [row.id for row in rows])
    return paging.page(rows, query.limit, lambda row: told[row.id], paging.after(query))


@route("POST", "/orders", scope=ACT, takes=NewOrder, answers={201: Order}, errors=("order_state",))
def write_order_down(body: NewOrder) -> Response:
    """Write an order down: the customer gets the summary and is asked for a yes, or, by_phone, it is confirmed."""
    gateway = the_gateway()
    told = Written(
        number_of(body.from_, "/from"),
        body.language or gateway.config.orders.language,
        _items(body.lines),
        client().id,
        gateway.clock(),
        body.why,
        body.wish,
        body.by_phone,
        body.quietly,
    )
    row = gateway.orders.write_down(told)
    with gateway.database.reading() as conn:
        return answer(documents(conn, [row.id])[row.id], 201, {"Location": f"/api/v1/orders/{row.id}"})


def _items(lines: Iterable[WantedLine]) -> tuple[tuple[str, Fraction], ...]:
    return tuple((line.sku, Fraction(line.quantity.replace(",", "."))) for line in lines)


@route("GET", "/orders/export", scope=READ, query=OrderFilter, answers={200: OrderExport}, audited="orders.exported")
def export_orders(query: OrderFilter) -> Response:
    """Give the newest orders as CSV: up to 10,000, whatever the limit of a page."""
    with the_gateway().database.reading() as conn:
        rows = orders_listing.listing(conn, _wanted(query), MOST_EXPORTED)
        csv = orders_listing.as_csv(rows, orders_listing.lines(conn, rows))
    return answer({"csv": csv})


@route("GET", "/orders/<id>", scope=READ, answers={200: WholeOrder}, errors=("not_found",))
def one_order(id: str) -> Response:
    """Show an order, by its id or its number, with every revision and everything that happened."""
    with the_gateway().database.reading() as conn:
        row = orders_listing.find(conn, _known(id))
        told = documents(conn, [row.id])[row.id]
        revisions, events = orders_listing.revisions(conn, row.id), orders_listing.events(conn, row.id)
    told["revisions"] = [_revision(made, lines) for made, lines in revisions]
    told["events"] = [
        {name: one._mapping[name] for name in ("event", "was", "now", "why", "by", "at")} for one in events
    ]
    return answer(told)


def _revision(made: AnyRow, lines: Iterable[AnyRow]) -> dict[str, Any]:
    told = {name: made._mapping[name] for name in ("revision", "words", "inbound_id", "by", "at")}
    return told | {"total": money(made.total, made.currency), "lines": [line_document(line) for line in lines]}


def _known(id: str) -> str:
    if not (id.isascii() and id.isdigit()) and not paging.looks_like(id, "ord"):
        raise NotFound(f"there is no order {id[:60]}", hint="GET /api/v1/orders lists them")
    return id


def _act(verb: Callable[[Act], AnyRow], id: str, body: OrderAct, **more: Any) -> Response:
    gateway = the_gateway()
    row = verb(Act(_known(id), client().id, gateway.clock(), body.why, body.revision, **more))
    with gateway.database.reading() as conn:
        return answer(documents(conn, [row.id])[row.id])


@route("POST", "/orders/<id>/accept", scope=ACT, takes=OrderDecision, answers={200: Order}, errors=FORBIDDEN)
def accept_order(id: str, body: OrderDecision) -> Response:
    """Take what was understood: the customer gets the summary and is asked for a yes."""
    return _act(the_gateway().orders.accept, id, body, by_phone=body.by_phone)


@route("POST", "/orders/<id>/edit", scope=ACT, takes=OrderEdit, answers={200: Order}, errors=FORBIDDEN)
def edit_order(id: str, body: OrderEdit) -> Response:
    """Put other lines: the customer gets the new summary and is asked for a yes."""
    return _act(the_gateway().orders.edit, id, body, by_phone=body.by_phone, items=_items(body.lines))


@route("POST", "/orders/<id>/reject", scope=ACT, takes=OrderEnd, answers={200: Order}, errors=FORBIDDEN)
def reject_order(id: str, body: OrderEnd) -> Response:
    """Do not take it: a new order is cancelled, a wish to change stays without effect."""
    return _act(the_gateway().orders.reject, id, body, quietly=body.quietly)


@route("POST", "/orders/<id>/ask", scope=ACT, takes=OrderQuestion, answers={200: Order}, errors=FORBIDDEN)
def ask_about_order(id: str, body: OrderQuestion) -> Response:
    """Ask the customer something about it."""
    return _act(the_gateway().orders.ask, id, body, text=body.text)


@route("POST", "/orders/<id>/confirm", scope=ACT, takes=OrderEnd, answers={200: Order}, errors=FORBIDDEN)
def confirm_order(id: str, body: OrderEnd) -> Response:
    """The customer said yes by another way; why says how."""
    return _act(the_gateway().orders.confirm, id, body, quietly=body.quietly)


@route("POST", "/orders/<id>/fulfil", scope=ACT, takes=OrderAct, answers={200: Order}, errors=FORBIDDEN)
def fulfil_order(id: str, body: OrderAct) -> Response:
    """It was handed over."""
    return _act(the_gateway().orders.fulfil, id, body)


@route("POST", "/orders/<id>/cancel", scope=ACT, takes=OrderEnd, answers={200: Order}, errors=FORBIDDEN)
def cancel_order(id: str, body: OrderEnd) -> Response:
    """Cancel it; the customer is told, unless quietly."""
    return _act(the_gateway().orders.cancel, id, body, quietly=body.quietly)
