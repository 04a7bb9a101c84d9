"""Templates: texts by language that campaigns are written from. A campaign keeps the texts as they were then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, or_, select, update

from ..errors import BadInput, Conflict, Fault, NotFound, SmsgwError
from ..link import Abilities
from ..store.database import Writer
from ..store.ids import new_id
from ..store.tables import campaign, template
from ..store.tables.types import AnyRow
from ..text import parts
from ..text import template as grammar
from . import facts, people

LOOKED_AT = 200  # customers among whom the longest rendering is sought while one types


@dataclass(frozen=True)
class Wish:
    """A template as somebody wants it. texts: by language. language: whose text is for everybody else, by default the
    first. vars: variables that whoever sends a message from it gives; None leaves them as they are."""

    name: str
    texts: Mapping[str, str]
    by: str
    now: datetime
    language: str | None = None
    vars: Sequence[str] | None = None


def create(writer: Writer, wish: Wish) -> str:
    """Store a template; returns its id. Raises BadInput with every fault, Conflict when the name is taken."""
    return writer.do(_create, wish)


def change(writer: Writer, id: str, wish: Wish) -> None:
    """Write a template anew. Raises NotFound, BadInput, Conflict."""
    writer.do(_change, (id, wish))


def remove(writer: Writer, id: str, now: datetime) -> None:
    """Take a template away; campaigns keep its texts. Raises NotFound."""
    writer.do(_remove, (id, now))


def listing(conn: Connection) -> list[AnyRow]:
    """The templates, by name."""
    return list(conn.execute(select(template).where(template.c.gone_at.is_(None)).order_by(template.c.name)))


def find(conn: Connection, named: str) -> AnyRow:
    """The template with this id or name. Raises NotFound."""
    t = template.c
    row = conn.execute(select(template).where(t.gone_at.is_(None), or_(t.id == named, t.name == named))).first()
    if row is None:
        raise NotFound(f"there is no template {named[:80]!r}", hint="smsgw template list shows them")
    return row


def used_in(conn: Connection, id: str) -> int:
    """How many campaigns were written from a template."""
    return conn.scalar(select(func.count()).where(campaign.c.template_id == id)) or 0


def shown(text: str, abilities: Abilities) -> dict[str, Any]:
    """What can be said of a text without a recipient: its variables, and what it takes with its fallbacks."""
    read = grammar.read(text)
    filled, _ = read.fill({})
    told = parts.preview(filled, abilities) if filled else None
    return {
        "variables": sorted(read.names),
        "needed": sorted(read.needed),
        "parts": 0 if told is None else told.parts,
        "encoding": "" if told is None else told.encoding,
    }


@dataclass(frozen=True, slots=True)
class Look:
    """A text as a customer would read it. who: "" while there is no customer of this language. missing: variables
    without a value."""

    language: str
    who: str
    text: str
    parts: int
    encoding: str
    missing: tuple[str, ...]


def look(conn: Connection, texts: Mapping[str, str], language: str, abilities: Abilities, now: datetime) -> list[Look]:
    """Each of these texts for that one of some customers of its language for whom it is longest.

    language: of those who have none. Raises BadInput when a text is no template.
    """
    known = facts.known(conn)
    faults = [fault for spoken, text in texts.items() for fault in grammar.faults(text, known, f"/texts/{spoken}")]
    if faults:
        raise BadInput(faults)
    some = people.after(conn, {"rule": {"everybody": True}}, None, LOOKED_AT, now).people
    found = []
    for spoken, text in texts.items():
        read = grammar.read(text)
        theirs = [one for one in some if (one.language or language).split("-")[0] == spoken]
        told = facts.values(conn, theirs, read.names, language)
        filled = [(*read.fill(values), one.name or one.address) for one, values in zip(theirs, told, strict=True)]
        words, missing, who = max(filled, key=lambda one: len(one[0]), default=(*read.fill({}), ""))
        measured = parts.preview(words, abilities) if words else None
        size, encoding = (0, "") if measured is None else (measured.parts, measured.encoding)
        found.append(Look(spoken, who, words, size, encoding, tuple(missing)))
    return found


def _create(conn: Connection, batch: list[Wish]) -> list[str | Exception]:
    results: list[str | Exception] = []
    for wish in batch:
        try:
            values = _checked(conn, wish, None)
            id = new_id("tpl", wish.now)
            conn.execute(insert(template).values(id=id, by=wish.by, created_at=wish.now, **values))
            results.append(id)
        except SmsgwError as problem:
            results.append(problem)
    return results


def _change(conn: Connection, batch: list[tuple[str, Wish]]) -> list[Exception | None]:
    results: list[Exception | None] = []
    for id, wish in batch:
        try:
            row = find(conn, id)
            wish = wish if wish.vars is not None else replace(wish, vars=row.vars)
            conn.execute(update(template).where(template.c.id == row.id).values(**_checked(conn, wish, row.id)))
            results.append(None)
        except SmsgwError as problem:
            results.append(problem)
    return results


def _remove(conn: Connection, batch: list[tuple[str, datetime]]) -> list[Exception | None]:
    results: list[Exception | None] = []
    for id, now in batch:
        try:
            row = find(conn, id)
            conn.execute(update(template).where(template.c.id == row.id).values(gone_at=now))
            results.append(None)
        except SmsgwError as problem:
            results.append(problem)
    return results


def _checked(conn: Connection, wish: Wish, id: str | None) -> dict[str, Any]:
    faults: list[Fault] = []
    if not wish.name.strip() or len(wish.name) > 80:
        faults.append(Fault("/name", "name_missing", "give the template a name of at most 80 letters"))
    if not wish.texts:
        faults.append(Fault("/texts", "text_missing", 'say what it says, by language: {"sl": "…"}'))
    language = wish.language or next(iter(wish.texts), "en")
    if wish.texts and language not in wish.texts:
        faults.append(Fault("/language", "language_missing", f"there is no text in {language}"))
    known = [*facts.known(conn), *(wish.vars or ())]
    faults += [
        Fault("/vars", "name_wrong", f"{name[:40]!r} is no name of a variable: small letters, digits and _")
        for name in wish.vars or ()
        if not grammar.is_name(name)
    ]
    for spoken, text in wish.texts.items():
        faults += grammar.faults(text, known, f"/texts/{spoken}")
    if faults:
        raise BadInput(faults)
    named = template.c.name == wish.name.strip()
    taken = conn.scalar(select(template.c.id).where(named, template.c.gone_at.is_(None), template.c.id != (id or "")))
    if taken is not None:
        raise Conflict(f"{taken} has the name {wish.name!r} already", hint="change that one, or take another name")
    told = {"name": wish.name.strip(), "texts": dict(wish.texts), "language": language, "changed_at": wish.now}
    return {**told, "vars": list(dict.fromkeys(wish.vars or ())) or None}
