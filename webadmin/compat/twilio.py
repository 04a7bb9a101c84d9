"""Twilio's door: Messages of the API 2010-04-01, as its libraries ask and read them.

The surprise: the Python library refuses a page with a key that it does not know, so nothing may be added to one; and a
PageToken is a place, not a number of rows, so that what arrives meanwhile is not listed twice.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from flask import Blueprint, Response, request
from pydantic_core import to_json
from sqlalchemy import Connection, Select, select

from smsgw.access.keys import Client
from smsgw.errors import BadInput, Conflict, Fault, NotFound
from smsgw.outbound import outbox, redact
from smsgw.store.ids import first_id
from smsgw.store.tables import inbound, message
from smsgw.webhooks import clients
from smsgw.webhooks.dialects.event import PLACE
from smsgw.webhooks.dialects.twilio import VERSION, sid
from smsgw.webhooks.dialects.words import ERRORS, INBOUND, STATES, ours

from ..context import the_gateway
from . import twilio_content
from .errors import said_of
from .sending import READ, SEND, Wish, enter, number, send
from .twilio_page import MOST, USUAL, page_of

door = Blueprint("twilio", __name__, url_prefix=f"/{VERSION}")
LONGEST = 1600  # letters of a Body
MORE = "/api/v1/problems"


def said(told: Any, status: int = 200) -> Response:
    """A JSON answer."""
    return Response(to_json(told), status, mimetype="application/json")


@door.errorhandler(Exception)
def _wrong(error: Exception) -> Response:
    table, problem = said_of(error)
    status, code = table.twilio
    told = {
        "code": code,
        "message": problem.detail,
        "more_info": f"{request.host_url.rstrip('/')}{MORE}/{problem.entry.code.replace('_', '-')}#{code}",
        "status": status,
    }
    response = said(told, status)
    if problem.retry_after is not None:
        response.headers["Retry-After"] = str(problem.retry_after)
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Basic realm="Twilio API"'
    return response


@door.route("/<path:rest>", methods=["GET", "POST", "PUT", "DELETE", "PATCH"])
def _unknown(rest: str) -> Response:
    raise NotFound(f"The requested resource /{VERSION}/{rest[:100]} was not found")


def who(scope: str) -> Client:
    """The client of this request. Raises Unauthenticated, Forbidden, QueueFull."""
    given = request.authorization
    if given is None or given.type != "basic":
        return enter(scope)
    return enter(scope, given.password, given.username if not given.password else None)


def fault(pointer: str, code: str, says: str) -> BadInput:
    """One fault."""
    return BadInput([Fault(pointer, code, says)])


@door.post("/Accounts/<account>/Messages.json")
def create(account: str) -> Response:
    """Send a message."""
    client = who(SEND)
    words = request.form
    to, body = words.get("To", "").strip(), words.get("Body", "")
    if not to:
        raise fault("/to", "recipient_missing", "A 'To' phone number is required.")
    if not body and not words.getlist("MediaUrl"):
        raise fault("/text", "text_missing", "Message body is required.")
    if len(body) > LONGEST:
        raise fault("/text", "text_too_long", "The concatenated message body exceeds the 1600 character limit")
    sender = words.get("From", "").strip() or _sender_of(words.get("MessagingServiceSid", ""))
    kept: dict[str, Any] = {"account": account, "service": words.get("MessagingServiceSid", "")}
    content = twilio_content.content_of(words.getlist("MediaUrl"), body)
    if content is not None:
        kept["media"] = True
    if url := words.get("StatusCallback", "").strip():
        kept["url"] = url
        remember(client)
    accepted = send(
        client,
        "twilio",
        Wish(
            to=to,
            text=body,
            content=content,
            sender=sender,
            send_at=_send_at(words),
            expires_in=_validity(words),
            kept={name: value for name, value in kept.items() if value},
        ),
    )
    with the_gateway().database.reading() as conn:
        many = twilio_content.counts(conn, [accepted.row])
    return said(outbound_json(accepted.row, account, many.get(str(accepted.row["id"]), 0)), 201)


def remember(client: Client) -> None:
    """Keep what Twilio signs with: the secret that the client came with."""
    given = request.authorization
    secret = "" if given is None else given.password or given.username or ""
    gateway = the_gateway()
    with gateway.database.reading() as conn:
        known = clients.secret_of(conn, client.id, "twilio")
    if known != secret:
        clients.sign_with(gateway.database.writer, client.id, "twilio", secret)


def _sender_of(service: str) -> str | None:
    """Without a From the gateway's own sender is used; so it is for a messaging service, which stands for senders."""
    gateway = the_gateway()
    if (
        not service
        and gateway.config.sending.sender is None
        and not any(link.sender or link.name for link in gateway.config.links)
    ):
        raise fault("/from", "sender_missing", "A 'From' phone number is required.")
    return None


