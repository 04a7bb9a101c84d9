"""When series run: on the wall's clock over summer time, past holidays, to an end; and across the year's."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from smsgw.campaigns import occurrences

LJUBLJANA = "Europe/Ljubljana"
ZONE = ZoneInfo(LJUBLJANA)


def runs(rule: str, first: str, country: str | None = None) -> list[str]:
    return [f"{at:%Y-%m-%dT%H:%M}" for at in occurrences.runs(rule, datetime.fromisoformat(first), ZONE, country)]


def test_a_rule_keeps_its_hour_on_the_wall_over_summer_time() -> None:
    assert runs("FREQ=WEEKLY;COUNT=3", "2026-03-17T09:00") == [
        "2026-03-17T08:00", "2026-03-24T08:00", "2026-03-31T07:00"
    ]  # fmt: skip


def test_an_hour_that_the_spring_leaves_out_runs_when_it_would_have_begun() -> None:
    assert runs("FREQ=DAILY;COUNT=3", "2026-03-28T02:30") == [
        "2026-03-28T01:30", "2026-03-29T01:30", "2026-03-30T00:30"
    ]  # fmt: skip


def test_an_hour_that_comes_twice_in_autumn_runs_once() -> None:
    assert runs("FREQ=DAILY;COUNT=3", "2026-10-24T02:30") == [
        "2026-10-24T00:30", "2026-10-25T00:30", "2026-10-26T01:30"
    ]  # fmt: skip


def test_public_holidays_have_no_run() -> None:
    assert runs("FREQ=DAILY;COUNT=4", "2026-12-24T09:00", "SI") == ["2026-12-24T08:00", "2026-12-27T08:00"]


def test_a_series_goes_on_over_the_end_of_the_year_to_its_own() -> None:
    rule = "FREQ=MONTHLY;BYMONTHDAY=-1;UNTIL=20270131T230000Z"
    assert runs(rule, "2026-11-30T20:00") == ["2026-11-30T19:00", "2026-12-31T19:00", "2027-01-31T19:00"]


def test_until_is_meant_in_utc_and_counted_on_the_wall() -> None:
    assert len(runs("FREQ=DAILY;UNTIL=20260310T080000Z", "2026-03-09T09:00")) == 2
    assert len(runs("FREQ=DAILY;UNTIL=20260310T075959Z", "2026-03-09T09:00")) == 1


def test_of_the_runs_that_are_due_the_newest_counts_and_the_next_is_later_than_now() -> None:
    told = ("FREQ=DAILY;COUNT=10", datetime(2026, 12, 1, 9), LJUBLJANA, None)
    now = datetime(2026, 12, 4, 12, tzinfo=UTC)
    assert occurrences.last_due(*told, now) == datetime(2026, 12, 4, 8, tzinfo=UTC)
    assert occurrences.next_run(*told, now) == datetime(2026, 12, 5, 8, tzinfo=UTC)
    assert occurrences.next_run(*told, datetime(2026, 12, 20, tzinfo=UTC)) is None


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("FREQ=DAILY", "rule_endless"),
        ("FREQ=HOURLY;COUNT=3", "rule_invalid"),
        ("every tuesday;COUNT=2", "rule_invalid"),
        ("FREQ=WEEKLY;BYDAY=XX;COUNT=3", "rule_invalid"),
        ("FREQ=DAILY;UNTIL=20200101T000000Z", "rule_empty"),
    ],
)
def test_a_rule_that_cannot_be_used_is_told_with_why(rule: str, code: str) -> None:
    faults = occurrences.check_rule(rule, datetime(2026, 12, 1, 9), LJUBLJANA)
    assert [fault.code for fault in faults] == [code]


def test_a_country_whose_holidays_nobody_knows_is_told() -> None:
    [fault] = occurrences.check_rule("FREQ=DAILY;COUNT=2", datetime(2026, 12, 1, 9), LJUBLJANA, "ZZ")
    assert fault.code == "country_unknown"


def test_a_zone_that_is_none_is_told() -> None:
    [fault] = occurrences.check_rule("FREQ=DAILY;COUNT=2", datetime(2026, 12, 1, 9), "Europe/Nowhere")
    assert "Europe/Nowhere" in fault.detail


def test_a_birthday_on_the_29th_of_february_is_kept_on_the_28th_of_other_years() -> None:
    assert occurrences.anniversaries(date(2027, 2, 28)) == ["-02-28", "-02-29"]
    assert occurrences.anniversaries(date(2028, 2, 28)) == ["-02-28"]
    assert occurrences.anniversaries(date(2028, 2, 29)) == ["-02-29"]


def test_the_next_nine_oclock_of_two_zones_is_not_the_same_moment() -> None:
    after = datetime(2026, 12, 31, 20, tzinfo=UTC)
    assert occurrences.next_day_at(time(9), LJUBLJANA, after) == datetime(2027, 1, 1, 8, tzinfo=UTC)
    assert occurrences.next_day_at(time(9), "Asia/Kamchatka", after) == datetime(2026, 12, 31, 21, tzinfo=UTC)
