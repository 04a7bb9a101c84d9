"""Hours of a week: what is read, what is open, and in whose time."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from smsgw.text.hours import read_hours


def at(written: str) -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=UTC)


MONDAY = "2026-03-02"  # a Monday


@pytest.mark.parametrize(
    ("written", "moment", "is_open"),
    [
        ("Mo-Fr 08:00-20:00", "2026-03-02 08:00", True),
        ("Mo-Fr 08:00-20:00", "2026-03-02 07:59", False),
        ("Mo-Fr 08:00-20:00", "2026-03-02 20:00", False),  # the end is not inside
        ("Mo-Fr 08:00-20:00", "2026-03-07 12:00", False),  # a Saturday
        ("Sa,Su 09:00-13:00", "2026-03-08 12:59", True),
        ("Fr-Mo 10:00-11:00", "2026-03-02 10:30", True),  # over the end of the week
        ("Fr-Mo 10:00-11:00", "2026-03-03 10:30", False),
        ("22:00-06:00", "2026-03-04 23:00", True),
        ("22:00-06:00", "2026-03-04 05:59", True),
        ("22:00-06:00", "2026-03-04 06:00", False),
        ("Su 22:00-06:00", "2026-03-09 03:00", True),  # from Sunday into Monday
        ("Su 22:00-06:00", "2026-03-08 03:00", False),  # which is the night of Saturday
        ("Mo 00:00-24:00", "2026-03-02 23:59", True),
    ],
)
def test_a_moment_lies_in_the_hours_or_not(written: str, moment: str, is_open: bool) -> None:
    hours = read_hours([written], "UTC")
    assert hours is not None
    assert hours.open_at(at(moment)) is is_open


def test_hours_are_those_of_the_zone_also_when_summer_time_begins() -> None:
    hours = read_hours(["08:00-20:00"], "Europe/Ljubljana")
    assert hours is not None
    assert not hours.open_at(at("2026-03-28 06:59"))  # 07:59 in winter
    assert hours.open_at(at("2026-03-28 07:00"))
    assert hours.open_at(at("2026-03-29 06:00"))  # 08:00 in summer
    assert not hours.open_at(at("2026-03-29 18:00"))


def test_they_say_when_they_begin_again() -> None:
    hours = read_hours(["Mo-Fr 08:00-20:00", "Sa 09:00-13:00"], "UTC")
    assert hours is not None
    assert hours.next_opening(at("2026-03-02 21:00")) == "Tu 08:00"
    assert hours.next_opening(at("2026-03-06 21:00")) == "Sa 09:00"
    assert hours.next_opening(at("2026-03-08 12:00")) == "Mo 08:00"


def test_no_hours_are_always_open() -> None:
    assert read_hours([], "UTC") is None


@pytest.mark.parametrize(
    "written", ["Mo-Fr", "8-20", "Xx 08:00-20:00", "08:00-08:00", "24:00-06:00", "08:00-24:30", "Mo-We-Fr 08:00-09:00"]
)
def test_what_names_no_hours_is_told_with_an_example(written: str) -> None:
    with pytest.raises(ValueError, match="Mo-Fr 08:00-20:00"):
        read_hours([written], "UTC")


def test_a_zone_that_nobody_knows_is_told() -> None:
    with pytest.raises(ValueError, match="Europe/Ljubljana"):
        read_hours(["08:00-20:00"], "Mars/Olympus")