def _send_at(words: Mapping[str, str]) -> datetime | None:
    written = words.get("SendAt", "").strip()
    if not written:
        return None
    try:
        at = datetime.fromisoformat(written.replace("Z", "+00:00"))
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError) as wrong:
        raise fault("/send_at", "validation_failed", "SendAt is no time such as 2026-11-23T08:00:00Z.") from wrong


def _validity(words: Mapping[str, str]) -> int | None:
    written = words.get("ValidityPeriod", "").strip()
    if not written:
        return None
    if not re.fullmatch(r"[0-9]{1,6}", written) or not 1 <= int(written) <= 36_000:
        raise fault("/expires_in", "validation_failed", "ValidityPeriod must be between 1 and 36000 seconds.")
    return int(written)


# Messages as they are shown


def _time(at: datetime | None) -> str | None:
    return None if at is None else format_datetime(at)


def outbound_json(row: Mapping[str, Any], account: str, media: int = 0) -> dict[str, Any]:
    """A message's row as Twilio shows it. media: how many it has."""
    words = STATES[row["state"]]
    state = "accepted" if row["state"] == "held" and row["created_at"] >= row["due_at"] else words.twilio
    error = words.twilio_error
    kept = _kept(row)
    return _shown(
        account, str(row["id"]), row["text"], row["recipient"], row["sender"], state, row["parts"],
        created=row["created_at"], updated=row["final_at"] or row["sent_at"] or row["created_at"],
        sent=row["sent_at"], direction="outbound-reply" if row["reply_to"] else "outbound-api",
        service=kept.get("service"), error=error, price=row["price"], currency=row["currency"], media=media,
    )  # fmt: skip


def inbound_json(row: Mapping[str, Any], account: str, media: int = 0) -> dict[str, Any]:
    """An inbound text's row as Twilio shows it."""
    return _shown(
        account, str(row["id"]), row["text"], row["recipient"], row["sender"], INBOUND, row["parts"],
        created=row["received_at"], updated=row["received_at"], sent=row["received_at"], direction="inbound",
        media=media,
    )  # fmt: skip


def _shown(
    account: str, id: str, body: str, to: str | None, sender: str | None, state: str, parts: int, *,
    created: datetime, updated: datetime, sent: datetime | None, direction: str, service: str | None = None,
    error: int | None = None, price: int | None = None, currency: str | None = None, media: int = 0,
) -> dict[str, Any]:  # fmt: skip
    name = sid(id, "MM" if media else "SM")
    place = f"/{VERSION}/Accounts/{account}/Messages/{name}"
    return {
        "sid": name, "account_sid": account, "messaging_service_sid": service, "api_version": VERSION, "body": body,
        "to": to, "from": sender, "direction": direction, "status": state, "num_segments": str(parts),
        "num_media": str(media),
        "date_created": _time(created), "date_updated": _time(updated), "date_sent": _time(sent),
        "price": None if not price else f"-{price / 1_000_000:.4f}", "price_unit": currency or "USD",
        "error_code": error, "error_message": None if error is None else ERRORS[error], "uri": f"{place}.json",
        "subresource_uris": {"media": f"{place}/Media.json", "feedback": f"{place}/Feedback.json"},
    }  # fmt: skip


