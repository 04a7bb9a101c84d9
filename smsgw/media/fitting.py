"""Make the media of a content fit into a profile: once for each medium and way of fitting, whoever it is for.

What was made, and what could not be made, is kept in the store (`rendition`) and at hand. Only so many are made at the
same time: each takes a process of its own.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select

from ..errors import NotFound
from ..store.database import Database
from ..store.tables import rendition
from . import child, film, store
from .adapt import Fitted, Unfit
from .bare import bare
from .profiles import Profile
from .store import Given, Medium

AT_ONCE = 2  # processes
REMEMBERED = 2000
BELIEVED = timedelta(hours=12)  # what is at hand is looked up anew after it: its octets may be purged
STEP = 1000  # octets: rooms are rounded down to it, so that nearly equal ones are the same
PLAIN_VIDEO = ("video/3gpp", "video/mp4")  # what phones show as it is
PLAIN_SOUND = ("audio/amr", "audio/mp4", "audio/mpeg", "audio/midi", "audio/aac")


@dataclass(frozen=True, slots=True)
class _Made:
    """What is to be remembered: of a source, for a fit, what came of it, or why nothing did."""

    source: str
    fit: str
    given: Given | None
    why: str | None
    at: datetime


class Fitting:
    """Makes media fit. One for each process; safe from any thread."""

    def __init__(self, database: Database, picture: Callable[[bytes, int, int, int], Fitted] = child.fit) -> None:
        self._database = database
        self._picture = picture
        self._turn = threading.Semaphore(AT_ONCE)
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[str, str], tuple[Medium | str, datetime]] = OrderedDict()
        self._busy: dict[tuple[str, str], threading.Lock] = {}

    def all(self, media: Sequence[Medium], room: int, profile: Profile, now: datetime) -> dict[str, Medium]:
        """What each of these media becomes so that together they take at most `room` octets. Raises Unfit.

        Waits for processes that may take seconds: not to be called by the writer.
        """
        if room < STEP:
            raise Unfit("the words alone fill the message")
        rooms = shares(media, room)
        return {one.sha256: self.one(one, rooms[one.sha256], profile, now) for one in media}

    def one(self, medium: Medium, most: int, profile: Profile, now: datetime) -> Medium:
        """What a medium becomes in at most `most` octets. Raises Unfit, NotFound when its octets are gone."""
        if medium.family not in ("picture", "video", "sound"):
            if medium.size > most:
                raise Unfit(f"a file of {medium.size} octets does not fit into {most}")
            return medium
        if _plain(medium, most, profile):
            return medium
        key = medium.sha256, fit_of(medium, most, profile)
        with self._lock:
            busy = self._busy.setdefault(key, threading.Lock())
        with busy:  # who asks for the same at the same time waits for it
            found = self._remembered(key, now)
            if found is None:
                found = self._remember(key, self._make(medium, most, profile, key, now), now)
        if isinstance(found, str):
            raise Unfit(found)
        return found

    def _remembered(self, key: tuple[str, str], now: datetime) -> Medium | str | None:
        with self._lock:
            known = self._known.get(key)
            if known is not None and now - known[1] < BELIEVED:
                self._known.move_to_end(key)
                return known[0]
        with self._database.reading() as conn:
            found = look(conn, *key)
        return None if found is None else self._remember(key, found, now)

    def _remember(self, key: tuple[str, str], found: Medium | str, now: datetime) -> Medium | str:
        with self._lock:
            self._known[key] = found, now
            self._busy.pop(key, None)
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return found

    def _make(self, medium: Medium, most: int, profile: Profile, key: tuple[str, str], now: datetime) -> Medium | str:
        with self._turn:
            with self._database.reading() as conn:
                octets = store.octets_of(conn, [medium.sha256]).get(medium.sha256)
            if octets is None:
                raise NotFound(f"the octets of {medium.sha256} are gone: give the file again")
            try:
                fitted = self._fitted(medium, octets, most, profile)
            except Unfit as no:
                self._database.writer.do(_keep, _Made(*key, None, str(no), now))
                return str(no)
        given = store.as_it_came(fitted.octets, now)
        self._database.writer.do(_keep, _Made(*key, given, None, now))
        return given.medium

    def _fitted(self, medium: Medium, octets: bytes, most: int, profile: Profile) -> Fitted:
        if medium.family == "picture":
            return self._picture(octets, most, profile.width, profile.height)
        if medium.family == "sound":
            return film.sound(octets, most)
        if medium.media_type in PLAIN_VIDEO and medium.size <= most and not film.installed("ffmpeg"):
            return Fitted(bare(octets, medium.media_type), medium.media_type, 0, 0, True)
        if medium.media_type in PLAIN_VIDEO and medium.size + film.ROOM <= most:
            return film.bare(octets)
        return film.video(octets, most, profile)


def fit_of(medium: Medium, most: int, profile: Profile) -> str:
    """The name of a way of fitting."""
    if medium.family == "sound":
        return f"{most} octets"
    size = f"{profile.video} at {profile.rate}" if medium.family == "video" else f"{profile.width}x{profile.height}"
    return f"{most} octets {size}"


def _plain(medium: Medium, most: int, profile: Profile) -> bool:
    """Whether a sound may go as it is. A picture or a film never does, for what its camera wrote beside it."""
    if medium.family == "video":
        if not profile.video:
            raise Unfit(f"a message of the size {profile.name} takes no video")
        return False
    return medium.family == "sound" and medium.media_type in PLAIN_SOUND and medium.size <= most


def shares(media: Sequence[Medium], room: int) -> dict[str, int]:
    """How many octets each of these media may take, together `room`: what is small leaves its rest to the others."""
    left, rest = room, sorted(media, key=_need)
    found: dict[str, int] = {}
    for place, one in enumerate(rest):
        fair = left // (len(rest) - place)
        mine = min(_need(one), fair)
        found[one.sha256] = mine if _stays(one) else max(STEP, mine // STEP * STEP)
        left -= min(mine, found[one.sha256])
    return found


def _stays(one: Medium) -> bool:
    return one.family not in ("picture", "video", "sound")


def _need(one: Medium) -> int:
    """What it takes at most: made anew, a small picture may grow a little."""
    return one.size if _stays(one) or one.family != "picture" else one.size + one.size // 4 + 4000


def look(conn: Connection, source: str, fit: str) -> Medium | str | None:
    """What is remembered of a medium and a way of fitting: what it became, why it cannot be, or nothing."""
    r = rendition.c
    row = conn.execute(select(r.sha256, r.why).where(r.source == source, r.fit == fit)).first()
    if row is None:
        return None
    if row.sha256 is None:
        return str(row.why)
    found: Mapping[str, Medium] = store.known(conn, [row.sha256])
    made = found.get(row.sha256)
    return None if made is None or made.purged else made


def _keep(conn: Connection, batch: list[_Made]) -> list[None]:
    for made in batch:
        if made.given is not None:
            store.take(conn, [made.given])
        r = rendition.c
        there = conn.execute(select(r.fit).where(r.source == made.source, r.fit == made.fit)).first()
        values = {"sha256": None if made.given is None else made.given.medium.sha256, "why": made.why, "at": made.at}
        if there is None:
            conn.execute(insert(rendition).values(source=made.source, fit=made.fit, **values))
        else:
            conn.execute(rendition.update().where(r.source == made.source, r.fit == made.fit).values(**values))
    return [None] * len(batch)
