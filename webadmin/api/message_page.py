"""The pages that show messages: who came, taking a link back, and keeping what it shows for a claim."""

from __future__ import annotations

from flask import Response

from smsgw.errors import NotFound
from smsgw.media import pages

from ..context import the_gateway
from .carried import contents_of
from .media_shapes import PageHold, PageSeen
from .routes import answer, client, route

AT = "/messages/<id>/page"


@route("GET", AT, scope="messages:read", answers={200: PageSeen}, errors=("not_found",))
def page_of_message(id: str) -> Response:
    """Show who came to the page of a message."""
    with the_gateway().database.reading() as conn:
        page = contents_of(conn, [id]).get(id, {}).get("page")
    if page is None:
        raise NotFound(f"{id[:60]} has no page: it went as an MMS or as a plain text")
    return answer(page)


@route("DELETE", AT, scope="messages:send", answers={200: PageSeen}, errors=("not_found",), audited="page.revoked")
def revoke_page(id: str) -> Response:
    """Take the link to a page back: from now on it leads nowhere, and tells nobody that it ever did."""
    gateway = the_gateway()
    pages.take_back(gateway.database.writer, id, client().id, gateway.clock())
    return page_of_message(id)


@route(
    "PUT",
    f"{AT}/hold",
    scope="messages:send",
    takes=PageHold,
    answers={200: PageSeen},
    errors=("not_found",),
    audited="page.held",
)
def hold_page(id: str, body: PageHold) -> Response:
    """Keep what a page shows behind its end (a legal hold), or no longer."""
    gateway = the_gateway()
    pages.hold(gateway.database.writer, id, body.why, client().id, gateway.clock())
    return page_of_message(id)
