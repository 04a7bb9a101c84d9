"""Orders: a board by state, one click to accept or reject; one with its words, its lines and everything that happened.

The words that made each line are marked in the text. Every form works without scripts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from flask import redirect, request, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response

from smsgw.errors import BadInput, Fault, SmsgwError
from smsgw.inbound.catalogue import catalogue
from smsgw.inbound.orders import listing as orders_listing
from smsgw.inbound.orders.desk import Act
from smsgw.inbound.orders.listing import Wanted
from smsgw.inbound.orders.money import money, places_of, quantity
from smsgw.store.lifecycle import ORDER
from smsgw.store.tables.types import AnyRow
from smsgw.webhooks.order_document import documents

from ..auth import current_person, person_required
from ..context import the_gateway
from .blueprint import pages
from .desk import Did
from .language import Counted
from .one_by_one import nothing_picked
from .sheets import sheet

OPEN = ("needs_review", "asked", "confirmed")  # the columns of the board
COLUMN, LIST = 30, 50
Verb = Callable[[Act], AnyRow]


@pages.get("/orders")
@person_required
def orders() -> Response:
    """The board of what is to be done; or a list of the orders in another state."""
    return _board()


def _board(error: SmsgwError | None = None, did: Did | None = None) -> Response:
    gateway, state = the_gateway(), request.args.get("state") or ""
    states = (state,) if state in ORDER.states else OPEN
    before = request.args.get("before") or None
    most = LIST if state in ORDER.states else COLUMN
    columns = []
    with gateway.database.reading() as conn:
        for each in states:
            rows = orders_listing.listing(conn, Wanted(each, before=before), most + 1)
            told = documents(conn, [row.id for row in rows[:most]])
            older = rows[most - 1].id if len(rows) > most else None
            columns.append((each, [_shown(told[row.id]) for row in rows[:most]], older))
    return sheet("orders.html", error, columns=columns, state=state, states=list(ORDER.states), paid=paid, did=did)


def paid(told: Mapping[str, str] | None) -> str:
    """An amount as it is paid, such as 5.80 EUR; "?" when nobody knows it."""
    return "?" if told is None else f"{Decimal(told['amount']):.{places_of(told['currency'])}f} {told['currency']}"


def _shown(told: dict[str, Any]) -> dict[str, Any]:
    """An order's document with what the page writes of it."""
    spans = [span for line in told["lines"] for span in line["spans"]]
    return told | {"marked": marked(told["words"], spans)}


def marked(words: str, spans: Iterable[Iterable[int]]) -> list[tuple[str, bool]]:
    """A text in pieces, each with whether it made a line of the order. Spans may touch, overlap or lie outside."""
    inside = bytearray(len(words))
    for begin, end in spans:
        inside[max(0, begin) : min(end, len(words))] = b"\1" * max(0, min(end, len(words)) - max(0, begin))
    pieces: list[tuple[str, bool]] = []
    start = 0
    for place in range(1, len(words) + 1):
        if place == len(words) or inside[place] != inside[start]:
            pieces.append((words[start:place], bool(inside[start])))
            start = place
    return pieces


@pages.get("/orders/<named>")
@person_required
def order(named: str) -> Response:
    """One order, by its number or id."""
    return _one(named)


def _one(named: str, error: SmsgwError | None = None) -> Response:
    with the_gateway().database.reading() as conn:
        row = orders_listing.find(conn, named)
        told = _shown(documents(conn, [row.id])[row.id])
        revisions, events = orders_listing.revisions(conn, row.id), orders_listing.events(conn, row.id)
        products = catalogue.listing(conn, 1000)
    return sheet(
        "order.html", error, one=told, row=row, events=events, products=products,
        revisions=[(made, lines) for made, lines in revisions if made.revision != row.revision],
        money=money, quantity=quantity, paid=paid,
    )  # fmt: skip


def _verbs() -> Mapping[str, Verb]:
    desk = the_gateway().orders
    return {
        "accept": desk.accept, "edit": desk.edit, "reject": desk.reject, "ask": desk.ask, "confirm": desk.confirm,
        "fulfil": desk.fulfil, "take_back": desk.take_back, "cancel": desk.cancel,
    }  # fmt: skip


@pages.post("/orders", endpoint="several_orders")
@person_required
def several() -> Response:
    """Several were handed over, or were not after all. Whatever tells the customer something is said one by one."""
    form, person, at = request.form, current_person(), the_gateway().clock()
    undo = "undo" in form
    verb = _verbs()["take_back" if undo else "fulfil"]
    done, problem = [], None
    for named in form.getlist("was" if undo else "pick")[: COLUMN * len(OPEN)]:
        try:
            done.append(str(verb(Act(named, person.id, at)).number))
        except SmsgwError as error:
            problem = error
    if not done and problem is None:
        problem = nothing_picked()
    if undo:
        return _board(problem, Did(gettext("It is as it was.")) if done else None)
    many = Counted(len(done))
    says = ngettext("%(num)d order was handed over.", "%(num)d orders were handed over.", many)
    return _board(problem, Did(says, "fulfil", done) if done else None)


@pages.post("/orders/<named>/<verb>")
@person_required
def decide_order(named: str, verb: str) -> Response:
    """Do something with it: one click on the board, or a form of its page."""
    form = request.form
    try:
        items = _items() if verb == "edit" else ()
        act = Act(
            named, current_person().id, the_gateway().clock(), form.get("why", "")[:300],
            int(form["revision"]) if form.get("revision", "").isdigit() else None,
            items, form.get("text", "").replace("\r\n", "\n"), bool(form.get("by_phone")), bool(form.get("quietly")),
        )  # fmt: skip
        if (do := _verbs().get(verb)) is None:
            raise BadInput([Fault("/verb", "verb_unknown", f"an order cannot be {verb[:20]!r}")])
        do(act)
    except SmsgwError as error:
        return _board(error) if form.get("board") else _one(named, error)
    where = url_for("pages.orders") if form.get("board") else url_for("pages.order", named=named)
    return redirect(where, 303)


def _items() -> list[tuple[str, Fraction]]:
    """The lines of the form: each with its sku and quantity; one without a quantity is left out."""
    items: list[tuple[str, Fraction]] = []
    faults = []
    for place, (sku, count) in enumerate(
        zip(request.form.getlist("sku"), request.form.getlist("quantity"), strict=False)
    ):
        if not sku.strip() or not count.strip():
            continue
        try:
            items.append((sku.strip(), Fraction(count.strip().replace(",", "."))))
        except (ValueError, ZeroDivisionError):
            faults.append(Fault(f"/lines/{place}/quantity", "quantity_invalid", f"{count[:20]!r} is no quantity"))
    if faults:
        raise BadInput(faults)
    return items
