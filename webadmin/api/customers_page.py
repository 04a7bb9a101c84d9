"""The link to a customer's own page over the API."""

from __future__ import annotations

from flask import Response

from smsgw.customers import customers, own_page

from ..context import the_gateway
from ..preference_links import own_page_of
from .consents_shapes import PreferencesLink
from .routes import answer, route


class OwnPageLink(PreferencesLink):
    """A signed link to a customer's own page."""


@route(
    "POST",
    "/customers/<id>/page",
    scope="customers:write",
    answers={200: OwnPageLink},
    errors=("not_found", "conflict"),
)
def own_page_link(id: str) -> Response:
    """Make a signed link to a customer's own page of orders and messages; it is good for 90 days."""
    with the_gateway().database.reading() as conn:
        number = own_page.number_of(customers.get(conn, id))
    return answer({"url": own_page_of(number)})