def _first(conn: Connection, query: Select[Any]) -> dict[str, Any] | None:
    row = conn.execute(query).mappings().first()
    return None if row is None else {str(name): value for name, value in row.items()}


def _found(client: Client, name: str) -> tuple[str, Mapping[str, Any]]:
    """A message of this client, or an inbound text. Raises NotFound."""
    digits = name[2:]
    with the_gateway().database.reading() as conn:
        id = ours("msg", digits)
        row = None
        if id is not None and name[:2] in ("SM", "MM"):
            row = _first(conn, select(message).where(message.c.id == id, message.c.client == client.id))
        if row is not None and not _kept(row).get("deleted"):
            return "message", row
        if row is None and id is not None and client.may(READ):
            other = f"in_{id.rpartition('_')[2]}"
            row = _first(conn, select(inbound).where(inbound.c.id == other))
            if row is not None:
                return "inbound", row
    raise NotFound(f"The requested resource /Messages/{name[:60]} was not found")


@door.get("/Accounts/<account>/Messages/<name>.json")
def fetch(account: str, name: str) -> Response:
    """Show a message."""
    kind, row = _found(who(READ), name)
    with the_gateway().database.reading() as conn:
        many = twilio_content.counts(conn, [row]).get(str(row["id"]), 0)
    return said(outbound_json(row, account, many) if kind == "message" else inbound_json(row, account, many))


@door.post("/Accounts/<account>/Messages/<name>.json")
def update(account: str, name: str) -> Response:
    """Take a message back (Status=canceled). An empty Body asks to forget the text."""
    client = who(SEND)
    kind, row = _found(client, name)
    if request.form.get("Status") == "canceled":
        if kind != "message":
            raise Conflict("An inbound message cannot be canceled", code="already_final")
        gateway = the_gateway()
        gateway.recall.cancel(outbox.Cancelled(str(row["id"]), client.id, gateway.clock()))
    elif request.form.get("Body") == "":
        _forget(client, kind, row)
    return fetch(account, name)


@door.delete("/Accounts/<account>/Messages/<name>.json")
def remove(account: str, name: str) -> Response:
    """Forget a message's text, and show it here no more; that it was sent stays in the log."""
    client = who(SEND)
    kind, row = _found(client, name)
    _forget(client, kind, row, deleted=True)
    return Response(status=204)


def _forget(client: Client, kind: str, row: Mapping[str, Any], *, deleted: bool = False) -> None:
    """Raises Conflict for one that is not final, or that a phone sent: that is the shop's."""
    if kind != "message":
        raise Conflict("What phones sent is kept as long as the retention rules say")
    gateway, kept = the_gateway(), _kept(row)
    marks = {PLACE: {**kept, "deleted": True}} if deleted else {}
    wish = redact.Redaction(str(row["id"]), client.id, gateway.clock(), marks)
    gateway.database.writer.do(redact.redact, wish)


def _kept(row: Mapping[str, Any]) -> dict[str, Any]:
    """What this door remembers of a message."""
    kept = (row["metadata"] or {}).get(PLACE)
    return kept if isinstance(kept, dict) else {}


@door.post("/Accounts/<account>/Messages/<name>/Feedback.json")
def feedback(account: str, name: str) -> Response:
    """Take note that a text was acted on; nothing is done with it."""
    _found(who(SEND), name)
    now = _time(the_gateway().clock())
    told = {
        "account_sid": account, "message_sid": name, "outcome": request.form.get("Outcome", "confirmed"),
        "date_created": now, "date_updated": now, "uri": request.path,
    }  # fmt: skip
    return said(told, 201)


# Lists


def _day(written: str) -> datetime:
    try:
        at = datetime.fromisoformat(written.strip().replace("Z", "+00:00"))
    except (ValueError, OverflowError) as wrong:
        raise fault("/DateSent", "validation_failed", "DateSent is no day such as 2026-11-23.") from wrong
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at


