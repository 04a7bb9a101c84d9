"""Offer who may be the same person: the same number in another spelling, the same name, or names that are nearly so.

Nothing is merged by itself: each pair comes with its reasons, and a person decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from sqlalchemy import Connection, func, select

from ..errors import BadInput
from ..store.tables import address, customer
from ..store.tables.types import AnyRow
from ..text.number import read_number

NEAR = 90.0  # of 100: how much of two names must be alike
WINDOW = 5  # names that stand next to each other in order are compared
LOOKED_AT = 20_000  # customers, the newest
SAME_NAME = 8  # of one name: more than this are namesakes, not duplicates


@dataclass(frozen=True, slots=True)
class Pair:
    """Two customers who may be one. why: in words. score: 0 to 100, how sure that is."""

    one: str
    other: str
    why: str
    score: int


def offer(conn: Connection, region: str | None, limit: int = 50) -> list[Pair]:
    """Who may be the same, surest first. region: whose national spelling of numbers is understood."""
    c = customer.c
    query = select(c.id, c.name_key, c.language, c.fields).where(c.merged_into.is_(None))
    rows = list(conn.execute(query.order_by(c.id.desc()).limit(LOOKED_AT)))
    return _best([*_same_number(conn, region), *_same_name(rows), *_near_names(rows)], limit)


def of(conn: Connection, id: str, region: str | None, limit: int = 10) -> list[Pair]:
    """Who may be the same as this customer, surest first."""
    from rapidfuzz.fuzz import token_sort_ratio  # four megabytes, for whoever looks for duplicates
    from rapidfuzz.process import extract

    c = customer.c
    me = conn.execute(select(c.id, c.name_key, c.language, c.fields).where(c.id == id)).first()
    if me is None:
        return []
    pairs = [pair for pair in _same_number(conn, region) if id in (pair.one, pair.other)]
    if me.name_key:
        begins = c.name_key.startswith(me.name_key[:2], autoescape=True)
        query = select(c.id, c.name_key).where(c.merged_into.is_(None), c.id != id, begins).limit(LOOKED_AT)
        names = {row.id: row.name_key for row in conn.execute(query)}
        near = extract(me.name_key, names, scorer=token_sort_ratio, score_cutoff=NEAR, limit=4 * limit)
        some = select(c.id, c.name_key, c.language, c.fields).where(c.id.in_([id for *_, id in near]))
        for row in conn.execute(some):
            if row.name_key == me.name_key:
                pairs.append(_named(me, row))
            elif (alike := token_sort_ratio(me.name_key, row.name_key)) >= NEAR:
                pairs.append(_nearly(me, row, alike))
    return _best(pairs, limit)


def _best(pairs: Iterable[Pair], limit: int) -> list[Pair]:
    found: dict[frozenset[str], Pair] = {}
    for pair in sorted(pairs, key=lambda one: -one.score):
        found.setdefault(frozenset((pair.one, pair.other)), pair)
    return list(found.values())[:limit]


def _same_number(conn: Connection, region: str | None) -> Iterator[Pair]:
    """Numbers that came to us without + and country, as some networks write them, and are somebody's in full."""
    a = address.c
    bare = select(a.address, a.customer_id).where(a.kind == "phone", func.substr(a.address, 1, 1) != "+")
    full: dict[str, list[AnyRow]] = {}
    for row in conn.execute(bare.limit(LOOKED_AT)):
        for spelled in {_read(row.address, region), _read(f"+{row.address}", None)} - {None, row.address}:
            full.setdefault(str(spelled), []).append(row)
    numbers = list(full)
    for start in range(0, len(numbers), 500):
        some = numbers[start : start + 500]
        for owner in conn.execute(select(a.address, a.customer_id).where(a.address.in_(some))):
            for row in full[owner.address]:
                if row.customer_id != owner.customer_id:
                    yield Pair(owner.customer_id, row.customer_id, f"{row.address} is {owner.address}", 95)


def _read(written: str, region: str | None) -> str | None:
    try:
        return read_number(written, region)
    except BadInput:
        return None


def _same_name(rows: Sequence[AnyRow]) -> Iterator[Pair]:
    by_name: dict[str, list[AnyRow]] = {}
    for row in rows:
        if row.name_key:
            by_name.setdefault(row.name_key, []).append(row)
    for alike in by_name.values():
        if 2 <= len(alike) <= SAME_NAME:
            yield from (_named(one, other) for one, other in combinations(reversed(alike), 2))


def _near_names(rows: Sequence[AnyRow]) -> Iterator[Pair]:
    """Names are laid in order, by their words forwards and backwards, and neighbours are compared."""
    from rapidfuzz.fuzz import token_sort_ratio

    for turned in (False, True):
        keyed = [(" ".join(sorted(row.name_key.split(), reverse=turned)), row) for row in rows if row.name_key]
        ordered = sorted(keyed, key=lambda one: (one[0], one[1].id))
        for place, (_, row) in enumerate(ordered):
            for _, other in ordered[place + 1 : place + WINDOW]:
                if row.name_key != other.name_key:
                    alike = token_sort_ratio(row.name_key, other.name_key)
                    if alike >= NEAR:
                        yield _nearly(row, other, alike)


def _named(one: AnyRow, other: AnyRow) -> Pair:
    shared = _shared(one, other)
    why = "the same name" + (f", and the same {' and '.join(shared)}" if shared else "")
    return Pair(one.id, other.id, why, min(94, 70 + 12 * len(shared)))


def _nearly(one: AnyRow, other: AnyRow, alike: float) -> Pair:
    shared = _shared(one, other)
    why = "nearly the same name" + (f", and the same {' and '.join(shared)}" if shared else "")
    return Pair(one.id, other.id, why, min(90, int(alike) - 40 + 12 * len(shared)))


def _shared(one: AnyRow, other: AnyRow) -> list[str]:
    """The fields of the shop's own in which two are alike; yes and no say little."""
    both = one.fields.keys() & other.fields.keys()
    return sorted(
        name for name in both if one.fields[name] == other.fields[name] and not isinstance(one.fields[name], bool)
    )
