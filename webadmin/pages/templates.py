"""Templates: their texts by language, what each takes, and how a real customer would read it while one types."""

from __future__ import annotations

from dataclasses import dataclass, field

from flask import make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from smsgw.campaigns import facts, templates
from smsgw.errors import BadInput, SmsgwError
from smsgw.link import Abilities
from smsgw.store.tables.types import AnyRow

from ..auth import current_person, person_required
from ..context import the_gateway
from .blueprint import pages
from .campaigns_form import LINES, typed_texts
from .sheets import sheet


@dataclass
class Typed:
    """The form. said: (language, text) pairs."""

    name: str = ""
    said: list[tuple[str, str]] = field(default_factory=lambda: [("sl", "")])

    def texts(self) -> dict[str, str]:
        """The texts by language."""
        return {language: text for language, text in self.said if language and text.strip()}

    def lines(self) -> list[tuple[str, str]]:
        """The texts, and room for two more."""
        return self.said + [("", "")] * max(2, LINES - len(self.said))


@pages.get("/templates")
@person_required
def templates_page() -> Response:
    """The templates with what each takes in every language."""
    able = _abilities()
    with the_gateway().database.reading() as conn:
        rows = [
            (row, {spoken: templates.shown(text, able) for spoken, text in row.texts.items()},
             templates.used_in(conn, row.id))
            for row in templates.listing(conn)
        ]  # fmt: skip
    return sheet("templates.html", rows=rows)


@pages.get("/templates/new")
@person_required
def new_template() -> Response:
    """An empty form."""
    return _form(Typed(), None)


@pages.post("/templates/new", endpoint="write_template")
@person_required
def write_template() -> Response:
    """Store what was typed."""
    return _stored(None)


@pages.get("/templates/<id>")
@person_required
def template(id: str) -> Response:
    """The form with what a template says."""
    return _form(_typed_of(_row(id)), id)


@pages.post("/templates/<id>", endpoint="change_template")
@person_required
def change_template(id: str) -> Response:
    """Store what was typed; campaigns keep the texts that they were written with."""
    return _stored(id)


@pages.post("/templates/<id>/remove", endpoint="remove_template")
@person_required
def remove_template(id: str) -> Response:
    """Take a template away."""
    gateway = the_gateway()
    try:
        templates.remove(gateway.database.writer, id, gateway.clock())
    except SmsgwError as error:
        return _form(_typed(), id, error)
    return redirect(url_for("pages.templates_page"), 303)


@pages.post("/templates/look")
@person_required
def look_at_template() -> Response:
    """How customers would read what is typed, as a piece of a page."""
    return make_response(render_template("template_look.html", **_look(_typed())))


def _look(typed: Typed) -> dict[str, object]:
    texts, gateway = typed.texts(), the_gateway()
    if not texts:
        return {"seen": [], "wrong": ""}
    try:
        with gateway.database.reading() as conn:
            seen = templates.look(conn, texts, next(iter(texts)), _abilities(), gateway.clock())
    except BadInput as wrong:
        return {"seen": [], "wrong": "; ".join(fault.detail for fault in wrong.faults)}
    return {"seen": seen, "wrong": ""}


def _abilities() -> Abilities:
    """What the first link carries: by that a text without a recipient is measured."""
    return next((link.abilities for link in the_gateway().network.links.values()), Abilities())


def _row(id: str) -> AnyRow:
    with the_gateway().database.reading() as conn:
        return templates.find(conn, id)


def _typed() -> Typed:
    return Typed(request.form.get("name", "").strip(), typed_texts())


def _typed_of(row: AnyRow) -> Typed:
    said = sorted(row.texts.items(), key=lambda one: one[0] != row.language)
    return Typed(row.name, said)


def _stored(id: str | None) -> Response:
    typed, gateway = _typed(), the_gateway()
    wish = templates.Wish(typed.name, typed.texts(), current_person().id, gateway.clock())
    try:
        if id is None:
            id = templates.create(gateway.database.writer, wish)
        else:
            templates.change(gateway.database.writer, id, wish)
    except SmsgwError as error:
        return _form(typed, id, error)
    return redirect(url_for("pages.template", id=id), 303)


def _form(typed: Typed, id: str | None, error: SmsgwError | None = None) -> Response:
    with the_gateway().database.reading() as conn:
        variables = facts.known(conn)
    return sheet("template.html", error, typed=typed, id=id, variables=variables, **_look(typed))
