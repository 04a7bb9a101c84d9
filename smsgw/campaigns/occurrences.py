"""When a series runs: RFC 5545 rules and days counted from a customer's date, on the wall's clock, past holidays.

A time on the wall is turned into a moment at the end only, so 09:00 stays 09:00 over summer time. An hour that a
change of the clocks leaves out runs when it would have begun; one that comes twice runs the first time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule, rrulestr
from dateutil.tz import resolve_imaginary

from ..errors import BadInput, Fault
from ..text.hours import read_zone

MOST_RUNS = 5000  # of a rule that are looked at
_FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")


def moment(wall: datetime, zone: ZoneInfo) -> datetime:
    """The moment at which the clock on the wall of `zone` shows `wall` (without a zone)."""
    return resolve_imaginary(wall.replace(tzinfo=zone)).astimezone(UTC)


def check_rule(rule: str, first: datetime, zone: str, country: str | None = None) -> list[Fault]:
    """What is wrong with a rule: nothing when it can be read, ends, and has a run at all."""
    faults: list[Fault] = []
    told = dict(re.findall(r"([A-Z-]+)=([^;\s]+)", rule.upper()))
    if told.get("FREQ") not in _FREQUENCIES:
        says = f"a campaign repeats by FREQ={', '.join(_FREQUENCIES)}; for example FREQ=WEEKLY;BYDAY=TU;COUNT=10"
        faults.append(Fault("/terms/repeat/rule", "rule_invalid", says))
    if not {"COUNT", "UNTIL"} & told.keys():
        says = "a series has an end: add COUNT=10 or UNTIL=20271231T235959Z"
        faults.append(Fault("/terms/repeat/rule", "rule_endless", says))
    if country is not None and not has_holidays(country):
        says = f"no holidays of {country!r} are known: write two letters, such as SI"
        faults.append(Fault("/terms/repeat/holidays", "country_unknown", says))
    if faults:
        return faults
    try:
        if next(runs(rule, first, read_zone(zone), country), None) is None:
            faults.append(Fault("/terms/repeat/rule", "rule_empty", "this rule has no run at all"))
    except (ValueError, BadInput) as wrong:
        faults.append(Fault("/terms/repeat/rule", "rule_invalid", f"the rule cannot be read: {wrong}"))
    return faults


def runs(rule: str, first: datetime, zone: ZoneInfo, country: str | None = None) -> Iterator[datetime]:
    """The moments at which a rule runs, in order. first: the first on the wall; country: its holidays have none.

    Raises ValueError for a rule that cannot be read.
    """
    read = rrulestr(_until_on_the_wall(rule, zone), dtstart=first.replace(tzinfo=None))
    assert isinstance(read, rrule)
    for number, wall in enumerate(read):
        if number >= MOST_RUNS:
            return
        if country is None or not is_holiday(wall.date(), country):
            yield moment(wall, zone)


def next_run(rule: str, first: datetime, zone: str, country: str | None, after: datetime) -> datetime | None:
    """The first run later than `after`; None when the series is over."""
    return next((at for at in runs(rule, first, read_zone(zone), country) if at > after), None)


def last_due(rule: str, first: datetime, zone: str, country: str | None, now: datetime) -> datetime | None:
    """The newest run that is due at `now`: those before it, missed by a machine that stood still, are not made up."""
    found = None
    for at in runs(rule, first, read_zone(zone), country):
        if at > now:
            break
        found = at
    return found


def day_at(day: date, at: time, zone: str) -> datetime:
    """The moment of a time on the wall on a day."""
    return moment(datetime.combine(day, at), read_zone(zone))


def next_day_at(at: time, zone: str, after: datetime) -> datetime:
    """The first moment later than `after` at which the wall shows `at`."""
    day = after.astimezone(read_zone(zone)).date()
    return next(m for m in (day_at(day + timedelta(days=n), at, zone) for n in range(3)) if m > after)


def anniversaries(day: date) -> list[str]:
    """The endings "-MM-DD" of dates whose anniversary is on this day; the 29th of February is kept on the 28th."""
    found = [f"-{day:%m-%d}"]
    if (day.month, day.day) == (2, 28) and (day + timedelta(days=1)).month == 3:
        found.append("-02-29")
    return found


def has_holidays(country: str) -> bool:
    """Whether the holidays of a country (two letters) are known."""
    import holidays  # not at the top: few need it, and every command would load it

    return country in holidays.list_supported_countries(include_aliases=False)


def is_holiday(day: date, country: str) -> bool:
    """Whether a day is a public holiday of a country (two letters)."""
    return day in _holidays(country, day.year)


@lru_cache(maxsize=64)
def _holidays(country: str, year: int) -> frozenset[date]:
    import holidays  # as above

    return frozenset(holidays.country_holidays(country, years=year))


def _until_on_the_wall(rule: str, zone: ZoneInfo) -> str:
    """The rule with UNTIL as the wall has it: RFC 5545 writes it in UTC, and the runs are counted on the wall."""

    def wall(found: re.Match[str]) -> str:
        until = datetime.strptime(found[1], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).astimezone(zone)
        return f"UNTIL={until:%Y%m%dT%H%M%S}"

    return re.sub(r"UNTIL=(\d{8}T\d{6}Z)", wall, rule.strip().upper().removeprefix("RRULE:"))
