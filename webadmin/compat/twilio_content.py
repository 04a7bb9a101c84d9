"""What Twilio's MediaUrls make of a message, and how many media messages have."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from smsgw.errors import BadInput, Fault
from smsgw.media import contents
from smsgw.media.contents import Contents
from smsgw.store.history import chunks
from smsgw.store.tables import message_medium
from smsgw.webhooks.inbound_media import KINDS, media_of, seen

from .. import given_media

MOST = 10  # MediaUrls of one message, as Twilio has it


def content_of(urls: Sequence[str], body: str) -> Contents | None:
    """What MediaUrls make of a message; None without any. They are fetched. Raises BadInput, QueueFull."""
    if not urls:
        return None
    if len(urls) > MOST:
        says = f"at most {MOST} MediaUrls are taken, and this has {len(urls)}"
        raise BadInput([Fault("/media", "media_invalid", says)])
    places = {f"/media/{place}": url.strip() for place, url in enumerate(urls)}
    wrong = [
        Fault(pointer, "media_invalid", "MediaUrl begins with https:// or http://")
        for pointer, url in places.items()
        if not re.match("https?://", url)
    ]
    if wrong:
        raise BadInput(wrong)
    ids = given_media.ids_of(places)
    first, rest = body[: contents.WORDS], body[contents.WORDS :]
    made = given_media.of_media([ids[pointer] for pointer in places], first)
    if rest:
        more = [contents.Slide(rest[at : at + contents.WORDS]) for at in range(0, len(rest), contents.WORDS)]
        made = Contents((*made.slides, *more), made.attached)
    return given_media.checked(made)


def counts(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """How many media each of these messages and inbound texts has, by id; those without any are left out."""
    sent = [str(row["id"]) for row in rows if "client" in row]
    came = [str(row["id"]) for row in rows if "client" not in row and row["kind"] in KINDS]
    found: dict[str, int] = {}
    for some in chunks(sent):
        for id in conn.scalars(select(message_medium.c.message_id).where(message_medium.c.message_id.in_(some))):
            found[id] = found.get(id, 0) + 1
    for id, told in (media_of(conn, came) if came else {}).items():
        found[id] = len(seen(told["media"]))
    return {id: many for id, many in found.items() if many}
