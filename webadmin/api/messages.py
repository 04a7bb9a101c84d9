"""Send messages, look at them, take them back."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

from flask import Response, request
from pydantic import ValidationError
from pydantic_core import to_json
from werkzeug.http import parse_dict_header

from smsgw.access.idempotency import REF, Done, Wish, fingerprint, read_key
from smsgw.errors import BadInput, Fault, NotFound, RefusedByPolicy
from smsgw.outbound import outbox
from smsgw.outbound.submit import Accepted, Asked
from smsgw.store.lifecycle import MESSAGE
from smsgw.store.tables.types import AnyRow
from smsgw.text.number import read_number

from ..context import here, the_gateway
from . import paging, reading
from .routes import PREFIX, answer, client, route, said
from .shapes import EventPage, Message, MessageFilter, MessagePage, NewMessage

FURTHEST = timedelta(days=366)  # how far ahead send_at may be
LONGEST_WAIT = 30  # seconds of `Prefer: wait`
LOOKS = 0.1  # seconds between two looks at a message that somebody waits for
_SENDING: tuple[str, ...] = (
    "malformed_body",
    "unsupported_media_type",
    "body_too_large",
    "validation_failed",
    "idempotency_conflict",
)
_SENDING += ("idempotency_in_progress", "queue_full", "store_full", "store_unreachable")
_POLICY = ("client_ref_conflict", "recipient_opted_out", "duplicate_message", "no_route")


@route(
    "POST",
    "/messages",
    scope="messages:send",
    takes=NewMessage,
    answers={202: Message, 200: Message},
    errors=(*_SENDING, *_POLICY),
    headers={
        "Idempotency-Key": "Your name for this request: the same again within 24 hours is answered and not done again.",
        "Prefer": "wait=10 waits up to 10 (at most 30) seconds for the message's final state.",
    },
    raw={"application/json": NewMessage},
)
def send() -> Response:
    """Send a message; the answer comes when it is on disk.

    202 for a new message; 200 with the existing one when its client_ref was used for the same text and number.
    """
    written = reading.json_of(reading.body_of(request, reading.JSON))
    asked = read_message(written, client().id)
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return _sent(the_gateway().door.submit(asked))
    wish = Wish(client().id, read_key(key), fingerprint("POST /messages", written), the_gateway().clock())
    return once(wish, lambda ref: _done(asked if asked.client_ref else replace(asked, client_ref=ref)))


def _sent(accepted: Accepted) -> Response:
    row = accepted.row
    waited = _wait_for(row["id"])
    headers = {"Location": f"{PREFIX}/messages/{row['id']}"}
    if waited is not None:
        row, headers["Preference-Applied"] = waited
    return said(to_json(message_json(row)), 202 if accepted.created else 200, headers)


def _done(asked: Asked) -> Done:
    accepted = the_gateway().door.submit(asked)
    own = accepted.created or (asked.client_ref or "").startswith(REF)  # else it is an earlier request's message
    headers = {"Location": f"{PREFIX}/messages/{accepted.row['id']}"}
    return Done(202 if own else 200, {"headers": headers, "body": to_json(message_json(accepted.row)).decode()})


def once(wish: Wish, work: Any) -> Response:
    """Answer a request that carries an Idempotency-Key."""
    done = here().once.do(wish, work)
    headers = dict(done.answer["headers"])
    if done.replayed:
        headers["Idempotent-Replayed"] = "true"
    return said(done.answer["body"], done.status, headers)


def read_message(written: Any, client_id: str) -> Asked:
    """What a client wants sent. Raises BadInput with every fault: those of the shape, and those only the door sees."""
    try:
        shape = NewMessage.model_validate(written)
    except ValidationError as wrong:
        faults = reading.faults_of(wrong, NewMessage)
        raise BadInput(faults + _also_wrong(written, faults, client_id)) from wrong
    asked = asked_of(shape, client_id)
    now = the_gateway().clock()
    if asked.send_at is not None and asked.send_at > now + FURTHEST:
        late = [Fault("/send_at", "out_of_range", f"must be at most {FURTHEST.days} days ahead")]
        raise BadInput(late + _also_wrong(written, late, client_id))
    return asked


def asked_of(shape: NewMessage, client_id: str) -> Asked:
    """The door's words for a message's shape."""
    return Asked(
        to=shape.to,
        text=shape.text,
        client=client_id,
        sender=shape.from_,
        client_ref=shape.client_ref,
        priority=shape.priority,
        purpose=shape.purpose,
        send_at=shape.send_at,
        expires_in=shape.expires_in,
        link=shape.link,
        message_class=shape.message_class,
        max_parts=shape.max_parts,
        on_unsure=shape.on_unsure,
        reply_to=shape.reply_to,
        allow_duplicate=shape.allow_duplicate,
        metadata=shape.metadata,
    )


def _also_wrong(written: Any, faults: list[Fault], client_id: str) -> list[Fault]:
    """What the door would say about the fields that have no fault yet, so that all mistakes are told at once."""
    if not isinstance(written, dict):
        return []
    bad = {fault.pointer for fault in faults}
    good = {name: written[name] for name in ("to", "text", "from", "link", "max_parts") if name in written}
    good = {name: value for name, value in good.items() if f"/{name}" not in bad}
    asked = Asked(
        good.get("to", ""), good.get("text", "-"), client_id, good.get("from"), link=good.get("link"),
        max_parts=good.get("max_parts"),
    )  # fmt: skip
    try:
        the_gateway().door.read(asked)
    except (BadInput, RefusedByPolicy) as also:
        return [fault for fault in also.faults if fault.pointer not in bad]
    return []


def _wait_for(id: str) -> tuple[Mapping[str, Any], str] | None:
    """For `Prefer: wait=N` (RFC 7240 section 4.3): the row in its first final state, or as it is after N seconds."""
    wished = parse_dict_header(request.headers.get("Prefer", "")).get("wait") or ""
    if not wished.isdecimal() or not wished.isascii():
        return None
    seconds = min(int(wished[:9]), LONGEST_WAIT)
    if not here().waiters.acquire(blocking=False):
        return None  # as many wait as may: a wish, not an order
    try:
        return _final(id, time.monotonic() + seconds), f"wait={seconds}"
    finally:
        here().waiters.release()


def _final(id: str, deadline: float) -> Mapping[str, Any]:
    while True:
        with the_gateway().database.reading() as conn:
            row = outbox.get(conn, id)
        left = deadline - time.monotonic()
        if row.state in MESSAGE.final or left <= 0 or here().stopping.wait(min(LOOKS, left)):
            return row_of(row)


def row_of(row: AnyRow) -> Mapping[str, Any]:
    """A row by the names of its columns."""
    return cast(Mapping[str, Any], row._mapping)


def message_json(row: Mapping[str, Any]) -> dict[str, Any]:
    """A message's row as the API shows it: shapes.Message."""
    ref = row["client_ref"]
    return {
        "id": row["id"],
        "direction": "outbound",
        "status": row["state"],
        "to": row["recipient"],
        "from": row["sender"],
        "text": row["text"],
        "encoding": row["encoding"],
        "parts": row["parts"],
        "client_ref": None if ref is None or ref.startswith(REF) else ref,
        "link": row["link"],
        "priority": row["priority"],
        "purpose": row["purpose"],
        "message_class": row["message_class"],
        "on_unsure": row["on_unsure"],
        "reply_to": row["reply_to"],
        "why": row["why"],
        "trace": row["trace"],
        "created_at": row["created_at"],
        "due_at": row["due_at"],
        "valid_until": row["valid_until"],
        "sent_at": row["sent_at"],
        "final_at": row["final_at"],
        "attempts": row["attempts"],
        "metadata": row["metadata"] or {},
    }


