"""The table of routes: each says once what it takes, answers and needs, next to its view.

The same line checks the requests and is printed in the OpenAPI document, so that the two cannot differ.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, Response, g, request
from pydantic import BaseModel
from pydantic_core import to_json

from smsgw.access.keys import Client

from ..context import here
from . import reading

PREFIX = "/api/v1"
View = Callable[..., Response]


@dataclass(frozen=True)
class Route:
    """One method at one address. path: with Flask's <placeholders>. scope: None for everybody.

    answers: a shape for each status. takes: the shape of the JSON body; query: the parameters' shape; they reach the
    view as `body` and `query`. bodies: for a view that reads the body itself, a shape or schema for each media type.
    errors: codes of the catalogue besides those that these fields imply. headers: what a request may carry.
    name: what this way to the view is called; by default as the view is, so only a second way needs one.
    files: media types of files in which the first answer may come, too; where it has no shape, in nothing else.
    """

    method: str
    path: str
    view: View
    summary: str
    scope: str | None
    answers: Mapping[int, type[BaseModel] | None]
    takes: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    bodies: Mapping[str, Any] = field(default_factory=dict)
    errors: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    name: str = ""
    files: tuple[str, ...] = ()

    @property
    def endpoint(self) -> str:
        """Flask's name for it."""
        return f"api.{self.operation}"

    @property
    def operation(self) -> str:
        """Its name in the OpenAPI document."""
        return self.name or self.view.__name__


ROUTES: list[Route] = []


def route(method: str, path: str, **told: Any) -> Callable[[View], View]:
    """Put a view into the table; path: under /api/v1, or from the root if it begins with //.

    The other arguments are Route's fields. The first line of the view's docstring is the summary.
    """

    def enter(view: View) -> View:
        summary = (view.__doc__ or "").strip().split("\n")[0].rstrip(".")
        whole = path[1:] if path.startswith("//") else PREFIX + path
        ROUTES.append(Route(method, whole, view, summary, **told))
        return view

    return enter


def install(app: Flask) -> None:
    """Serve every route that the imported modules put into the table."""
    for one in ROUTES:
        app.add_url_rule(one.path, one.endpoint, _entrance(one), methods=[one.method])


def _entrance(one: Route) -> View:
    """What stands before a view: who asks, may they, and is what they bring of the right shape."""

    def enter(**given: Any) -> Response:
        if one.scope is not None:
            g.client = here().clients.of(request, one.scope)
        if one.query is not None:
            given["query"] = reading.query_of(request, one.query)
        if one.takes is not None:
            given["body"] = reading.shaped(one.takes, reading.json_of(reading.body_of(request, reading.JSON)))
        return one.view(**given)

    return enter


def client() -> Client:
    """The client whose request is being answered."""
    known: Client = g.client
    return known


def answer(told: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer. Times become RFC 3339 in UTC with a Z."""
    return said(to_json(told), status, headers)


def said(raw: bytes | str, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer that is JSON already."""
    response = Response(raw, status, headers, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response
