"""The signed links to somebody's page of choices and to their own page, as they stand in a text."""

from __future__ import annotations

from typing import Any

from flask import url_for

from smsgw.customers import own_page
from smsgw.customers.consent.changes import write
from smsgw.customers.consent.choice import token

from .context import the_gateway


def link_for(address: str) -> str:
    """The address of the page of choices of one person; good for 90 days."""
    gateway = the_gateway()
    written = write(gateway.database.writer, lambda conn: token(conn, address, gateway.clock()))
    return whole_address("pages.preferences", written=written)


def own_page_of(address: str) -> str:
    """The address of one person's own page; good for 90 days."""
    gateway = the_gateway()
    written = gateway.database.writer.do(own_page.token_step, (address, gateway.clock()))
    return whole_address("pages.own_page", written=written)


def whole_address(endpoint: str, **values: Any) -> str:
    """The address of a page as people outside must have it; values: what stands in it."""
    base = the_gateway().config.web.public_url
    if base is not None:
        return base + url_for(endpoint, **values)
    return url_for(endpoint, **values, _external=True)
