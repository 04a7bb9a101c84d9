"""Times as SMPP writes them, relative and absolute (3.4 section 7.1.1)."""

from __future__ import annotations

from datetime import UTC, datetime

LONGEST = 63 * 7 * 86400  # what the air can express (23.040 section 9.2.3.12.1)


def relative(seconds: int | None) -> bytes:
    """YYMMDDhhmmss000R from now, or empty for the SMSC's own default (7.1.1.2). Months are counted as 30 days."""
    if seconds is None:
        return b""
    minutes, seconds = divmod(min(max(seconds, 1), LONGEST), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    months, days = divmod(days, 30)
    years, months = divmod(months, 12)
    return b"%02d%02d%02d%02d%02d%02d000R" % (years, months, days, hours, minutes, seconds)


def absolute(moment: datetime) -> bytes:
    """YYMMDDhhmmsstnnp in UTC: tenths of a second, then the quarter hours from UTC, which are none (7.1.1.1)."""
    moment = moment.astimezone(UTC)
    return f"{moment:%y%m%d%H%M%S}{moment.microsecond // 100_000}00+".encode()
