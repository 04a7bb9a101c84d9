"""Outbound messages as a command shows them, and waiting for one to come to its end."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

from smsgw.cli import exits
from smsgw.cli.voice import Voice, harmless, local, shortened
from smsgw.errors import Fault, RefusedByPolicy
from smsgw.gateway import Gateway
from smsgw.money.rates import money
from smsgw.outbound import outbox
from smsgw.outbound.cutting import is_data, shown
from smsgw.store import said_before
from smsgw.store.lifecycle import MESSAGE

KEYS = (
    "encoding", "parts", "client", "client_ref", "link", "priority", "purpose", "message_class", "on_unsure",
    "reply_to", "why", "trace", "created_at", "due_at", "deliver_at", "valid_until", "sent_at", "final_at", "attempts",
)  # fmt: skip
LOOK = 0.1  # seconds between two looks at a message that is waited for


def shape(row: Mapping[str, Any]) -> dict[str, Any]:
    """A message for programs, as the API shows it."""
    named = {"id": row["id"], "direction": "outbound", "status": row["state"], "to": row["recipient"]}
    named |= {"from": row["sender"], "metadata": said_before.without(row["metadata"])}
    named |= {"first_text": said_before.first(row["metadata"])}
    named |= {"price": money(row["price"], row["currency"])}
    return named | shown(row) | {key: row[key] for key in KEYS}


def _price(row: Mapping[str, Any]) -> str | None:
    price = money(row["price"], row["currency"])
    return None if price is None else f"{price['amount']} {price['currency']}"


def line(row: Mapping[str, Any]) -> str:
    """A message in one line."""
    parts = "1 part" if row["parts"] == 1 else f"{row['parts']} parts"
    return f"{row['id']}  {row['state']}: {row['why']}  ({parts} {row['encoding']} to {row['recipient']})"


def lines(row: Mapping[str, Any]) -> Iterator[str]:
    """A message with everything that is known of it."""
    yield f"{row['id']}  {row['state']}: {row['why']}"
    facts = {
        "to": row["recipient"], "from": row["sender"], "link": row["link"], "asked by": row["client"],
        "reference": row["client_ref"], "purpose": row["purpose"], "parts": f"{row['parts']} ({row['encoding']})",
        "attempts": row["attempts"], "accepted": local(row["created_at"]), "due": local(row["due_at"]),
        "valid until": local(row["valid_until"]), "route": "; ".join(row["trace"] or []), "price": _price(row),
    }  # fmt: skip
    if row["ports"] is not None:
        facts["ports"] = f"{row['ports'][0]}, from {row['ports'][1]}"
    for name, value in facts.items():
        if value not in (None, ""):
            yield f"  {name + ':':<13}{value}"
    yield "  data:" if is_data(row["encoding"]) else "  text:"
    yield from (f"    {each}" for each in harmless(row["text"]).split("\n"))
    for words in said_before.before(row["metadata"]):
        yield f"  before {local(words.at)}, when {words.by} replaced it:"
        yield from (f"    {each}" for each in harmless(words.text).split("\n"))
    for words in said_before.asked(row["metadata"]):
        yield f"  perhaps, for its network was asked so by {words.by} at {local(words.at)} and did not answer:"
        yield from (f"    {each}" for each in harmless(words.text).split("\n"))


def await_end(gateway: Gateway, row: Mapping[str, Any], seconds: float, voice: Voice) -> Mapping[str, Any]:
    """Wait until a message, as it stands in `row`, is delivered; returns its row. Tells every new state on the way.

    Raises NotInTime; RefusedByPolicy or Failed when it ends in another way.
    """
    deadline = time.monotonic() + seconds
    id, seen = row["id"], row["state"]
    while True:
        with gateway.database.reading() as conn:
            row = outbox.get(conn, id)._asdict()
        if row["state"] != seen:
            seen = row["state"]
            voice.chat(f"{seen}: {row['why']}")
        if seen == "delivered":
            return row
        if seen in MESSAGE.final:
            raise _ended(row)
        if time.monotonic() >= deadline:
            says = f"{id} was not delivered within {seconds:g} s; it is {seen} and goes on by itself"
            raise exits.NotInTime(says, hint=f"smsgw log {id} shows how far it came; smsgw cancel {id} takes it back")
        time.sleep(LOOK)


def _ended(row: Mapping[str, Any]) -> Exception:
    says = f"{row['id']} to {row['recipient']} is {row['state']}: {shortened(row['why'], 300)}"
    if row["state"] == "refused":
        return RefusedByPolicy([Fault("/to", "refused", says)], hint=f"smsgw log {row['id']} shows all that happened")
    return exits.Failed(says, code=row["state"], hint=f"smsgw log {row['id']} shows all that happened")
