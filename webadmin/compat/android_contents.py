"""MMS of the Android gateway's API: mmsMessage becomes a content, and what came has attachments with numbers."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from smsgw.errors import BadInput, Fault
from smsgw.media.contents import Contents
from smsgw.media.page_content import name_of
from smsgw.webhooks.inbound_media import media_of, seen

from .. import given_media

MOST = 10  # attachments of one message


def content_of(told: Any) -> Contents:
    """What an mmsMessage makes: {subject, text, attachments: [{contentType, name, data}]}. Raises BadInput."""
    if not isinstance(told, dict):
        raise _wrong("", "mmsMessage is an object with subject, text and attachments")
    attached = told.get("attachments") or []
    if not isinstance(attached, list) or len(attached) > MOST:
        raise _wrong("/attachments", f"attachments is a list of at most {MOST}")
    text, subject = told.get("text") or "", told.get("subject") or ""
    if not isinstance(text, str) or not isinstance(subject, str) or not (text or subject or attached):
        raise _wrong("", "say a subject, a text or attachments")
    pieces = [_octets(one, place) for place, one in enumerate(attached)]
    ids = [given_media.take(octets, _at(place)).sha256 for place, octets in enumerate(pieces)]
    return given_media.checked(given_media.of_media(ids, text, subject), "/mmsMessage")


def _octets(one: Any, place: int) -> bytes:
    try:
        octets = base64.b64decode(one["data"], validate=True)
    except (KeyError, TypeError, ValueError, binascii.Error) as odd:
        raise _wrong(_at(place).removeprefix("/mmsMessage"), "an attachment has its octets in data, in base64") from odd
    return octets


def _at(place: int) -> str:
    return f"/mmsMessage/attachments/{place}"


def _wrong(pointer: str, says: str) -> BadInput:
    return BadInput([Fault(f"/mmsMessage{pointer}", "media_invalid", says)])


def attachments(conn: Connection, ids: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """What the MMS with these ids brought, as its inbox tells it."""
    return {id: [_told(number, one) for number, one in numbered(told)] for id, told in media_of(conn, ids).items()}


def numbered(told: Mapping[str, Any]) -> list[tuple[int, Mapping[str, Any]]]:
    """Each that somebody is shown, with its part's number."""
    return list(enumerate(seen(told["media"]), 1))


def _told(number: int, one: Mapping[str, Any]) -> dict[str, Any]:
    name = one["name"] or name_of(one["type"], number)
    return {"partId": number, "name": name, "size": one["size"], "contentType": one["type"]}
