"""Compare the rows of a sheet with what we know: new, changed field by field, unchanged or invalid, and opted out.

The same comparison is made twice: when the sheet is read, for people to look at, and when a row is applied, for what
happened in between.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from ...errors import BadInput
from ...store.prepared import Prepared, among
from ...store.tables import address, customer
from .. import customers, details
from ..consent.consent import withdrawn
from ..consent.suppression import suppressed
from ..customers import PLAIN, Person
from .columns import Said

_OWNED = Prepared(select(address.c.address, address.c.customer_id).where(among(address.c.address)))
_NAMED = Prepared(
    select(customer.c.reference, customer.c.id).where(among(customer.c.reference), customer.c.merged_into.is_(None))
)
FORGOTTEN = "forgotten at their own wish"


@dataclass
class Row:
    """A row of a sheet, and what it would change. whom: the customer that it is about, None for a new one."""

    line: int
    said: Said | None
    verdict: str = "invalid"
    whom: Person | None = None
    changes: dict[str, list[Any]] = field(default_factory=dict)
    why: str | None = None
    opted_out: bool = False

    @property
    def addresses(self) -> list[str]:
        """The row's addresses, spelled."""
        return [one.address for one in (self.said.told.get("addresses") or ())] if self.said else []


def compare(conn: Connection, rows: Sequence[Row], seen: dict[str, int], now: datetime) -> None:
    """Say of each row what it is. seen: on which line an address or reference stood already; it grows."""
    good = [row for row in rows if row.said is not None]
    spelled = sorted({one for row in good for one in row.addresses})
    people = _people(conn, good, spelled)
    stopped = set(withdrawn(conn, spelled))
    listed = suppressed(conn, spelled)
    for row in good:
        row.opted_out = any(one in stopped or one in listed for one in row.addresses)
        forgotten = next((one for one in row.addresses if one in listed and listed[one].why == FORGOTTEN), None)
        keys = [*row.addresses, *([f"#{ref}"] if (ref := _reference(row)) else [])]
        twice = next((key for key in keys if seen.get(key, row.line) != row.line), None)
        for key in keys:
            seen.setdefault(key, row.line)
        owners = {person.id: person for key in keys if (person := people.get(key)) is not None}
        if forgotten is not None:
            row.why = f"{forgotten} was {FORGOTTEN}, and is not brought back by a list"
        elif twice is not None:
            row.why = f"{twice.lstrip('#')} stands on line {seen[twice]} already"
        elif len(owners) > 1:
            row.why = f"it speaks of {' and '.join(sorted(owners))}: merge them first, if they are one"
        else:
            row.whom = next(iter(owners.values()), None)
            _judge(row)


def _reference(row: Row) -> str | None:
    return row.said.told.get("reference") if row.said else None


def _people(conn: Connection, rows: Sequence[Row], spelled: Sequence[str]) -> dict[str, Person]:
    """The customers that the rows speak of, by address and by #reference."""
    ids: dict[str, str] = dict(_OWNED.run(conn, {"ids": list(spelled)})) if spelled else {}
    references = sorted({ref for row in rows if (ref := _reference(row))})
    if references:
        ids |= {f"#{reference}": id for reference, id in _NAMED.run(conn, {"ids": references})}
    people = {person.id: person for person in customers.many(conn, sorted(set(ids.values())))}
    return {key: people[id] for key, id in ids.items()}


def _judge(row: Row) -> None:
    assert row.said is not None
    told = row.said.told
    if row.whom is None:
        row.verdict = "new"
        if not told.get("addresses") and not told.get("name"):
            row.verdict, row.why = "invalid", "nobody has this reference, and the line says no name and no address"
        return
    row.changes = changes_of(row.whom, told)
    if row.said.consent is not None:
        row.changes["consent"] = [None, row.said.consent["consent"]]
    row.verdict = "changed" if row.changes else "unchanged"


def changes_of(person: Person, told: Mapping[str, Any]) -> dict[str, list[Any]]:
    """What a row would change of a customer, `{field: [before, after]}`: it adds addresses and tags, and takes none."""
    found: dict[str, list[Any]] = {}
    for key in PLAIN:
        before = getattr(person.row, key) or None
        if told.get(key) is not None and told[key] != before:
            found[key] = [before, told[key]]
    for name, value in (told.get("fields") or {}).items():
        before = person.row.fields.get(name)
        if value is not None and value != before:
            found[f"fields.{name}"] = [before, value]
    mine = [one.address for one in person.addresses]
    more = [one.address for one in (told.get("addresses") or ()) if one.address not in mine]
    if more:
        found["addresses"] = [mine, [*mine, *more]]
    tags = sorted({*person.tags, *(told.get("tags") or ())})
    if tags != person.tags:
        found["tags"] = [person.tags, tags]
    return found


def reread(told: Mapping[str, Any]) -> dict[str, Any]:
    """What was stored of a row (`import_columns.spelled`), as details.read gave it."""
    return {**told, "addresses": [details.kept(one) for one in told.get("addresses") or ()]}


def fault_words(wrong: BadInput) -> str:
    """Everything that is wrong with a row, in one line."""
    return "; ".join(fault.detail.rstrip(".") for fault in wrong.faults)[:500]
