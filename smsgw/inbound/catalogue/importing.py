"""Bring the catalogue to what a file says: first the differences, then, as a second step, the change itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from ...errors import BadInput, Conflict, Fault
from ...store.database import Writer
from ...store.history import chunks
from ...store.tables import alias, product
from . import catalogue
from .file import Invalid, Line, Listed, as_line, lacks

MEND = "nothing was changed: mend these lines, or leave them out"
COLUMNS = [one.name for one in fields(Line) if one.name != "aliases"]


@dataclass(frozen=True, slots=True)
class Change:
    """A product that a file tells otherwise: the fields, each with what it was and what it would be."""

    sku: str
    fields: Mapping[str, tuple[Any, Any]]


@dataclass(frozen=True, slots=True)
class Difference:
    """What a file would change. version: of the catalogue that it was compared with. gone: those that it leaves out."""

    version: int
    new: tuple[Line, ...]
    changed: tuple[Change, ...]
    gone: tuple[str, ...]
    same: int
    invalid: tuple[Invalid, ...]


@dataclass(frozen=True, slots=True)
class Wish:
    """The second step. version: of the difference that was looked at; None: whatever is there now.

    keep: products that the file leaves out stay in the catalogue. despite: lines that are wrong are left out, and
    their products stay as they were; else one wrong line stops everything.
    """

    listed: Listed
    version: int | None
    by: str
    now: datetime
    keep: bool = False
    despite: bool = False


def compare(conn: Connection, listed: Listed, *, keep: bool = False) -> Difference:
    """What the file would change; nothing is changed."""
    known = {row.sku: row for row in catalogue.listing(conn, inactive=True)}
    spoken, taught = _by_source(conn, "file"), _by_source(conn, "person")
    new: list[Line] = []
    changed: list[Change] = []
    invalid = list(listed.invalid)
    same = 0
    for line in listed.lines:
        row = known.get(line.sku)
        was = None if row is None else as_line(row, spoken.get(line.sku, {}))
        whole = line if was is None else listed.over(was, line)
        if (wrong := lacks(whole)) is not None:
            invalid.append(Invalid(listed.numbers.get(line.sku, 0), line.sku, *wrong))
            continue
        if row is None or was is None:
            new.append(line)
            continue
        told = _changes(was, whole, taught.get(line.sku, {}))
        if not row.active:
            told = {"active": (False, True), **told}
        if told:
            changed.append(Change(line.sku, told))
        else:
            same += 1
    named = {line.sku for line in listed.lines} | {one.sku for one in invalid}
    gone = () if keep else tuple(sku for sku, row in known.items() if row.active and sku not in named)
    return Difference(catalogue.version(conn), tuple(new), tuple(changed), gone, same, tuple(invalid))


def apply(writer: Writer, wish: Wish) -> Difference:
    """Change the catalogue to what the file says, all of it in one transaction; returns what that changed.

    Raises BadInput with every wrong line (unless `despite`), Conflict when the catalogue has another version by now.
    """
    return writer.do(_apply, wish)


def faults(invalid: Sequence[Invalid]) -> list[Fault]:
    """Wrong lines as faults that point at them: /3/price."""
    return [Fault(f"/{one.line}/{one.column}".rstrip("/"), one.code, _says(one)) for one in invalid]


def _says(one: Invalid) -> str:
    return f"line {one.line}{f', {one.column}' if one.column else ''}: {one.why}"


def _apply(conn: Connection, batch: list[Wish]) -> list[Difference | Exception]:
    results: list[Difference | Exception] = []
    for wish in batch:
        told = compare(conn, wish.listed, keep=wish.keep)
        if wish.version is not None and wish.version != told.version:
            says = f"the catalogue was changed since: it has the version {told.version}, you saw {wish.version}"
            results.append(Conflict(says, code="catalogue_changed", hint="look at the differences again"))
            continue
        if told.invalid and not wish.despite:
            results.append(BadInput(faults(told.invalid), hint=MEND))
            continue
        if told.new or told.changed or told.gone:
            _store(conn, wish, told)
        results.append(told)
    return results


def _store(conn: Connection, wish: Wish, told: Difference) -> None:
    spoken = _by_source(conn, "file")
    known = catalogue.of(conn, [one.sku for one in told.changed])
    lines = {line.sku: line for line in told.new}
    for line in wish.listed.lines:
        if line.sku in known:
            lines[line.sku] = wish.listed.over(as_line(known[line.sku], spoken.get(line.sku, {})), line)
    if told.new:
        conn.execute(insert(product), [_row(line, wish.now) for line in told.new])
    rows = [{**_row(lines[one.sku], wish.now), "its_sku": one.sku} for one in told.changed]
    if rows:
        named: dict[str, Any] = {name: bindparam(name) for name in rows[0] if name not in ("its_sku", "sku")}
        change = update(product).where(product.c.sku == bindparam("its_sku")).values(named)
        conn.execute(change, [{key: value for key, value in row.items() if key != "sku"} for row in rows])
    for some in chunks(told.gone):
        conn.execute(update(product).where(product.c.sku.in_(some)).values(active=False, changed_at=wish.now))
    touched = [line.sku for line in told.new] + [one.sku for one in told.changed if "aliases" in one.fields]
    _store_aliases(conn, wish, [lines[sku] for sku in touched])
    what = f"import: {len(told.new)} new, {len(told.changed)} changed, {len(told.gone)} gone"
    catalogue.note_change(conn, what, wish.by, wish.now)


def _row(line: Line, now: datetime) -> dict[str, Any]:
    row = {name: getattr(line, name) for name in COLUMNS}
    return {**row, "names": dict(line.names), "active": True, "changed_at": now}


def _store_aliases(conn: Connection, wish: Wish, lines: Sequence[Line]) -> None:
    """The aliases of a file replace those of the file before; what a person taught stays."""
    a = alias.c
    for some in chunks([line.sku for line in lines]):
        conn.execute(delete(alias).where(a.sku.in_(some), a.source == "file"))
    kept = {(row.sku, row.language, row.words) for row in conn.execute(select(alias))}
    rows = [
        {"sku": line.sku, "language": tag, "words": words, "source": "file", "by": wish.by, "at": wish.now}
        for line in lines
        for tag, several in line.aliases.items()
        for words in several
        if (line.sku, tag, words) not in kept
    ]
    if rows:
        conn.execute(insert(alias), rows)


def _by_source(conn: Connection, source: str) -> dict[str, dict[str, tuple[str, ...]]]:
    """The aliases of a source by sku and language: "file", or "person" who taught them."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for row in conn.execute(select(alias).where(alias.c.source == source).order_by(alias.c.id)):
        languages = found.setdefault(row.sku, {})
        languages[row.language] = (*languages.get(row.language, ()), row.words)
    return found


def _changes(was: Line, now: Line, taught: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[Any, Any]]:
    """The fields that differ. What a person taught is there already, whether the file names it or not."""
    pairs = {one.name: (getattr(was, one.name), getattr(now, one.name)) for one in fields(Line)}
    pairs["names"] = (dict(was.names), dict(now.names))
    told = {tag: sorted(set(words) - set(taught.get(tag, ()))) for tag, words in now.aliases.items()}
    pairs["aliases"] = (
        {tag: sorted(words) for tag, words in was.aliases.items()},
        {tag: words for tag, words in told.items() if words},
    )
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
