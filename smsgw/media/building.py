"""Build what a driver is given, when it is handed over and not before: octets are read from the store only then.

What many carry is read once: octets are kept for a while, up to a bound. Texts are parts of their own, in UTF-8, so
that nothing has to be escaped; the SMIL names them.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, bindparam, select

from ..errors import NotFound
from ..link import Content, ContentPart
from ..store.prepared import Prepared
from ..store.tables import medium, message_content, message_medium
from . import contents, smil, store
from .bare import bare
from .mail_addition import Addition
from .page_content import name_of

KEPT = 16 << 20  # octets of media that are kept at hand
PART, WHOLE = 250, 500  # octets of headers that a part and a whole take at most on any wire

_CONTENT = Prepared(
    select(
        message_content.c.subject, message_content.c.slides, message_content.c.attached, message_content.c.way,
        message_content.c.read_report, message_content.c.reply_to, message_content.c.language,
    ).where(message_content.c.message_id == bindparam("its_message"))
)  # fmt: skip
_MEDIA = Prepared(
    select(
        message_medium.c.position, message_medium.c.sha256, message_medium.c.original, message_medium.c.name,
        medium.c.media_type,
    )
    .join_from(message_medium, medium, medium.c.sha256 == message_medium.c.sha256)
    .where(message_medium.c.message_id == bindparam("its_message"))
    .order_by(message_medium.c.position)
)  # fmt: skip


class Builder:
    """Builds contents of stored messages; safe from any thread."""

    def __init__(self, kept: int = KEPT, addition: Addition | None = None) -> None:
        """addition: what mails have besides."""
        self._addition = addition
        self._kept = kept
        self._lock = threading.Lock()
        self._octets: OrderedDict[str, bytes] = OrderedDict()
        self._held = 0

    def build(self, conn: Connection, message_id: str) -> Content:
        """What this message carries. Raises NotFound when it carries nothing, or when octets of it are gone."""
        row = next(iter(_CONTENT.records(conn, {"its_message": message_id})), None)
        if row is None:
            raise NotFound(f"{message_id} carries nothing but its text")
        media = _MEDIA.records(conn, {"its_message": message_id})
        octets = self._read(conn, [one["sha256"] for one in media])
        by_original = {
            one["original"]: ContentPart(one["media_type"], octets[one["sha256"]], one["name"], None, one["name"])
            for one in media
        }
        if row["way"] == "mail":  # which takes them as they were given to us
            by_original = {id: replace(one, data=bare(one.data, one.media_type)) for id, one in by_original.items()}
        told = contents.told(row["slides"], row["attached"])
        parts = parts_of(told, by_original, with_smil=row["way"] == "mms")
        made = Content(tuple(parts), row["subject"], bool(row["read_report"]), row["reply_to"])
        if row["way"] != "mail" or self._addition is None:
            return made
        return self._addition.to(conn, message_id, row, made)

    def _read(self, conn: Connection, ids: Sequence[str]) -> Mapping[str, bytes]:
        with self._lock:
            found = {id: self._octets[id] for id in ids if id in self._octets}
            for id in found:
                self._octets.move_to_end(id)
        missing = [id for id in ids if id not in found]
        read = store.octets_of(conn, missing) if missing else {}
        gone = next((id for id in missing if id not in read), None)
        if gone is not None:
            raise NotFound(f"the octets of {gone} are gone: their time was over before the message could go")
        with self._lock:
            for id, octets in read.items():
                self._keep(id, octets)
        return found | read

    def _keep(self, id: str, octets: bytes) -> None:
        if id in self._octets or len(octets) > self._kept // 4:
            return
        self._octets[id] = octets
        self._held += len(octets)
        while self._held > self._kept:
            _, dropped = self._octets.popitem(last=False)
            self._held -= len(dropped)


def parts_of(told: contents.Contents, media: Mapping[str, ContentPart], *, with_smil: bool) -> list[ContentPart]:
    """The parts in their order: SMIL first if wanted, then what each slide shows, then files.

    media: the part of each medium, by the id under which the content names it; one that is named twice is one part.
    """
    parts: list[ContentPart] = []
    shown: list[smil.Shown] = []
    used: set[str] = set()

    def put(id: str | None) -> ContentPart | None:
        part = media.get(id) if id is not None else None
        if part is not None and id not in used:
            used.add(str(id))
            parts.append(part)
        return part

    for number, slide in enumerate(told.slides, 1):
        seen, sound = put(slide.medium), put(slide.sound)
        text = None
        if slide.text:
            text = text_part(slide.text, number)
            parts.append(text)
        shown.append(
            smil.Shown(
                slide.seconds or contents.SECONDS,
                seen.name if seen else None,
                seen is not None and seen.media_type.startswith("video/"),
                sound.name if sound else None,
                text.name if text else None,
            )
        )
    for file in told.attached:
        put(file.medium)
    if with_smil and shown:
        octets = smil.written(shown)
        parts.insert(0, ContentPart(smil.MEDIA_TYPE, octets, smil.NAME, "utf-8", "smil"))
    return parts


def text_part(text: str, number: int) -> ContentPart:
    """The words of a slide as a part."""
    name = f"text-{number}.txt"
    return ContentPart("text/plain", text.encode("utf-8", "replace"), name, "utf-8", name)


def overhead(told: contents.Contents) -> int:
    """Octets that all but the media take: words, SMIL, headers. Rounded up coarsely, so that a name that is longer by
    a letter asks for no other picture."""
    texts = sum(len(slide.text.encode("utf-8", "replace")) for slide in told.slides)
    texts += len(told.subject.encode("utf-8", "replace"))
    parts = len(told.media) + sum(bool(slide.text) for slide in told.slides) + bool(told.slides)
    smil_size = 400 + 200 * len(told.slides) if told.slides else 0
    plain = texts + smil_size + parts * PART + WHOLE
    return -(-plain // 4096) * 4096


def media_rows(
    told: contents.Contents, fitted: Mapping[str, store.Medium], message_id: str, way: str
) -> list[dict[str, Any]]:
    """The rows of `message_medium`: each medium once, as it goes out, under a name of its own.

    fitted: by the id under which the content names it, what it was made to be. way: in an MMS names are of ASCII, as
    phones want them.
    """
    names = {file.medium: file.name for file in told.attached if file.name}
    rows = []
    taken = {smil.NAME}
    for position, id in enumerate(told.media, 1):
        name = names.get(id, "")
        if not name or name in taken or name.startswith("text-") or (way == "mms" and not _plain(name)):
            name = name_of(fitted[id].media_type, position)
        taken.add(name)
        rows.append(
            {"message_id": message_id, "position": position, "sha256": fitted[id].sha256, "original": id, "name": name}
        )
    return rows


def _plain(name: str) -> bool:
    return len(name) <= 40 and name.isascii() and all(letter.isalnum() or letter in "-_." for letter in name)
