"""Until when people put something off, by the clock of the shop: an hour, this evening, tomorrow, next Monday."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta, tzinfo

from ..errors import BadInput, Fault

HOUR = timedelta(hours=1)
EVENING, MORNING = time(18), time(8)
MONDAY = 0


def moments(now: datetime, zone: tzinfo) -> dict[str, datetime]:
    """What is on offer at `now`, by its name, in UTC: hour, evening, morning, monday.

    An evening that begins within the hour is none, and on a Sunday the morning of tomorrow is Monday's.
    """
    today = now.astimezone(zone).date()

    def then(days: int, at: time) -> datetime:
        return datetime.combine(today + timedelta(days=days), at, zone).astimezone(UTC)

    found = {"hour": now + HOUR, "evening": then(0, EVENING), "morning": then(1, MORNING)}
    found["monday"] = then((MONDAY - today.weekday() - 1) % 7 + 1, MORNING)
    if found["evening"] <= found["hour"]:
        del found["evening"]
    if found["monday"] == found["morning"]:
        del found["morning"]
    return found


def read(said: str, now: datetime, zone: tzinfo) -> datetime:
    """The time that one of `moments` is, or that a day and time by the shop's clock is. Raises BadInput at /until."""
    offered = moments(now, zone)
    if said in offered:
        return offered[said]
    try:
        at = datetime.fromisoformat(said)
        return (at.replace(tzinfo=zone) if at.tzinfo is None else at).astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadInput([Fault("/until", "moment_invalid", f"{said[:30]!r} is no day and time")]) from None
