"""Customers as a table for CSV and XLSX: with headings that an import of ours understands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection

from ..paper.table import Cell, Column, Table
from . import customers
from .customers import Person
from .fields import defined

MOST = 200_000  # in one sheet
AT_ONCE = 1000
_PLAIN = ("Name", "Language", "Time zone", "Channel", "Reference", "Tags")


def table(conn: Connection, ids: Iterable[str]) -> Table:
    """These customers, a line each: as many phone and mail columns as the one with the most needs, then own fields."""
    fields = list(defined(conn).values())
    people: list[Person] = []
    some: list[str] = []
    for id in ids:
        some.append(id)
        if len(some) == AT_ONCE:
            people += customers.many(conn, some)
            some = []
    people += customers.many(conn, some)
    phones, mails = (max((len(_of(one, kind)) for one in people), default=1) or 1 for kind in ("phone", "email"))
    headings = [*_PLAIN, *_numbered("Phone", phones), *_numbered("Email", mails), *(one.label for one in fields)]
    rows = [
        [
            one.row.name, one.row.language, one.row.zone, one.row.channel, one.row.reference, ", ".join(one.tags),
            *_filled(_of(one, "phone"), phones), *_filled(_of(one, "email"), mails),
            *(_cell(one.row.fields.get(field.name)) for field in fields),
        ]
        for one in people
    ]  # fmt: skip
    return Table("Customers", [Column(heading) for heading in headings], rows)


def _of(one: Person, kind: str) -> list[str]:
    return [row.address for row in one.addresses if row.kind == kind]


def _numbered(heading: str, many: int) -> list[str]:
    return [heading, *(f"{heading} {place}" for place in range(2, many + 1))]


def _filled(values: Sequence[str], many: int) -> list[str | None]:
    return [*values, *[None] * (many - len(values))]


def _cell(value: object) -> Cell:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return None if value is None else str(value)
