"""Segments and groups: audiences by rule, counted while one types, and lists by hand."""

from __future__ import annotations

from flask import make_response, redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from smsgw.customers import audience, groups, segments
from smsgw.customers.rule import Rule
from smsgw.customers.segments import Wish
from smsgw.errors import BadInput, SmsgwError

from ..auth import current_person, person_required
from ..context import the_gateway
from .blueprint import pages
from .sheets import sheet

COUNTED = 30  # segments that are counted for the list


@pages.get("/segments")
@person_required
def segments_page() -> Response:
    """The segments with how many are in each, the groups, and the form for a new segment."""
    return _listed()


def _listed(error: SmsgwError | None = None) -> Response:
    gateway = the_gateway()
    with gateway.database.reading() as conn:
        known = audience.known(conn)
        rows = segments.listing(conn)
        shown = [
            (row, segments.words(row.rule, known), _count(conn, row.rule) if place < COUNTED else None)
            for place, row in enumerate(rows)
        ]
        listed = groups.listing(conn)
    typed = {name: request.values.get(name, "") for name in ("name", "rule", "id", "revision")}
    return sheet("segments.html", error, shown=shown, groups=listed, typed=typed)


def _count(conn: Connection, rule: Rule) -> int:
    return audience.count(conn, rule, the_gateway().clock())


@pages.post("/segments/count")
@person_required
def count_segment() -> Response:
    """How many a rule means, as a piece of a page: shown while one types."""
    gateway = the_gateway()
    count, words, problem = None, "", ""
    with gateway.database.reading() as conn:
        try:
            rule = segments.read(conn, request.form.get("rule", ""))
            count, words = audience.count(conn, rule, gateway.clock()), segments.words(rule, audience.known(conn))
        except BadInput as wrong:
            problem = str(wrong)
    return make_response(render_template("segment_count.html", count=count, words=words, problem=problem))


@pages.post("/segments")
@person_required
def save_segment() -> Response:
    """Keep a segment, new or changed."""
    gateway, form = the_gateway(), request.form
    revision = form.get("revision", "")
    wish = Wish(
        current_person().id,
        gateway.clock(),
        form.get("name", ""),
        form.get("rule", ""),
        form.get("id") or None,
        int(revision) if revision.isdigit() else None,
    )
    try:
        segments.save(gateway.database.writer, wish)
    except SmsgwError as error:
        return _listed(error)
    return redirect(url_for("pages.segments_page"), 303)


@pages.post("/segments/<id>/remove")
@person_required
def remove_segment(id: str) -> Response:
    """Take a segment away."""
    try:
        segments.remove(the_gateway().database.writer, id)
    except SmsgwError as error:
        return _listed(error)
    return redirect(url_for("pages.segments_page"), 303)


@pages.post("/groups")
@person_required
def add_group() -> Response:
    """Make an empty group."""
    gateway = the_gateway()
    try:
        groups.create(gateway.database.writer, request.form.get("group", ""), current_person().id, gateway.clock())
    except SmsgwError as error:
        return _listed(error)
    return redirect(url_for("pages.segments_page"), 303)
