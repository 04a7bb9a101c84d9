"""Twilio's Media: those of messages both ways, and their octets at the path without .json.

What the octets are is found in them, as everywhere: the content type that is told may differ from what its sender said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from flask import Response
from sqlalchemy import select

from smsgw.errors import NotFound
from smsgw.media import store
from smsgw.media.page_content import name_of
from smsgw.media.removal import Unwanted, remove
from smsgw.store.tables import medium, message_medium
from smsgw.webhooks.dialects.twilio import VERSION
from smsgw.webhooks.inbound_media import media_of, media_sid, seen

from ..api.media import octets_response
from ..context import the_gateway
from .sending import READ, SEND
from .twilio import _found, door, said, who
from .twilio_page import page_of


@dataclass(frozen=True, slots=True)
class Shown:
    """A medium of a message. name: Twilio's sid. id: ours."""

    name: str
    id: str
    media_type: str
    at: datetime


def _media(kind: str, row: Mapping[str, Any]) -> list[Shown]:
    """The media of a message whose octets are there."""
    id = str(row["id"])
    with the_gateway().database.reading() as conn:
        if kind == "inbound":
            told = seen(media_of(conn, [id]).get(id, {"media": []})["media"])
            there = [(one["id"], one["type"]) for one in told if one["url"] is not None]
        else:
            mm, m = message_medium.c, medium.c
            query = select(mm.sha256, m.media_type).join(medium, m.sha256 == mm.sha256)
            rows = conn.execute(query.where(mm.message_id == id, m.octets.is_not(None)).order_by(mm.position))
            there = [(one.sha256, one.media_type) for one in rows]
    at = row["received_at"] if kind == "inbound" else row["created_at"]
    return [Shown(media_sid(id, sha), sha, media_type, at) for sha, media_type in there]


def _one(scope: str, name: str, medium_name: str) -> Shown:
    kind, row = _found(who(scope), name)
    for one in _media(kind, row):
        if one.name == medium_name:
            return one
    raise NotFound(f"The requested resource /Messages/{name[:60]}/Media/{medium_name[:60]} was not found")


def _json(one: Shown, account: str, name: str) -> dict[str, Any]:
    at = format_datetime(one.at)
    return {
        "sid": one.name, "account_sid": account, "parent_sid": name, "content_type": one.media_type,
        "date_created": at, "date_updated": at,
        "uri": f"/{VERSION}/Accounts/{account}/Messages/{name}/Media/{one.name}.json",
    }  # fmt: skip


@door.get("/Accounts/<account>/Messages/<name>/Media.json")
def media(account: str, name: str) -> Response:
    """List the media of a message."""
    kind, row = _found(who(READ), name)
    place = f"/{VERSION}/Accounts/{account}/Messages/{name}/Media.json"
    return said(page_of("media_list", [_json(one, account, name) for one in _media(kind, row)], place, None))


@door.get("/Accounts/<account>/Messages/<name>/Media/<medium_name>.json")
def one_medium(account: str, name: str, medium_name: str) -> Response:
    """Show a medium."""
    return said(_json(_one(READ, name, medium_name), account, name))


@door.get("/Accounts/<account>/Messages/<name>/Media/<medium_name>")
def octets(account: str, name: str, medium_name: str) -> Response:
    """Give the octets of a medium."""
    found = _one(READ, name, medium_name)
    with the_gateway().database.reading() as conn:
        known = store.get(conn, found.id)
        its = store.octets_of(conn, [found.id])[found.id]
    return octets_response(known, its, name_of(known.media_type, 1))


@door.delete("/Accounts/<account>/Messages/<name>/Media/<medium_name>.json")
def forget(account: str, name: str, medium_name: str) -> Response:
    """Take the octets of a medium away."""
    gateway, found = the_gateway(), _one(SEND, name, medium_name)
    gateway.database.writer.do(remove, Unwanted(found.id, gateway.clock()))
    return Response(status=204)
