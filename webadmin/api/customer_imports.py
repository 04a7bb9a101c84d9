"""Imports of customers over the API: brought, compared, looked at, applied and undone; with their shapes."""

from __future__ import annotations

import json
from typing import Any, Literal

from flask import Response, request
from pydantic import Field

from smsgw.customers.importing import importing
from smsgw.customers.importing.importing import Upload, Wish
from smsgw.errors import BadInput, Fault, NotFound
from smsgw.store.lifecycle import CUSTOMER_IMPORT
from smsgw.store.tables.types import AnyRow

from ..context import the_gateway
from . import paging, reading
from .customers import READ, WRITE, XLSX
from .routes import answer, client, route
from .shapes import Moment, Page, Paging, Shape, Words

SHEETS = ("text/csv", XLSX, "application/octet-stream")
STATE = ("not_found", "conflict")


class NewImport(Shape):
    """How a sheet is to be read; what is left out is found."""

    file: Words = Field("sheet.csv", max_length=200, description="What the file is called, for people.")
    region: Words | None = Field(
        None, max_length=2, description="The country of numbers without one; by default [sending] region."
    )
    encoding: Words | None = Field(None, max_length=20, description="The encoding of a CSV, such as cp1250.")
    delimiter: Words | None = Field(None, min_length=1, max_length=1, description="What separates the cells of a CSV.")
    columns: Words | None = Field(
        None, max_length=5000, description='A JSON object, heading to meaning: {"Kontakt": "phone", "X": "field.city"}.'
    )
    consent: Words | None = Field(
        None,
        max_length=2000,
        description="A JSON object for lines that say none: consent, consent_source, consent_at, consent_words.",
    )


class ColumnTold(Shape):
    """A column, and what it is taken for."""

    heading: str = Field(description="What stands above it.")
    is_: str = Field(alias="is", description="What it is: phone, name, field.city; - is nothing.")


class ImportCounts(Shape):
    """How many lines are what."""

    new: int = Field(description="People whom we do not know.")
    changed: int = Field(description="People of whom the sheet says something else.")
    unchanged: int = Field(description="People who are as the sheet says.")
    invalid: int = Field(description="Lines that are left out, each with its reason.")
    opted_out: int = Field(description="Lines of people who said stop, whatever else they are.")
    applied: int = Field(description="Lines that are written.")
    undone: int = Field(description="Lines that are taken back.")


class Import(Shape):
    """An import, and how far it is."""

    id: str = Field(description="Its id.")
    status: str = Field(description="Its state.", json_schema_extra={"enum": list(CUSTOMER_IMPORT.states)})
    why: str = Field(description="Why it is in this state, in words.")
    file: str = Field(description="What the file is called.")
    lines: int | None = Field(description="How many lines the sheet has; null until it is read.")
    done: int = Field(description="Lines of the present step that are done.")
    encoding: str = Field(description="How the sheet was read; empty for XLSX.")
    delimiter: str = Field(description="What separates its cells; empty for XLSX.")
    columns: list[ColumnTold] = Field(description="Its columns.")
    counts: ImportCounts = Field(description="What its lines are.")
    created_at: Moment = Field(description="When it was brought.")
    applied_at: Moment | None = Field(description="When it was applied; for a day from then it can be undone.")
    by: str = Field(description="Who brought it.")


class ImportPage(Page):
    """Imports, newest first."""

    data: list[Import] = Field(description="The imports.")


class LineFilter(Shape):
    """Which lines of an import."""

    verdict: Literal["new", "changed", "unchanged", "invalid", "opted_out"] | None = Field(
        None, description="Only such lines."
    )
    after: int = Field(0, ge=0, description="Lines behind this one.")
    limit: int = Field(100, ge=1, le=1000, description="How many at most.")


class ImportLine(Shape):
    """A line of a sheet against what we know."""

    line: int = Field(description="Which line of the sheet.")
    verdict: Literal["new", "changed", "unchanged", "invalid"] = Field(description="What it is.")
    opted_out: bool = Field(description="Whether this person said stop.")
    customer: str | None = Field(description="Whom it is about.")
    told: dict[str, Any] | None = Field(description="What it says, in our spelling.")
    changes: dict[str, list[Any]] | None = Field(description="Field by field: before and after.")
    why: str | None = Field(description="What is wrong with it.")


class ImportLines(Shape):
    """Lines of an import, in their order."""

    data: list[ImportLine] = Field(description="The lines.")
    next_after: int | None = Field(description="Give it as `after` for the next page; null at the end.")


