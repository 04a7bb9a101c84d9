"""Segments: audiences by rule, kept under a name; who is in one is asked anew each time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, or_, select, update

from ..errors import BadInput, Conflict, Fault, NotFound
from ..store.database import Writer
from ..store.ids import new_id
from ..store.tables import segment
from ..store.tables.types import AnyRow
from . import audience, rule_words
from .rule import Known, Rule, check, leaves


@dataclass(frozen=True, slots=True)
class Wish:
    """A segment to be made or changed. rule: as JSON, or in words; None: as it is. id: of the one to be changed.

    revision: the one that is to be changed and no other; None: whichever it is now.
    """

    by: str
    at: datetime
    name: str | None = None
    rule: Mapping[str, Any] | str | None = None
    id: str | None = None
    revision: int | None = None


def read(conn: Connection, written: Mapping[str, Any] | str) -> Rule:
    """A rule as JSON or in words, checked. Raises BadInput with every mistake."""
    return _read(written, audience.known(conn))


def _read(written: Mapping[str, Any] | str, known: Known) -> Rule:
    return check(rule_words.read(written) if isinstance(written, str) else written, known, "/rule")


def words(rule: Rule, known: Known) -> str:
    """A checked rule in one line of words."""
    return rule_words.write(rule, {**known.segment_names, **known.groups})


def save(writer: Writer, wish: Wish) -> str:
    """Make a segment, or change one; returns its id.

    Raises BadInput with every mistake of the rule, NotFound, Conflict (`precondition_failed`).
    """
    return writer.do(_save, wish)


def _save(conn: Connection, batch: list[Wish]) -> list[str | Exception]:
    results: list[str | Exception] = []
    for wish in batch:
        try:
            results.append(_make(conn, wish) if wish.id is None else _change(conn, wish))
        except (BadInput, NotFound, Conflict) as wrong:
            results.append(wrong)
    return results


def _make(conn: Connection, wish: Wish) -> str:
    faults: list[Fault] = []
    name = _name(conn, wish.name or "", None, faults)
    try:
        rule = _read(wish.rule or {}, audience.known(conn))
    except BadInput as wrong:
        faults += wrong.faults
    if faults:
        raise BadInput(faults)
    id = new_id("seg", wish.at)
    row = {"id": id, "name": name, "rule": rule, "revision": 1, "created_at": wish.at, "updated_at": wish.at}
    conn.execute(insert(segment), [row | {"by": wish.by}])
    return id


def _change(conn: Connection, wish: Wish) -> str:
    row = get(conn, wish.id or "")
    if wish.revision is not None and wish.revision != row.revision:
        says = f"{row.name} was changed meanwhile: it is at revision {row.revision}, not {wish.revision}"
        raise Conflict(says, code="precondition_failed", hint="read it again, and repeat what is still wanted")
    faults: list[Fault] = []
    values: dict[str, Any] = {"revision": row.revision + 1, "updated_at": wish.at, "by": wish.by}
    if wish.name is not None:
        values["name"] = _name(conn, wish.name, row.id, faults)
    if wish.rule is not None:
        known = audience.known(conn)
        try:
            values["rule"] = _read(wish.rule, known)
            if row.id in _within(values["rule"], known, set()):
                faults.append(Fault("/rule", "segment_circle", f"{row.name} would hold itself"))
        except BadInput as wrong:
            faults += wrong.faults
    if faults:
        raise BadInput(faults)
    conn.execute(update(segment).where(segment.c.id == row.id).values(**values))
    return str(row.id)


def _name(conn: Connection, written: str, id: str | None, faults: list[Fault]) -> str:
    plain = " ".join(written.split())
    if not 1 <= len(plain) <= 80:
        faults.append(Fault("/name", "name_invalid", "a segment's name has 1 to 80 letters"))
    owner = conn.scalar(select(segment.c.id).where(segment.c.name == plain))
    if owner is not None and owner != id:
        faults.append(Fault("/name", "name_taken", f"there is a segment {plain!r} already"))
    return plain


def _within(rule: Rule, known: Known, found: set[str]) -> set[str]:
    """The segments that a rule speaks of, and those that they speak of."""

    def visit(word: str, inner: Any) -> None:
        if word == "segment" and inner not in found:
            found.add(inner)
            _within(known.segments.get(inner, {}), known, found)

    leaves(rule, visit)
    return found


def get(conn: Connection, name: str) -> AnyRow:
    """A segment by its id or its name. Raises NotFound."""
    row = conn.execute(select(segment).where(or_(segment.c.id == name, segment.c.name == name))).first()
    if row is None:
        raise NotFound(f"there is no segment {name[:60]!r}", hint="smsgw segment list shows them")
    return row


def listing(conn: Connection) -> list[AnyRow]:
    """Every segment, by name."""
    return list(conn.execute(select(segment).order_by(segment.c.name)))


def remove(writer: Writer, name: str) -> None:
    """Take a segment away. Raises NotFound, Conflict while another one speaks of it."""
    writer.do(_remove, name)


def _remove(conn: Connection, batch: list[str]) -> list[Exception | None]:
    results: list[Exception | None] = []
    for name in batch:
        try:
            row = get(conn, name)
            known = audience.known(conn)
            users = [other.name for other in listing(conn) if row.id in _within(other.rule, known, set())]
            if users:
                raise Conflict(f"{row.name} is a part of {', '.join(users)}", hint="change or remove these first")
            conn.execute(delete(segment).where(segment.c.id == row.id))
            results.append(None)
        except (NotFound, Conflict) as wrong:
            results.append(wrong)
    return results
