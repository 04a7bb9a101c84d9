"""The catalogue: what can be ordered, and a sheet that is looked at before it changes anything."""

from __future__ import annotations

from flask import redirect, request, url_for
from flask_babel import get_locale, gettext
from werkzeug.wrappers import Response

from smsgw.errors import BadInput, Fault, SmsgwError
from smsgw.inbound.catalogue import catalogue, file, importing
from smsgw.inbound.catalogue.importing import Difference
from smsgw.inbound.orders.money import money

from ..auth import current_person, person_required
from ..context import the_gateway
from .blueprint import pages
from .desk import typed
from .sheets import sheet

LIST = 50  # products on a page


@pages.get("/products")
@person_required
def products() -> Response:
    """What can be ordered, by its code of the shop."""
    return _shown()


@pages.post("/products")
@person_required
def bring_products() -> Response:
    """Look at a sheet; as a second step the catalogue becomes what it says."""
    gateway, given = the_gateway(), request.files.get("file")
    text, keep = typed("sheet"), bool(request.form.get("keep"))
    try:
        if given is not None and given.filename:
            try:
                text = given.read().decode("utf-8-sig")
            except UnicodeDecodeError:
                says = gettext("This file is no CSV in UTF-8: save it as “CSV UTF-8”.")
                raise BadInput([Fault("/file", "encoding_invalid", says)]) from None
        listed = file.read(text, gateway.config.orders.currency)
        if request.form.get("act") != "store":
            with gateway.database.reading() as conn:
                return _shown(look=importing.compare(conn, listed, keep=keep), text=text, keep=keep)
        seen = request.form.get("version", "")
        wish = importing.Wish(listed, int(seen) if seen.isdigit() else None, current_person().id, gateway.clock(), keep)
        importing.apply(gateway.database.writer, wish)
    except SmsgwError as error:
        return _shown(error, text=text, keep=keep)
    return redirect(url_for("pages.products"), 303)


def _shown(
    error: SmsgwError | None = None, look: Difference | None = None, text: str = "", *, keep: bool = True
) -> Response:
    with the_gateway().database.reading() as conn:
        rows = catalogue.listing(conn, LIST + 1, request.args.get("after") or None)
    following = rows[LIST - 1].sku if len(rows) > LIST else None
    language = str(get_locale() or "en")
    return sheet(
        "products.html", error, rows=rows[:LIST], following=following, look=look, text=text, keep=keep,
        price=lambda row: money(row.price, row.currency, language),
        named=lambda names: names.get(language) or names.get("") or next(iter(names.values()), "–"),
    )  # fmt: skip
