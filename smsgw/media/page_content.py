"""What a page shows: the slides of a message in order, with each medium as a screen takes it and as it was given to us.

A small picture is shown as it is. A large one, or one that old browsers cannot show, is shown as it was made to fit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from ..store.tables import message, message_content, message_medium
from . import store
from .store import Medium

NAMES = {
    "image/jpeg": "jpg", "image/png": "png", "image/gif": "gif", "image/webp": "webp", "image/heic": "heic",
    "image/avif": "avif", "audio/amr": "amr", "audio/mpeg": "mp3", "audio/ogg": "ogg", "audio/mp4": "m4a",
    "audio/wav": "wav", "audio/midi": "mid", "video/mp4": "mp4", "video/3gpp": "3gp", "video/webm": "webm",
    "video/quicktime": "mov", "text/plain": "txt", "text/x-vcard": "vcf", "text/x-vcalendar": "vcs",
    "application/pdf": "pdf",
}  # fmt: skip
"""How files of a type are called behind the point."""


@dataclass(frozen=True, slots=True)
class Item:
    """A medium of a message. number: its place, from 1. screen: what is shown of it. original: as it was given."""

    number: int
    original: Medium
    screen: Medium

    @property
    def family(self) -> str:
        """picture, sound, video, text or other."""
        return self.original.family

    @property
    def is_fitted(self) -> bool:
        """Whether what is shown is not the original."""
        return self.screen.sha256 != self.original.sha256

    @property
    def name(self) -> str:
        """A file name that says nothing of whose it is."""
        return name_of(self.original.media_type, self.number)


@dataclass(frozen=True, slots=True)
class PageSlide:
    """One slide: a picture or a video, a sound, a text; each may be missing."""

    text: str
    seen: Item | None
    sound: Item | None


@dataclass(frozen=True, slots=True)
class PageContent:
    """What is shown. language: of the sentences around it; "" where nobody said. attached: files beside the slides."""

    subject: str
    slides: tuple[PageSlide, ...]
    attached: tuple[Item, ...]
    language: str
    from_name: str

    @property
    def items(self) -> dict[int, Item]:
        """Every medium by its number."""
        found = [*self.attached]
        for slide in self.slides:
            found += [one for one in (slide.seen, slide.sound) if one is not None]
        return {one.number: one for one in found}


def name_of(media_type: str, number: int) -> str:
    """A file name for a medium of this type: picture-1.jpg."""
    family = {"image": "picture", "audio": "sound", "video": "video"}.get(media_type.partition("/")[0], "file")
    return f"{family}-{number}.{NAMES.get(media_type.lower(), 'bin')}"


def content_of(conn: Connection, message_id: str) -> PageContent:
    """What a message shows on a page; of one that stands for another, what that one shows.

    A medium whose octets are gone is left out. A message without a content is its text.
    """
    c = message_content.c
    row = conn.execute(select(message_content).where(c.message_id == message_id)).first()
    if row is not None and row.instead_of is not None:
        meant = conn.execute(select(message_content).where(c.message_id == row.instead_of)).first()
        row = meant or row
    if row is None:
        text = conn.scalar(select(message.c.text).where(message.c.id == message_id)) or ""
        return PageContent("", (PageSlide(text, None, None),) if text else (), (), "", "")
    m = message_medium.c
    as_sent = conn.execute(select(m.original, m.sha256).where(m.message_id == row.message_id))
    fitted = {one.original: one.sha256 for one in as_sent}
    attached = row.attached or []
    named = [one.get(key) for one in row.slides for key in ("medium", "sound")] + [one["medium"] for one in attached]
    ids = list(dict.fromkeys(one for one in named if one))
    media = store.known(conn, [*ids, *fitted.values()])
    items = {id: item for place, id in enumerate(ids, 1) if (item := _item(place, id, media, fitted)) is not None}
    slides = tuple(_slide(one, items) for one in row.slides)
    shown = tuple(one for one in slides if one.text or one.seen or one.sound)
    files = tuple(items[one["medium"]] for one in attached if one["medium"] in items)
    return PageContent(row.subject, shown, files, row.language, row.from_name)


def _item(number: int, id: str, media: Mapping[str, Medium], fitted: Mapping[str, str]) -> Item | None:
    original, screen = media.get(id), media.get(fitted.get(id, id))
    there = [one for one in (original, screen) if one is not None and not one.purged]
    if not there:
        return None
    return Item(number, there[0], there[-1])


def _slide(told: Mapping[str, Any], items: Mapping[str, Item]) -> PageSlide:
    return PageSlide(told.get("text") or "", items.get(told.get("medium") or ""), items.get(told.get("sound") or ""))
