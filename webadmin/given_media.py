"""Media that a request brings: its own octets, or addresses that we fetch them from. For API, doors and pages alike."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from smsgw.errors import BadInput, Fault, QueueFull
from smsgw.gateway import Gateway
from smsgw.media import contents, remote, store
from smsgw.media.contents import Contents
from smsgw.media.store import Medium
from smsgw.webhooks.terms import allowed_of

from .context import here, the_gateway

_ID = re.compile(r"[0-9a-f]{64}")
ROOM = 1 << 20  # octets of a request beside its file


def largest(gateway: Gateway) -> int:
    """Octets of one medium at most."""
    return gateway.config.media.largest << 20


def take(octets: bytes, pointer: str = "/file") -> Medium:
    """Store a medium; it is on disk when this returns. Raises BadInput at `pointer`, StoreError."""
    gateway = the_gateway()
    given = store.examined(octets, gateway.clock(), pointer, largest(gateway))
    return gateway.database.writer.do(store.take, given)


def ids_of(places: Mapping[str, str]) -> dict[str, str]:
    """The ids of media that are named by an id or an address, by the pointer to where each is named.

    Addresses are fetched, each once, and what is found is stored. Raises BadInput with every fault, QueueFull.
    """
    found: dict[str, str] = {}
    faults: list[Fault] = []
    fetched: dict[str, str] = {}
    for pointer, place in places.items():
        if _ID.fullmatch(place):
            found[pointer] = place
            continue
        try:
            if place not in fetched:
                fetched[place] = take(_fetched(place, pointer), pointer).sha256
            found[pointer] = fetched[place]
        except BadInput as wrong:
            faults += wrong.faults
    if faults:
        raise BadInput(faults)
    return found


def _fetched(place: str, pointer: str) -> bytes:
    if not place.startswith(("http://", "https://")):
        says = "must be the id of a medium, 64 hexadecimal digits, or an address that begins with https:// or http://"
        raise BadInput([Fault(pointer, "media_unknown", says)])
    gateway = the_gateway()
    if not here().waiters.acquire(timeout=remote.WITHIN):
        raise QueueFull("too many requests wait for something already", retry_after=5)
    try:
        allowed = allowed_of(gateway.config.webhooks, lambda: {gateway.config.web.port, *gateway.config.doors.ports})
        return remote.fetch(place, allowed, largest(gateway), pointer)
    finally:
        here().waiters.release()


def checked(content: Contents, prefix: str = "") -> Contents:
    """The content, if nothing is wrong with it. Raises BadInput with every fault, each behind `prefix`."""
    with the_gateway().database.reading() as conn:
        media = store.known(conn, content.media)
    faults = contents.faults(content, media, prefix)
    if faults:
        raise BadInput(faults)
    return content


def of_media(ids: Sequence[str], text: str, subject: str = "") -> Contents:
    """Media with one text, as a content. What fits no slide, such as a PDF, is a file beside them."""
    with the_gateway().database.reading() as conn:
        known = store.known(conn, ids)
    slides = [one for one in ids if one not in known or known[one].family in ("picture", "video", "sound")]
    made = [
        contents.Slide(medium=None if _is_sound(known, one) else one, sound=one if _is_sound(known, one) else None)
        for one in slides
    ]
    if text:
        made[:1] = [contents.Slide(text, made[0].medium, made[0].sound) if made else contents.Slide(text)]
    files = tuple(contents.Attached(one) for one in ids if one not in slides)
    return Contents(tuple(made), files, subject)


def _is_sound(known: Mapping[str, Medium], id: str) -> bool:
    return id in known and known[id].family == "sound"
