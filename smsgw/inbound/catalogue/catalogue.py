"""What can be ordered: products with their names and aliases, and the compiled form that readings use.

Every change adds a line to `catalogue_change`; its newest id is the version. `Shelf` compiles the catalogue once for
each version, and again at the moments when a product comes or goes by its own dates.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from functools import cache

from sqlalchemy import Connection, delete, func, insert, or_, select, update

from ...errors import BadInput, Fault, NotFound
from ...store.tables import alias, catalogue_change, product
from ...store.tables.types import AnyRow
from ..reading.read import Compiled, compile_catalogue
from ..reading.terms import Product

THOUSAND = 1000  # quantities are stored in thousandths of the unit


@cache
def no_catalogue() -> Compiled:
    """The catalogue without products, compiled when it is first needed: that takes a moment."""
    return compile_catalogue(())


def version(conn: Connection) -> int:
    """The version of the catalogue: it grows with every change; 0 when there never was one."""
    return conn.scalar(select(func.max(catalogue_change.c.id))) or 0


def note_change(conn: Connection, what: str, by: str, now: datetime) -> None:
    """Write down that the catalogue was changed, in the transaction that changes it."""
    conn.execute(insert(catalogue_change).values(what=what, by=by, at=now))


def get(conn: Connection, sku: str) -> AnyRow:
    """One product. Raises NotFound."""
    row = conn.execute(select(product).where(product.c.sku == sku)).first()
    if row is None:
        raise NotFound(f"there is no product {sku!r}", hint="smsgw catalogue list shows them")
    return row


def listing(
    conn: Connection,
    limit: int | None = None,
    after: str | None = None,
    *,
    before: str | None = None,
    inactive: bool = False,
) -> list[AnyRow]:
    """Products by sku, from behind `after`, or the nearest before `before`; inactive: also those sold no more."""
    sku = product.c.sku
    query = select(product).order_by(sku if before is None else sku.desc()).limit(limit)
    if after is not None:
        query = query.where(sku > after)
    if before is not None:
        query = query.where(sku < before)
    if not inactive:
        query = query.where(product.c.active.is_(True))
    found = list(conn.execute(query))
    return found if before is None else found[::-1]


def of(conn: Connection, skus: Iterable[str]) -> dict[str, AnyRow]:
    """The products of these skus, also those that are sold no more."""
    wanted = list(dict.fromkeys(skus))
    return {row.sku: row for row in conn.execute(select(product).where(product.c.sku.in_(wanted)))}


def aliases(conn: Connection, skus: Sequence[str] | None = None) -> dict[str, dict[str, tuple[str, ...]]]:
    """The aliases by sku and language; skus: only of these."""
    query = select(alias).order_by(alias.c.id)
    if skus is not None:
        query = query.where(alias.c.sku.in_(list(skus)))
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for row in conn.execute(query):
        languages = found.setdefault(row.sku, {})
        languages[row.language] = (*languages.get(row.language, ()), row.words)
    return found


@dataclass(frozen=True, slots=True)
class Taught:
    """A person's wish: from now on these words mean that product."""

    sku: str
    language: str
    words: str
    by: str
    now: datetime


def teach(conn: Connection, batch: Sequence[Taught]) -> list[bool | Exception]:
    """Writer step: add aliases; for each whether it was new, NotFound for no such product, BadInput for no words."""
    results: list[bool | Exception] = []
    for one in batch:
        words = " ".join(one.words.split())
        if not 0 < len(words) <= 120:
            results.append(BadInput([Fault("/words", "words_invalid", "an alias has 1 to 120 letters")]))
            continue
        try:
            get(conn, one.sku)
        except NotFound as unknown:
            results.append(unknown)
            continue
        a = alias.c
        known = conn.scalar(select(a.id).where(a.sku == one.sku, a.language == one.language, a.words == words))
        if known is None:
            row = {"sku": one.sku, "language": one.language, "words": words, "source": "person"}
            conn.execute(insert(alias).values(**row, by=one.by, at=one.now))
            note_change(conn, f"{words!r} means {one.sku}", one.by, one.now)
        results.append(known is None)
    return results


