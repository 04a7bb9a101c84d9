"""Times as SMPP writes them: absolute with a zone in quarters of an hour, or relative (3.4 section 7.1.1)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

_FORM = re.compile(r"([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9])([0-9]{2})([-+R])")
_FAR = timedelta(days=36_500)


def read(written: bytes, now: datetime) -> datetime | None:
    """The moment that is meant, aware; None for an empty field. Raises ValueError.

    A relative time counts from `now`, with months of 30 and years of 365 days.
    """
    if not written:
        return None
    found = _FORM.fullmatch(written.decode("latin-1"))
    if found is None:
        raise ValueError(f"{written!r} is no time as SMPP writes it (YYMMDDhhmmsstnnp)")
    year, month, day, hour, minute, second, tenth, quarters = (int(part) for part in found.groups()[:8])
    if found[9] == "R":
        days = year * 365 + month * 30 + day
        return now + min(timedelta(days, second, 0, 0, minute, hour), _FAR)
    if quarters > 48:
        raise ValueError(f"{written!r} has a zone of {quarters} quarters of an hour; there are at most 48")
    zone = timezone(timedelta(minutes=15 * quarters) * (-1 if found[9] == "-" else 1))
    return datetime(2000 + year, month, day, hour, minute, second, tenth * 100_000, zone).astimezone(UTC)


def write(moment: datetime | None) -> bytes:
    """An absolute time in UTC, or an empty field."""
    return b"" if moment is None else moment.astimezone(UTC).strftime("%y%m%d%H%M%S000+").encode()


def short(moment: datetime) -> str:
    """A time in the text of a receipt, in UTC (appendix B)."""
    return moment.astimezone(UTC).strftime("%y%m%d%H%M")
