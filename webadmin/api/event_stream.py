"""What happens, as it happens: GET /events, a stream that can be taken up again where it broke off.

Here it is decided who hears what; the stream itself is the front's (see streams.py). A server that is not ours, which
has no front, answers with what there is and ends: clients of text/event-stream come back by themselves.
"""

from __future__ import annotations

from collections.abc import Callable

from flask import Response, request
from pydantic import Field
from sqlalchemy import Connection

from smsgw.access import keys
from smsgw.errors import BadInput, Fault, Forbidden
from smsgw.webhooks.events import TYPES, check_patterns, types_of

from .. import streams
from ..context import here, the_gateway
from ..streams import STREAM, Listener
from .routes import client, route
from .shapes import Shape, Words

SCOPE_OF = {
    "message": "messages:read",
    "inbound": "messages:read",
    "call": "messages:read",
    "link": "links:read",
    "order": "orders:read",
    "inquiry": "inquiries:read",
    "answer_topic": "inquiries:read",
    "auto_answer": "inquiries:read",
    "correction": "inquiries:read",
    "survey": "surveys:read",
    "participant": "surveys:read",
    "campaign": "campaigns:read",
    "customer": "customers:read",
    "customer_import": "customers:read",
    "consent": "consents:read",
    "conversation": "conversations:read",
    "alert": "money:read",
    "webhook": "webhooks:manage",
}
"""The scope that a key needs to hear of a kind of record; for what is not here, admin:*."""


class EventFilter(Shape):
    """Which events to hear."""

    events: Words = Field(
        "*",
        max_length=2000,
        description="Names such as message.delivered, message.* for all of a message, * for all that the key may see; "
        "several with commas between.",
    )
    last_event_id: int | None = Field(
        None, ge=0, le=2**62, description="The same as the header Last-Event-ID, for those who cannot send headers."
    )


@route(
    "GET",
    "/events",
    scope=keys.ANY,
    query=EventFilter,
    answers={200: None},
    files=("text/event-stream",),
    errors=("too_many_streams",),
    headers={"Last-Event-ID": "The id of the last event that you heard: what happened since then, for at most a day."},
)
def event_stream(query: EventFilter) -> Response:
    """Hear what happens, as it happens: a stream (text/event-stream) of the events that webhooks are told.

    Each event has the JSON of a webhook's as its data, and an id. Who comes back with the header Last-Event-ID hears
    everything since that event, for 24 hours; an event stream.gap says that some of it was too long ago. A line that
    begins with a colon comes every 15 seconds and says that the stream lives.
    """
    mine = client()
    visible = frozenset(kind for kind in TYPES if mine.may(SCOPE_OF.get(kind.partition(".")[0], "admin:*")))
    types = _wanted(query.events, visible)
    return stream(str(mine.id), types, last_heard(query.last_event_id), lambda conn: keys.stands(conn, str(mine.id)))


def stream(
    who: str, types: frozenset[str], last: int | None, may: Callable[[Connection], bool], brief: bool = False
) -> Response:
    """Answer with a stream of these events. last: the id of the last one that was heard; None: from now on.

    may: is asked now and then whether who listens still may. brief: tell only that there is news, and of which types.
    Raises TooManyStreams.
    """
    gateway = the_gateway()
    with gateway.database.reading() as conn:
        upto, gap = streams.place(conn, last, gateway.clock())
    response = Response(mimetype="text/event-stream", headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
    become = request.environ.get(STREAM)
    if request.method == "HEAD":
        return response
    begin = streams.gap(gateway.clock()) if gap else b""
    if become is None:
        with gateway.database.reading() as conn:
            lines = streams.lines_of(conn, types, upto, upto + streams.PIECE)
            told = streams.news(lines, types) if brief else b"".join(each for _, each in streams.told_of(conn, lines))
        response.set_data(streams.BEGIN + begin + told)
        return response
    here().streams.admit(who)
    become(Listener(who, types, upto, may, begin, brief), here().streams.leave)
    return response


def _wanted(patterns: str, visible: frozenset[str]) -> frozenset[str]:
    """The events that are asked for and may be heard. Raises BadInput, Forbidden when there are none."""
    try:
        asked = types_of(check_patterns([one.strip() for one in patterns.split(",") if one.strip()]))
    except BadInput as wrong:
        raise BadInput([Fault("/events", fault.code, fault.detail) for fault in wrong.faults]) from wrong
    if not asked & visible:
        needs = sorted({SCOPE_OF.get(kind.partition(".")[0], "admin:*") for kind in asked})
        raise Forbidden(
            f"to hear of this a key needs {' or '.join(needs)}; the key {client().name!r} has "
            f"{' '.join(sorted(client().scopes))}",
            hint="make another key: smsgw key create NAME --scopes …",
        )
    return asked & visible


def last_heard(told: int | None) -> int | None:
    """The last event that was heard, by the header or, where there is none, by the query. Raises BadInput."""
    given = request.headers.get("Last-Event-ID", "").strip()
    if not given:
        return told
    if not given.isascii() or not given.isdigit() or len(given) > 18:
        says = "a Last-Event-ID is the id of an event that was heard, a whole number"
        raise BadInput([Fault("/last_event_id", "wrong_form", says)])
    return int(given)
