"""Look at a price list before it counts: what it changes and would have cost lately; gaps and overlaps by name."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Connection, func, select

from ..store.ids import first_id
from ..store.tables import message, numbering, rate
from .places import calling_code, country_name
from .pricelist import Line, in_use, same
from .rates import Rates, price_of_row, rates_of, spelled

MOST = 100  # of each that are told


@dataclass(frozen=True, slots=True)
class Change:
    """A line against what counts now. what: new, changed or same. before: the amount of the price it replaces, or of
    the one that it follows in time; None when there is none."""

    what: str
    line: Line
    before: int | None


@dataclass(frozen=True, slots=True)
class Effect:
    """What the traffic of a time would cost over one link by two price lists, in one currency. unpriced: messages."""

    link: str
    currency: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Gap:
    """Numbers that messages went to over a link without a price."""

    link: str
    prefix: str
    country: str
    messages: int
    parts: int

    @property
    def says(self) -> str:
        """It in words."""
        where = f" ({country_name(self.country)})" if self.country else ""
        return f"you send to {self.prefix}{where} over {self.link} and have no price: {self.messages} messages"


@dataclass(frozen=True, slots=True)
class Look:
    """What a price list changes. overlaps: in words; gaps: what still has no price with it."""

    changes: Sequence[Change]
    effects: Sequence[Effect]
    gaps: Sequence[Gap]
    overlaps: Sequence[str]

    def count(self, what: str) -> int:
        """How many lines are new, changed or same."""
        return sum(change.what == what for change in self.changes)


def look(conn: Connection, lines: Sequence[Line], since: datetime, until: datetime) -> Look:
    """What storing these lines would change; the traffic is that from `since` to before `until`."""
    links = {line.link for line in lines}
    known = in_use(conn, links)
    rows = conn.execute(select(rate).where(rate.c.gone_at.is_(None))).all()
    abouts = {line.about for line in lines}
    kept = [
        row for row in rows if (row.link, row.kind, row.network, row.prefix, row.upto, row.valid_from) not in abouts
    ]
    fresh = [_as_row(line, -place) for place, line in enumerate(lines, 1)]
    networks = {row.prefix: row.network for row in conn.execute(select(numbering))}
    before, after = rates_of(rows, networks), rates_of([*kept, *fresh], networks)
    at = max([until, *(line.valid_from for line in lines)])
    went = traffic(conn, since, until)
    return Look(
        [_change(line, known.get(line.about), before) for line in lines],
        _effects([one for one in went if one.link in links], before, after, at),
        gaps(went, after, at)[:MOST],
        overlaps([*kept, *fresh], links)[:MOST],
    )


def _as_row(line: Line, id: int) -> Any:
    values = {name: getattr(line, name) for name in Line.__dataclass_fields__}
    return SimpleNamespace(**values, id=id)


def _change(line: Line, row: Any, before: Rates) -> Change:
    if row is not None:
        return Change("same" if same(row, line) else "changed", line, row.amount)
    earlier = before.price(line.link, line.prefix or "+", line.valid_from) if line.kind == "sms" else None
    return Change("new", line, None if earlier is None else earlier.amount)


@dataclass(frozen=True, slots=True)
class Went:
    """Messages of a time over a link to numbers that begin so, each of so many parts."""

    link: str
    number: str
    parts: int
    messages: int


def traffic(conn: Connection, since: datetime, until: datetime) -> list[Went]:
    """What texts went out in a time, by link and number."""
    m = message.c
    texts = m.encoding.not_in(("mms", "mail"))
    mine = (m.id >= first_id("msg", since), m.id < first_id("msg", until), m.sent_at.is_not(None), texts)
    query = select(m.link, m.recipient, m.parts, func.count()).where(*mine).group_by(m.link, m.recipient, m.parts)
    return [Went(link, number, parts, count) for link, number, parts, count in conn.execute(query)]


def _effects(went: Iterable[Went], before: Rates, after: Rates, at: datetime) -> list[Effect]:
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for one in went:
        for place, rates in enumerate((before, after)):
            price = rates.price(one.link, one.number, at)
            if price is not None:
                sums[one.link, price.currency][place] += price.of(one.parts) * one.messages
    return [Effect(link, currency, *amounts) for (link, currency), amounts in sorted(sums.items())]


def gaps(went: Iterable[Went], rates: Rates, at: datetime) -> list[Gap]:
    """Where messages went without a price, over links that have a price list at all, most messages first."""
    counts: Counter[tuple[str, str]] = Counter()
    parts: Counter[tuple[str, str]] = Counter()
    for one in went:
        if rates.knows(one.link) and rates.price(one.link, one.number, at) is None:
            key = one.link, calling_code(one.number)
            counts[key] += one.messages
            parts[key] += one.parts * one.messages
    return [Gap(link, code, _country(code), count, parts[link, code]) for (link, code), count in counts.most_common()]


def _country(code: str) -> str:
    import phonenumbers

    country = phonenumbers.region_code_for_country_code(int(code[1:])) if code[1:].isdigit() and code[0] == "+" else ""
    return "" if country in ("ZZ", "001") else country


def overlaps(rows: Iterable[Any], links: Iterable[str]) -> list[str]:
    """Prices that lie in another one of the same link: which one counts, in words."""
    told: list[str] = []
    by_list: dict[tuple[str, str, int], dict[str, Any]] = defaultdict(dict)
    wanted = set(links)
    for row in rows:
        if row.link in wanted and not row.network:
            by_list[row.link, row.kind, row.upto][row.prefix] = row
    for (link, _, _), prefixes in sorted(by_list.items()):
        for prefix, row in sorted(prefixes.items()):
            wider = next((prefix[:end] for end in range(len(prefix) - 1, 0, -1) if prefix[:end] in prefixes), None)
            if wider is None:
                continue
            inner, outer = price_of_row(row), price_of_row(prefixes[wider])
            if (inner.amount, inner.currency, inner.charged) == (outer.amount, outer.currency, outer.charged):
                told.append(f"{link}: {prefix} lies in {wider} and costs the same: one of them would do")
            else:
                told.append(
                    f"{link}: {prefix} lies in {wider}: {prefix} counts with {spelled(inner.amount)} {inner.currency}, "
                    f"the others of {wider} cost {spelled(outer.amount)} {outer.currency}"
                )
    return told


def totals(effects: Iterable[Effect]) -> Mapping[str, tuple[int, int]]:
    """The effects of all links together, by currency: before and after."""
    sums: dict[str, tuple[int, int]] = {}
    for one in effects:
        before, after = sums.get(one.currency, (0, 0))
        sums[one.currency] = before + one.before, after + one.after
    return sums
