"""Tries and messages a second have their bounds, and the clock gives them back."""

from __future__ import annotations

from smsgw.clients.limits import MOST_NAMES, Allowance, Attempts


def test_after_so_many_failures_a_name_waits_until_the_oldest_is_forgotten() -> None:
    now = [0.0]
    attempts = Attempts(3, 60, lambda: now[0])
    for second in (0, 10, 20):
        assert attempts.wait("a") == 0
        now[0] = second
        attempts.failed("a")
    assert attempts.wait("a") == 40
    assert attempts.wait("b") == 0
    now[0] = 60
    assert attempts.wait("a") == 0
    attempts.failed("a")
    assert attempts.wait("a") == 10


def test_whoever_makes_up_names_costs_no_memory() -> None:
    attempts = Attempts(3, 60, lambda: 0.0)
    for number in range(MOST_NAMES + 100):
        attempts.failed(str(number))
    assert len(attempts._failed) == MOST_NAMES


def test_an_allowance_is_a_seconds_worth_and_comes_back_by_and_by() -> None:
    now = [0.0]
    allowance = Allowance(10, lambda: now[0])
    assert allowance.take(25) == 10
    assert allowance.take(1) == 0
    now[0] = 0.35
    assert allowance.take(25) == 3
    now[0] = 100
    assert allowance.take(25) == 10
