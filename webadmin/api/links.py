"""Look at the links and how each is."""

from __future__ import annotations

from flask import Response

from smsgw.store import links as stored

from ..context import the_gateway
from .routes import answer, route
from .surroundings import LinkPage


@route("GET", "/links", scope="links:read", answers={200: LinkPage})
def links() -> Response:
    """List the links and how each is."""
    with the_gateway().database.reading() as conn:
        rows = stored.listing(conn)
    names = ("name", "kind", "health", "why", "facts", "since")
    return answer({"data": [{name: getattr(row, name) for name in names} for row in rows], "next_cursor": None})
