"""Look at a message and what happened to it, take it back, put another text in its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, cast

from flask import Response

from smsgw.access import audit
from smsgw.access.idempotency import REF
from smsgw.errors import BadInput, Fault, NotFound
from smsgw.link import Abilities
from smsgw.money.rates import money
from smsgw.outbound import outbox
from smsgw.outbound.cutting import shown
from smsgw.outbound.redact import Redaction, redact
from smsgw.outbound.rewording import Replacement
from smsgw.outbound.standing import Served
from smsgw.store import said_before
from smsgw.store.tables.types import AnyRow
from smsgw.text.number import read_number
from smsgw.text.preview import forcing
from smsgw.webhooks.dialects.event import PLACE

from ..context import here, the_gateway
from . import paging
from .carried import contents_of
from .refusals import BUSY, POLICY
from .routes import PREFIX, answer, client, route
from .shapes import EventPage, Message, NewText

_AS_NEW = tuple(code for code in POLICY if code not in ("client_ref_conflict", "duplicate_message"))
_GOES = {"decision": "send", "reasons": []}


def row_of(row: AnyRow) -> Mapping[str, Any]:
    """A row by the names of its columns."""
    return cast(Mapping[str, Any], row._mapping)


def message_json(
    row: Mapping[str, Any], links: Mapping[str, Served], content: dict[str, Any] | None = None
) -> dict[str, Any]:
    """A message's row as the API shows it: shapes.Message. links: all there are, by name. content: what it carries
    besides a text."""
    ref = row["client_ref"]
    said = shown(row)
    price = money(row["price"], row["currency"])
    return {
        "id": row["id"],
        "direction": "outbound",
        "status": row["state"],
        "to": row["recipient"],
        "from": row["sender"],
        **said,
        "encoding": row["encoding"],
        "parts": row["parts"],
        "segments": row["parts"],
        "characters": len(said["text"]),
        "forced_by": _forced_by(said["text"], links.get(row["link"])) if row["encoding"] == "ucs2" else [],
        "client_ref": None if ref is None or ref.startswith(REF) else ref,
        "link": row["link"],
        "priority": row["priority"],
        "purpose": row["purpose"],
        "category": row["category"],
        "message_class": row["message_class"],
        "on_unsure": row["on_unsure"],
        "reply_to": row["reply_to"],
        "why": row["why"],
        "trace": row["trace"],
        "price": price,
        "estimated_cost": price,
        "gate": _gate(row),
        "created_at": row["created_at"],
        "due_at": row["due_at"],
        "deliver_at": row["deliver_at"],
        "valid_until": row["valid_until"],
        "sent_at": row["sent_at"],
        "final_at": row["final_at"],
        "attempts": row["attempts"],
        "metadata": {name: word for name, word in said_before.without(row["metadata"]).items() if name != PLACE},
        "content": content,
        "said_before": [asdict(one) for one in said_before.before(row["metadata"])],
        "asked_instead": [asdict(one) for one in said_before.asked(row["metadata"])],
    }


def _forced_by(text: str, link: Served | None) -> list[str]:
    return forcing(text, Abilities() if link is None else link.abilities)


def _gate(row: Mapping[str, Any]) -> dict[str, Any] | None:
    """What the gate said, as the message's state tells it: shapes.GateSaid."""
    state = row["state"]
    if state in ("held", "refused"):
        return {"decision": "hold" if state == "held" else "refuse", "reasons": [row["why"]]}
    if state in ("accepted", "cancelled", "expired") and row["sent_at"] is None:
        return None
    return _GOES


def number_of(written: str, pointer: str) -> str:
    """The one spelling of a number. Raises BadInput at `pointer`."""
    try:
        return read_number(written, the_gateway().config.sending.region)
    except BadInput as wrong:
        raise BadInput([Fault(pointer, fault.code, fault.detail) for fault in wrong.faults]) from wrong


def _known(id: str) -> str:
    if not paging.looks_like(id, "msg"):
        raise NotFound(
            f"there is no message {id[:60]}", hint="ids look like msg_01JD…; GET /api/v1/messages lists them"
        )
    return id


@route("GET", "/messages/<id>", scope="messages:read", answers={200: Message}, errors=("not_found",))
def message(id: str) -> Response:
    """Show a message."""
    with the_gateway().database.reading() as conn:
        row = row_of(outbox.get(conn, _known(id)))
        return answer(message_json(row, the_gateway().network.links, contents_of(conn, [id]).get(id)))


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
    errors=("not_found", "already_final", "already_sending", "cannot_recall", "partly_recalled"),
)
def cancel(id: str) -> Response:
    """Take a message back, if it is not on its way yet, or if its network gives it back."""
    gateway = the_gateway()
    gateway.recall.cancel(outbox.Cancelled(_known(id), client().id, gateway.clock()))
    return message(id)


@route(
    "POST",
    "/messages/<id>/replace",
    scope="messages:send",
    takes=NewText,
    answers={200: Message},
    errors=("not_found", "already_final", "already_sending", "cannot_replace", "replace_unsure", *_AS_NEW),
)
def replace_text(id: str, body: NewText) -> Response:
    """Put another text in the place of a message's, if it is not on its way yet, or if its network does that."""
    gateway = the_gateway()
    gateway.replacing.replace(Replacement(_known(id), body.text, client().id, gateway.clock()))
    return message(id)


@route("DELETE", "/messages/<id>", scope="messages:send", answers={200: Message}, errors=("not_found", "conflict"))
def erase_message(id: str) -> Response:
    """Forget what a message said; to whom it went, when, and at what price stays."""
    gateway = the_gateway()
    wish = Redaction(_known(id), client().id, gateway.clock(), {})
    gateway.database.writer.do(redact, wish)
    says = "what a message said was forgotten"
    line = audit.Line(wish.by, "message.erased", says, wish.at, "message", id)
    audit.write(gateway.database.writer, line)
    return message(id)


@route(
    "POST",
    "/messages/<id>/resend",
    scope="messages:send",
    answers={202: Message},
    errors=("not_found", "conflict", *POLICY, *BUSY),
)
def resend_message(id: str) -> Response:
    """Send again what has come to its end: a new message, whose metadata says resend_of."""
    gateway = the_gateway()
    with gateway.database.reading() as conn:
        asked = outbox.again(conn, _known(id), client().id)
    here().quotas.send(client())
    row = gateway.door.submit(asked).row
    return answer(message_json(row, gateway.network.links), 202, {"Location": f"{PREFIX}/messages/{row['id']}"})
