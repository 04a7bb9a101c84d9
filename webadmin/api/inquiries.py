"""Inquiries over the API: look at them, give them to people, answer and close them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Response, request
from sqlalchemy import Connection, select

from smsgw.access.idempotency import Done, Wish, fingerprint, read_key
from smsgw.errors import NotFound
from smsgw.inbound.inquiries import answers, inquiries, replying, written_down
from smsgw.inbound.inquiries.inquiries import Assignment, Closing, Wanted
from smsgw.inbound.inquiries.replying import Reply
from smsgw.store.tables import inbound, message
from smsgw.store.tables import inquiry as stored
from smsgw.store.tables.inquiries import PRIORITIES
from smsgw.store.tables.types import AnyRow

from ..context import the_gateway
from . import paging
from .inquiries_shapes import (
    Inquiry,
    InquiryChange,
    InquiryFilter,
    InquiryPage,
    NewClosing,
    NewInquiry,
    NewReply,
    Replied,
    WholeInquiry,
)
from .matching import hold
from .messages import number_of
from .refusals import BUSY, ONCE, POLICY
from .routes import KEY_HEADER, PREFIX, answer, client, once, route

READ, WRITE = "inquiries:read", "inquiries:write"


def inquiry_json(row: AnyRow, now: datetime) -> dict[str, Any]:
    """An inquiry's row as the API shows it: inquiries_shapes.Inquiry."""
    return {
        "id": row.id,
        "status": row.state,
        "why": row.why,
        "from": row.address,
        "topic": row.topic,
        "priority": PRIORITIES[row.priority],
        "assigned_to": row.assigned_to,
        "language": row.language,
        "about": row.about,
        "opened_at": row.opened_at,
        "due_at": row.due_at,
        "overdue": row.state == "open" and row.due_at < now,
        "answered_at": row.answered_at,
        "closed_at": row.closed_at,
        "closed_for": row.closed_for,
        "proposal": row.proposal,
    }


def known(id: str, prefix: str = "inq", what: str = "inquiry", where: str = "/inquiries") -> str:
    """The id, if it can be one. Raises NotFound."""
    if not paging.looks_like(id, prefix):
        raise NotFound(f"there is no {what} {id[:60]}", hint=f"GET {PREFIX}{where} lists them")
    return id


def whole(conn: Connection, id: str, now: datetime) -> dict[str, Any]:
    """An inquiry with its texts: inquiries_shapes.WholeInquiry. Raises NotFound."""
    row = inquiries.require(conn, id)
    told = inquiries.texts(conn, [id])[id]
    words: dict[str, str] = {}
    for table in (inbound, message):
        query = select(table.c.id, table.c.text).where(table.c.id.in_([one.text_id for one in told]))
        words |= {one.id: one.text for one in conn.execute(query)}
    proposed = answers.proposed(conn, [one.text_id for one in told if not one.mine])
    return inquiry_json(row, now) | {
        "texts": [
            {"id": one.text_id, "mine": one.mine, "at": one.at, "text": words.get(one.text_id, "")} for one in told
        ],
        "proposed_answer": None if proposed is None else proposed.text,
    }


def _shown(id: str) -> Response:
    gateway = the_gateway()
    with gateway.database.reading() as conn:
        return answer(inquiry_json(inquiries.require(conn, id), gateway.clock()))


@route("GET", "/inquiries", scope=READ, query=InquiryFilter, answers={200: InquiryPage})
def list_inquiries(query: InquiryFilter) -> Response:
    """List inquiries: newest first, or as a queue."""
    gateway = the_gateway()
    now = gateway.clock()
    number = None if query.from_ is None else number_of(query.from_, "/from")
    overdue = now if query.overdue else None
    wanted = Wanted(query.status, query.topic, query.assigned_to, number, overdue, paging.after(query))
    with gateway.database.reading() as conn:
        if query.queue:
            rows = inquiries.queue(conn, wanted, query.limit)
        else:
            rows = inquiries.listing(conn, wanted, query.limit + 1)
    return paging.page(rows, query.limit, lambda row: inquiry_json(row, now), paging.after(query))


