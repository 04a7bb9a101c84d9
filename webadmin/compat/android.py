"""The door of the SMS Gateway for Android: /3rdparty/v1 (messages, webhooks, devices, inbox, health), old bodies too.

A link is shown as a device. One of its messages may have several recipients: here each is a message of its own, and
they are found again by the client's id in their client_ref.
"""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, request
from pydantic_core import to_json
from sqlalchemy import func, select

from smsgw.access.keys import Client
from smsgw.errors import BadInput, Conflict, Fault, NotFound, SmsgwError
from smsgw.outbound import outbox
from smsgw.store.tables import message
from smsgw.webhooks.dialects.android import REF, written
from smsgw.webhooks.dialects.words import STATES

from ..api.reading import json_of
from ..context import the_gateway
from .android_contents import content_of
from .errors import said_of
from .sending import READ, SEND, Wish, enter, send

door = Blueprint("android", __name__, url_prefix="/3rdparty/v1")
local = Blueprint("android_local", __name__)  # as a phone serves it itself, without a server between
MOST_RECIPIENTS, MOST_LISTED, USUAL = 100, 100, 50
_ID = re.compile(r"[A-Za-z0-9_.-]{1,36}")
_ORDER = ("Pending", "Processed", "Sent", "Delivered")


def said(told: Any, status: int = 200) -> Response:
    """A JSON answer."""
    return Response(to_json(told), status, mimetype="application/json")


@door.errorhandler(Exception)
@local.errorhandler(Exception)
def _wrong(error: Exception) -> Response:
    table, problem = said_of(error)
    response = said({"message": problem.detail, "code": table.android}, table.android)
    if problem.retry_after is not None:
        response.headers["Retry-After"] = str(problem.retry_after)
    if table.android == 401:
        response.headers["WWW-Authenticate"] = 'Basic realm="smsgw"'
    return response


@door.route("/<path:rest>", methods=["GET", "POST", "PUT", "DELETE", "PATCH"])
def _unknown(rest: str) -> Response:
    raise NotFound(f"there is nothing at {rest[:100]}")


def who(scope: str) -> Client:
    """The client of this request: Basic, or Bearer."""
    given = request.authorization
    if given is None:
        return enter(scope)
    if given.type == "bearer":
        return enter(scope, given.token)
    return enter(scope, given.password, given.username if not given.password else None)


def body() -> dict[str, Any]:
    """The JSON object of a request. Raises MalformedBody, BadInput."""
    told = json_of(request.get_data())
    if not isinstance(told, dict):
        raise wrong("", "the body must be a JSON object")
    return told


def wrong(pointer: str, says: str, code: str = "validation_failed") -> BadInput:
    """One fault."""
    return BadInput([Fault(pointer, code, says)])


@door.post("/messages")
@door.post("/message")
@local.post("/message")
def create() -> Response:
    """Send a message to its recipients; the id is the client's own, or one is made."""
    client, told = who(SEND), body()
    numbers = told.get("phoneNumbers")
    if not isinstance(numbers, list) or not numbers or not all(isinstance(one, str) for one in numbers):
        raise wrong("/phoneNumbers", "say whom it goes to, as a list of numbers", "recipient_missing")
    if len(numbers) > MOST_RECIPIENTS:
        raise wrong("/phoneNumbers", f"a message has at most {MOST_RECIPIENTS} recipients")
    if told.get("isEncrypted"):
        raise wrong("/isEncrypted", "this gateway must read a text to send it: switch the encryption off")
    id = told.get("id") or secrets.token_urlsafe(15)
    if not isinstance(id, str) or not _ID.fullmatch(id):
        raise wrong("/id", "an id has at most 36 plain letters, digits and ._-")
    if told.get("id") and _rows(client, id):
        raise Conflict(f"the message {id} is there already", code="conflict")
    wish = _wish(told)
    refused: list[tuple[str, SmsgwError]] = []
    for place, to in enumerate(numbers, 1):
        try:
            send(client, "android", _for(wish, to, f"{REF}{id}:{place}"))
        except SmsgwError as problem:
            refused.append((to, problem))
    if len(refused) == len(numbers):
        raise refused[0][1]
    return said(_shown(id, _rows(client, id), [(to, str(problem)) for to, problem in refused]), 202)


