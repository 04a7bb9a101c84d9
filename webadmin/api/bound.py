"""Which client programs are connected over SMPP, and what each did."""

from __future__ import annotations

from typing import Any

from flask import Response
from pydantic import Field

from smsgw.clients.reception import COUNTED, Here, Reception

from ..context import the_gateway
from .routes import answer, route
from .shapes import Moment, Page, Shape


class BoundClient(Shape):
    """One connection of a client program."""

    key: str = Field(description="The id of its key: its messages carry it as their client.")
    name: str = Field(description="The name of its key.")
    system_id: str = Field(description="How it calls itself.")
    address: str = Field(description="Where it comes from.")
    listener: str = Field(description="The port of ours that it is at.")
    mode: str = Field(
        description="What it may do.", json_schema_extra={"enum": ["transceiver", "transmitter", "receiver"]}
    )
    since: Moment = Field(description="Since when it is bound.")
    submitted: int = Field(description="What it submitted over this connection.")
    throttled: int = Field(description="How much of that was too fast for its rate, and refused.")
    told: int = Field(description="Receipts and texts that the client has acknowledged since the gateway's start.")
    waiting: int = Field(description="Receipts and texts that are on their way to it, or next.")


class BoundClientPage(Page):
    """Who is bound, in the order of their coming."""

    data: list[BoundClient] = Field(description="The connections.")
    counts: dict[str, int] = Field(
        description="What happened since the gateway's start: binds, binds_refused, binds_throttled (too many wrong "
        "passwords), submits, submits_throttled (over a client's rate)."
    )


@route("GET", "/clients", scope="links:read", answers={200: BoundClientPage})
def clients() -> Response:
    """List the client programs that are connected over SMPP."""
    reception = the_gateway().reception
    counts = {name: reception.counts[name] for name in COUNTED}
    shown = [_shown(reception, here) for here in reception.bound()]
    return answer({"data": shown, "counts": counts, "next_cursor": None})


def _shown(reception: Reception, here: Here) -> dict[str, Any]:
    told, waiting = reception.courier.standing(here.client.id)
    sends, receives = here.knock.sends, here.knock.receives
    return {
        "key": here.client.id,
        "name": here.client.name,
        "system_id": here.knock.system_id,
        "address": here.knock.address,
        "listener": here.knock.where,
        "mode": "transceiver" if sends and receives else "transmitter" if sends else "receiver",
        "since": here.since,
        "submitted": here.submitted,
        "throttled": here.throttled,
        "told": told,
        "waiting": waiting,
    }
