"""The media of messages both ways as pages show them: what each is, where it is, and which way its message went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, select

from smsgw.media.page_content import NAMES
from smsgw.media.store import Medium, known
from smsgw.store.history import chunks
from smsgw.store.tables import message_content, message_medium, message_page
from smsgw.webhooks.inbound_media import media_of, seen


@dataclass(frozen=True, slots=True)
class Seen:
    """A medium. gone: its octets are let go of. kind: as people call it, JPG."""

    id: str
    family: str
    kind: str
    size: int
    gone: bool


@dataclass(frozen=True, slots=True)
class Attachment:
    """What a message carries besides its text. way: mms, link or mail; None for what came in. opened: its page."""

    media: list[Seen] = field(default_factory=list)
    subject: str = ""
    way: str | None = None
    opened: datetime | None = None


def of(conn: Connection, ids: Sequence[str]) -> dict[str, Attachment]:
    """What these messages and inbound texts carry, by id; plain texts are left out."""
    found = _sent(conn, [id for id in ids if id.startswith("msg_")])
    came = media_of(conn, [id for id in ids if id.startswith("in_")])
    for id, told in came.items():
        media = [_seen(one["id"], one["type"], one["size"], one["url"] is None) for one in seen(told["media"])]
        found[id] = Attachment(media, told["subject"])
    return found


def _sent(conn: Connection, ids: Sequence[str]) -> dict[str, Attachment]:
    c, p, mm = message_content.c, message_page.c, message_medium.c
    found: dict[str, Attachment] = {}
    for some in chunks(ids):
        rows = conn.execute(select(c.message_id, c.subject, c.way).where(c.message_id.in_(some))).all()
        if not rows:
            continue
        there = [row.message_id for row in rows]
        opened = select(p.message_id, p.opened_at).where(p.message_id.in_(there), p.opened_at.is_not(None))
        when = {row.message_id: row.opened_at for row in conn.execute(opened.order_by(p.id))}
        carried: dict[str, list[str]] = {}
        media = select(mm.message_id, mm.original).where(mm.message_id.in_(there)).order_by(mm.message_id, mm.position)
        for id, original in conn.execute(media):
            carried.setdefault(id, []).append(original)
        kinds = known(conn, [id for its in carried.values() for id in its])
        for row in rows:
            its = list(dict.fromkeys(carried.get(row.message_id, ())))
            shown = [_of_medium(kinds[id]) for id in its if id in kinds]
            found[row.message_id] = Attachment(shown, row.subject, row.way, when.get(row.message_id))
    return found


def _of_medium(medium: Medium) -> Seen:
    return _seen(medium.sha256, medium.media_type, medium.size, medium.purged)


def _seen(id: str, media_type: str, size: int, gone: bool) -> Seen:
    family = Medium(id, media_type, size).family
    return Seen(id, family, NAMES.get(media_type.lower(), "bin").upper(), size, gone)
