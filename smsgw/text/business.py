"""Business hours: whether a shop is open, and when so many minutes of work are over, with holidays left out.

`hours.Hours` is a week that comes again and again; here it meets a calendar, which has days on which nobody works.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

from .hours import DAYS, Hours

FARTHEST = 400  # days that are looked through: who is closed for longer has no business hours
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Business:
    """When somebody is there. hours: of the week, None for always. closed: whether nobody is there on a day at all."""

    hours: Hours | None = None
    zone: tzinfo = UTC
    closed: Callable[[date], bool] = lambda day: False

    def open_at(self, at: datetime) -> bool:
        """Whether somebody is there at an aware time."""
        if self.closed(at.astimezone(self.zone).date()):
            return False
        return self.hours is None or self.hours.open_at(at)

    def after(self, at: datetime, minutes: int) -> datetime:
        """When `minutes` of business hours, counted from an aware time, are over (UTC).

        Where no business hours are found within `FARTHEST` days the clock alone counts.
        """
        left = timedelta(minutes=minutes)
        for begin, end in self._spans(at):
            begin = max(begin, at)
            if begin + left <= end:
                return begin + left
            left -= max(end - begin, timedelta())
        return at.astimezone(UTC) + timedelta(minutes=minutes)

    def opens(self, at: datetime) -> datetime:
        """`at` if somebody is there, else when somebody will be (UTC)."""
        return self.after(at, 0)

    def today(self, at: datetime) -> list[tuple[str, str]]:
        """The spans of the day of `at`, as the wall clock says them: [("08:00", "16:00")]; none: closed."""
        day = at.astimezone(self.zone).date()
        return [] if self.closed(day) else [(_clock(b), _clock(e)) for b, e in self._minutes(day.weekday())]

    def _spans(self, at: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Open spans that end after `at`, in order, in UTC: summer time is over in an hour of them."""
        first = at.astimezone(self.zone).date()
        for day in (first + n * _DAY for n in range(FARTHEST)):
            if self.closed(day):
                continue
            midnight = datetime(day.year, day.month, day.day, tzinfo=self.zone)
            for begin, end in self._minutes(day.weekday()):
                start, stop = (_on_the_wall(midnight, minute).astimezone(UTC) for minute in (begin, end))
                if stop > at:
                    yield start, stop

    def _minutes(self, weekday: int) -> list[tuple[int, int]]:
        """The spans that begin on a day of the week, in minutes since its midnight, those that touch as one."""
        if self.hours is None:
            return [(0, 24 * 60)]
        start = weekday * 24 * 60
        found: list[tuple[int, int]] = []
        for begin, end in self.hours.spans:
            if start <= begin < start + 24 * 60:
                if found and found[-1][1] >= begin - start:
                    begin, end = found[-1][0] + start, max(end, found.pop()[1] + start)
                found.append((begin - start, end - start))
        return found


def _on_the_wall(midnight: datetime, minute: int) -> datetime:
    """The moment when the clock of that day shows so many minutes: adding to a zoned time moves the wall's hands."""
    return midnight + timedelta(minutes=minute)


def _clock(minute: int) -> str:
    return f"{minute // 60 % 24:02}:{minute % 60:02}" if minute != 24 * 60 else "24:00"


_DAY_NAMES = {
    "en": DAYS,
    "sl": ("pon", "tor", "sre", "čet", "pet", "sob", "ned"),
    "hr": ("pon", "uto", "sri", "čet", "pet", "sub", "ned"),
    "de": ("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"),
    "it": ("lun", "mar", "mer", "gio", "ven", "sab", "dom"),
    "ru": ("пн", "вт", "ср", "чт", "пт", "сб", "вс"),
    "fa": ("دوشنبه", "سه‌شنبه", "چهارشنبه", "پنجشنبه", "جمعه", "شنبه", "یکشنبه"),
}


def spelled(hours: Hours, language: str) -> str:
    """The hours of a week in a language: "pon-pet 8:00-16:00, sob 9:00-13:00"; English days for one not known."""
    names = _DAY_NAMES.get(language, DAYS)
    days = [tuple(_of_day(hours, day)) for day in range(7)]
    told: list[str] = []
    day = 0
    while day < 7:
        last = day
        while last < 6 and days[last + 1] == days[day]:
            last += 1
        if days[day]:
            named = names[day] if last == day else f"{names[day]}-{names[last]}"
            told.append(f"{named} {' '.join(days[day])}")
        day = last + 1
    return ", ".join(told)


def _of_day(hours: Hours, day: int) -> Iterator[str]:
    for begin, end in Business(hours)._minutes(day):
        yield f"{_clock(begin)}-{_clock(end)}"
