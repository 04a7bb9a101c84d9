"""The stream of events for pages: the same as the API's, for people who are logged in."""

from __future__ import annotations

from flask import Response, request
from sqlalchemy import Connection

from smsgw.access import accounts
from smsgw.errors import Unauthenticated
from smsgw.webhooks.events import TYPES, check_patterns, types_of

from ..api.event_stream import last_heard, stream
from ..auth import COOKIE, current_person, person_required
from ..context import the_gateway
from .blueprint import pages
from .permits import may_hear


@pages.get("/events")
@person_required
def event_stream() -> Response:
    """What happens, as it happens: ?events=message.*,inbound.received, all of it by default.

    ?brief=yes tells only that something happened: static/live.js then asks for its page.
    """
    person = current_person()
    visible = frozenset(kind for kind in TYPES if may_hear(person.role, kind))
    patterns = [one for one in request.args.get("events", "*").split(",") if one]
    types = types_of(check_patterns(patterns)) & visible
    token, gateway = request.cookies[COOKIE], the_gateway()

    def may(conn: Connection) -> bool:
        try:
            return accounts.whose(conn, token, gateway.clock()).role == person.role
        except Unauthenticated:
            return False

    last = last_heard(request.args.get("last_event_id", type=int))
    return stream(str(person.id), types, last, may, brief="brief" in request.args)
