"""Surveys: how each stands, and what it brought, as charts with the same numbers in a table."""

from __future__ import annotations

from flask import request
from flask_babel import get_locale
from werkzeug.wrappers import Response

from smsgw.inbound.surveys import results as surveys_results
from smsgw.inbound.surveys import surveys as verbs
from smsgw.inbound.surveys.results import Counted
from smsgw.paper import csv

from ..api.surveys import results_csv
from ..auth import person_required
from ..context import the_gateway
from .blueprint import pages
from .charts import Chart, bars
from .sheets import sheet

LIST = 50  # surveys on a page


@pages.get("/surveys")
@person_required
def surveys() -> Response:
    """Surveys, newest first."""
    with the_gateway().database.reading() as conn:
        rows = verbs.listing(conn, LIST + 1, request.args.get("before") or None)
        people = verbs.counts(conn, [row.id for row in rows])
    older = rows[LIST - 1].id if len(rows) > LIST else None
    return sheet("surveys.html", rows=rows[:LIST], people=people, older=older)


@pages.get("/surveys/<id>")
@person_required
def survey(id: str) -> Response:
    """What one survey brought: for each question how often each answer was given."""
    language = str(get_locale() or "en")
    with the_gateway().database.reading() as conn:
        row = verbs.require(conn, id)
        people = verbs.counts(conn, [row.id])[row.id]
        counted = surveys_results.results(conn, row.id, language)
    return sheet("survey.html", one=row, people=people, shown=[(each, _chart(each)) for each in counted])


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
