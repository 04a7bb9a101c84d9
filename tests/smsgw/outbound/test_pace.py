"""How fast, and when again: values that the test can compute by hand, and a network that is full."""

from __future__ import annotations

import itertools
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


def flow(pace: Pace, seconds: int, limit: float, start: float = 0.0, wish: int = 1000) -> list[int]:
    """Send as much as the pace allows, at most `wish` a second, over a network that takes `limit` a second.

    Returns what the network took in each second. It complains about each part beyond its limit.
    """
    taken = []
    for second in range(seconds):
        room, took = limit, 0
        for tick in range(100):
            now = start + second + tick / 100
            sent = int(min(pace.allowed(now), wish / 100))
            pace.spend(sent)
            room -= sent
            took += min(sent, int(max(0.0, room + sent)))
            for _ in range(int(min(sent, max(0.0, -room)))):
                pace.throttled(now)
        taken.append(took)
    return taken


def test_a_complaint_halves_what_was_flowing_and_not_what_was_configured() -> None:
    pace = Pace(1000.0, 0.0)
    for tick in range(300):  # 100 parts a second for three seconds
        pace.allowed(tick / 100)
        pace.spend(1)
    pace.throttled(3.0)
    reading = pace.reading(3.0)
    assert reading.allowed == pytest.approx(50, abs=2)
    assert (reading.configured, reading.throttled) == (1000.0, 1)
    assert "too fast" in reading.why


def test_complaints_about_the_same_second_count_once() -> None:
    pace = Pace(100.0, 0.0, burst=100)
    pace.allowed(0.0)
    pace.spend(100)
    for n in range(30):
        pace.throttled(0.5 + n / 100)
    assert pace.reading(0.9).allowed == pytest.approx(100 * 0.5 / 1.5, abs=1)
    assert pace.reading(0.9).throttled == 30


def test_every_quiet_second_raises_it_by_the_same_step_up_to_what_flowed_before() -> None:
    pace = Pace(100.0, 0.0, burst=100)
    for second in range(10):
        pace.allowed(float(second))
        pace.spend(100)
    pace.throttled(10.0)
    allowed = [pace.reading(11.0 + second).allowed for second in range(1, 30)]
    steps = {round(b - a, 3) for a, b in itertools.pairwise(allowed) if b is not None and a is not None}
    assert 4.95 in steps  # a twentieth of 99: of the hundred one was complained about
    assert len(steps - {0.0, 4.95}) <= 2  # the last steps reach the old flow, and end at the rate
    assert allowed[-1] == 100.0
    assert pace.reading(60.0).why == "the configured rate"


def test_without_a_rate_the_bound_goes_when_it_is_far_above_what_was_throttled() -> None:
    pace = Pace(None, 0.0)
    pace.allowed(0.0)
    pace.spend(100)
    pace.throttled(0.5)
    assert pace.reading(1.0).allowed is not None
    assert pace.reading(100.0).allowed is None
    assert pace.reading(100.0).why == "as many as it takes"


def test_beside_a_network_with_a_limit_it_settles_below_it_and_few_are_refused() -> None:
    pace = Pace(None, 0.0)
    taken = flow(pace, seconds=120, limit=50.0)
    steady = taken[30:]
    assert sum(steady) / len(steady) > 0.65 * 50
    assert pace.reading(120.0).throttled_minute < 0.05 * sum(taken[60:])


def test_when_the_network_grows_so_does_the_flow() -> None:
    pace = Pace(200.0, 0.0)
    flow(pace, seconds=60, limit=20.0)
    assert flow(pace, seconds=180, limit=10_000.0, start=60.0)[-1] > 180


def test_one_complaint_while_little_flows_does_not_slow_a_fast_link_for_long() -> None:
    pace = Pace(1000.0, 0.0)
    pace.allowed(0.0)
    pace.spend(1)
    pace.throttled(0.5)
    assert (pace.reading(1.0).allowed or 0) < 1
    assert pace.reading(110.0).allowed == 1000.0


def test_a_link_is_never_throttled_to_nothing() -> None:
    pace = Pace(None, 0.0)
    for second in range(1000):
        pace.throttled(float(second))
    assert pace.wait(1000.0) <= 10.0


def test_smpp_5_congestion_slows_it_as_a_complaint_does_and_nearly_full_holds_it() -> None:
    pace = Pace(100.0, 0.0)
    for tick in range(200):
        pace.allowed(tick / 100)
        pace.spend(1)
    pace.heard({"congestion": "80 %"}, 2.0)
    assert pace.reading(2.0).allowed == 100.0
    pace.heard({"congestion": "100 %"}, 2.0)
    slow = pace.reading(2.0).allowed
    assert slow is not None
    assert slow < 60
    assert pace.reading(2.0).throttled == 0
    for second in range(3, 20):
        pace.heard({"congestion": "95 %"}, float(second))
    assert pace.reading(20.0).allowed == pytest.approx(slow, abs=6)
    assert pace.reading(60.0).allowed == 100.0


def test_a_reading_counts_the_last_second_and_the_last_minute() -> None:
    pace = Pace(None, 0.0)
    for second in range(100):
        pace.allowed(float(second))
        pace.spend(second)
    reading = pace.reading(100.5)
    assert (reading.sent_second, reading.sent_minute) == (99, sum(range(40, 100)))
    assert pace.reading(300.0).sent_minute == 0


def test_a_burst_may_be_larger_than_a_tenth_of_the_rate_until_the_network_complains() -> None:
    pace = Pace(10.0, 0.0, burst=50)
    assert pace.allowed(100.0) == 50
    pace.spend(50)
    pace.throttled(100.0)
    assert pace.allowed(110.0) <= 10


def test_pauses_grow_up_to_the_longest_and_chance_only_lengthens_them() -> None:
    retry = Retry(attempts=6, first=10, factor=3, most=200, jitter=0.5)
    pauses = [retry.pause(n, lambda: 0.0) for n in range(1, 6)]
    assert pauses == [timedelta(seconds=s) for s in (10, 30, 90, 200, 200)]
    assert retry.pause(1, lambda: 1.0) == timedelta(seconds=15)


def test_after_the_last_attempt_there_is_no_next() -> None:
    assert Retry(attempts=3).pause(3, lambda: 0.0) is None
