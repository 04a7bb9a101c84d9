"""Open hours in the recipient's own place: nights, holidays, the year's end, nights when clocks change, many zones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smsgw.outbound.destinations import presets
from smsgw.outbound.gate.facts import Opening, opening
from smsgw.outbound.hours import is_open, next_open, zones_of

LJUBLJANA, KAMCHATKA = ("Europe/Ljubljana",), ("Asia/Kamchatka",)
RUSSIAN_MOBILE = zones_of("+79161234567", None)
DAILY = opening(["Mo-Su 08:00-20:00"], True)
FRENCH = presets()["FR"].opening


def at(written: str) -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "zones", "region", "opens"),
    [
        ("2026-03-02 12:00", LJUBLJANA, "SI", "2026-03-02 12:00"),  # in the day: at once
        ("2026-03-02 19:00", LJUBLJANA, "SI", "2026-03-03 07:00"),  # 20:00 on the wall is closed
        ("2026-03-02 18:59", LJUBLJANA, "SI", "2026-03-02 18:59"),
        ("2026-03-02 21:00", KAMCHATKA, "RU", "2026-03-02 21:00"),  # nine in the morning there
        ("2026-03-02 12:00", KAMCHATKA, "RU", "2026-03-02 20:00"),  # midnight there
        ("2026-12-31 22:30", LJUBLJANA, "SI", "2027-01-03 07:00"),  # 1 and 2 January are holidays
        ("2026-03-28 20:00", LJUBLJANA, "SI", "2026-03-29 06:00"),  # the night in which the clocks go forward
        ("2026-10-24 20:00", LJUBLJANA, "SI", "2026-10-25 07:00"),  # and back
    ],
)
def test_the_next_open_hour_is_found(now: str, zones: tuple[str, ...], region: str, opens: str) -> None:
    assert next_open(at(now), zones, DAILY, region) == at(opens)


def test_a_number_of_many_zones_waits_until_all_are_open() -> None:
    assert len(RUSSIAN_MOBILE) == 16
    opens = next_open(at("2026-03-03 12:00"), RUSSIAN_MOBILE, DAILY, "RU")
    assert opens == at("2026-03-04 06:00")  # eight in Bucharest, six in the evening in Kamchatka
    assert zones_of("+79161234567", "Asia/Kamchatka") == KAMCHATKA
    assert zones_of("+38640111222", None) == LJUBLJANA
    assert zones_of("1919", None) == ("UTC",)


def test_zones_that_are_never_open_together_are_told() -> None:
    short = opening(["Mo-Fr 09:00-10:00"], False)
    assert next_open(at("2026-03-03 12:00"), (*LJUBLJANA, *KAMCHATKA), short, "RU") is None


def test_france_is_quiet_on_sundays_and_holidays() -> None:
    assert FRENCH is not None
    assert next_open(at("2026-07-12 10:00"), ("Europe/Paris",), FRENCH, "FR") == at("2026-07-13 06:00")
    assert next_open(at("2026-07-14 10:00"), ("Europe/Paris",), FRENCH, "FR") == at("2026-07-15 06:00")
    assert next_open(at("2026-07-17 18:00"), ("Europe/Paris",), FRENCH, "FR") == at("2026-07-18 08:00")


def test_every_country_that_comes_with_smsgw_has_its_source_and_date() -> None:
    assert presets()["*"].opening is not None
    for one in presets().values():
        assert one.source
        assert one.as_of is not None
        assert one.names in ("yes", "no", "register")


@settings(deadline=None, max_examples=150)
@given(
    st.datetimes(datetime(2025, 1, 1), datetime(2028, 12, 31), timezones=st.just(UTC)),
    st.sampled_from([LJUBLJANA, KAMCHATKA, RUSSIAN_MOBILE, ("Asia/Tehran",), ("America/New_York",)]),
    st.sampled_from(["SI", "RU", "IR", "US", "FR"]),
    st.sampled_from([DAILY, FRENCH, opening([], True), opening(["Mo-Fr 22:00-02:00"], False)]),
)
def test_what_is_found_is_open_everywhere_and_nothing_before_it_is(
    now: datetime, zones: tuple[str, ...], region: str, hours: Opening
) -> None:
    opens = next_open(now, zones, hours, region)
    if opens is None:
        return
    assert all(is_open(opens, zone, hours, region) for zone in zones)
    steps = int((opens - now) / timedelta(minutes=15))
    for step in range(0, steps, max(1, steps // 20)):
        before = now + step * timedelta(minutes=15)
        assert before >= opens or not all(is_open(before, zone, hours, region) for zone in zones)
