"""Surveys: drafted, started and ended; how each stands, and what it brought, as charts with the same in a table."""

from __future__ import annotations

from itertools import islice

from flask import redirect, request, url_for
from flask_babel import get_locale
from werkzeug.wrappers import Response

from smsgw.customers import audience, customers, segments
from smsgw.errors import SmsgwError
from smsgw.inbound.surveys import results as surveys_results
from smsgw.inbound.surveys import surveys as verbs
from smsgw.inbound.surveys.results import Counted
from smsgw.inbound.surveys.surveys import KINDS, End, Start
from smsgw.paper import csv

from ..api.surveys import results_csv
from ..auth import current_person, person_required
from ..context import the_gateway
from .blueprint import pages
from .charts import Chart, bars
from .sheets import sheet
from .surveys_form import SurveyDraft, typed_survey

LIST = 50  # surveys on a page
PEOPLE = 10_000  # who are added at once


@pages.get("/surveys")
@person_required
def surveys() -> Response:
    """Surveys, newest first."""
    with the_gateway().database.reading() as conn:
        rows = verbs.listing(conn, LIST + 1, request.args.get("before") or None)
        people = verbs.counts(conn, [row.id for row in rows])
    older = rows[LIST - 1].id if len(rows) > LIST else None
    return sheet("surveys.html", rows=rows[:LIST], people=people, older=older)


@pages.get("/surveys/new")
@person_required
def new_survey() -> Response:
    """An empty form."""
    return _form(SurveyDraft())


@pages.post("/surveys/new", endpoint="draft_survey")
@person_required
def draft_survey() -> Response:
    """Keep a survey, which asks nobody yet; or only make room for another question."""
    gateway, draft = the_gateway(), typed_survey()
    if request.form.get("more"):
        return _form(draft)
    config = gateway.config
    try:
        new = draft.survey(config.orders.language, config.business.business.zone, current_person().id, gateway.clock())
        id = verbs.draft(gateway.database.writer, new)
    except SmsgwError as error:
        return _form(draft, error)
    return redirect(url_for("pages.survey", id=id), 303)


def _form(draft: SurveyDraft, error: SmsgwError | None = None) -> Response:
    config = the_gateway().config
    return sheet(
        "survey_form.html", error, draft=draft, kinds=KINDS, zone=config.business.zone, spoken=config.orders.language
    )


@pages.post("/surveys/<id>/start")
@person_required
def start_survey(id: str) -> Response:
    """Ask these numbers, and everybody whom a segment means: a draft begins, to one that runs people are added."""
    gateway, form = the_gateway(), request.form
    try:
        numbers = form.get("numbers", "").replace(",", " ").split() + _of_segment(form.get("segment", ""))
        wish = Start(id, numbers, current_person().id, gateway.clock(), gateway.config.sending.region)
        verbs.start(gateway.database.writer, wish)
    except SmsgwError as error:
        return _one(id, error)
    return redirect(url_for("pages.survey", id=id), 303)


def _of_segment(name: str) -> list[str]:
    """The first number of each customer whom a segment or a rule means."""
    if not name.strip():
        return []
    gateway = the_gateway()
    with gateway.database.reading() as conn:
        rule = segments.read(conn, name)
        people = customers.many(conn, list(islice(audience.ids(conn, rule, gateway.clock()), PEOPLE)))
    firsts = (next((each.address for each in one.addresses if each.kind == "phone"), None) for one in people)
    return [number for number in firsts if number is not None]


@pages.post("/surveys/<id>/end")
@person_required
def end_survey(id: str) -> Response:
    """End it before its deadline."""
    gateway = the_gateway()
    try:
        why = request.form.get("why", "")[:300]
        verbs.end(gateway.database.writer, End(id, current_person().id, why, gateway.clock()))
    except SmsgwError as error:
        return _one(id, error)
    return redirect(url_for("pages.survey", id=id), 303)


@pages.get("/surveys/<id>")
@person_required
def survey(id: str) -> Response:
    """What one survey brought: for each question how often each answer was given."""
    return _one(id)


def _one(id: str, error: SmsgwError | None = None) -> Response:
    language = str(get_locale() or "en")
    with the_gateway().database.reading() as conn:
        row = verbs.require(conn, id)
        people = verbs.counts(conn, [row.id])[row.id]
        counted = surveys_results.results(conn, row.id, language)
    shown = [(each, _chart(each)) for each in counted]
    return sheet("survey.html", error, one=row, people=people, shown=shown, typed=request.form)


@pages.get("/surveys/<id>.csv")
@person_required
def survey_csv(id: str) -> Response:
    """Every answer of a survey, to be opened by a spreadsheet."""
    with the_gateway().database.reading() as conn:
        row = verbs.require(conn, id)
        content = csv.write(surveys_results.table(conn, row.id), str(get_locale() or "en"))
    return results_csv(content, row.name)


def _chart(counted: Counted) -> Chart | None:
    """Bars for the answers of a question; None where there are none to count."""
    if not counted.spread or not counted.most:
        return None
    return bars([(name, [(count, f"{name}: {count}")]) for name, count in counted.spread])
