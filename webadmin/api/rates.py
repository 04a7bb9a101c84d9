"""Rates over the API: what parts cost, price lists with what they change, gaps, rates of exchange, networks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Response, request

from smsgw.errors import NotFound
from smsgw.money import exchange, networks, pricelist, pricing
from smsgw.money.rates import spelled
from smsgw.paper.sheets import open_sheet
from smsgw.store.tables.types import AnyRow

from ..context import the_gateway
from . import reading
from .money_shapes import (
    Done,
    ExchangeList,
    Gaps,
    ImportWish,
    NewExchange,
    NewRate,
    OfLink,
    Rate,
    RateChange,
    RateList,
    RateLook,
)
from .routes import PREFIX, answer, client, route

READ, MANAGE = "money:read", "money:manage"
SHEETS = ("text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
LATELY = timedelta(days=30)
_TOLD = 1000  # changes


@route("GET", "/rates", scope=READ, query=OfLink, answers={200: RateList})
def rates(query: OfLink) -> Response:
    """List what parts cost over each link."""
    with the_gateway().database.reading() as conn:
        rows = pricelist.listing(conn, query.link)
    return answer({"data": [_rate_json(row) for row in rows], "next_cursor": None})


@route("POST", "/rates", scope=MANAGE, takes=NewRate, answers={201: RateList})
def add_rate(body: NewRate) -> Response:
    """Say what a part costs; the same link, prefix and moment again is a correction."""
    gateway = the_gateway()
    now = gateway.clock()
    line = pricelist.read_line(body.model_dump(), gateway.till.zones, now)
    pricelist.store(gateway.database.writer, [line], now, client().id)
    gateway.read_money()
    with gateway.database.reading() as conn:
        rows = [pricelist.in_use(conn, [line.link])[line.about]]
    return answer({"data": [_rate_json(row) for row in rows], "next_cursor": None}, 201)


def _rate_json(row: AnyRow) -> dict[str, Any]:
    return {**pricelist.as_told(row), "id": row.id}


@route("GET", "/rates/<int:number>", scope=READ, answers={200: Rate}, errors=("not_found",))
def one_rate(number: int) -> Response:
    """Show a rate that counts."""
    with the_gateway().database.reading() as conn:
        return answer(_rate_json(pricelist.get(conn, number)))


@route(
    "POST", "/rates/<int:number>/correct", scope=MANAGE, takes=RateChange, answers={201: Rate}, errors=("not_found",)
)
def correct_rate(number: int, body: RateChange) -> Response:
    """Put a corrected rate in the place of one; it has a number of its own, and what was booked stays booked.

    Fields that are left out stay, null takes away.
    """
    gateway = the_gateway()
    wish = pricelist.Correction(number, reading.typed(body), gateway.till.zones, client().id, gateway.clock())
    new = pricelist.correct(gateway.database.writer, wish)
    gateway.read_money()
    with gateway.database.reading() as conn:
        told = _rate_json(pricelist.get(conn, new))
    return answer(told, 201, {"Location": f"{PREFIX}/rates/{new}"})


@route("DELETE", "/rates/<int:number>", scope=MANAGE, answers={200: Done}, errors=("not_found",))
def remove_rate(number: int) -> Response:
    """Take a rate away; what was booked by it stays booked."""
    gateway = the_gateway()
    if not pricelist.remove_one(gateway.database.writer, number, gateway.clock(), client().id):
        raise NotFound(f"there is no rate {number}", hint="GET /rates lists them")
    gateway.read_money()
    return answer({"count": 1})


@route(
    "POST",
    "/rates/import",
    scope=MANAGE,
    query=ImportWish,
    bodies={media: {"type": "string", "format": "binary"} for media in SHEETS},
    answers={200: RateLook},
)
def import_rates(query: ImportWish) -> Response:
    """Take a price list, CSV or XLSX; tell what it changes, and what last month would have cost by it."""
    gateway = the_gateway()
    now = gateway.clock()
    lines = pricelist.read_sheet(reading.body_of(request, *SHEETS), gateway.till.zones, now)
    with gateway.database.reading() as conn:
        look = pricing.look(conn, lines, now - LATELY, now)
    if not query.dry_run:
        pricelist.store(gateway.database.writer, lines, now, client().id)
        gateway.read_money()
    return answer(look_json(look, stored=not query.dry_run))


def look_json(look: pricing.Look, *, stored: bool) -> dict[str, Any]:
    """What a price list changes, as programs are told."""
    return {
        **{what: look.count(what) for what in ("new", "changed", "same")},
        "stored": stored,
        "changes": [_change(change) for change in look.changes[:_TOLD]],
        "effects": [
            {"link": e.link, "currency": e.currency, "before": spelled(e.before), "after": spelled(e.after)}
            for e in look.effects
        ],
        "gaps": [_gap(gap) for gap in look.gaps],
        "overlaps": list(look.overlaps),
    }


def _change(change: pricing.Change) -> dict[str, Any]:
    line = change.line
    before = None if change.before is None else spelled(change.before)
    return {"what": change.what, "link": line.link, "prefix": line.prefix, "network": line.network,
            "amount": spelled(line.amount), "before": before, "currency": line.currency}  # fmt: skip


def _gap(gap: pricing.Gap) -> dict[str, Any]:
    return {"link": gap.link, "prefix": gap.prefix, "country": gap.country, "messages": gap.messages, "says": gap.says}


@route("GET", "/rates/gaps", scope=READ, answers={200: Gaps})
def rate_gaps() -> Response:
    """Tell where messages of the last month had no price, and which prices lie in others."""
    gateway = the_gateway()
    now = gateway.clock()
    with gateway.database.reading() as conn:
        went = pricing.traffic(conn, now - LATELY, now)
        rows = pricelist.listing(conn)
    gaps = pricing.gaps(went, gateway.rates, now)[: pricing.MOST]
    overlaps = pricing.overlaps(rows, {row.link for row in rows})[: pricing.MOST]
    return answer({"gaps": [_gap(gap) for gap in gaps], "overlaps": overlaps})


@route("GET", "/exchange-rates", scope=READ, answers={200: ExchangeList})
def exchange_rates() -> Response:
    """List what currencies are worth in each other."""
    with the_gateway().database.reading() as conn:
        rows = exchange.listing(conn)
    data = [{"currency": row.currency, "into": row.into, "worth": exchange.spelled(row.worth),
             "valid_from": row.valid_from.isoformat()} for row in rows]  # fmt: skip
    return answer({"data": data, "next_cursor": None})


@route("POST", "/exchange-rates", scope=MANAGE, takes=NewExchange, answers={201: Done})
def add_exchange_rate(body: NewExchange) -> Response:
    """Say what one unit of a currency is worth in another, from a day on."""
    gateway = the_gateway()
    line = exchange.read_line(body.model_dump(), gateway.till.zone, gateway.clock())
    count = exchange.store(gateway.database.writer, [line], gateway.clock(), client().id)
    gateway.read_money()
    return answer({"count": count}, 201)


@route(
    "POST",
    "/exchange-rates/import",
    scope=MANAGE,
    bodies={media: {"type": "string", "format": "binary"} for media in SHEETS},
    answers={200: Done},
)
def import_exchange_rates() -> Response:
    """Take rates of exchange from a sheet: currency, into, valid_from, worth; all of them or none."""
    gateway = the_gateway()
    sheet = open_sheet(reading.body_of(request, *SHEETS))
    lines = exchange.read_rows(sheet.rows(), gateway.till.zone, gateway.clock())
    count = exchange.store(gateway.database.writer, lines, gateway.clock(), client().id)
    gateway.read_money()
    return answer({"count": count})


@route(
    "POST",
    "/rates/networks",
    scope=MANAGE,
    bodies={"text/csv": {"type": "string", "format": "binary"}},
    answers={200: Done},
)
def import_networks() -> Response:
    """Take which network numbers belong to: a CSV file prefix,network,name; a whole number is a ported one."""
    gateway = the_gateway()
    found = networks.read_csv(reading.body_of(request, "text/csv").decode("utf-8", "replace"))
    count = networks.store(gateway.database.writer, found, gateway.clock(), client().id)
    gateway.read_money()
    return answer({"count": count})
