"""Times until which something is put off, by the clock of the shop."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from smsgw.errors import BadInput
from smsgw.inbound import snoozing

ZONE = ZoneInfo("Europe/Ljubljana")


def offered(*written: int) -> dict[str, str]:
    """What is on offer at a time of the shop's clock, by that clock."""
    found = snoozing.moments(datetime(*written, tzinfo=ZONE), ZONE)  # type: ignore[misc]
    return {name: at.astimezone(ZONE).strftime("%a %d %H:%M") for name, at in found.items()}


def test_an_hour_this_evening_tomorrow_and_monday_are_on_offer() -> None:
    assert offered(2026, 11, 26, 10, 30) == {
        "hour": "Thu 26 11:30", "evening": "Thu 26 18:00", "morning": "Fri 27 08:00", "monday": "Mon 30 08:00",
    }  # fmt: skip


def test_an_evening_that_has_begun_is_none_and_a_sundays_tomorrow_is_monday() -> None:
    assert offered(2026, 11, 29, 17, 0) == {"hour": "Sun 29 18:00", "monday": "Mon 30 08:00"}
    assert offered(2026, 11, 30, 7, 0)["monday"] == "Mon 07 08:00"


def test_the_clock_of_the_shop_is_meant_over_a_change_of_the_hour() -> None:
    found = snoozing.moments(datetime(2026, 10, 24, 12, tzinfo=ZONE), ZONE)
    assert found["morning"] == datetime(2026, 10, 25, 7, tzinfo=UTC)  # winter time since 3:00


def test_an_own_time_is_by_that_clock_and_nonsense_is_told() -> None:
    now = datetime(2026, 11, 26, 10, tzinfo=UTC)
    assert snoozing.read("2026-11-27T09:15", now, ZONE) == datetime(2026, 11, 27, 8, 15, tzinfo=UTC)
    assert snoozing.read("hour", now, ZONE) == datetime(2026, 11, 26, 11, tzinfo=UTC)
    with pytest.raises(BadInput):
        snoozing.read("soon", now, ZONE)
