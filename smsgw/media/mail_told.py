"""What a letter about something that came in tells: its words and media, in the order in which they are to be seen.

SMIL says the order and is itself left out. What a part is, its octets say (`kinds`), not its sender: what they do not
show to be harmless is a file beside the letter, under a name by which no program opens it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from ..store.tables import address, customer, inbound, inbound_content, inbound_medium, medium
from ..store.tables.types import AnyRow
from .kinds import kind_of

INLINE = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})  # what mail programs show in a letter
SMIL = "application/smil"
_ENDINGS = {
    "image/jpeg": "jpg", "image/png": "png", "image/gif": "gif", "image/webp": "webp", "image/heic": "heic",
    "image/avif": "avif", "image/heif": "heif", "audio/amr": "amr", "audio/amr-wb": "awb", "audio/midi": "mid",
    "audio/ogg": "ogg", "audio/flac": "flac", "audio/mpeg": "mp3", "audio/wav": "wav", "audio/mp4": "m4a",
    "video/3gpp": "3gp", "video/mp4": "mp4", "video/webm": "webm", "video/quicktime": "mov", "video/x-msvideo": "avi",
    "application/pdf": "pdf", "text/x-vCard": "vcf", "text/x-vCalendar": "vcs", "text/plain": "txt",
}  # fmt: skip
_SOURCES = re.compile(r"<\s*(?:\w+:)?(?:img|image|video|audio|text|ref)\b[^>]*?\bsrc\s*=\s*[\"']([^\"'>]*)[\"']", re.I)
_ODD = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Piece:
    """One part as a letter has it. text: of words, else None. media_type: by its octets. octets: None once purged."""

    name: str
    media_type: str
    octets: bytes | None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What a letter tells of. subject: of an MMS. number, name: who sent it. size: octets of its media."""

    id: str
    kind: str
    number: str
    name: str
    subject: str
    text: str
    pieces: tuple[Piece, ...] = ()
    size: int = 0


def told(conn: Connection, inbound_id: str, most: int) -> Told | None:
    """Read what came in. Media are read only if they are at most `most` octets together. None: it is there no more."""
    i = inbound.c
    row = conn.execute(
        select(i.id, i.kind, i.sender, i.text, inbound_content.c.subject)
        .join_from(inbound, inbound_content, inbound_content.c.inbound_id == i.id, isouter=True)
        .where(i.id == inbound_id)
    ).first()
    if row is None:
        return None
    c = customer.c
    name = conn.scalar(
        select(c.name)
        .join_from(customer, address, address.c.customer_id == c.id)
        .where(address.c.address == row.sender)
    )
    m = inbound_medium.c
    listed = list(
        conn.execute(
            select(m.position, m.media_type, m.name, m.content_id, m.charset, m.sha256, medium.c.size)
            .join_from(inbound_medium, medium, medium.c.sha256 == m.sha256)
            .where(m.inbound_id == inbound_id)
            .order_by(m.position)
        )
    )
    size = sum(part.size for part in listed if part.media_type != SMIL)
    octets = _octets(conn, [part.sha256 for part in listed]) if size <= most else {}
    pieces = tuple(_pieces(listed, octets)) if size <= most else ()
    return Told(row.id, row.kind, row.sender, name or "", row.subject or "", row.text, pieces, size)


def _octets(conn: Connection, ids: Sequence[str]) -> dict[str, bytes | None]:
    rows = conn.execute(select(medium.c.sha256, medium.c.octets).where(medium.c.sha256.in_(ids)))
    return {row.sha256: None if row.octets is None else bytes(row.octets) for row in rows}


def _pieces(listed: Sequence[AnyRow], octets: Mapping[str, bytes | None]) -> list[Piece]:
    smil = next((octets.get(part.sha256) or b"" for part in listed if part.media_type == SMIL), b"")
    shown = [part for part in listed if part.media_type != SMIL]
    order = order_of(smil, [(part.name, part.content_id) for part in shown])
    taken: set[str] = set()
    return [_piece(shown[at], octets.get(shown[at].sha256), taken) for at in order]


def order_of(smil: bytes, parts: Sequence[tuple[str, str]]) -> list[int]:
    """The places of parts (name, content id) in the order in which a SMIL names them; those it does not name come last.

    No XML is parsed: only what stands in `src` is looked for, so nothing in it can do harm.
    """
    places: dict[str, int] = {}
    for at, (name, content_id) in reversed(list(enumerate(parts))):
        for known in (name, content_id.strip("<>")):
            if known:
                places[known.lower()] = at
    found: list[int] = []
    for source in _SOURCES.findall(smil.decode("utf-8", "replace")):
        at = places.get(source.strip().removeprefix("cid:").strip("<>").lower(), -1)
        if at >= 0 and at not in found:
            found.append(at)
    return [*found, *(at for at in range(len(parts)) if at not in found)]


def _piece(part: AnyRow, octets: bytes | None, taken: set[str]) -> Piece:
    declared = str(part.media_type).lower()
    if declared == "text/plain" and octets is not None:
        return Piece(safe_name(part.name, "text/plain", taken), "text/plain", octets, decoded(octets, part.charset))
    media_type = (kind_of(octets) if octets is not None else None) or "application/octet-stream"
    return Piece(safe_name(part.name, media_type, taken), media_type, octets)


def decoded(octets: bytes, charset: str | None) -> str:
    """The words of a text part, whatever was said of its letters."""
    for one in (charset, "utf-8", "cp1252"):
        try:
            return octets.decode(one or "utf-8").removeprefix("\ufeff")
        except (LookupError, ValueError):  # no set of letters, or not of these
            continue
    return octets.decode("latin-1")


def safe_name(written: str, media_type: str, taken: set[str]) -> str:
    """A file name of plain letters whose end is that of what the file is; each once, `taken` grows."""
    ending = _ENDINGS.get(media_type, "bin")
    plain = _ODD.sub("_", written.replace("\\", "/").rpartition("/")[2]).strip("._-")
    stem = plain.rpartition(".")[0] if plain.lower().endswith(f".{ending}") else plain.replace(".", "_")
    stem = stem[:60].strip("._-") or "part"
    name, count = f"{stem}.{ending}", 1
    while name.lower() in taken:
        count += 1
        name = f"{stem}-{count}.{ending}"
    taken.add(name.lower())
    return name


def shown_name(words: Any) -> str:
    """One line of somebody's words for a header: no control characters, no line ends, not long."""
    return " ".join("".join(c if c.isprintable() else " " for c in str(words)).split())[:120]
