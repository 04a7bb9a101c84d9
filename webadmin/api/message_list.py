"""List messages: what was, or is to be, sent; who asks for what came in is led to where that is listed."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Response, request

from smsgw.outbound import outbox

from ..context import the_gateway
from . import paging
from .carried import contents_of
from .messages import message_json, number_of, row_of
from .routes import PREFIX, answer, route
from .shapes import MessageFilter, MessagePage


@route("GET", "/messages", scope="messages:read", query=MessageFilter, answers={200: MessagePage, 307: None})
def messages(query: MessageFilter) -> Response:
    """List messages, newest first.

    With direction=inbound the answer is 307 and leads to the same question at /inbound.
    """
    customer = query.customer or query.contact
    if query.direction == "inbound":
        return _led_to_inbound(customer)
    gateway = the_gateway()
    to = None if query.to is None else number_of(query.to, "/to")
    wanted = outbox.Wanted(
        query.status, to, None, query.client_ref, query.since, query.until,
        sender=query.from_, campaign=query.campaign, customer=customer, words=query.q,
    )  # fmt: skip
    before = paging.after(query)
    with gateway.database.reading() as conn:
        rows = outbox.listing(conn, wanted, query.limit + 1, before)
        carried = contents_of(conn, [row.id for row in rows])
    links = gateway.network.links
    return paging.page(rows, query.limit, lambda row: message_json(row_of(row), links, carried.get(row.id)), before)


def _led_to_inbound(customer: str | None) -> Response:
    asked = {name: value for name, value in request.args.items() if name not in ("direction", "contact")}
    if customer is not None:
        asked["customer"] = customer
    where = f"{PREFIX}/inbound" + (f"?{urlencode(asked)}" if asked else "")
    return answer({"location": where}, 307, {"Location": where})
