"""The signed link to somebody's own page of choices, as it stands in a text."""

from __future__ import annotations

from flask import url_for

from smsgw.customers.consent.changes import write
from smsgw.customers.consent.choice import token

from .context import the_gateway


def link_for(address: str) -> str:
    """The address of the page of choices of one person; good for 90 days."""
    gateway = the_gateway()
    written = write(gateway.database.writer, lambda conn: token(conn, address, gateway.clock()))
    base = gateway.config.web.public_url
    if base is not None:
        return base + url_for("pages.preferences", written=written)
    return url_for("pages.preferences", written=written, _external=True)