def unteach(conn: Connection, batch: Sequence[Taught]) -> list[bool]:
    """Writer step: take aliases away; for each whether there was one."""
    results: list[bool] = []
    for one in batch:
        a = alias.c
        gone = conn.execute(delete(alias).where(a.sku == one.sku, a.language == one.language, a.words == one.words))
        if gone.rowcount:
            note_change(conn, f"{one.words!r} means {one.sku} no more", one.by, one.now)
        results.append(bool(gone.rowcount))
    return results


def withdraw(conn: Connection, batch: Sequence[tuple[str, str, datetime]]) -> list[Exception | None]:
    """Writer step: sell a product (its sku, who says so, now) no more. NotFound where there is none."""
    results: list[Exception | None] = []
    for sku, by, now in batch:
        try:
            if get(conn, sku).active:
                conn.execute(update(product).where(product.c.sku == sku).values(active=False, changed_at=now))
                note_change(conn, f"{sku} is sold no more", by, now)
            results.append(None)
        except NotFound as unknown:
            results.append(unknown)
    return results


def withdraw_of(conn: Connection, batch: Sequence[tuple[str, datetime]]) -> list[int]:
    """Writer step: sell nothing of what `by` brought, if nobody else has changed the catalogue since; how much that
    was. For the shop of a demo that is adopted for real use."""
    counts: list[int] = []
    for by, now in batch:
        others = conn.scalar(select(func.count()).where(catalogue_change.c.by != by))
        gone = 0
        if not others:
            gone = conn.execute(
                update(product).where(product.c.active.is_(True)).values(active=False, changed_at=now)
            ).rowcount
        if gone:
            note_change(conn, f"{gone} products of {by} are sold no more", by, now)
        counts.append(gone)
    return counts


def name_of(row: AnyRow, language: str) -> str:
    """What a product is called in a language; else in any, else its sku."""
    names: dict[str, str] = row.names
    own = names.get(language) or names.get("") or names.get("en") or next(iter(names.values()), "")
    return own or str(row.sku)


@dataclass(frozen=True)
class Shelved:
    """A version of the catalogue, ready to be read with. until: it is another one from then on."""

    version: int
    compiled: Compiled
    products: Mapping[str, Product]
    until: datetime | None


@dataclass
class Shelf:
    """The compiled catalogue of a process: made when it is asked for and the tables, or the day, have changed."""

    _kept: Shelved | None = field(default=None)

    def current(self, conn: Connection, now: datetime) -> Shelved:
        """The catalogue as it is at `now`."""
        kept = self._kept
        known = version(conn)
        if kept is not None and kept.version == known and (kept.until is None or now < kept.until):
            return kept
        self._kept = _shelve(conn, known, now)
        return self._kept


def _shelve(conn: Connection, known: int, now: datetime) -> Shelved:
    p = product.c
    sold = p.active.is_(True) & or_(p.valid_to.is_(None), p.valid_to > now)
    rows = list(conn.execute(select(product).where(sold).order_by(p.sku)))
    here = [row for row in rows if row.valid_from is None or row.valid_from <= now]
    spoken = aliases(conn, [row.sku for row in here]) if here else {}
    products = [_as_product(row, spoken.get(row.sku, {})) for row in here]
    borders = [row.valid_from for row in rows if row.valid_from is not None and row.valid_from > now]
    borders += [row.valid_to for row in here if row.valid_to is not None]
    return Shelved(known, compile_catalogue(products), {one.sku: one for one in products}, min(borders, default=None))


def _as_product(row: AnyRow, spoken: dict[str, tuple[str, ...]]) -> Product:
    most = Fraction(row.max_auto, THOUSAND)
    return Product(row.sku, row.unit, row.code, most, dict(row.names), spoken)
