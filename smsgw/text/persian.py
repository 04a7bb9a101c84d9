"""Days and digits as Persian writes them: the Jalali calendar, and ۰ to ۹. Babel writes neither."""

from __future__ import annotations

from datetime import date

import jdatetime

_DIGITS = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
_MONTHS = (
    "فروردین", "اردیبهشت", "خرداد", "تیر", "مرداد", "شهریور", "مهر", "آبان", "آذر", "دی", "بهمن", "اسفند",
)  # fmt: skip


def digits(written: str) -> str:
    """The same with Persian digits."""
    return written.translate(_DIGITS)


def day_name(day: date, *, year: bool = False) -> str:
    """A day as people say it: ۵ آذر, or ۵ آذر ۱۴۰۵."""
    jalali = jdatetime.date.fromgregorian(date=day)
    return digits(f"{jalali.day} {_MONTHS[jalali.month - 1]}" + (f" {jalali.year}" if year else ""))
