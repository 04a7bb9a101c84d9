"""Importing customers: bring a sheet, watch it being compared, look at the difference, write it, take it back."""

from __future__ import annotations

from flask import redirect, request, url_for
from flask_babel import gettext
from werkzeug.exceptions import NotFound as NoPage
from werkzeug.wrappers import Response

from smsgw.customers.importing import importing
from smsgw.customers.importing.importing import BUSY, Upload, Wish
from smsgw.errors import BadInput, Fault, SmsgwError

from ..auth import current_person, person_required
from ..context import the_gateway
from .blueprint import pages
from .desk import typed
from .sheets import sheet

LIST = 20  # imports on a page
LINES = 100  # of a difference
VERDICTS = ("new", "changed", "invalid", "opted_out", "unchanged")


@pages.get("/customers/imports")
@person_required
def customer_imports() -> Response:
    """Imports, newest first, and the form to bring a sheet."""
    return _listed()


def _listed(error: SmsgwError | None = None) -> Response:
    with the_gateway().database.reading() as conn:
        rows = importing.listing(conn, LIST)
    region = request.form.get("region", the_gateway().config.sending.region or "")
    return sheet("customer_imports.html", error, rows=rows, region=region, columns=typed("columns"))


@pages.post("/customers/imports")
@person_required
def bring_sheet() -> Response:
    """Take a sheet in; nothing is written before the difference was seen."""
    gateway, file = the_gateway(), request.files.get("file")
    region = request.form.get("region", "").strip().upper()[:2] or None
    try:
        if file is None or not file.filename:
            raise BadInput([Fault("/file", "file_missing", gettext("choose a file, CSV or XLSX"))])
        columns = _columns(typed("columns"))
        wish = Upload(file.filename, file.read(), current_person().id, gateway.clock(), region, columns)
        id = importing.upload(gateway.database, wish)
    except BadInput as error:
        return _listed(error)
    return redirect(url_for("pages.customer_import", id=id), 303)


def _columns(written: str) -> dict[str, str]:
    """What a person says of columns, one a line: `Kontakt = phone`. Raises BadInput."""
    pairs = [line.rpartition("=") for line in written.splitlines() if line.strip()]
    if wrong := [meaning for _, sign, meaning in pairs if not sign]:
        says = gettext("write one column a line, as HEADING = phone, not %(line)s", line=wrong[0])
        raise BadInput([Fault("/columns", "columns_wrong", says)])
    return {heading.strip(): meaning.strip() for heading, _, meaning in pairs}


@pages.get("/customers/imports/<id>")
@person_required
def customer_import(id: str) -> Response:
    """One import: how far it is, and what it would change or has changed."""
    return _one(id)


def _one(id: str, error: SmsgwError | None = None) -> Response:
    verdict = request.args.get("show", "")
    after = request.args.get("after", "0")
    if verdict not in ("", *VERDICTS) or not after.isdigit():
        raise NoPage
    with the_gateway().database.reading() as conn:
        row = importing.get(conn, id)
        counts = importing.counts(conn, id)
        if not verdict:
            verdict = next((kind for kind in VERDICTS if counts[kind]), "new")
        lines = importing.lines(conn, id, LINES + 1, verdict, int(after))
    return sheet(
        "customer_import.html",
        error,
        one=row,
        counts=counts,
        verdict=verdict,
        verdicts=VERDICTS,
        lines=lines[:LINES],
        more=lines[LINES - 1].line if len(lines) > LINES else None,
        busy=row.state in BUSY,
    )


@pages.post("/customers/imports/<id>")
@person_required
def order_import(id: str) -> Response:
    """Have it written, taken back, or thrown away."""
    gateway, event = the_gateway(), request.form.get("event", "")
    if event not in ("apply", "undo", "discard"):
        raise NoPage
    try:
        importing.order(gateway.database.writer, Wish(id, event, current_person().id, gateway.clock()))
    except SmsgwError as error:
        return _one(id, error)
    return redirect(url_for("pages.customer_import", id=id), 303)
