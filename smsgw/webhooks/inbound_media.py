"""The media of what came in, as events and dialects tell of them: where each is, and what it is by its own octets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, select

from ..store.history import chunks
from ..store.tables import inbound_content, inbound_medium, medium

ARRANGING = ("application/smil",)  # parts that only say how the others lie
KINDS = ("mms", "mail")  # of inbound records: those that may have media


def media_of(conn: Connection, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """For each of these inbound records: `subject`, and `media` in order; texts are left out.

    Each medium: id, type, said_type, name, size, and url, where a client with a key finds its octets (None: gone).
    """
    found: dict[str, dict[str, Any]] = {}
    c, m, s = inbound_medium.c, medium.c, inbound_content.c
    for some in chunks(ids):
        for id, subject in conn.execute(select(s.inbound_id, s.subject).where(s.inbound_id.in_(some))):
            found[id] = {"subject": subject, "media": []}
        query = (
            select(c.inbound_id, c.sha256, c.media_type.label("said_type"), c.name, m.media_type, m.size, m.purged_at)
            .join(medium, m.sha256 == c.sha256)
            .where(c.inbound_id.in_(some))
            .order_by(c.inbound_id, c.position)
        )
        for row in conn.execute(query):
            url = None if row.purged_at else f"/api/v1/media/{row.sha256}/content"
            told = {"id": row.sha256, "type": row.media_type, "said_type": row.said_type, "name": row.name,
                    "size": row.size, "url": url}  # fmt: skip
            found[row.inbound_id]["media"].append(told)
    return found


def seen(media: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Those that somebody is shown: neither the words, which are the text, nor what arranges the others."""
    return [one for one in media if one["said_type"] not in ARRANGING and one["said_type"] != "text/plain"]


def media_sid(record_id: str, id: str) -> str:
    """Twilio's name for a medium of a message."""
    return f"ME{sha256(f'{record_id} {id}'.encode()).hexdigest()[:32]}"
