"""What messages carry: read from what a client asks, and shown with its way, its page and what was seen of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, func, select

from smsgw.errors import BadInput, Fault
from smsgw.inbound import contents as inbound_contents
from smsgw.media import pages, store
from smsgw.media.contents import Attached, Contents, Slide
from smsgw.store.history import chunks
from smsgw.store.tables import message_content, message_page, page_visit
from smsgw.store.tables.types import AnyRow

from .. import given_media
from ..context import the_gateway
from .media import url_of
from .media_shapes import Carried

MAKING = ("media", "slides", "files", "subject")  # any of these makes a content


def is_content(shape: Carried) -> bool:
    """Whether the message is more than a text."""
    return bool(shape.media or shape.slides or shape.files or shape.subject) or shape.pin is not None


def content_of(shape: Carried, text: str) -> Contents | None:
    """The content that a client wants sent; None for a plain text. Addresses are fetched.

    Raises BadInput with every fault, QueueFull.
    """
    if not is_content(shape):
        return None
    if shape.slides and (shape.media or text):
        says = "slides have their own words and media: leave text and media out, or the slides"
        raise BadInput([Fault("/slides", "slides_and_text", says)])
    ids = given_media.ids_of(dict(_named(shape)))
    files = tuple(Attached(ids[f"/files/{place}/medium"], file.name) for place, file in enumerate(shape.files or ()))
    if shape.slides:
        slides = tuple(_slide(one, f"/slides/{place}", ids) for place, one in enumerate(shape.slides))
    else:
        given = given_media.of_media([ids[f"/media/{place}"] for place in range(len(shape.media or ()))], text)
        slides, files = given.slides, (*given.attached, *files)
    content = Contents(
        slides, files, shape.subject or "", shape.policy, shape.profile, shape.language or "", shape.from_name or "",
        shape.read_report, None, shape.pin,
    )  # fmt: skip
    try:
        return given_media.checked(content)
    except BadInput as wrong:
        raise BadInput([Fault(_where(one.pointer, shape), one.code, one.detail) for one in wrong.faults]) from wrong


def _named(shape: Carried) -> Sequence[tuple[str, str]]:
    """Every medium that is named, behind the pointer to it."""
    found = [(f"/media/{place}", one) for place, one in enumerate(shape.media or ())]
    for place, slide in enumerate(shape.slides or ()):
        found += [
            (f"/slides/{place}/{key}", one)
            for key, one in (("medium", slide.medium), ("sound", slide.sound))
            if one is not None
        ]
    return [*found, *((f"/files/{place}/medium", one.medium) for place, one in enumerate(shape.files or ()))]


def _slide(slide: Any, where: str, ids: Mapping[str, str]) -> Slide:
    return Slide(slide.text, ids.get(f"{where}/medium"), ids.get(f"{where}/sound"), slide.seconds)


def _where(pointer: str, shape: Carried) -> str:
    """A pointer into a content, as a pointer into what the client wrote."""
    pointer = pointer.replace("/attached", "/files", 1)
    if shape.media and pointer.startswith("/slides/"):
        _, _, place, *_rest = pointer.split("/")
        return "/text" if _rest == ["text"] else f"/media/{place}"
    return pointer or "/media"


def contents_of(conn: Connection, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The contents of messages that have one, by the message's id: media_shapes.Content."""
    found: dict[str, dict[str, Any]] = {}
    for some in chunks(ids):
        rows = conn.execute(select(message_content).where(message_content.c.message_id.in_(some))).all()
        if rows:
            seen = _pages(conn, [row.message_id for row in rows])
            found |= {row.message_id: _content_json(row, seen.get(row.message_id)) for row in rows}
    return found


def _content_json(row: AnyRow, page: dict[str, Any] | None) -> dict[str, Any]:
    return {
        "subject": row.subject,
        "slides": [
            {"text": one.get("text") or "", **{key: one.get(key) for key in ("medium", "sound", "seconds")}}
            for one in row.slides
        ],
        "files": [{"medium": one["medium"], "name": one.get("name") or ""} for one in row.attached or ()],
        **{
            name: getattr(row, name)
            for name in (
                "policy", "profile", "way", "why", "size", "fallback_id", "instead_of", "shown_at", "read_at",
            )
        },
        "fallback_at": row.fallback_at if the_gateway().carrying.links(row.policy) else None,
        "page": page,
    }  # fmt: skip


def _pages(conn: Connection, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The newest page of each of these messages."""
    p = message_page.c
    newest = {
        row.message_id: row for row in conn.execute(select(message_page).where(p.message_id.in_(ids)).order_by(p.id))
    }
    v = page_visit.c
    counts: dict[str, dict[str, int]] = {}
    if newest:
        many = (
            select(p.message_id, v.level, func.count().label("many"))
            .join(message_page, p.id == v.page_id)
            .where(p.message_id.in_(ids))
            .group_by(p.message_id, v.level)
        )
        for row in conn.execute(many):
            counts.setdefault(row.message_id, {})[row.level] = row.many
    return {id: page_json(row, counts.get(id, {})) for id, row in newest.items()}


def page_json(row: AnyRow, visits: Mapping[str, int]) -> dict[str, Any]:
    """A page as the API shows it: media_shapes.PageSeen."""
    return {
        "expires_at": row.expires_at,
        "revoked_at": row.revoked_at,
        "opened_at": row.opened_at,
        "locked": row.pin_tries >= pages.TRIES,
        "held": row.held_why,
        "visits": dict(visits),
    }


def inbound_media(conn: Connection, ids: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """The parts of what came in, by its id: media_shapes.InboundMedium. Texts have none."""
    rows = inbound_contents.media_of(conn, ids)
    media = store.known(conn, [one.sha256 for some in rows.values() for one in some])
    return {id: [_part_json(one, media[one.sha256]) for one in some] for id, some in rows.items()}


def _part_json(row: AnyRow, medium: store.Medium) -> dict[str, Any]:
    return {
        "id": row.sha256,
        "type": medium.media_type,
        "said_type": row.media_type,
        "name": row.name,
        "size": medium.size,
        "url": None if medium.purged else url_of(row.sha256),
    }
