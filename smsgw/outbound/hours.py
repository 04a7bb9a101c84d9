"""The check of open hours: marketing arrives at a decent hour, on no public holiday, in the recipient's own place.

The customer's own zone decides, if it is known; else every zone that the number may be in must be open. What waits is
spread over the first open hour, by the number, so that eight o'clock is no burst.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zlib import crc32
from zoneinfo import ZoneInfo

import phonenumbers
from sqlalchemy import Connection

from ..text.hours import Hours, read_zone
from ..text.number import region_of
from .destinations import everywhere, preset
from .gate.facts import Opening
from .gate.people import wishes
from .gate.terms import Candidate, Hold, Refuse, Rules, Verdict

HORIZON = timedelta(days=14)  # zones that are never open together within it never will be
_DAY = 24 * 60


def quiet_hours(conn: Connection, batch: Sequence[Candidate], rules: Rules, now: datetime) -> dict[int, Verdict]:
    """Hold what would come at a quiet hour until the next open one; refuse what would be too late then."""
    places = [index for index, c in enumerate(batch) if c.purpose in rules.quiet]
    if not places:
        return {}
    known = wishes(conn, {batch[index].recipient for index in places})
    begins: _Begins = {}
    verdicts: dict[int, Verdict] = {}
    for index in places:
        own = known.get(batch[index].recipient, (None, None))[0]
        verdict = _verdict(batch[index], own, rules, now, begins)
        if verdict is not None:
            verdicts[index] = verdict
    return verdicts


_Begins = dict[tuple[datetime, str, tuple[str, ...]], datetime | None]  # see `next_open`; a campaign's are alike


def _verdict(c: Candidate, own: str | None, rules: Rules, now: datetime, known: _Begins) -> Verdict | None:
    at = max(now, c.send_at)
    region = region_of(c.recipient) or rules.region or ""
    zones = zones_of(c.recipient, own)
    key = (at, region, zones)
    if key not in known:
        known[key] = next_open(at, zones, opening_of(region, rules), region)
    begins = known[key]
    if begins == at:
        return None
    opening = opening_of(region, rules)
    where = ", ".join(zones[:2]) + (f" and {len(zones) - 2} more zones" if len(zones) > 2 else "")
    if begins is None:
        says = f"{where} are never open together: say in which zone {c.recipient} lives"
        return Refuse("quiet_hours", says)
    until = _spread(begins, c.recipient, zones, opening, region, rules.spread)
    open_when = opening.hours.written if opening.hours is not None else "every hour"
    words = f"it is a quiet hour or a holiday for {c.recipient} ({where}; open: {open_when})"
    if c.valid_until is not None and until >= c.valid_until:
        return Refuse("quiet_hours", f"{words}, and the next open hour comes after its validity: give it longer")
    return Hold(until, f"{words}: it waits until {until:%Y-%m-%d %H:%M} UTC")


def opening_of(region: str, rules: Rules) -> Opening:
    """When marketing may arrive in a country: as people set it, else as destinations.toml has it."""
    set_by_people, general = rules.facts.openings.get(region), rules.facts.openings.get("*")
    return set_by_people or preset(region).opening or general or everywhere()


def zones_of(number: str, own: str | None) -> tuple[str, ...]:
    """The zones that a number may be in: the customer's own, else those that its digits allow, at least one."""
    return (own,) if own is not None and _is_zone(own) else _zones_by_digits(number)


@lru_cache(maxsize=1024)
def _is_zone(name: str) -> bool:
    try:
        return bool(read_zone(name))
    except ValueError:
        return False


def _zones_by_digits(number: str) -> tuple[str, ...]:
    by_country = (_country_zone(number[1:end]) for end in (2, 3, 4)) if number.startswith("+") else ()
    only = next((zone for zone in by_country if zone is not None), None)
    return _zones_of_number(number) if only is None else (only,)


@lru_cache(maxsize=1024)
def _country_zone(code: str) -> str | None:
    """The zone of all numbers of a country calling code; None for no such code, and where there are several zones."""
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, tzdata  # not at the top: see below

    if not code.isdigit() or int(code) not in COUNTRY_CODE_TO_REGION_CODE:
        return None
    zones = {zone for digits, some in tzdata.TIMEZONE_DATA.items() if digits.startswith(code) for zone in some}
    return zones.pop() if len(zones) == 1 and all(_is_zone(zone) for zone in zones) else None


@lru_cache(maxsize=65536)
def _zones_of_number(number: str) -> tuple[str, ...]:
    from phonenumbers import timezone  # not at the top: its tables take memory, and only marketing needs them

    try:
        found = timezone.time_zones_for_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:  # a short code
        found = ()
    return tuple(zone for zone in found if _is_zone(zone)) or ("UTC",)


def next_open(at: datetime, zones: Sequence[str], opening: Opening, region: str) -> datetime | None:
    """The first moment from `at` on at which all zones are open; None when there is none in two weeks."""
    moment = at
    while moment <= at + HORIZON:
        shut = next((zone for zone in zones if not is_open(moment, zone, opening, region)), None)
        if shut is None:
            return moment
        moment = _opens(moment, shut, opening, region)
    return None


def is_open(at: datetime, zone: str, opening: Opening, region: str) -> bool:
    """Whether a moment is open in one zone."""
    if opening.holidays and is_holiday(at.astimezone(ZoneInfo(zone)).date(), region):
        return False
    return opening.hours is None or _in_zone(opening.hours, zone).open_at(at)


@lru_cache(maxsize=4096)
def _in_zone(hours: Hours, zone: str) -> Hours:
    return replace(hours, zone=ZoneInfo(zone))


def _opens(at: datetime, zone: str, opening: Opening, region: str) -> datetime:
    """The first moment after `at` at which one zone may be open; two weeks later if there is none before."""
    local = at.astimezone(ZoneInfo(zone))
    spans = opening.hours.spans if opening.hours is not None else ((0, 7 * _DAY),)
    for day in range(HORIZON.days + 1):
        today = local.date() + timedelta(days=day)
        if opening.holidays and is_holiday(today, region):
            continue
        midnight = today.weekday() * _DAY
        begins = {max(begin, midnight) - midnight for begin, end in spans if begin < midnight + _DAY and end > midnight}
        for minute in sorted(begins):
            wall = datetime.combine(today, time(minute // 60, minute % 60), ZoneInfo(zone)).astimezone(UTC)
            if wall > at:
                return wall
    return at + HORIZON + timedelta(minutes=1)


def is_holiday(day: date, region: str) -> bool:
    """Whether a day is a public holiday in a country, by the library `holidays`; never in one that it does not know."""
    return (day.month, day.day) in _holidays(region, day.year)


@lru_cache(maxsize=512)
def _holidays(region: str, year: int) -> frozenset[tuple[int, int]]:
    import holidays  # not at the top: only marketing needs it

    try:
        return frozenset((day.month, day.day) for day in holidays.country_holidays(region, years=year))
    except NotImplementedError:
        return frozenset()


def _spread(
    begins: datetime, number: str, zones: Sequence[str], opening: Opening, region: str, seconds: int
) -> datetime:
    later = begins + timedelta(seconds=crc32(number.encode()) % seconds) if seconds else begins
    return later if all(is_open(later, zone, opening, region) for zone in zones) else begins
