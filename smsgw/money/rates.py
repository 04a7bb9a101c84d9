"""What a part costs over a link: rates by network and prefix, from a day on, held in memory and read anew when changed.

A link's price for the number's network (MCC and MNC) is asked first, then the longest prefix decides, and of those
the newest that is in force. Where there is no rate at all (`some` is False) nobody asks, and nothing is spent on money.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, func, select

from ..store.tables import follower, numbering, rate
from ..store.tables.types import AnyRow

Kind = Literal["sms", "mms", "inbound", "ussd"]
NUMBERING = "numbering"  # the follower whose place grows when networks are told anew

# Rows are only added and marked as gone, so these numbers never come back once one has changed.
_LOOK = select(
    func.coalesce(func.max(rate.c.id), 0),
    func.count(rate.c.gone_at),
    select(func.coalesce(func.max(follower.c.upto), 0)).where(follower.c.name == NUMBERING).scalar_subquery(),
)


@dataclass(frozen=True, slots=True)
class Price:
    """What one part costs. amount: millionths of the currency (ISO 4217). charged: "submit" or "delivery".

    failed: for a part that did not arrive; None: what was charged stays charged, and nothing else is.
    minimum: the least for a message. step: its price is rounded up to a multiple of it.
    """

    amount: int
    currency: str
    charged: str
    rate_id: int
    failed: int | None = None
    minimum: int = 0
    step: int = 1

    def of(self, parts: int) -> int:
        """What so many parts of one message cost together."""
        if parts <= 0:
            return 0
        amount = max(self.amount * parts, self.minimum)
        return amount if self.step == 1 else -(-amount // self.step) * self.step


_InForce = tuple[list[datetime], list[Price]]


@dataclass(frozen=True, slots=True)
class _Table:
    """The rates as they were read. Replaced as a whole, so whoever reads it sees one moment's."""

    prices: dict[str, dict[str, _InForce]]  # by list (see `_list`) and prefix or network, in order of time
    lengths: dict[str, tuple[int, ...]]  # by list: how long its prefixes are, longest first
    by_network: frozenset[str]  # the lists with prices for networks
    classes: dict[str, tuple[int, ...]]  # by link: the sizes of its MMS, smallest first
    prefixes: frozenset[str]  # of all lists
    all_lengths: tuple[int, ...]
    networks: Mapping[str, str]  # by how numbers begin
    network_lengths: tuple[int, ...]
    begins: list[datetime]  # when rates come into force, in order
    fails: bool  # whether any rate says what a failure costs
    kinds: frozenset[str]

    def network(self, recipient: str) -> str:
        for length in self.network_lengths:
            found = self.networks.get(recipient[:length])
            if found is not None:
                return found
        return ""


class Rates:
    """The rates of all links. Reading is safe from any thread; `read` by one at a time.

    version: grows whenever the rates are others than before.
    """

    def __init__(self) -> None:
        self.version = 0
        self._seen: tuple[int, int, int] = (0, 0, 0)
        self._table = _made([], {})

    @property
    def some(self) -> bool:
        """Whether there is any rate."""
        return bool(self._table.prices)

    @property
    def fails(self) -> bool:
        """Whether any rate says what a failure costs."""
        return self._table.fails

    def charges(self, kind: Kind) -> bool:
        """Whether there is any rate of this kind."""
        return kind in self._table.kinds

    def read(self, conn: Connection) -> bool:
        """Read the rates if they are others than those that were read last; returns whether they are."""
        newest, gone, networks = conn.execute(_LOOK).one()
        if (newest, gone, networks) == self._seen:
            return False
        belongs = {row.prefix: row.network for row in conn.execute(select(numbering))}
        rows = conn.execute(select(rate).where(rate.c.gone_at.is_(None)).order_by(rate.c.valid_from, rate.c.id))
        self._table = _made(rows, belongs)
        self._seen = (newest, gone, networks)
        self.version += 1
        return True

    def knows(self, link: str) -> bool:
        """Whether there is any rate for texts over this link."""
        return link in self._table.prices

    def price(self, link: str, recipient: str, at: datetime) -> Price | None:
        """What one part of a text to this number costs over this link at a time (aware); None: no rate says."""
        return _found(self._table, link, recipient, at)

    def price_of(self, kind: Kind, link: str, number: str, at: datetime, size: int = 0) -> Price | None:
        """The same for another kind of traffic. size: octets of an MMS, for which the smallest class that holds them
        counts; number: who wrote, of what came in."""
        table = self._table
        if kind != "mms":
            return _found(table, _list(kind, link), number, at)
        for upto in table.classes.get(link, ()):
            if upto == 0 or size <= upto * 1024:
                found = _found(table, _list(kind, link, upto), number, at)
                if found is not None:
                    return found
        return None

    def network(self, recipient: str) -> str:
        """The network (MCC and MNC) that a number belongs to, as far as it is known; "" else."""
        return self._table.network(recipient)

    def place(self, recipient: str) -> str:
        """The longest prefix that any price or network tells apart: two numbers with the same one cost the same."""
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


