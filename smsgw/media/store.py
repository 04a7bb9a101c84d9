"""Keep media: octets by their hash, each once, with the type that they are by themselves; find, use and purge them.

`examined` checks what somebody wants to send and needs no store; `take` is the step that stores. What came in is taken
`as_it_came`: it is kept whatever it is, and what nobody knows is called octets.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from PIL import Image, UnidentifiedImageError
from sqlalchemy import Connection, bindparam, delete, exists, insert, select, update

from ..errors import BadInput, Fault, NotFound
from ..store import history
from ..store.lifecycle import CAMPAIGN, MESSAGE
from ..store.prepared import Prepared, among
from ..store.tables import campaign, inbound_medium, medium, message, message_medium, rendition
from .adapt import HEIC, MOST_PIXELS, reads_heic
from .kinds import kind_of

MOST_OCTETS = 25 << 20  # of one medium that somebody wants to send: a film from a telephone, before it is made to fit
OCTETS = "application/octet-stream"
UNUSED = timedelta(days=7)  # for so long a medium may wait to be put into something
AT_ONCE = 200  # media that one purge looks at

_KNOWN = Prepared(
    select(
        medium.c.sha256, medium.c.media_type, medium.c.size, medium.c.width, medium.c.height, medium.c.seconds,
        medium.c.purged_at,
    ).where(among(medium.c.sha256))
)  # fmt: skip
_STORE = Prepared(insert(medium), [column.name for column in medium.c])
_USED = Prepared(
    update(medium).where(among(medium.c.sha256)).values(used_at=bindparam("now", type_=medium.c.used_at.type))
)
_OCTETS = Prepared(select(medium.c.sha256, medium.c.octets).where(among(medium.c.sha256)))


@dataclass(frozen=True, slots=True)
class Medium:
    """A stored medium. media_type: by its octets. width, height: of a picture. seconds: of sound, where known.

    purged: its octets are gone.
    """

    sha256: str
    media_type: str
    size: int
    width: int | None = None
    height: int | None = None
    seconds: int | None = None
    purged: bool = False

    @property
    def family(self) -> str:
        """picture, sound, video, text, or other: what a slide may hold it as."""
        kind = self.media_type.partition("/")[0]
        return {"image": "picture", "audio": "sound", "video": "video", "text": "text"}.get(kind, "other")


@dataclass(frozen=True, slots=True)
class Given:
    """Octets that were looked at and are to be stored."""

    medium: Medium
    octets: bytes
    at: datetime


def examined(octets: bytes, at: datetime, pointer: str = "/media", most: int = MOST_OCTETS) -> Given:
    """Look at what somebody wants to send. pointer: where it stands in what they asked.

    Raises BadInput: empty, too large, of no type that we pass on, or a picture that is none.
    """
    if not octets:
        raise BadInput([Fault(pointer, "media_empty", "the file is empty: choose another one")])
    if len(octets) > most:
        says = f"the file has {len(octets)} octets, and {most} are the most: make it smaller"
        raise BadInput([Fault(pointer, "media_too_large", says)])
    kind = kind_of(octets)
    if kind is None:
        says = "the file is no picture, sound, video, text, card or PDF that we know: send it as one of these"
        raise BadInput([Fault(pointer, "media_type_unknown", says)])
    size = _dimensions(octets) if kind.startswith("image/") else None
    if size is not None and size[0] * size[1] > MOST_PIXELS:
        says = f"the picture has {size[0] * size[1]} pixels, and {MOST_PIXELS} are the most: make it smaller"
        raise BadInput([Fault(pointer, "media_too_large", says)])
    return _given(octets, kind, at, size)


def as_it_came(octets: bytes, at: datetime) -> Given:
    """What came in, whatever it is: it is kept, and its type is what its octets say."""
    kind = kind_of(octets) or OCTETS
    size = _dimensions(octets) if kind.startswith("image/") else None
    return _given(octets, kind, at, size if size is not None and size[0] * size[1] <= MOST_PIXELS else None)


def _given(octets: bytes, kind: str, at: datetime, size: tuple[int, int] | None) -> Given:
    width, height = size or (None, None)
    return Given(Medium(hashlib.sha256(octets).hexdigest(), kind, len(octets), width, height), octets, at)


def _dimensions(octets: bytes) -> tuple[int, int] | None:
    """The size of a picture as its head says; None where no head can be read."""
    if kind_of(octets) in HEIC:
        reads_heic()
    try:
        with Image.open(io.BytesIO(octets)) as opened:
            return opened.size
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as bomb:
        found = re.search(r"\((\d+) pixels\)", str(bomb))
        return (int(found[1]), 1) if found else (MOST_PIXELS, 2)  # Pillow tells their number and no more
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError):
        return None


def take(conn: Connection, batch: list[Given]) -> list[Medium]:
    """Writer step: store what is not there yet; what is there is used anew, what was purged comes back."""
    now = max(given.at for given in batch)
    there = _known(conn, [given.medium.sha256 for given in batch])
    fresh: dict[str, Given] = {}
    for given in batch:
        before = there.get(given.medium.sha256)
        if before is None:
            fresh.setdefault(given.medium.sha256, given)
        elif before.purged:
            values = {"octets": given.octets, "purged_at": None}
            conn.execute(update(medium).where(medium.c.sha256 == before.sha256).values(values))
    _STORE.many(conn, [_row(given) for given in fresh.values()])
    use(conn, list(there), now)
    return [given.medium for given in batch]


def _row(given: Given) -> dict[str, Any]:
    found = given.medium
    return {
        "sha256": found.sha256, "media_type": found.media_type, "size": found.size, "octets": given.octets,
        "width": found.width, "height": found.height, "seconds": found.seconds,
        "created_at": given.at, "used_at": given.at, "purged_at": None,
    }  # fmt: skip


def use(conn: Connection, ids: Sequence[str], now: datetime) -> None:
    """Media are put into something: from now on they are kept as long as anything new."""
    if ids:
        _USED.run(conn, {"ids": list(ids), "now": now})


def _known(conn: Connection, ids: Iterable[str]) -> dict[str, Medium]:
    rows = _KNOWN.records(conn, {"ids": list(dict.fromkeys(ids))})
    return {
        row["sha256"]: Medium(
            row["sha256"], row["media_type"], row["size"], row["width"], row["height"], row["seconds"],
            row["purged_at"] is not None,
        )
        for row in rows
    }  # fmt: skip


def known(conn: Connection, ids: Iterable[str]) -> dict[str, Medium]:
    """Those of these media that are there, by id."""
    return _known(conn, ids)


def get(conn: Connection, id: str) -> Medium:
    """One medium. Raises NotFound, also for one whose octets are gone."""
    found = _known(conn, [id]).get(id)
    if found is None or found.purged:
        gone = "its time was over" if found is not None else "give the file first"
        raise NotFound(f"there is no medium {id}: {gone}")
    return found


def octets_of(conn: Connection, ids: Collection[str]) -> dict[str, bytes]:
    """The octets of media, by id, without those that are gone. Read only what is used at once: they may be many."""
    return {sha: bytes(octets) for sha, octets in _OCTETS.run(conn, {"ids": list(ids)}) if octets is not None}


def purge(conn: Connection, batch: list[tuple[datetime, datetime]]) -> list[int]:
    """Writer step, for (older than, now): let go of octets that nothing needs any more; returns how many media.

    What is in nothing goes after `UNUSED`; what is in messages that ended and in what came in, when it was last used
    before `older than`. What a message that may still go carries, and what a campaign that is not over names, stays.
    """
    return [_purge(conn, older, now) for older, now in batch]


def _purge(conn: Connection, older: datetime, now: datetime) -> int:
    kept = _named_by_campaigns(conn)
    c = medium.c
    open_message = (
        select(message_medium.c.message_id)
        .join(message, message.c.id == message_medium.c.message_id)
        .where(
            (message_medium.c.sha256 == c.sha256) | (message_medium.c.original == c.sha256),
            message.c.state.not_in(sorted(MESSAGE.final)),
        )
    )
    due = (
        select(c.sha256, c.used_at, _in_something())
        .where(c.octets.is_not(None), c.used_at <= now - UNUSED, ~exists(open_message))
        .order_by(c.used_at)
        .limit(AT_ONCE)
    )
    gone = [sha for sha, used_at, used in conn.execute(due) if sha not in kept and (not used or used_at <= older)]
    for some in history.chunks(gone):
        conn.execute(update(medium).where(c.sha256.in_(some)).values(octets=None, purged_at=now))
    loose = select(c.sha256).where(c.purged_at.is_not(None), ~_in_something(), ~_of_a_rendition())
    conn.execute(delete(medium).where(c.sha256.in_(loose)))
    return len(gone)


def _in_something() -> Any:
    """Whether a message or something that came in carries a medium, or it is a rendition of one that is carried."""
    c = medium.c
    carried = (
        exists(select(message_medium.c.message_id).where(message_medium.c.sha256 == c.sha256))
        | exists(select(message_medium.c.message_id).where(message_medium.c.original == c.sha256))
        | exists(select(inbound_medium.c.inbound_id).where(inbound_medium.c.sha256 == c.sha256))
    )
    return carried.label("used")


def _of_a_rendition() -> Any:
    return exists(select(rendition.c.source).where(rendition.c.sha256 == medium.c.sha256))


def _named_by_campaigns(conn: Connection) -> set[str]:
    """The media that campaigns name which are not over: the terms of one hold them, wherever."""
    found: set[str] = set()
    for terms in conn.scalars(select(campaign.c.terms).where(campaign.c.state.not_in(sorted(CAMPAIGN.final)))):
        _collect(terms, found)
    return found


def _collect(value: Any, found: set[str]) -> None:
    if isinstance(value, dict):
        for inner in value.values():
            _collect(inner, found)
    elif isinstance(value, list):
        for inner in value:
            _collect(inner, found)
    elif isinstance(value, str) and len(value) == 64:
        found.add(value)
