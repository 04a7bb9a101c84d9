"""Read again what came in, with the rules, the words and the catalogue of now or of a file, and tell what differs.

Nothing is acted on and nothing is written. Each text is read against what was open with its sender when it came; texts
that were read together are read together again. What was decided as it came in (STOP and its like) is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import Connection, or_, select

from ..store.ids import first_id
from ..store.tables import expectation, inbound
from ..store.tables.types import AnyRow
from . import expectations
from .catalogue.catalogue import THOUSAND, Shelf
from .catalogue.file import Line
from .dialogue.dialogue import explained
from .reading.read import Compiled, compile_catalogue, read
from .reading.terms import Open, Product

MOST = 20_000  # texts of one replay


@dataclass(frozen=True, slots=True)
class Told:
    """What a reading says, as far as it decides anything. items: sku and quantity; needs_person: it is not acted on."""

    kind: str
    topic: str | None
    items: tuple[tuple[str, str | None], ...]
    answer: str | None
    needs_person: bool

    def words(self) -> str:
        """In a line: "order 2 x NB-A4, a person looks"."""
        ordered = ", ".join(f"{quantity or '?'} x {sku}" for sku, quantity in self.items)
        parts = [self.kind, self.topic, ordered, self.answer]
        return " ".join(part for part in parts if part) + (", a person looks" if self.needs_person else "")


@dataclass(frozen=True, slots=True)
class Difference:
    """A text that would be understood otherwise now. why: the reasons of the new reading for a person to look."""

    id: str
    sender: str
    text: str
    at: datetime
    was: Told
    now: Told
    why: tuple[str, ...]


@dataclass(frozen=True)
class Replayed:
    """How many texts were read again, and those that differ, oldest first. more: there were more than `MOST`."""

    read: int
    differences: list[Difference] = field(default_factory=list)
    more: bool = False

    def counts(self) -> dict[str, int]:
        """How many differences there are of each sort: kind, items, topic, answer, person."""
        found: dict[str, int] = {}
        for one in self.differences:
            for sort in _sorts(one):
                found[sort] = found.get(sort, 0) + 1
        return found


def _sorts(one: Difference) -> Iterator[str]:
    for sort in ("kind", "items", "topic", "answer"):
        if getattr(one.was, sort) != getattr(one.now, sort):
            yield sort
    if one.was.needs_person != one.now.needs_person:
        yield "person" if one.now.needs_person else "no_person"


def replay(
    conn: Connection, since: datetime, now: datetime, lines: Iterable[Line] | None = None, most: int = MOST
) -> Replayed:
    """Read what came since then again. lines: a catalogue instead of today's; most: the newest so many texts."""
    compiled = Shelf().current(conn, now).compiled if lines is None else _compiled(lines)
    i = inbound.c
    came = select(inbound).where(i.id >= first_id("in", since), i.explanation.is_not(None), i.kind == "text")
    rows = list(conn.execute(came.order_by(i.id.desc()).limit(most + 1)))
    more, rows = len(rows) > most, rows[:most][::-1]
    texts = {row.id: row.text for row in rows}
    was_open = _open_then(conn, rows)
    count, differences = 0, []
    for row in rows:
        told = row.explanation
        together = told.get("together", [row.id])
        if "kind" not in told or together[-1] != row.id:
            continue
        count += 1
        text = "\n".join(texts[id] for id in together if id in texts)
        found = _again(row, text, compiled, was_open.get(row.sender, ()))
        if found is not None:
            differences.append(found)
    return Replayed(count, differences, more)


def _compiled(lines: Iterable[Line]) -> Compiled:
    return compile_catalogue(
        Product(one.sku, one.unit, one.code, Fraction(one.max_auto, THOUSAND), dict(one.names), dict(one.aliases))
        for one in lines
    )


def _again(row: AnyRow, text: str, compiled: Compiled, known: Sequence[AnyRow]) -> Difference | None:
    reading = read(text, compiled, _open_at(known, row))
    was, now = _told(row.explanation), _told(explained(reading, [], None))
    if was == now:
        return None
    return Difference(row.id, row.sender, text, row.received_at, was, now, reading.reasons)


def _told(explanation: Mapping[str, Any]) -> Told:
    items = tuple((str(one["sku"]), one["quantity"]) for one in explanation.get("items", ()))
    return Told(
        str(explanation["kind"]),
        explanation.get("topic"),
        tuple(sorted(items, key=lambda item: item[0])),
        explanation.get("answer"),
        bool(explanation.get("reasons")),
    )


def _open_then(conn: Connection, rows: Sequence[AnyRow]) -> dict[str, list[AnyRow]]:
    """Everything that was open with anybody at any time of these texts, by number, newest first."""
    found: dict[str, list[AnyRow]] = {}
    if not rows:
        return found
    e = expectation.c
    since, until = rows[0].received_at, rows[-1].received_at
    query = select(expectation).where(e.sent_at <= until, e.expires_at > since)
    query = query.where(or_(e.closed_at.is_(None), e.closed_at >= since))
    for row in conn.execute(query.order_by(e.sent_at.desc(), e.id.desc())):
        found.setdefault(row.address, []).append(row)
    return found


def _open_at(known: Sequence[AnyRow], text: AnyRow) -> Open | None:
    """What was open when a text came, as a reading takes it."""
    at = text.received_at
    there = [
        expectations.as_open(one, at)
        for one in known
        if one.sent_at < at < one.expires_at
        and (one.closed_at is None or one.closed_at >= at)
        and (one.recipient is None or text.recipient is None or one.recipient == text.recipient)
    ][: expectations.MOST]
    return replace(there[0], older=tuple(there[1:])) if there else None
