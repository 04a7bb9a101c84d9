"""Templates over the API: written, shown, filled in, taken away."""

from __future__ import annotations

from typing import Any

from flask import Response
from sqlalchemy import Connection

from smsgw.campaigns import facts, templates
from smsgw.errors import BadInput, Fault, NotFound
from smsgw.link import Abilities
from smsgw.store.tables import template as stored
from smsgw.store.tables.types import AnyRow
from smsgw.text import parts
from smsgw.text import template as grammar

from ..context import the_gateway
from . import paging
from .campaigns_shapes import Filled, Filling, NewTemplate, Template, TemplatePage, Variables
from .matching import hold
from .routes import answer, client, route

READ, WRITE = "campaigns:read", "campaigns:write"


def _known(id: str) -> str:
    if not paging.looks_like(id, "tpl"):
        raise NotFound(f"there is no template {id[:60]}", hint="GET /api/v1/templates lists them")
    return id


def _abilities() -> Abilities:
    """What the first link carries: by that a text without a recipient is measured."""
    links = the_gateway().network.links
    return next((link.abilities for link in links.values()), Abilities())


def template_json(conn: Connection, row: AnyRow) -> dict[str, Any]:
    """A template's row as the API shows it: campaigns_shapes.Template."""
    able = _abilities()
    return {
        "id": row.id,
        **_changeable(row),
        "facts": {language: templates.shown(text, able) for language, text in row.texts.items()},
        "used_in": templates.used_in(conn, row.id),
        "by": row.by,
        "created_at": row.created_at,
        "changed_at": row.changed_at,
    }


def _changeable(row: AnyRow) -> dict[str, Any]:
    return {"name": row.name, "texts": row.texts, "language": row.language, "vars": row.vars or []}


def _written(conn: Connection, id: str) -> dict[str, Any]:
    """What If-Match compares, and nobody changes until the transaction ends."""
    hold(conn, stored.c.id, _known(id))
    return _changeable(templates.find(conn, id))


def _shown(id: str, status: int = 200) -> Response:
    with the_gateway().database.reading() as conn:
        told = template_json(conn, templates.find(conn, id))
    return answer(told, status, {"Location": f"/api/v1/templates/{id}"} if status == 201 else None)


def _wish(body: NewTemplate) -> templates.Wish:
    return templates.Wish(body.name, body.texts, client().id, the_gateway().clock(), body.language, body.vars)


@route("GET", "/templates", scope=READ, answers={200: TemplatePage}, name="list_templates")
def list_templates() -> Response:
    """List the templates, by name."""
    with the_gateway().database.reading() as conn:
        data = [template_json(conn, row) for row in templates.listing(conn)]
    return answer({"data": data, "next_cursor": None})


@route("GET", "/templates/variables", scope=READ, answers={200: Variables})
def template_variables() -> Response:
    """List the variables that texts may speak of: facts, and the fields of customers."""
    with the_gateway().database.reading() as conn:
        return answer({"data": facts.known(conn)})


@route("POST", "/templates", scope=WRITE, takes=NewTemplate, answers={201: Template}, errors=("conflict",))
def add_template(body: NewTemplate) -> Response:
    """Write a template."""
    return _shown(templates.create(the_gateway().database.writer, _wish(body)), 201)


@route("GET", "/templates/<id>", scope=READ, answers={200: Template}, errors=("not_found",), written=_written)
def template(id: str) -> Response:
    """Show a template."""
    return _shown(_known(id))


@route(
    "PUT", "/templates/<id>", scope=WRITE, takes=NewTemplate, answers={200: Template}, errors=("not_found", "conflict")
)
def change_template(id: str, body: NewTemplate) -> Response:
    """Write a template anew; campaigns keep the texts that they were written with."""
    templates.change(the_gateway().database.writer, _known(id), _wish(body))
    return _shown(id)


@route("DELETE", "/templates/<id>", scope=WRITE, answers={204: None}, errors=("not_found",), audited="template.removed")
def remove_template(id: str) -> Response:
    """Take a template away; campaigns keep the texts that they were written with."""
    templates.remove(the_gateway().database.writer, _known(id), the_gateway().clock())
    return Response(status=204)


@route("POST", "/templates/<id>/render", scope=READ, takes=Filling, answers={200: Filled}, errors=("not_found",))
def render_template(id: str, body: Filling) -> Response:
    """Fill a template in with these values, and show what it takes."""
    with the_gateway().database.reading() as conn:
        row = templates.find(conn, _known(id))
    language = body.language or row.language
    if language not in row.texts:
        says = f"there is no text in {language!r}; there are: {', '.join(row.texts)}"
        raise BadInput([Fault("/language", "language_missing", says)])
    text, missing = grammar.read(row.texts[language]).fill(body.values)
    told = parts.preview(text, _abilities())
    return answer({"text": text, "missing": missing, "parts": told.parts, "encoding": told.encoding})