@route(
    "GET",
    "/messages",
    scope="messages:read",
    query=MessageFilter,
    answers={200: MessagePage},
    errors=("validation_failed",),
)
def messages(query: MessageFilter) -> Response:
    """List messages, newest first."""
    gateway = the_gateway()
    to = None if query.to is None else number_of(query.to, "/to")
    wanted = outbox.Wanted(query.status, to, None, query.client_ref, query.since, query.until)
    before = paging.after(query)
    with gateway.database.reading() as conn:
        rows = outbox.listing(conn, wanted, query.limit + 1, before)
    return paging.page(rows, query.limit, lambda row: message_json(row_of(row)))


def number_of(written: str, pointer: str) -> str:
    """The one spelling of a number. Raises BadInput at `pointer`."""
    try:
        return read_number(written, the_gateway().config.sending.region)
    except BadInput as wrong:
        raise BadInput([Fault(pointer, fault.code, fault.detail) for fault in wrong.faults]) from wrong


def _known(id: str) -> str:
    if not paging.looks_like(id, "msg"):
        raise NotFound(f"there is no message {id[:60]}", hint="ids look like msg_01JD…; GET /messages lists them")
    return id


@route("GET", "/messages/<id>", scope="messages:read", answers={200: Message}, errors=("not_found",))
def message(id: str) -> Response:
    """Show a message."""
    with the_gateway().database.reading() as conn:
        return answer(message_json(row_of(outbox.get(conn, _known(id)))))


@route("GET", "/messages/<id>/events", scope="messages:read", answers={200: EventPage}, errors=("not_found",))
def events(id: str) -> Response:
    """Tell what happened to a message, oldest first."""
    with the_gateway().database.reading() as conn:
        outbox.get(conn, _known(id))
        rows = outbox.events(conn, [id])
    names = ("event", "was", "now", "why", "by", "at")
    return answer({"data": [{name: getattr(row, name) for name in names} for row in rows], "next_cursor": None})


@route(
    "POST",
    "/messages/<id>/cancel",
    scope="messages:send",
    answers={200: Message},
    errors=("not_found", "already_final", "already_sending"),
)
def cancel(id: str) -> Response:
    """Take a message back, if it is not on its way yet."""
    gateway = the_gateway()
    outbox.cancel(gateway.database.writer, outbox.Cancelled(_known(id), client().id, gateway.clock()))
    return message(id)
