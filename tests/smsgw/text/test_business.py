"""Business hours meet a calendar: what falls due, when a shop opens, and how its week is spelled."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from smsgw.config.business import BusinessConfig
from smsgw.text.business import Business, spelled
from smsgw.text.hours import read_hours

LJUBLJANA = ZoneInfo("Europe/Ljubljana")
WEEK = BusinessConfig(
    zone="Europe/Ljubljana", hours=["Mo-Fr 08:00-16:00", "Sa 09:00-13:00"], country="SI", days_off=["2026-12-24"]
).business


def wall(written: str) -> datetime:
    """A time as the clock in Ljubljana says it."""
    return datetime.fromisoformat(written).replace(tzinfo=LJUBLJANA)


@pytest.mark.parametrize(
    ("asked", "minutes", "due"),
    [
        ("2026-11-26T10:00", 60, "2026-11-26T11:00"),  # a Thursday
        ("2026-11-26T15:30", 60, "2026-11-27T08:30"),  # over the night
        ("2026-11-27T15:30", 60, "2026-11-28T09:30"),  # into the Saturday
        ("2026-11-28T12:30", 60, "2026-11-30T08:30"),  # over the Sunday
        ("2026-11-26T20:00", 60, "2026-11-27T09:00"),  # asked when nobody was there
        ("2026-11-26T16:00", 30, "2026-11-27T08:30"),  # the end is not inside
        ("2026-12-23T15:30", 60, "2026-12-28T08:30"),  # own day off, two holidays and a Sunday
        ("2026-03-28T12:30", 60, "2026-03-30T08:30"),  # the night that loses an hour
    ],
)
def test_work_falls_due_by_the_hours_in_which_somebody_is_there(asked: str, minutes: int, due: str) -> None:
    assert WEEK.after(wall(asked), minutes) == wall(due)


def test_a_shop_is_closed_on_holidays_unless_it_says_otherwise() -> None:
    christmas = wall("2026-12-25T10:00")
    assert not WEEK.open_at(christmas)
    assert WEEK.open_at(wall("2026-11-26T10:00"))
    assert WEEK.opens(christmas) == wall("2026-12-28T08:00")
    brave = BusinessConfig(zone="Europe/Ljubljana", country="SI", days_open=["2026-12-25"]).business
    assert brave.open_at(christmas)


def test_without_hours_every_minute_counts_but_those_of_days_off() -> None:
    at = datetime(2026, 11, 26, 23, 30, tzinfo=UTC)
    assert Business().after(at, 60) == datetime(2026, 11, 27, 0, 30, tzinfo=UTC)
    assert Business(closed=lambda day: day == date(2026, 11, 27)).after(at, 60) == datetime(
        2026, 11, 28, 0, 30, tzinfo=UTC
    )


def test_who_is_closed_for_good_is_measured_by_the_clock() -> None:
    at = datetime(2026, 11, 26, tzinfo=UTC)
    assert Business(closed=lambda day: True).after(at, 60) == datetime(2026, 11, 26, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("sl", "pon-pet 08:00-16:00, sob 09:00-13:00"),
        ("de", "Mo-Fr 08:00-16:00, Sa 09:00-13:00"),
        ("fa", "دوشنبه-جمعه 08:00-16:00, شنبه 09:00-13:00"),
        ("xx", "Mo-Fr 08:00-16:00, Sa 09:00-13:00"),
    ],
)
def test_a_week_is_spelled_in_the_customers_language(language: str, words: str) -> None:
    assert WEEK.hours is not None
    assert spelled(WEEK.hours, language) == words


def test_a_day_with_a_break_and_a_night_are_spelled_as_they_are() -> None:
    hours = read_hours(["Mo 08:00-12:00", "Mo 13:00-17:00", "Sa 22:00-02:00"], "UTC")
    assert hours is not None
    assert spelled(hours, "en") == "Mo 08:00-12:00 13:00-17:00, Sa 22:00-02:00"
    assert Business(hours).today(datetime(2026, 11, 30, 9, tzinfo=UTC)) == [("08:00", "12:00"), ("13:00", "17:00")]
    assert Business(hours).today(datetime(2026, 12, 1, 9, tzinfo=UTC)) == []


@pytest.mark.parametrize(("key", "value"), [("country", "XX"), ("zone", "Mars/North"), ("hours", ["always"])])
def test_what_cannot_be_read_is_told(key: str, value: object) -> None:
    with pytest.raises(ValueError):
        BusinessConfig.model_validate({key: value})
