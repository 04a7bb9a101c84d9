"""Persian days are those of the Jalali calendar, in Persian digits, on pages and in texts."""

from __future__ import annotations

from datetime import UTC, date, datetime

from smsgw.media.notice import notice
from smsgw.text import persian


def test_a_day_is_that_of_the_jalali_calendar() -> None:
    assert persian.day_name(date(2026, 11, 26)) == "۵ آذر"
    assert persian.day_name(date(2026, 3, 20), year=True) == "۲۹ اسفند ۱۴۰۴"
    assert persian.day_name(date(2026, 3, 21), year=True) == "۱ فروردین ۱۴۰۵"


def test_a_notice_tells_until_when_in_the_calendar_of_its_language() -> None:
    until = datetime(2026, 11, 26, tzinfo=UTC)
    assert "۵ آذر" in notice("fa", "picture", "", "", "", "https://m.example.com/m/x", until)
    assert "26.11." in notice("de", "picture", "", "", "", "https://m.example.com/m/x", until)
