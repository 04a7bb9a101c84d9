"""Send one message; perhaps wait for what becomes of it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import Response, request
from pydantic_core import to_json
from werkzeug.http import parse_dict_header

from smsgw.access.idempotency import REF, Done, Wish, fingerprint, read_key
from smsgw.errors import BadInput
from smsgw.outbound import outbox
from smsgw.outbound.submit import Asked
from smsgw.store.lifecycle import MESSAGE

from ..context import here, the_gateway
from . import reading
from .batch import each_of
from .carried import contents_of
from .messages import message_json, row_of
from .refusals import BUSY, ONCE, POLICY
from .routes import KEY_HEADER, PREFIX, client, once, repeated, route, said
from .shapes import Message, NewMessages, Sent, Wanted
from .wished import read_message, too_late

LONGEST_WAIT = 30  # seconds of `Prefer: wait`
LOOKS = 0.1  # seconds between two looks at a message that somebody waits for


@route(
    "POST",
    "/messages",
    scope="messages:send",
    bodies={reading.JSON: Wanted},
    answers={202: Sent, 200: Message},
    errors=(*POLICY, *ONCE, *BUSY),
    headers=KEY_HEADER | {"Prefer": "wait=10 waits up to 10 (at most 30) seconds for the message's first final state."},
)
def send() -> Response:
    """Send a message; the answer comes when it is on disk.

    202 for a new message; 200 with the existing one when its client_ref was used for the same text and number. Where
    `to` is a list, everybody in it gets a message, and the answer is that of a batch: what became of each.
    """
    written = reading.json_of(reading.body_of(request, reading.JSON))
    key = request.headers.get("Idempotency-Key")
    if isinstance(written, dict) and isinstance(written.get("to"), list):
        return _send_to_each(written, key)
    asked = read_message(written, client().id)
    if key is None:
        return repeated(_send(asked))
    wish = Wish(client().id, read_key(key), fingerprint("POST /messages", written), the_gateway().clock())
    return once(wish, lambda ref: _send(asked if asked.client_ref else replace(asked, client_ref=ref)))


def _send_to_each(written: dict[str, Any], key: str | None) -> Response:
    """Send the same to everybody in `to`; what is wrong with more than a number refuses the whole."""
    wanted = reading.shaped(NewMessages, written)
    if late := too_late(wanted.send_at):
        raise BadInput(late)
    if key is None:
        return said(each_of(wanted, None), 202)
    wish = Wish(client().id, read_key(key), fingerprint("POST /messages", written), the_gateway().clock())
    return once(wish, lambda ref: Done(202, {"headers": {}, "body": each_of(wanted, ref).decode()}))


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
    told = message_json(row, the_gateway().network.links, carried)
    return Done(202 if own else 200, {"headers": headers, "body": to_json(told).decode()})


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