@route("POST", "/inquiries", scope=WRITE, takes=NewInquiry, answers={201: Inquiry}, errors=("conflict",))
def write_inquiry_down(body: NewInquiry) -> Response:
    """Write a question down that no text asked: by phone, or in the shop.

    An answered one of the same topic is opened again by it.
    """
    gateway = the_gateway()
    told = written_down.Told(
        number_of(body.from_, "/from"), body.topic, body.text, client().id, gateway.clock(),
        gateway.config.orders.language, body.language, body.priority, body.assigned_to,
    )  # fmt: skip
    id = written_down.write_down(gateway.database.writer, gateway.promise, told)
    with gateway.database.reading() as conn:
        shown = inquiry_json(inquiries.require(conn, id), gateway.clock())
    return answer(shown, 201, {"Location": f"{PREFIX}/inquiries/{id}"})


def _written(conn: Connection, id: str) -> dict[str, Any]:
    """What If-Match compares, and nobody changes until the transaction ends."""
    hold(conn, stored.c.id, known(id))
    row = inquiries.require(conn, id)
    return inquiry_json(row, row.opened_at)


@route("GET", "/inquiries/<id>", scope=READ, answers={200: WholeInquiry}, errors=("not_found",), written=_written)
def inquiry(id: str) -> Response:
    """Show an inquiry with its texts and the answer that is proposed."""
    gateway = the_gateway()
    with gateway.database.reading() as conn:
        return answer(whole(conn, known(id), gateway.clock()))


@route(
    "PATCH",
    "/inquiries/<id>",
    scope=WRITE,
    takes=InquiryChange,
    answers={200: Inquiry},
    errors=("not_found", "conflict"),
)
def change_inquiry(id: str, body: InquiryChange) -> Response:
    """Give an inquiry to somebody, or change how urgent it is or what it is about."""
    gateway = the_gateway()
    wish = Assignment(known(id), client().id, body.why, gateway.clock(), body.assigned_to, body.priority, body.topic)
    inquiries.assign(gateway.database.writer, gateway.promise, wish)
    return _shown(id)


@route(
    "POST",
    "/inquiries/<id>/answer",
    scope=WRITE,
    takes=NewReply,
    answers={202: Replied},
    errors=("not_found", "conflict", *POLICY, *ONCE, *BUSY),
    headers=KEY_HEADER,
)
def answer_inquiry(id: str, body: NewReply) -> Response:
    """Answer an inquiry: the customer gets a text, and what was asked is handled."""
    gateway = the_gateway()
    key = request.headers.get("Idempotency-Key")
    wish = Reply(known(id), client().id, gateway.clock(), body.text, body.use, body.client_ref, body.close)
    if key is None:
        return answer(_replied(wish), 202)
    told = fingerprint(f"POST /inquiries/{id}/answer", body.model_dump(mode="json"))
    return once(Wish(client().id, read_key(key), told, wish.at), lambda ref: _done(wish, ref))


def _done(wish: Reply, ref: str) -> Done:
    named = wish if wish.client_ref else Reply(wish.id, wish.by, wish.at, wish.text, wish.use, ref, wish.closing)
    body = answer(_replied(named)).get_data(as_text=True)
    return Done(202, {"headers": {}, "body": body})


def _replied(wish: Reply) -> dict[str, Any]:
    gateway = the_gateway()
    id = replying.answer(gateway.database, gateway.door, gateway.promise.business, wish)
    with gateway.database.reading() as conn:
        return {"message": id, "inquiry": inquiry_json(inquiries.require(conn, wish.id), wish.at)}


@route(
    "POST",
    "/inquiries/<id>/close",
    scope=WRITE,
    takes=NewClosing,
    answers={200: Inquiry},
    errors=("not_found", "conflict"),
)
def close_inquiry(id: str, body: NewClosing) -> Response:
    """Close an inquiry with a reason; its texts are handled."""
    gateway = the_gateway()
    inquiries.close(gateway.database.writer, Closing(known(id), body.reason, client().id, body.why, gateway.clock()))
    return _shown(id)
