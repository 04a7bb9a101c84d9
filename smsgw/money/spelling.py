"""Read how people write money: amounts, currencies, moments from which something counts, numbers' beginnings."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

MOST = Decimal(1_000_000)  # for one part; more is a slip of the decimal point
_PREFIX = re.compile(r"\+?([1-9][0-9]{0,14})")


def read_prefix(written: str) -> str:
    """How numbers begin, "+386"; "" for every number. Raises ValueError, as all of these."""
    if written in ("", "*", "+"):
        return ""
    found = _PREFIX.fullmatch(written)
    if found is None:
        raise ValueError(f"{written!r} must be how numbers begin, such as +386, or * for every number")
    return f"+{found[1]}"


def read_moment(written: str, zone: ZoneInfo) -> datetime:
    """A day, which begins at midnight in `zone`, or a time with its own zone; in UTC."""
    try:
        if len(written) == len("2026-03-01"):
            return datetime.combine(date.fromisoformat(written), time(), zone).astimezone(UTC)
        at = datetime.fromisoformat(written)
        if at.tzinfo is not None:
            return at.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise ValueError(f"{written!r} must be a day (2026-03-01) or a time with its zone (2026-03-01T00:00:00Z)")


def read_amount(written: str, most: Decimal = MOST) -> int:
    """An amount in millionths; a comma may stand for the point."""
    like = f"{written!r} must be an amount such as 0.012"
    plain = written.replace(",", ".") if written.count(",") == 1 and "." not in written else written
    try:
        amount = Decimal(plain)
    except InvalidOperation:
        raise ValueError(like) from None
    if not amount.is_finite() or not 0 <= amount <= most:
        raise ValueError(f"{like}, and not below 0 or above {most:,}")
    millionths = amount * 1_000_000
    if millionths != millionths.to_integral_value():
        raise ValueError(f"{written!r} has more than six decimals")
    return int(millionths)


def read_currency(written: str) -> str:
    """Three letters of ISO 4217."""
    from babel.numbers import is_currency  # it reads a table of its own, which only this needs

    if not is_currency(written.upper()):
        raise ValueError(f"{written!r} must be three letters such as EUR (ISO 4217)")
    return written.upper()
