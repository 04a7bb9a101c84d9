"""A URL that a message brings along is told what becomes of that message: `status_webhook`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from flask import current_app

from smsgw.errors import BadInput, Fault
from smsgw.webhooks import clients
from smsgw.webhooks.addresses import read_url
from smsgw.webhooks.dialects import NATIVE
from smsgw.webhooks.dialects.event import PLACE

from ..context import the_gateway
from .webhooks import allowed


def told_back(metadata: Mapping[str, str] | None, url: str | None, client_id: str) -> Mapping[str, Any] | None:
    """What is kept with a message: the client's own metadata, and who is to be told.

    Raises BadInput at /status_webhook for a URL that may not be called.
    """
    if url is None:
        return metadata
    gateway = the_gateway()
    ensure = partial(clients.callback, gateway.database.writer, client_id, url, allowed(), gateway.clock())
    try:
        read_url(url)
        where = current_app.extensions["doors"].called(client_id, url, ensure)  # as a dlr-url and a StatusCallback are
    except BadInput as wrong:
        raise BadInput([Fault("/status_webhook", one.code, one.detail) for one in wrong.faults]) from wrong
    return {**(metadata or {}), PLACE: {"dialect": NATIVE, "url": url, "origin": where}}
