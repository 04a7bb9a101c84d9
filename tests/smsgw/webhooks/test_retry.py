"""When it is tried again: after the standard's pauses, with chance, never sooner than the receiver asks for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from smsgw.webhooks.retry import LONGEST_WISH, PAUSES, Retry, rest, wish_of

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def test_the_pauses_grow_over_three_days_and_then_there_is_no_more() -> None:
    retry = Retry(lambda: 0.0)
    dues = [retry.next(attempts, 0, NOW) for attempts in range(1, len(PAUSES) + 1)]
    assert dues == [NOW + timedelta(seconds=pause) for pause in PAUSES]
    assert retry.next(len(PAUSES) + 1, 0, NOW) is None
    assert timedelta(days=3) < timedelta(seconds=sum(PAUSES)) < timedelta(days=4)


def test_chance_lengthens_a_pause_by_a_fifth_at_most() -> None:
    assert Retry(lambda: 1.0, (100.0,)).next(1, 0, NOW) == NOW + timedelta(seconds=120)


def test_a_receiver_that_asks_for_time_gets_it_but_no_less_than_the_pause() -> None:
    retry = Retry(lambda: 0.0, (10.0,))
    assert retry.next(1, 60, NOW) == NOW + timedelta(seconds=60)
    assert retry.next(1, 3, NOW) == NOW + timedelta(seconds=10)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, 0), ("", 0), ("120", 120), (" 120 ", 120), ("-5", 0), ("soon", 0), ("1e9", 0), ("9" * 30, LONGEST_WISH),
        ("Sun, 01 Mar 2026 12:01:00 GMT", 60), ("Sun, 01 Mar 2026 11:00:00 GMT", 0),
        ("Sun, 01 Mar 2126 12:01:00 GMT", LONGEST_WISH), ("Sun, 99 Mar 2026 12:01:00 GMT", 0),
    ],
)  # fmt: skip
def test_retry_after_is_read_as_seconds_or_a_date(header: str | None, seconds: float) -> None:
    assert wish_of(header, NOW) == seconds


def test_a_receiver_that_fails_rests_longer_and_longer_up_to_a_minute() -> None:
    assert [rest(failures, 0) for failures in (1, 2, 3, 4, 5, 9, 100)] == [0, 0, 1, 2, 4, 60, 60]
    assert rest(1, 30) == 30
