"""What messages cost: a report one can walk into, what may be spent, what SIMs have left, and what the owner must know.

The same address with `shape` is the report as a file.
"""

from __future__ import annotations

from typing import Any

from flask import redirect, request, url_for
from flask_babel import get_locale, gettext
from werkzeug.wrappers import Response

from smsgw.errors import BadInput, SmsgwError
from smsgw.money import alerts, budgeting, bundles, report_tables, reports
from smsgw.money.rates import spelled
from smsgw.paper.table import Table, locale_of
from smsgw.paper.table import spelled as written

from ..auth import current_person, person_required
from ..context import the_gateway
from . import charts
from .blueprint import pages
from .language import dated, digits
from .sheets import sheet

SHOWN, DRAWN = 200, 12  # lines on the page, and in the chart
FURTHER = {"link": "country", "country": "prefix", "prefix": "client", "client": "category", "campaign": "link",
           "category": "campaign", "sender": "link", "kind": "link", "customer": "link"}  # fmt: skip
"""What a line is told apart by when one walks into it."""


@pages.get("/costs")
@person_required
def costs() -> Response:
    """The costs of a month by whatever is asked; a file, if one is wanted."""
    shape = request.args.get("shape")
    if shape in report_tables.FORMATS:
        return _file(shape)
    return _shown()


def _file(shape: str) -> Response:
    language = str(get_locale() or "en")
    report = _report(200_000)
    made = report_tables.written(report, shape, language, the_gateway().clock())
    response = Response(made, mimetype=report_tables.FORMATS[shape].partition(";")[0])
    name = f"costs-{report.asked.by}-{report.asked.first}-{report.asked.last}.{shape}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _report(most: int) -> reports.Report:
    gateway = the_gateway()
    now = gateway.clock()
    asked = reports.read_asked(request.args, now.astimezone(gateway.till.zone).date())
    with gateway.database.reading() as conn:
        return reports.costs(conn, asked, gateway.till, now, most)


def _shown(error: SmsgwError | None = None) -> Response:
    gateway, language = the_gateway(), str(get_locale() or "en")
    report = None
    try:
        report = _report(SHOWN)
    except BadInput as wrong:
        error = error or wrong
    now = gateway.clock()
    with gateway.database.reading() as conn:
        standing = alerts.standing(conn, 20)
        budgets = budgeting.standings(conn, gateway.till.budgets, now)
        plans = bundles.standings(conn, gateway.till.zones, now)
    month = request.args.get("month") or f"{now.astimezone(gateway.till.zone):%Y-%m}"
    table = None if report is None else report_tables.table(report, language)
    return sheet(
        "costs.html",
        error,
        report=report,
        table=table,
        cells=[] if table is None or report is None else _cells(report, table),
        graph=None if report is None else _graph(report, language),
        month=month,
        here={name: value for name, value in request.args.items() if name != "shape"},
        dimensions=_dimensions(),
        alerts=standing,
        budgets=budgets,
        plans=plans,
        spelled=spelled,
        currency=gateway.till.currency,
    )


def _dimensions() -> list[tuple[str, str]]:
    names = {
        "link": gettext("Link"), "country": gettext("Country"), "prefix": gettext("Prefix"), "client": gettext("Key"),
        "campaign": gettext("Campaign"), "category": gettext("Category"), "sender": gettext("Sender"),
        "kind": gettext("Type"),
        "customer": gettext("Customer"), "day": gettext("Day"),
    }  # fmt: skip
    return list(names.items())


def _cells(report: reports.Report, table: Table) -> list[tuple[str | None, list[str]]]:
    """The report's lines as they are read, each with the address that walks into it."""
    locale = locale_of(str(get_locale() or "en"))
    kinds = [column.kind for column in table.columns]
    told = []
    for line, row in zip(report.lines, table.rows, strict=True):
        words = [written(cell, kind, locale) for cell, kind in zip(row, kinds, strict=True)]
        told.append((_into(report, line), words))
    if table.totals is not None:
        words = [written(cell, kind, locale) for cell, kind in zip(table.totals, kinds, strict=True)]
        told.append((None, words))
    return told


