"""Pictures made to fit a screen: for the page of a message, and small ones for lists. Worked out once and kept.

Only two are worked out at a time in a process: a link that goes to thousands must not start a thousand of them.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from ..store.database import Database
from ..store.tables import medium, rendition
from . import store
from .adapt import Unfit
from .child import fit
from .pages import FIT

AS_THEY_ARE = ("image/jpeg", "image/png", "image/gif")  # what every browser shows, also an old one
_TURN = threading.BoundedSemaphore(2)


@dataclass(frozen=True, slots=True)
class Screen:
    """What a picture is made to fit. name: how its renditions are called."""

    name: str
    width: int
    height: int
    octets: int


PHONE = Screen(f"{FIT} 1080x1920", 1920, 1080, 350_000)
THUMB = Screen("thumb 360x360", 360, 360, 40_000)


@dataclass(frozen=True, slots=True)
class _Made:
    source: str
    screen: Screen
    given: store.Given | None
    why: str | None
    at: datetime


def on_screen(
    database: Database, picture: store.Medium, screen: Screen, now: datetime, seconds: float = 20.0
) -> tuple[bytes, str] | None:
    """The octets of a picture as it fits a screen, and their type; None when it cannot be made to fit, or is gone.

    seconds: how long that may take when nobody has asked for it before.
    """
    if picture.media_type in AS_THEY_ARE and picture.size <= screen.octets and _is_within(picture, screen):
        return _as_it_is(database, picture)
    known = _known(database, picture.sha256, screen)
    if known is None:
        if not _TURN.acquire(timeout=seconds):
            return None
        try:
            known = _known(database, picture.sha256, screen) or _work_out(database, picture, screen, now, seconds)
        finally:
            _TURN.release()
    return known if known[0] else None


def _is_within(picture: store.Medium, screen: Screen) -> bool:
    """Whether it is small enough in pixels, too."""
    longer, shorter = max(picture.width or 0, picture.height or 0), min(picture.width or 0, picture.height or 0)
    return 0 < longer <= max(screen.width, screen.height) and shorter <= min(screen.width, screen.height)


def _as_it_is(database: Database, picture: store.Medium) -> tuple[bytes, str] | None:
    with database.reading() as conn:
        octets = store.octets_of(conn, [picture.sha256]).get(picture.sha256)
    return None if octets is None else (octets, picture.media_type)


def _known(database: Database, source: str, screen: Screen) -> tuple[bytes, str] | None:
    """What was worked out before; without octets when it was found that it cannot be done."""
    r = rendition.c
    with database.reading() as conn:
        row = conn.execute(
            select(r.sha256, medium.c.octets, medium.c.media_type)
            .outerjoin(medium, medium.c.sha256 == r.sha256)
            .where(r.source == source, r.fit == screen.name)
        ).first()
    if row is None or (row.sha256 is not None and row.octets is None):
        return None
    return (b"", "") if row.sha256 is None else (bytes(row.octets), row.media_type)


def _work_out(
    database: Database, picture: store.Medium, screen: Screen, now: datetime, seconds: float
) -> tuple[bytes, str]:
    with database.reading() as conn:
        octets = store.octets_of(conn, [picture.sha256]).get(picture.sha256)
    if octets is None:
        return b"", ""
    try:
        fitted = fit(octets, screen.octets, screen.width, screen.height, seconds)
    except Unfit as unfit:
        database.writer.do(_keep, _Made(picture.sha256, screen, None, str(unfit)[:500], now))
        return b"", ""
    database.writer.do(_keep, _Made(picture.sha256, screen, store.as_it_came(fitted.octets, now), None, now))
    return fitted.octets, fitted.kind


def _keep(conn: Connection, batch: list[_Made]) -> list[None]:
    for made in batch:
        r = rendition.c
        conn.execute(rendition.delete().where(r.source == made.source, r.fit == made.screen.name))
        if made.given is not None:
            store.take(conn, [made.given])
        sha = None if made.given is None else made.given.medium.sha256
        conn.execute(
            insert(rendition).values(
                source=made.source, fit=made.screen.name, sha256=sha, why=made.why or None, at=made.at
            )
        )
    return [None] * len(batch)
