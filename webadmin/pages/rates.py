"""The price list: what parts cost over each link, a file with what it would change, gaps and overlaps by name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from smsgw.errors import BadInput, SmsgwError
from smsgw.money import exchange, pricelist, pricing
from smsgw.money.rates import spelled

from ..auth import current_person, person_required
from ..context import the_gateway
from .blueprint import pages
from .sheets import sheet

LATELY = timedelta(days=30)
SHOWN = 500


@pages.get("/rates")
@person_required
def rates_page() -> Response:
    """What parts cost, and where a price is missing."""
    return _shown()


def _shown(error: SmsgwError | None = None, look: pricing.Look | None = None) -> Response:
    gateway, now = the_gateway(), the_gateway().clock()
    with gateway.database.reading() as conn:
        rows = pricelist.listing(conn)
        gaps = [] if look else pricing.gaps(pricing.traffic(conn, now - LATELY, now), gateway.rates, now)[:20]
        exchanges = exchange.listing(conn)[:100]
    overlaps = [] if look else pricing.overlaps(rows, {row.link for row in rows})[:20]
    return sheet(
        "rates.html",
        error,
        rows=[
            pricelist.as_told(row) | {"id": row.id, "begins": _begins(row.valid_from, gateway.till.zones.get(row.link))}
            for row in rows[:SHOWN]
        ],
        count=len(rows),
        gaps=gaps,
        overlaps=overlaps,
        exchanges=exchanges,
        begins=lambda at: _begins(at, gateway.till.zone),
        worth=exchange.spelled,
        look=look,
        effects=pricing.totals(look.effects) if look else {},
        spelled=spelled,
        names=sorted(gateway.till.zones),
        typed={name: request.form.get(name, "") for name in pricelist.COLUMNS},
    )


def _begins(at: datetime, zone: ZoneInfo | None) -> str:
    """From which day on, where a price is counted by days in a zone; with the hour where it is not midnight there."""
    here = at.astimezone(zone or UTC)
    return f"{here:%Y-%m-%d}" if (here.hour, here.minute) == (0, 0) else f"{here:%Y-%m-%d %H:%M}"


@pages.post("/rates")
@person_required
def set_rate() -> Response:
    """Say what a part costs."""
    gateway, now = the_gateway(), the_gateway().clock()
    try:
        line = pricelist.read_line(request.form, gateway.till.zones, now)
    except BadInput as error:
        return _shown(error)
    pricelist.store(gateway.database.writer, [line], now, current_person().id)
    gateway.read_money()
    return redirect(url_for("pages.rates_page"), 303)


@pages.post("/rates/file")
@person_required
def bring_rates() -> Response:
    """Look at a price list; it counts when that is wanted at once."""
    gateway, now = the_gateway(), the_gateway().clock()
    file = request.files.get("file")
    try:
        lines = pricelist.read_sheet(b"" if file is None else file.read(), gateway.till.zones, now)
    except BadInput as error:
        return _shown(error)
    with gateway.database.reading() as conn:
        look = pricing.look(conn, lines, now - LATELY, now)
    if request.form.get("act") != "store":
        return _shown(look=look)
    pricelist.store(gateway.database.writer, lines, now, current_person().id)
    gateway.read_money()
    return redirect(url_for("pages.rates_page"), 303)


@pages.post("/rates/<int:number>/remove")
@person_required
def remove_rate_page(number: int) -> Response:
    """Take a rate away."""
    gateway = the_gateway()
    pricelist.remove_one(gateway.database.writer, number, gateway.clock(), current_person().id)
    gateway.read_money()
    return redirect(url_for("pages.rates_page"), 303)


@pages.post("/rates/exchange")
@person_required
def set_exchange() -> Response:
    """Say what a currency is worth in another."""
    gateway, now = the_gateway(), the_gateway().clock()
    try:
        line = exchange.read_line(request.form, gateway.till.zone, now)
    except BadInput as error:
        return _shown(error)
    exchange.store(gateway.database.writer, [line], now, current_person().id)
    gateway.read_money()
    return redirect(url_for("pages.rates_page"), 303)