def _within(given: Mapping[str, str]) -> tuple[str, str]:
    """The ids between which the days lie that the request names: without their prefix, and `~` for no end."""
    low, high = "", "~"
    day = timedelta(days=1)
    for name, is_low, is_high in (("DateSent", True, True), ("DateSent>", True, False), ("DateSent<", False, True)):
        if not given.get(name):
            continue
        at = _day(given[name])
        whole = len(given[name].strip()) == 10 and is_low  # before a day is before its midnight
        if is_low and is_high and not whole:  # nobody means a microsecond: node writes days so
            at, whole = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0), True
        if is_low:
            low = max(low, first_id("x", at)[2:])
        if is_high:
            high = min(high, first_id("x", at + day if whole else at)[2:])
    return low, high


@door.get("/Accounts/<account>/Messages.json")
def listed(account: str) -> Response:
    """List messages, sent and received, newest first."""
    client, given = who(READ), request.args
    size = given.get("PageSize", str(USUAL))
    most = min(max(int(size), 1), MOST) if re.fullmatch(r"[0-9]{1,6}", size) else USUAL
    low, high = _within(given)
    token = re.fullmatch(r"P([AB])([0-9A-Z]{26})", given.get("PageToken", ""))  # after this one, or before it
    back = token is not None and token[1] == "B"
    if token:
        low, high = (max(low, f"{token[2]}~"), high) if back else (low, min(high, token[2]))
    found = _both(client, given, low, high, most + 1, back)
    rows = found[-most:] if back else found[:most]
    with the_gateway().database.reading() as conn:
        many = twilio_content.counts(conn, rows)
    shown = [
        (outbound_json if "client" in row else inbound_json)(row, account, many.get(str(row["id"]), 0)) for row in rows
    ]
    places = [str(row["id"]).rpartition("_")[2] for row in rows]
    older, newer = (True, len(found) > most) if back else (len(found) > most, token is not None)
    last, first = (places[-1] if places and older else None), (places[0] if places and newer else None)
    return said(page_of("messages", shown, f"/{VERSION}/Accounts/{account}/Messages.json", last, most, first))


def _both(
    client: Client, given: Mapping[str, str], low: str, high: str, most: int, back: bool
) -> list[Mapping[str, Any]]:
    """The first rows between two ids, newest first; back: the last ones, which are the oldest but for those below."""
    to, sender = given.get("To"), given.get("From")
    asked: list[tuple[str, Any, Select[Any]]] = [
        ("msg", message, select(message).where(message.c.client == client.id)),
        ("in", inbound, select(inbound)),
    ]
    found: list[Mapping[str, Any]] = []
    with the_gateway().database.reading() as conn:
        for prefix, table, query in asked:
            c = table.c
            within = (c.id >= f"{prefix}_{low}", c.id < f"{prefix}_{high}")
            query = query.where(*within).order_by(c.id if back else c.id.desc()).limit(most)
            for column, value in ((c.recipient, to), (c.sender, sender)):
                if value:
                    query = query.where(column.in_([value, number(value)]))
            found += _some(conn, query, c.id, most, back)
    found.sort(key=lambda row: str(row["id"]).rpartition("_")[2], reverse=True)
    return found[-most:] if back else found[:most]


def _some(conn: Connection, query: Select[Any], id: Any, most: int, back: bool) -> list[Mapping[str, Any]]:
    """The first rows that are not deleted here: a page that is short of them would seem the last one."""
    found: list[Mapping[str, Any]] = []
    further = query
    while len(found) < most:
        rows = [{str(name): value for name, value in row.items()} for row in conn.execute(further).mappings()]
        found += [row for row in rows if "client" not in row or not _kept(row).get("deleted")]
        if len(rows) < most:
            break
        further = query.where(id > rows[-1]["id"] if back else id < rows[-1]["id"])
    return found[:most]
