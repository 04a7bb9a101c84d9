"""What a part costs over a link: rates by prefix and from a day on, held in memory and read anew when they changed.

The longest prefix of a link's rates decides, and of those for that prefix the newest that is in force. Where there is
no rate at all (`some` is False) nobody asks, and nothing is spent on money.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from ..store.tables import rate
from ..store.tables.types import AnyRow

# Rows are only added and marked as gone, so these two numbers never come back once either has changed.
_LOOK = select(func.coalesce(func.max(rate.c.id), 0), func.count(rate.c.gone_at))


@dataclass(frozen=True, slots=True)
class Price:
    """What one part costs. amount: millionths of the currency (ISO 4217). charged: "submit" or "delivery"."""

    amount: int
    currency: str
    charged: str
    rate_id: int


@dataclass(frozen=True, slots=True)
class _Table:
    """The rates as they were read. Replaced as a whole, so whoever reads it sees one moment's."""

    prices: dict[str, dict[str, tuple[list[datetime], list[Price]]]]  # by link and prefix, in order of time
    lengths: dict[str, tuple[int, ...]]  # by link: how long its prefixes are, longest first
    prefixes: frozenset[str]  # of all links
    all_lengths: tuple[int, ...]
    begins: list[datetime]  # when rates come into force, in order


class Rates:
    """The rates of all links. Reading is safe from any thread; `read` by one at a time.

    version: grows whenever the rates are others than before.
    """

    def __init__(self) -> None:
        self.version = 0
        self._seen: tuple[int, int] = (0, 0)
        self._table = _made([])

    @property
    def some(self) -> bool:
        """Whether there is any rate."""
        return bool(self._table.prices)

    def read(self, conn: Connection) -> bool:
        """Read the rates if they are others than those that were read last; returns whether they are."""
        newest, gone = conn.execute(_LOOK).one()
        if (newest, gone) == self._seen:
            return False
        self._table = _made(conn.execute(select(rate).where(rate.c.gone_at.is_(None)).order_by(rate.c.valid_from)))
        self._seen = (newest, gone)
        self.version += 1
        return True

    def knows(self, link: str) -> bool:
        """Whether there is any rate for this link."""
        return link in self._table.prices

    def price(self, link: str, recipient: str, at: datetime) -> Price | None:
        """What one part to this number costs over this link at a time (aware); None: no rate says."""
        table = self._table
        prices = table.prices.get(link)
        if prices is None:
            return None
        for length in table.lengths[link]:
            found = prices.get(recipient[:length])
            if found is not None:
                in_force = bisect_right(found[0], at)
                if in_force:  # else this prefix has no price yet, and a shorter one may
                    return found[1][in_force - 1]
        return None

    def place(self, recipient: str) -> str:
        """The longest prefix of any link's rates: two numbers with the same one cost the same over every link."""
        table = self._table
        for length in table.all_lengths:
            if recipient[:length] in table.prefixes:
                return recipient[:length]
        return ""

    def changes_after(self, at: datetime) -> datetime | None:
        """When the next rate comes into force; None when none does."""
        begins = self._table.begins
        place = bisect_right(begins, at)
        return begins[place] if place < len(begins) else None


def _made(rows: Iterable[AnyRow]) -> _Table:
    prices: dict[str, dict[str, tuple[list[datetime], list[Price]]]] = {}
    begins: set[datetime] = set()
    for row in rows:
        times, values = prices.setdefault(row.link, {}).setdefault(row.prefix, ([], []))
        times.append(row.valid_from)
        values.append(Price(row.amount, row.currency, row.charged, row.id))
        begins.add(row.valid_from)
    lengths = {link: _lengths(of_link) for link, of_link in prices.items()}
    prefixes = frozenset(prefix for of_link in prices.values() for prefix in of_link)
    return _Table(prices, lengths, prefixes, _lengths(prefixes), sorted(begins))


def _lengths(prefixes: Iterable[str]) -> tuple[int, ...]:
    return tuple(sorted({len(prefix) for prefix in prefixes}, reverse=True))


def money(amount: int | None, currency: str | None) -> dict[str, str] | None:
    """An amount as programs are told it: {"amount": "0.012", "currency": "EUR"}; None when it is not known."""
    return None if amount is None or currency is None else {"amount": spelled(amount), "currency": currency}


def spelled(amount: int) -> str:
    """Millionths as people write them: 12000 is 0.012."""
    whole, rest = divmod(abs(amount), 1_000_000)
    digits = f"{rest:06}".rstrip("0")
    return f"{'-' if amount < 0 else ''}{whole}" + (f".{digits}" if digits else "")