def rates_of(rows: Iterable[AnyRow], networks: Mapping[str, str] | None = None) -> Rates:
    """Rates that are not (yet) in the store: rows like those of `rate`."""
    rates = Rates()
    rates._table = _made(sorted(rows, key=lambda row: row.valid_from), networks or {})
    return rates


def _found(table: _Table, name: str, recipient: str, at: datetime) -> Price | None:
    of_list = table.prices.get(name)
    if of_list is None:
        return None
    if name in table.by_network:
        network = table.network(recipient)
        for wanted in (network, network[:3]) if network else ():
            price = _in_force(of_list.get(wanted), at)
            if price is not None:
                return price
    for length in table.lengths[name]:
        price = _in_force(of_list.get(recipient[:length]), at)  # None: no price yet, and a shorter one may have one
        if price is not None:
            return price
    return None


def _in_force(found: _InForce | None, at: datetime) -> Price | None:
    if found is None:
        return None
    count = bisect_right(found[0], at)
    return found[1][count - 1] if count else None


def _list(kind: str, link: str, upto: int = 0) -> str:
    """The name of a price list: of texts the link's own."""
    return link if kind == "sms" else f"{kind} {upto} {link}"


def _made(rows: Iterable[AnyRow], networks: Mapping[str, str]) -> _Table:
    prices: dict[str, dict[str, _InForce]] = {}
    classes: dict[str, set[int]] = {}
    begins: set[datetime] = set()
    by_network: set[str] = set()
    kinds: set[str] = set()
    fails = False
    for row in rows:
        name = _list(row.kind, row.link, row.upto)
        times, values = prices.setdefault(name, {}).setdefault(row.network or row.prefix, ([], []))
        times.append(row.valid_from)
        values.append(price_of_row(row))
        begins.add(row.valid_from)
        kinds.add(row.kind)
        fails = fails or row.failed is not None
        if row.network:
            by_network.add(name)
        if row.kind == "mms":
            classes.setdefault(row.link, set()).add(row.upto)
    lengths = {name: _lengths(key for key in of if key[:1] in ("", "+")) for name, of in prices.items()}
    prefixes = {key for of in prices.values() for key in of if key[:1] in ("", "+")}
    prefixes |= set(networks) if by_network else set()
    sizes = {link: tuple(sorted(of, key=lambda upto: upto or 1 << 40)) for link, of in classes.items()}
    return _Table(
        prices, lengths, frozenset(by_network), sizes, frozenset(prefixes), _lengths(prefixes), networks,
        _lengths(networks), sorted(begins), fails, frozenset(kinds),
    )  # fmt: skip


def price_of_row(row: AnyRow) -> Price:
    """The price that a row of `rate` says."""
    return Price(row.amount, row.currency, row.charged, row.id, row.failed, row.minimum or 0, row.step or 1)


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
