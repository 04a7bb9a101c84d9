"""Hours of a week in a zone: read "Mo-Fr 08:00-20:00", tell whether a moment lies in them, and when they begin again.

The days are spelled as OpenStreetMap's opening_hours spells them. A span may pass midnight, and then belongs to the
day on which it begins. Summer time is the zone's affair: 08:00 is what the clock on the wall says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_DAY, _WEEK = 24 * 60, 7 * 24 * 60
_TIME = r"([01]?\d|2[0-4]):([0-5]\d)"
_SPAN = re.compile(rf"(?:([A-Za-z,\s-]+?)\s+)?{_TIME}\s*-\s*{_TIME}")
_LIKE = 'must be days and times such as "Mo-Fr 08:00-20:00", "Sa,Su 09:00-13:00" or "22:00-06:00"'


@dataclass(frozen=True, slots=True)
class Hours:
    """Spans of a week, half-open, in order, in minutes since Monday 00:00 on the wall. written: as it was read."""

    spans: tuple[tuple[int, int], ...]
    zone: ZoneInfo
    written: str

    def open_at(self, at: datetime) -> bool:
        """Whether an aware time lies in them."""
        minute = self._minute(at)
        return any(begin <= minute < end for begin, end in self.spans)

    def next_opening(self, at: datetime) -> str:
        """When they begin again after `at`, such as "Mo 08:00": for a moment that does not lie in them."""
        minute = self._minute(at)
        begins = [begin for begin, _ in self.spans]
        begin = min((b for b in begins if b > minute), default=min(begins))
        return f"{DAYS[begin // _DAY]} {begin % _DAY // 60:02}:{begin % 60:02}"

    def _minute(self, at: datetime) -> int:
        local = at.astimezone(self.zone)
        return local.weekday() * _DAY + local.hour * 60 + local.minute


def read_zone(name: str) -> ZoneInfo:
    """The zone with this IANA name, such as Europe/Ljubljana. Raises ValueError."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as unknown:
        raise ValueError(f"there is no time zone {name!r}: write it as Europe/Ljubljana or UTC") from unknown


def read_hours(written: Iterable[str], zone: str) -> Hours | None:
    """The hours that these lines name, None for no lines (then it is always open). Raises ValueError."""
    lines = list(written)
    spans = sorted(span for line in lines for span in _spans(line))
    return Hours(tuple(spans), read_zone(zone), ", ".join(lines)) if lines else None


def _spans(line: str) -> Iterator[tuple[int, int]]:
    found = _SPAN.fullmatch(line.strip())
    if found is None:
        raise ValueError(f"{line!r}: {_LIKE}")
    begin = int(found[2]) * 60 + int(found[3])
    end = int(found[4]) * 60 + int(found[5])
    if begin in (end, _DAY) or max(begin, end) > _DAY:
        raise ValueError(f"{line!r}: {_LIKE}; the whole day is 00:00-24:00")
    for day in _days(found[1], line):
        start, stop = day * _DAY + begin, day * _DAY + (end if end > begin else end + _DAY)
        yield start, min(stop, _WEEK)
        if stop > _WEEK:  # from Sunday into Monday
            yield 0, stop - _WEEK


def _days(written: str | None, line: str) -> Iterator[int]:
    if written is None:
        yield from range(7)
        return
    for piece in written.split(","):
        ends = [_day(each.strip(), line) for each in piece.split("-")]
        if len(ends) > 2:
            raise ValueError(f"{line!r}: {_LIKE}")
        day, last = ends[0], ends[-1]
        yield day
        while day != last:
            day = (day + 1) % 7
            yield day


def _day(written: str, line: str) -> int:
    for number, name in enumerate(DAYS):
        if len(written) >= 2 and written.lower().startswith(name.lower()):
            return number
    raise ValueError(f"{line!r}: {written!r} is no day; {_LIKE}")