def _for(wish: Wish, to: str, ref: str) -> Wish:
    return Wish(to, wish.text, data=wish.data, ports=wish.ports, expires_in=wish.expires_in, priority=wish.priority,
                ref=ref, link=wish.link, content=wish.content)  # fmt: skip


def _wish(told: Mapping[str, Any]) -> Wish:
    text, data, ports = _contents(told)
    mms = told.get("mmsMessage")
    device = told.get("deviceId")
    return Wish(
        to="",
        text=text,
        data=data,
        ports=ports,
        expires_in=_lasts(told),
        priority=_priority(told.get("priority")),
        link=device if isinstance(device, str) else None,
        content=None if mms is None else content_of(mms),
    )


def _contents(told: Mapping[str, Any]) -> tuple[str, bytes | None, tuple[int, int] | None]:
    """The text, or octets and their ports. Raises BadInput."""
    packed = told.get("dataMessage")
    if isinstance(packed, dict):
        try:
            data, port = base64.b64decode(packed.get("data", ""), validate=True), int(packed.get("port", 0))
        except (binascii.Error, ValueError, TypeError) as odd:
            raise wrong("/dataMessage", "data is base64, and port a number") from odd
        return "", data, (port, 0)
    if told.get("mmsMessage") is not None:
        return "", None, None  # its words are in its content
    inner = told.get("textMessage")
    text = inner.get("text") if isinstance(inner, dict) else told.get("message")
    if not isinstance(text, str) or not text:
        raise wrong("/textMessage/text", "there is no text to send", "text_missing")
    return text, None, None


def _lasts(told: Mapping[str, Any]) -> int | None:
    """How many seconds it is worth sending."""
    ttl, until = told.get("ttl"), told.get("validUntil")
    if ttl is not None and until is not None:
        raise wrong("/ttl", "ttl and validUntil exclude each other")
    if ttl is not None:
        if isinstance(ttl, bool) or not isinstance(ttl, int) or ttl < 5:
            raise wrong("/ttl", "ttl is a number of seconds, at least 5")
        return min(ttl, 30 * 86_400)
    if until is None:
        return None
    try:
        at = datetime.fromisoformat(str(until).replace("Z", "+00:00"))
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at
        left = int((at - the_gateway().clock()).total_seconds())
    except (ValueError, OverflowError) as odd:
        raise wrong("/validUntil", "validUntil is a time such as 2026-11-23T08:00:00Z") from odd
    if left <= 0:
        raise wrong("/validUntil", "validUntil is over")
    return min(left, 30 * 86_400)


