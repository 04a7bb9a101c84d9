"""Send one message; perhaps wait for what becomes of it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from flask import Response, request
from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_json
from werkzeug.http import parse_dict_header

from smsgw.access.idempotency import REF, Done, Wish, fingerprint, read_key
from smsgw.errors import BadInput, Fault, RefusedByPolicy
from smsgw.link import Abilities
from smsgw.outbound import outbox
from smsgw.outbound.submit import Asked
from smsgw.store.lifecycle import MESSAGE
from smsgw.text.preview import cheapened

from ..context import here, the_gateway
from . import reading
from .carried import MAKING, content_of, contents_of, is_content
from .messages import message_json, row_of
from .refusals import BUSY, POLICY
from .routes import KEY_HEADER, PREFIX, client, repeated, route
from .shapes import Message, NewMessage
from .templated import is_templated, worded

FURTHEST = timedelta(days=366)  # how far ahead send_at may be
LONGEST_WAIT = 30  # seconds of `Prefer: wait`
LOOKS = 0.1  # seconds between two looks at a message that somebody waits for
_KEYS = re.compile(rb'"[ \t\r\n]*:')
_LIST = TypeAdapter(list[NewMessage])
ONCE = ("idempotency_conflict", "idempotency_in_progress")


@route(
    "POST",
    "/messages",
    scope="messages:send",
    bodies={reading.JSON: NewMessage},
    answers={202: Message, 200: Message},
    errors=(*POLICY, *ONCE, *BUSY),
    headers=KEY_HEADER | {"Prefer": "wait=10 waits up to 10 (at most 30) seconds for the message's first final state."},
)
def send() -> Response:
    """Send a message; the answer comes when it is on disk.

    202 for a new message; 200 with the existing one when its client_ref was used for the same text and number.
    """
    written = reading.json_of(reading.body_of(request, reading.JSON))
    asked = read_message(written, client().id)
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return repeated(_send(asked))
    wish = Wish(client().id, read_key(key), fingerprint("POST /messages", written), the_gateway().clock())
    return once(wish, lambda ref: _send(asked if asked.client_ref else replace(asked, client_ref=ref)))


def _send(asked: Asked) -> Done:
    """Send a message and perhaps wait for it."""
    here().quotas.send(client())
    accepted = the_gateway().door.submit(asked)
    own = accepted.created or (asked.client_ref or "").startswith(REF)  # else it is an earlier request's message
    row = accepted.row
    headers = {"Location": f"{PREFIX}/messages/{row['id']}"}
    waited = _wait_for(row["id"])
    if waited is not None:
        row, headers["Preference-Applied"] = waited
    carried = None
    if asked.content is not None:
        with the_gateway().database.reading() as conn:
            carried = contents_of(conn, [row["id"]]).get(row["id"])
    return Done(202 if own else 200, {"headers": headers, "body": to_json(message_json(row, carried)).decode()})


def once(wish: Wish, work: Callable[[str], Done]) -> Response:
    """Answer a request that carries an Idempotency-Key."""
    return repeated(here().once.do(wish, work))


def read_message(written: Any, client_id: str, ref: str | None = None) -> Asked:
    """What a client wants sent; ref: its client_ref if it has none.

    written: JSON, or a shape from `plain_messages`. Raises BadInput with every fault: those of the shape, and those
    only the door sees.
    """
    try:
        shape = NewMessage.model_validate(written)
    except ValidationError as wrong:
        faults = reading.faults_of(wrong, NewMessage)
        raise BadInput(faults + _also_wrong(written, faults, client_id)) from wrong
    if is_templated(shape):
        [told] = worded([shape])
        if isinstance(told, BadInput):
            raise told
        shape = told
    asked = asked_of(shape, client_id, ref)
    now = the_gateway().clock()
    if asked.send_at is not None and asked.send_at > now + FURTHEST:
        late = [Fault("/send_at", "out_of_range", f"must be at most {FURTHEST.days} days ahead")]
        raise BadInput(late + _also_wrong(written, late, client_id))
    return asked


def plain_message(raw: bytes, client_id: str, now: datetime) -> Asked | None:
    """What a client wants sent, in one go; None when `json_of` and `read_message` must look and tell the faults."""
    try:
        shape = NewMessage.model_validate_json(raw)
    except ValidationError:
        return None
    return asked_of(shape, client_id, None) if not is_templated(shape) and _are_plain(raw, [shape], now) else None


def plain_messages(raw: bytes, now: datetime) -> list[NewMessage] | None:
    """The same for a list of messages, which `read_message` takes as they are."""
    try:
        shapes = _LIST.validate_json(raw)
    except ValidationError:
        return None
    return shapes if _are_plain(raw, shapes, now) else None


def _are_plain(raw: bytes, shapes: list[NewMessage], now: datetime) -> bool:
    """Whether the careful reader would have found no fault either.

    pydantic's reader of JSON takes a key that is there twice. Every key ends with a quotation mark and a colon, so
    these are counted: where there are more of them than different keys, the careful reader decides.
    """
    if b'\\"' in raw or any(shape.send_at is not None and shape.send_at > now + FURTHEST for shape in shapes):
        return False
    if any(is_content(shape) or "@" in shape.to for shape in shapes):  # what must be looked up, or even fetched
        return False
    keys = sum([len(shape.model_fields_set) + len(shape.metadata or ()) + len(shape.vars or ()) for shape in shapes])
    return len(_KEYS.findall(raw)) == keys


def asked_of(shape: NewMessage, client_id: str, ref: str | None) -> Asked:
    """What a shape without faults wants sent; ref: its client_ref if it has none. Raises BadInput for its content."""
    text = cheapened(shape.text, Abilities()) if shape.transliterate and shape.text else shape.text
    content = content_of(shape, text)
    return Asked(
        to=shape.to,
        text=text if content is None else "",
        content=content,
        client=client_id,
        sender=shape.from_,
        client_ref=shape.client_ref or ref,
        priority=shape.priority,
        purpose=shape.purpose,
        category=shape.category,
        send_at=shape.send_at,
        expires_in=shape.expires_in,
        link=shape.link,
        message_class=shape.message_class,
        max_parts=shape.max_parts or shape.max_segments,
        on_unsure=shape.on_unsure,
        reply_to=shape.reply_to,
        allow_duplicate=shape.allow_duplicate,
        metadata=shape.metadata,
        data=shape.data if shape.data_hex is None else shape.data_hex,
        ports=None if shape.ports is None else (shape.ports.to, shape.ports.from_),
    )


def _also_wrong(written: Any, faults: list[Fault], client_id: str) -> list[Fault]:
    """What the door would say about the fields that have no fault yet, so that all mistakes are told at once."""
    bad = {fault.pointer for fault in faults}
    if "" in bad:  # it could not be looked at at all
        return []
    good = {name: written[name] for name in ("to", "text", "from", "link", "max_parts") if name in written}
    good = {name: value for name, value in good.items() if f"/{name}" not in bad}
    unsaid = "-" if written.keys() & {"text", "data", "data_hex", "template", *MAKING} else ""
    asked = Asked(
        good.get("to", ""), good.get("text", unsaid), client_id, good.get("from"), link=good.get("link"),
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