def _into(report: reports.Report, line: reports.Line) -> str | None:
    """Where one sees what a line is made of; None where there is nothing further."""
    by = report.asked.by
    if line.key == reports.REST:
        return None
    args: dict[str, Any] = {name: value for name, value in request.args.items() if name not in ("shape", "by")}
    if by == "day":
        return url_for("pages.costs", **{**args, "since": line.key, "until": line.key, "by": "link"})
    further = next((to for to in (FURTHER[by], "link", "country", "day") if to not in report.asked.only), "day")
    return url_for("pages.costs", **{**args, by: line.key, "by": further})


def _graph(report: reports.Report, language: str) -> charts.Chart | None:
    """Planned and booked, side by side."""
    lines = list(report.lines[:DRAWN] if report.asked.by != "day" else report.lines)
    if not any(line.amount or line.planned for line in lines):
        return None
    groups = []
    for line in lines:
        name = report_tables.named(line, report.asked.by, language)
        shown = dated(name) if report.asked.by == "day" else name
        planned, booked = line.planned / 1_000_000, line.amount / 1_000_000
        says = [f"{shown}: {digits(spelled(amount))} {report.currency}" for amount in (line.amount, line.planned)]
        label = shown[8:] if report.asked.by == "day" else shown[:9]
        groups.append((label, [(booked, says[0]), (planned, says[1])]))
    return charts.bars(groups)


@pages.post("/costs/budgets")
@person_required
def set_budget() -> Response:
    """Set a budget."""
    gateway = the_gateway()
    told = {name: value for name, value in request.form.items() if name in budgeting.FIELDS and value}
    try:
        terms = budgeting.read_terms(told, gateway.till.currency, gateway.till.zones)
        budgeting.add(gateway.database.writer, terms, gateway.clock(), current_person().id)
    except BadInput as error:
        return _shown(error)
    gateway.read_money()
    return redirect(url_for("pages.costs"), 303)


@pages.post("/costs/budgets/<int:number>")
@person_required
def change_budget_page(number: int) -> Response:
    """Raise or lower a budget, or end it."""
    gateway, now = the_gateway(), the_gateway().clock()
    try:
        if request.form.get("act") == "end":
            budgeting.remove(gateway.database.writer, number, now, current_person().id)
        else:
            ceiling = {"ceiling": request.form.get("ceiling", "")}
            budgeting.change(gateway.database.writer, number, ceiling, now, current_person().id)
    except SmsgwError as error:
        return _shown(error)
    gateway.read_money()
    return redirect(url_for("pages.costs"), 303)


@pages.post("/costs/plans")
@person_required
def set_plan() -> Response:
    """Give a SIM a plan."""
    gateway, now = the_gateway(), the_gateway().clock()
    told = {name: value for name, value in request.form.items() if name in bundles.FIELDS}
    try:
        terms = bundles.read_terms(told, gateway.till.zones, gateway.till.currency, now)
    except BadInput as error:
        return _shown(error)
    bundles.add(gateway.database.writer, terms, now, current_person().id)
    gateway.read_money()
    return redirect(url_for("pages.costs"), 303)


@pages.post("/costs/plans/<int:number>/remove")
@person_required
def remove_plan_page(number: int) -> Response:
    """Take a plan away."""
    gateway = the_gateway()
    bundles.remove(gateway.database.writer, number, gateway.clock(), current_person().id)
    gateway.read_money()
    return redirect(url_for("pages.costs"), 303)


@pages.post("/costs/alerts/<id>")
@person_required
def end_alert(id: str) -> Response:
    """Say that an alert is dealt with."""
    gateway = the_gateway()
    try:
        alerts.over(gateway.database.writer, id, current_person().id, gateway.clock())
    except SmsgwError as error:
        return _shown(error)
    return redirect(url_for("pages.costs"), 303)