def _priority(given: Any) -> int | None:
    if given is None or given == 0:
        return None
    if isinstance(given, bool) or not isinstance(given, int) or not -128 <= given <= 127:
        raise wrong("/priority", "priority is a number from -128 to 127")
    return 9 if given >= 100 else min(8, max(0, 5 + given * 3 // 100))


# Messages as they are shown


def _rows(client: Client, id: str) -> list[Mapping[str, Any]]:
    """The messages that this id stands for, in the order of the recipients."""
    start = f"{REF}{id}:"
    c = message.c
    own = (c.client == client.id, c.client_ref >= start, c.client_ref < f"{start}~")
    with the_gateway().database.reading() as conn:
        return [dict(row) for row in conn.execute(select(message).where(*own).order_by(c.id)).mappings()]


def _shown(id: str, rows: Sequence[Mapping[str, Any]], refused: Sequence[tuple[str, str]] = ()) -> dict[str, Any]:
    recipients = [
        {
            "phoneNumber": row["recipient"], "state": STATES[row["state"]].android,
            "error": row["why"] if STATES[row["state"]].android == "Failed" else None,
        }
        for row in rows
    ]  # fmt: skip
    recipients += [{"phoneNumber": to, "state": "Failed", "error": why} for to, why in refused]
    first = rows[0]
    times = {"Pending": written(first["created_at"])}
    if first["sent_at"] is not None:
        times["Sent"] = written(first["sent_at"])
    if first["final_at"] is not None:
        times[STATES[first["state"]].android] = written(first["final_at"])
    return {
        "id": id, "deviceId": first["link"] or "", "state": _together([str(one["state"]) for one in recipients]),
        "isHashed": False, "isEncrypted": False, "recipients": recipients, "states": times,
        "createdAt": written(first["created_at"]),
    }  # fmt: skip


def _together(states: Sequence[str]) -> str:
    """The state of a message with several recipients: of the one that is furthest behind, if it is not over."""
    going = [state for state in states if state in _ORDER]
    return min(going, key=_ORDER.index) if going else states[0]


@door.get("/messages/<id>")
@door.get("/message/<id>")
@local.get("/message/<id>")
def state(id: str) -> Response:
    """Show a message."""
    rows = _rows(who(READ), id)
    if not rows:
        raise NotFound(f"there is no message {id[:60]}")
    return said(_shown(id, rows))


@door.get("/messages")
@door.get("/message")
def listed() -> Response:
    """List messages, newest first unless `sort` says otherwise."""
    client, given = who(READ), request.args
    most, skip = _whole(given.get("limit"), USUAL, MOST_LISTED), _whole(given.get("offset"), 0, 1_000_000)
    c = message.c
    own = func.rtrim(c.client_ref, "0123456789").label("own")  # of all recipients of a message it is the same
    query = select(own).where(c.client == client.id, c.client_ref >= REF, c.client_ref < f"{REF}~").group_by(own)
    for name, low in (("from", True), ("to", False)):
        if given.get(name):
            at = _moment(given[name], name)
            query = query.where(c.created_at >= at if low else c.created_at <= at)
    if given.get("state"):
        query = query.where(c.state.in_([ours for ours, words in STATES.items() if words.android == given["state"]]))
    if given.get("deviceId"):
        query = query.where(c.link == given["deviceId"])
    first = func.min(c.id)
    query = query.order_by(first if given.get("sort") == "created_at" else first.desc()).offset(skip).limit(most)
    with the_gateway().database.reading() as conn:
        ids = [str(one)[len(REF) : -1] for one in conn.scalars(query)]
    return said([_shown(id, _rows(client, id)) for id in ids])


def _whole(given: str | None, usual: int, most: int) -> int:
    if given is None:
        return usual
    if not re.fullmatch(r"[0-9]{1,9}", given):
        raise wrong("/limit", "limit and offset are whole numbers")
    return min(int(given), most)


def _moment(given: str, name: str) -> datetime:
    try:
        at = datetime.fromisoformat(given.replace("Z", "+00:00").replace(" ", "+"))
    except (ValueError, OverflowError) as odd:
        raise wrong(f"/{name}", f"{name} is a time such as 2026-11-23T08:00:00Z") from odd
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


@door.delete("/messages/<id>")
@door.delete("/message/<id>")
def cancel(id: str) -> Response:
    """Take a message back, as far as that can be done."""
    client, gateway = who(SEND), the_gateway()
    rows = _rows(client, id)
    if not rows:
        raise NotFound(f"there is no message {id[:60]}")
    late: SmsgwError | None = None
    for row in rows:
        try:
            gateway.recall.cancel(outbox.Cancelled(str(row["id"]), client.id, gateway.clock()))
        except Conflict as problem:
            late = problem
    if late is not None:
        raise late
    return Response(status=204)