def import_json(row: AnyRow, counts: dict[str, int]) -> dict[str, Any]:
    """An import as the API shows it: Import."""
    same = ("id", "why", "file", "lines", "done", "created_at", "applied_at", "by")
    facts = {name: row.facts[name] for name in ("encoding", "delimiter", "columns")}
    return {name: row._mapping[name] for name in same} | {"status": row.state, "counts": counts} | facts


def _known(id: str) -> str:
    if not paging.looks_like(id, "imp"):
        raise NotFound(f"there is no import {id[:60]}", hint="GET /api/v1/customer-imports lists them")
    return id


def _shown(id: str, status: int = 200) -> Response:
    with the_gateway().database.reading() as conn:
        told = import_json(importing.get(conn, id), importing.counts(conn, id))
    return answer(told, status, {"Location": f"/api/v1/customer-imports/{id}"} if status != 200 else None)


def _object(name: str, written: str | None) -> dict[str, str]:
    """A JSON object of strings in a query parameter."""
    if written is None:
        return {}
    try:
        told = json.loads(written)
    except ValueError as wrong:
        raise BadInput([Fault(f"/{name}", "malformed_body", f"{name} is no JSON: {wrong}")]) from wrong
    if not isinstance(told, dict) or not all(isinstance(value, str) for value in told.values()):
        raise BadInput([Fault(f"/{name}", "wrong_type", f"{name} is an object of strings")])
    return told


@route(
    "POST",
    "/customer-imports",
    scope=WRITE,
    query=NewImport,
    bodies={media: {"type": "string", "format": "binary"} for media in SHEETS},
    answers={202: Import},
)
def add_import(query: NewImport) -> Response:
    """Bring a sheet, CSV or XLSX, as the body; it is compared with what is known, and nothing is written yet."""
    gateway = the_gateway()
    upload = Upload(
        query.file,
        reading.body_of(request, *SHEETS),
        client().id,
        gateway.clock(),
        (query.region or gateway.config.sending.region or "").upper() or None,
        _object("columns", query.columns),
        query.encoding,
        query.delimiter,
        _object("consent", query.consent) or None,
    )
    return _shown(importing.upload(gateway.database, upload), 202)


@route("GET", "/customer-imports", scope=READ, query=Paging, answers={200: ImportPage})
def list_imports(query: Paging) -> Response:
    """List imports, newest first."""
    with the_gateway().database.reading() as conn:
        rows = importing.listing(conn, query.limit + 1, paging.after(query))
        counted = {row.id: importing.counts(conn, row.id) for row in rows[: query.limit]}
    return paging.page(rows, query.limit, lambda row: import_json(row, counted[row.id]), paging.after(query))


@route("GET", "/customer-imports/<id>", scope=READ, answers={200: Import}, errors=("not_found",))
def one_import(id: str) -> Response:
    """Show an import and how far it is."""
    return _shown(_known(id))


@route(
    "GET",
    "/customer-imports/<id>/lines",
    scope=READ,
    query=LineFilter,
    answers={200: ImportLines},
    errors=("not_found",),
)
def import_lines(id: str, query: LineFilter) -> Response:
    """Show the difference: what a sheet would change, line by line."""
    with the_gateway().database.reading() as conn:
        importing.get(conn, _known(id))
        rows = importing.lines(conn, id, query.limit + 1, query.verdict, query.after)
    same = ("line", "verdict", "told", "changes", "why")
    data = [
        {name: row._mapping[name] for name in same} | {"opted_out": bool(row.opted_out), "customer": row.customer_id}
        for row in rows[: query.limit]
    ]
    return answer({"data": data, "next_after": data[-1]["line"] if len(rows) > query.limit else None})


def _order(id: str, event: str) -> Response:
    gateway = the_gateway()
    importing.order(gateway.database.writer, Wish(_known(id), event, client().id, gateway.clock()))
    return _shown(id, 202)


@route("POST", "/customer-imports/<id>/apply", scope=WRITE, answers={202: Import}, errors=STATE)
def apply_import(id: str) -> Response:
    """Write what was compared; how far that is, the import itself says."""
    return _order(id, "apply")


@route("POST", "/customer-imports/<id>/undo", scope=WRITE, answers={202: Import}, errors=STATE)
def undo_import(id: str) -> Response:
    """Take an import back, within a day; what somebody changed since stays."""
    return _order(id, "undo")


@route("POST", "/customer-imports/<id>/discard", scope=WRITE, answers={202: Import}, errors=STATE)
def discard_import(id: str) -> Response:
    """Throw a sheet away that was only compared."""
    return _order(id, "discard")
