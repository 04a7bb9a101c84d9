"""How fast, and when again: values that the test can compute by hand."""

from __future__ import annotations

from datetime import timedelta

import pytest

from smsgw.outbound.pace import Pace
from smsgw.outbound.retry import Retry


def test_without_a_rate_everything_may_go() -> None:
    pace = Pace(None, 0.0)
    pace.spend(1_000_000)
    assert pace.allowed(0.0) == float("inf")
    assert pace.wait(0.0) == 0


def test_over_a_minute_no_more_goes_than_the_rate_and_one_burst() -> None:
    pace, sent = Pace(7.0, 0.0), 0
    for tick in range(60_000):
        now = tick / 1000
        take = int(pace.allowed(now))
        pace.spend(take)
        sent += take
    assert 7 * 60 - 1 <= sent <= 7 * 60 + 1


def test_a_long_message_overdraws_and_the_next_waits_for_it() -> None:
    pace = Pace(2.0, 0.0)
    pace.spend(5)
    assert pace.wait(0.0) == pytest.approx(2.5)
    assert pace.wait(2.5) == pytest.approx(0.0)


def test_idle_time_is_not_saved_up() -> None:
    pace = Pace(10.0, 0.0, burst=3)
    assert pace.allowed(3600.0) == 3


def test_pauses_grow_up_to_the_longest_and_chance_only_lengthens_them() -> None:
    retry = Retry(attempts=6, first=10, factor=3, most=200, jitter=0.5)
    pauses = [retry.pause(n, lambda: 0.0) for n in range(1, 6)]
    assert pauses == [timedelta(seconds=s) for s in (10, 30, 90, 200, 200)]
    assert retry.pause(1, lambda: 1.0) == timedelta(seconds=15)


def test_after_the_last_attempt_there_is_no_next() -> None:
    assert Retry(attempts=3).pause(3, lambda: 0.0) is None
