"""Read times and durations as people write them on a command line."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from smsgw.errors import BadInput, Fault

_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}


def duration(written: str, pointer: str) -> int:
    """Seconds of `90`, `90s`, `10m`, `2h` or `3d`. Raises BadInput at `pointer`."""
    found = re.fullmatch(r"([0-9]{1,9})([smhd]?)", written.strip())
    if not found:
        says = f"{written!r} is no duration: write seconds, or 90s, 10m, 2h, 3d"
        raise BadInput([Fault(pointer, "duration_invalid", says)])
    return int(found[1]) * _UNITS[found[2]]


def moment(written: str, now: datetime, pointer: str) -> datetime:
    """The time, UTC, that is meant by `+10m`, `18:30` (the next one), or ISO 8601; local unless it has a zone.

    now: aware. Raises BadInput at `pointer`.
    """
    if written.startswith("+"):
        return now + timedelta(seconds=duration(written[1:], pointer))
    here = now.astimezone()
    if found := re.fullmatch(r"([01]?[0-9]|2[0-3]):([0-5][0-9])", written.strip()):
        day = here.replace(hour=int(found[1]), minute=int(found[2]), second=0, microsecond=0, tzinfo=None)
        if day.astimezone() <= now:
            day += timedelta(days=1)
        return day.astimezone(UTC)
    try:
        return datetime.fromisoformat(written.strip()).astimezone(UTC)
    except ValueError as wrong:
        says = f"{written!r} is no time: write 2026-11-23T18:30, 18:30 or +10m"
        raise BadInput([Fault(pointer, "time_invalid", says)]) from wrong
