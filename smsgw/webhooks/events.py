"""What can be told, and the JSON that tells it: an event is a record that came to a state, `message.delivered`.

Whatever has a life in `store.lifecycle` has events, and what happens to customers, consents and links is told as well.
A message and a text that came in are told with their fields, an order whole, the others with what history says. A
message is told without its text: whoever sent it knows it.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic_core import to_json
from sqlalchemy import Connection, Table, select

from ..errors import BadInput, Fault
from ..store.happenings import HAPPENINGS
from ..store.history import IDS, chunks
from ..store.lifecycle import (
    ALERT,
    CAMPAIGN,
    INBOUND,
    INQUIRY,
    LIVES,
    MESSAGE,
    ORDER,
    PARTICIPANT,
    SURVEY,
)
from ..store.tables import (
    address,
    alert,
    campaign,
    consent,
    conversation,
    customer,
    inbound,
    inquiry,
    message,
    participant,
    survey,
)
from ..store.tables.inquiries import PRIORITIES
from ..store.tables.types import AnyRow
from .inbound_media import KINDS, media_of
from .order_document import documents
from .told import message_told, written

TYPES = (
    *(f"{life.record}.{state}" for life in LIVES if life.told for state in life.states),
    *(f"{record}.{what}" for record, happens in HAPPENINGS.items() for what in happens),
)
USUAL = (
    "message.delivered", "message.undelivered", "message.failed", "message.refused", "message.expired",
    "message.cancelled", "inbound.received",
)  # fmt: skip
"""What most want to know: how a message ended, and what came in."""
TEST = "webhook.test"

CAME_BACK = frozenset({"take_back", "reopen"})
"""Events by which an order or an inquiry is again in a state that was told before; programs are told `again`."""

_PATTERNS = ("*", *dict.fromkeys(f"{kind.partition('.')[0]}.*" for kind in TYPES))


def check_patterns(patterns: Sequence[str]) -> list[str]:
    """The patterns, each once. Raises BadInput, code `event_unknown`, for one that can mean no event."""
    known = (*TYPES, *_PATTERNS)
    faults = []
    for place, pattern in enumerate(patterns):
        if pattern not in known:
            near = difflib.get_close_matches(pattern, known, 1, 0.5)
            offer = f"did you mean {near[0]}?" if near else f"there are: {', '.join(TYPES)}"
            faults.append(Fault(f"/events/{place}", "event_unknown", f"there is no event {pattern[:40]!r}; {offer}"))
    if not patterns:
        faults.append(Fault("/events", "event_missing", f"say what is to be told, such as {USUAL[0]}, or *"))
    if faults:
        raise BadInput(faults)
    return list(dict.fromkeys(patterns))


def types_of(patterns: Iterable[str]) -> frozenset[str]:
    """The event types that these patterns mean: `message.sent` itself, `message.*` all of a message, `*` everything."""
    wanted = set(patterns)
    return frozenset(
        kind for kind in TYPES if kind in wanted or "*" in wanted or f"{kind.partition('.')[0]}.*" in wanted
    )


def type_of(line: AnyRow) -> str | None:
    """The event that a line of history is; None for a line that moved nothing."""
    return None if line.was == line.now else f"{line.record}.{line.now}"


def bodies(conn: Connection, lines: Sequence[AnyRow]) -> list[str]:
    """The JSON for each of these lines of history, `{"type", "timestamp", "data"}`, in order."""
    rows: dict[str, Mapping[str, Any]] = {}
    for record, (table, names, _) in _FIELDS.items():
        rows.update(_rows(conn, table, names, {line.record_id for line in lines if line.record == record}))
    talks = {line.record_id for line in lines if line.record == "conversation"}
    rows |= _rows(conn, conversation, _TALK, talks) if talks else {}
    people = {line.record_id for line in lines if line.record == "customer"}
    said = {int(line.record_id) for line in lines if line.record == "consent"}
    rows |= _customers(conn, people) if people else {}
    rows |= _consents(conn, said) if said else {}
    _add_media(conn, rows, [line.record_id for line in lines if line.record == INBOUND.record])
    ordered = {line.record_id for line in lines if line.record == ORDER.record}
    rows.update(documents(conn, ordered) if ordered else {})
    return [_body(line, rows.get(line.record_id)) for line in lines]


def body_of_test(webhook_id: str, now: datetime) -> str:
    """What the test button sends."""
    said = {"id": webhook_id, "status": "active", "was": "active", "why": "somebody asked for a test", "by": "test"}
    return to_json({"type": TEST, "timestamp": now, "data": said}).decode()


def _body(line: AnyRow, row: Mapping[str, Any] | None) -> str:
    data = {"id": line.record_id, "status": line.now, "was": line.was, "why": line.why, "by": line.by}
    if line.record in (ORDER.record, INQUIRY.record):
        data["again"] = line.event in CAME_BACK
    if row is not None and line.record == ORDER.record:
        data = {**row, **data}
    elif row is not None and line.record in HAPPENINGS:
        data |= row
    elif row is not None:
        data |= _FIELDS[line.record][2](row)
    return written(line.record, line.now, line.at, data)


def _rows(conn: Connection, table: Table, names: Sequence[str], ids: Collection[str]) -> dict[str, Mapping[str, Any]]:
    found: dict[str, Mapping[str, Any]] = {}
    query = select(*(table.c[name] for name in names)).where(table.c.id.in_(IDS))
    for some in chunks(list(ids)):
        found.update((str(row["id"]), dict(row)) for row in conn.execute(query, {"ids": some}).mappings())
    return found


def _customers(conn: Connection, ids: Collection[str]) -> dict[str, Mapping[str, Any]]:
    """Customers as they are now, with their addresses; who was forgotten is missing."""
    found: dict[str, dict[str, Any]] = {}
    names = ("name", "language", "zone", "reference", "merged_into")
    for some in chunks(list(ids)):
        for row in conn.execute(select(customer).where(customer.c.id.in_(some))):
            found[row.id] = {name: getattr(row, name) for name in names} | {"addresses": []}
        owned = select(address.c.customer_id, address.c.address).where(address.c.customer_id.in_(some))
        for row in conn.execute(owned.order_by(address.c.kind.desc(), address.c.rank)):
            found[row.customer_id]["addresses"].append(row.address)
    return dict(found)


_TALK = ("id", "number", "assigned_to", "snoozed_until", "closed_at")


def _consents(conn: Connection, ids: Collection[int]) -> dict[str, Mapping[str, Any]]:
    """Statements of the ledger; the address of who was forgotten is a digest."""
    found: dict[str, Mapping[str, Any]] = {}
    for row in conn.execute(select(consent).where(consent.c.id.in_(list(ids)))):
        told = {name: getattr(row, name) for name in ("address", "source", "basis", "words", "expires_at")}
        found[str(row.id)] = told | {"scope": row.purpose, "said_at": row.at, "customer": row.customer_id}
    return found


def _add_media(conn: Connection, rows: dict[str, Mapping[str, Any]], ids: Sequence[str]) -> None:
    """What MMS and mails among these inbound records brought besides their words."""
    more = [id for id in dict.fromkeys(ids) if id in rows and rows[id]["kind"] in KINDS]
    rows.update({id: {**rows[id], **told} for id, told in (media_of(conn, more) if more else {}).items()})


def _inbound(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "direction": "inbound",
        "from": row["sender"],
        "to": row["recipient"],
        "text": row["text"],
        "kind": row["kind"],
        "parts": row["parts"],
        "missing": row["missing"],
        "link": row["link"],
        "received_at": row["received_at"],
        "sent_at": row["sent_at"],
        "understood_as": row["understood_as"],
        "subject": row.get("subject"),
        "media": row.get("media", []),
    }


def _inquiry(row: Mapping[str, Any]) -> dict[str, Any]:
    names = ("topic", "assigned_to", "language", "about", "opened_at", "due_at", "closed_for")
    return {"from": row["address"], "priority": PRIORITIES[row["priority"]]} | {name: row[name] for name in names}


def _survey(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": row["name"], "closes_at": row["closes_at"]}


def _campaign(row: Mapping[str, Any]) -> dict[str, Any]:
    names = ("name", "kind", "run", "starts_at", "placed")
    return {"parent": row["parent_id"]} | {name: row[name] for name in names}


def _participant(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"survey": row["survey_id"], "from": row["address"], "question": row["position"]}


def _alert(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("kind", "subject", "at")}


_Fields = tuple[Table, tuple[str, ...], Callable[[Mapping[str, Any]], dict[str, Any]]]
_FIELDS: dict[str, _Fields] = {
    MESSAGE.record: (
        message,
        (
            "id", "recipient", "sender", "client_ref", "link", "parts", "purpose", "reply_to", "attempts", "created_at",
            "sent_at", "final_at", "metadata",
        ),
        message_told,
    ),
    INBOUND.record: (
        inbound,
        (
            "id", "sender", "recipient", "text", "kind", "parts", "missing", "link", "received_at", "sent_at",
            "understood_as",
        ),
        _inbound,
    ),
    INQUIRY.record: (
        inquiry,
        (
            "id", "address", "topic", "priority", "assigned_to", "language", "about", "opened_at", "due_at",
            "closed_for",
        ),
        _inquiry,
    ),
    SURVEY.record: (survey, ("id", "name", "closes_at"), _survey),
    CAMPAIGN.record: (campaign, ("id", "name", "kind", "parent_id", "run", "starts_at", "placed"), _campaign),
    PARTICIPANT.record: (participant, ("id", "survey_id", "address", "position"), _participant),
    ALERT.record: (alert, ("id", "kind", "subject", "at"), _alert),
}  # fmt: skip
"""For each record that is told with its fields: its table, the columns that are read, and what is told of them."""
