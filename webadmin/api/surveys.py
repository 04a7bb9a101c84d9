"""Surveys over the API: draft, start, end, look at what they brought."""

from __future__ import annotations

from typing import Any

from flask import Response
from sqlalchemy import Connection

from smsgw.inbound.surveys import results as surveys_results
from smsgw.inbound.surveys import surveys
from smsgw.inbound.surveys.surveys import Branch, End, Question, Start
from smsgw.paper import csv
from smsgw.store.tables.types import AnyRow

from ..context import the_gateway
from . import paging
from .inquiries import known
from .routes import PREFIX, answer, client, route
from .surveys_shapes import (
    Asked,
    Ended,
    NewQuestion,
    NewSurvey,
    ResultsFilter,
    Started,
    Survey,
    SurveyFilter,
    SurveyPage,
    SurveyResults,
)

READ, WRITE = "surveys:read", "surveys:write"


def survey_json(row: AnyRow, people: dict[str, int]) -> dict[str, Any]:
    """A survey's row as the API shows it: surveys_shapes.Survey."""
    names = ("id", "name", "why", "closes_at", "remind_after", "by", "created_at")
    return {name: row._mapping[name] for name in names} | {"status": row.state, "people": people}


def _told(conn: Connection, id: str) -> dict[str, Any]:
    return survey_json(surveys.require(conn, id), surveys.counts(conn, [id])[id])


def _known(id: str) -> str:
    return known(id, "sur", "survey", "/surveys")


def question_of(shape: NewQuestion) -> Question:
    """A question as the verb takes it."""
    branches = [Branch(one.next, one.low, one.high) for one in shape.branches]
    return Question(shape.kind, shape.text, shape.low, shape.high, shape.labels, branches)


@route("GET", "/surveys", scope=READ, query=SurveyFilter, answers={200: SurveyPage})
def list_surveys(query: SurveyFilter) -> Response:
    """List surveys, newest first."""
    with the_gateway().database.reading() as conn:
        rows = surveys.listing(conn, query.limit + 1, paging.after(query))
        people = surveys.counts(conn, [row.id for row in rows])
    return paging.page(rows, query.limit, lambda row: survey_json(row, people[row.id]), paging.after(query))


@route("POST", "/surveys", scope=WRITE, takes=NewSurvey, answers={201: Survey})
def draft_survey(body: NewSurvey) -> Response:
    """Draft a survey; nobody is asked yet."""
    gateway = the_gateway()
    new = surveys.NewSurvey(
        body.name,
        [question_of(one) for one in body.questions],
        body.closes_at,
        client().id,
        gateway.clock(),
        body.remind_after,
        body.thanks,
    )
    id = surveys.draft(gateway.database.writer, new)
    with gateway.database.reading() as conn:
        return answer(_told(conn, id), 201, {"Location": f"{PREFIX}/surveys/{id}"})


@route("GET", "/surveys/<id>", scope=READ, answers={200: Survey}, errors=("not_found",))
def survey(id: str) -> Response:
    """Show a survey."""
    with the_gateway().database.reading() as conn:
        return answer(_told(conn, _known(id)))


@route(
    "POST",
    "/surveys/<id>/start",
    scope=WRITE,
    takes=Asked,
    answers={200: Started},
    errors=("not_found", "conflict"),
    audited="survey.started",
)
def start_survey(id: str, body: Asked) -> Response:
    """Ask these people: a draft is started, to one that runs they are added."""
    gateway = the_gateway()
    wish = Start(_known(id), body.to, client().id, gateway.clock(), gateway.config.sending.region)
    added = surveys.start(gateway.database.writer, wish)
    with gateway.database.reading() as conn:
        return answer({"added": added, "survey": _told(conn, id)})


@route(
    "POST",
    "/surveys/<id>/end",
    scope=WRITE,
    takes=Ended,
    answers={200: Survey},
    errors=("not_found", "conflict"),
)
def end_survey(id: str, body: Ended) -> Response:
    """End a survey before its deadline."""
    gateway = the_gateway()
    surveys.end(gateway.database.writer, End(_known(id), client().id, body.why, gateway.clock()))
    with gateway.database.reading() as conn:
        return answer(_told(conn, id))


@route(
    "GET",
    "/surveys/<id>/results",
    scope=READ,
    query=ResultsFilter,
    answers={200: SurveyResults},
    errors=("not_found",),
    files=("text/csv",),
)
def survey_results(id: str, query: ResultsFilter) -> Response:
    """Show what a survey brought: how often each answer was given, or every answer as CSV."""
    with the_gateway().database.reading() as conn:
        told = _told(conn, _known(id))
        if query.format == "csv":
            return results_csv(csv.write(surveys_results.table(conn, id), query.language or "en"), told["name"])
        data = [surveys_results.as_json(one) for one in surveys_results.results(conn, id, query.language)]
    return answer({"survey": told, "data": data})


def results_csv(content: bytes, name: str) -> Response:
    """A CSV file to be kept; it holds what people wrote."""
    response = Response(content, mimetype="text/csv")
    plain = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in name).strip("-")
    response.headers["Content-Disposition"] = f'attachment; filename="{plain or "survey"}.csv"'
    response.headers["Cache-Control"] = "no-store"
    return response
