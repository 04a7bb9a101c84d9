"""One message from a template: its text in the recipient's language, with the words that the sender gives.

What the sender gives stands before what the customer's card knows. A variable that has neither, and no fallback, is a
mistake of the one who sends: nobody gets a text with a gap in it.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from ..errors import BadInput, Fault, NotFound
from ..store.tables.types import AnyRow
from ..text import template as grammar
from ..text.number import read_number
from . import facts, people, templates
from .freezing import text_for

AUTO = "auto"  # the language of the recipient's card, else that of the template


@dataclass(frozen=True, slots=True)
class Blank:
    """A message that is to be written from a template. named: its id or name. to: as the sender wrote the number."""

    named: str
    to: str
    language: str = AUTO
    values: Mapping[str, str] = field(default_factory=dict)


def fill(conn: Connection, blanks: Sequence[Blank], region: str | None) -> list[str | BadInput]:
    """The text of each, or everything that is wrong with it, with pointers into what the API takes."""
    known = {named: _find(conn, named) for named in dict.fromkeys(one.named for one in blanks)}
    numbers = {one.to: _number(one.to, region) for one in blanks}
    written = list(dict.fromkeys(number for number in numbers.values() if number is not None))
    who = {one.address: one for one in people.of_numbers(conn, written)}
    return [_filled(conn, one, known[one.named], who.get(numbers[one.to] or "")) for one in blanks]


def _find(conn: Connection, named: str) -> AnyRow | None:
    try:
        return templates.find(conn, named)
    except NotFound:
        return None


def _number(written: str, region: str | None) -> str | None:
    try:
        return read_number(written, region)
    except BadInput:
        return None  # which the door tells


def _filled(conn: Connection, blank: Blank, row: AnyRow | None, person: facts.Person | None) -> str | BadInput:
    if row is None:
        says = f"there is no template {blank.named[:80]!r}: GET /api/v1/templates lists them"
        return BadInput([Fault("/template", "template_unknown", says)])
    faults = _wrong(blank, row)
    if faults:
        return BadInput(faults)
    person = person or facts.Person(None, "")
    language = (person.language or row.language) if blank.language == AUTO else blank.language
    read = grammar.read(text_for(row.texts, language, row.language))
    [told] = facts.values(conn, [person], read.names, language)
    text, missing = read.fill({**told, **blank.values})
    if missing:
        says = "has no value: give it in vars, or write a fallback into the template"
        return BadInput([Fault(f"/vars/{name}", "variable_missing", f"{name} {says}") for name in missing])
    return text


def _wrong(blank: Blank, row: AnyRow) -> list[Fault]:
    faults: list[Fault] = []
    if blank.language != AUTO and blank.language not in row.texts:
        says = f"there is no text in {blank.language!r}; there are: {', '.join(sorted(row.texts))}"
        faults.append(Fault("/locale", "language_missing", says))
    spoken_of = frozenset().union(*(grammar.read(text).names for text in row.texts.values()))
    for name in sorted(set(blank.values) - spoken_of):
        near = difflib.get_close_matches(name, spoken_of, 1, 0.6)
        offer = f"did you mean {near[0]}?" if near else f"it speaks of: {', '.join(sorted(spoken_of)) or 'nothing'}"
        faults.append(Fault(f"/vars/{name}", "variable_unknown", f"the template speaks of no {name!r}; {offer}"))
    return faults
