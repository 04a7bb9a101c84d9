"""The fields that a shop has of its own: define them, read their values, and fold texts so that they can be found.

A value is kept as JSON has it: text and choice as strings, numbers as numbers, dates as `2026-11-26`, yes and no as
true and false.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, cast, delete, func, insert, literal, select, update
from sqlalchemy.dialects.postgresql import JSON, JSONB

from ..errors import BadInput, Conflict, Fault, NotFound
from ..store.database import Writer
from ..store.storable import storable
from ..store.tables import customer, customer_field

KINDS = ("text", "number", "date", "yesno", "choice")
LONGEST_VALUE = 500
MOST = 100  # fields that can be defined
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_MARKS = re.compile(r"[\u0300-\u036f\u064b-\u065f\u0670\u200b-\u200f]+")
_DAYS = ("%Y-%m-%d", "%d.%m.%Y", "%d. %m. %Y", "%d/%m/%Y", "%d.%m.%y", "%Y/%m/%d")
_YES = frozenset(("yes", "y", "true", "1", "x", "da", "ja", "si", "sì", "oui", "да", "بله"))
_NO = frozenset(("no", "n", "false", "0", "ne", "nein", "non", "нет", "خیر", "نه"))
# Words that mean something else in a template or a rule.
RESERVED = frozenset(
    (
        "id", "name", "language", "zone", "channel", "reference", "address", "addresses", "phone", "email", "tag",
        "tags", "group", "groups", "fields", "note", "notes", "created", "updated", "country", "prefix", "consent",
        "segment", "has", "allows", "withdrew", "everybody", "all", "any", "and", "or", "not", "bought", "replied",
        "active", "silent", "messaged",
    )
)  # fmt: skip


def fold(text: str) -> str:
    """A text without case, marks and spare spaces: what is compared when people search. Čopič is found as copic."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    plain = _MARKS.sub("", plain).replace("ي", "ی").replace("ك", "ک").replace("đ", "d").replace("ł", "l")
    return " ".join(plain.split())


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the shop's own. name: for programs, templates and rules; label: for people; choices: of a choice."""

    name: str
    label: str
    kind: str
    choices: tuple[str, ...] = ()


def defined(conn: Connection) -> dict[str, Field]:
    """Every field, by its name, in the order of their making."""
    rows = conn.execute(select(customer_field).order_by(customer_field.c.created_at, customer_field.c.name))
    return {row.name: Field(row.name, row.label, row.kind, tuple(row.choices or ())) for row in rows}


def define(writer: Writer, field: Field, now: datetime) -> bool:
    """Define a field, or change its label and its choices; returns whether it is new.

    Raises BadInput; Conflict when it would change its kind.
    """
    if faults := _faults(field):
        raise BadInput(faults)
    return writer.do(_define, (field, now))


def remove(writer: Writer, name: str) -> None:
    """Take a field away, with the values that customers have of it. Raises NotFound."""
    if not writer.do(_remove, name):
        raise NotFound(f"there is no field {name[:40]!r}", hint="smsgw customer field list shows them")


def _faults(field: Field) -> list[Fault]:
    faults: list[Fault] = []
    if not _NAME.fullmatch(field.name):
        says = f"{field.name[:40]!r} is no name for a field: a-z, 0-9 and _, such as birthday"
        faults.append(Fault("/name", "name_invalid", says))
    elif field.name in RESERVED:
        faults.append(Fault("/name", "name_reserved", f"{field.name} means something already: take another name"))
    if not field.label.strip() or len(field.label) > 80:
        faults.append(Fault("/label", "label_invalid", "give the field a label of at most 80 letters"))
    if field.kind not in KINDS:
        faults.append(
            Fault("/kind", "kind_unknown", f"there is no kind {field.kind[:20]!r}; there are {', '.join(KINDS)}")
        )
    if (field.kind == "choice") != bool(field.choices):
        faults.append(Fault("/choices", "choices_wrong", "a choice, and only that, has choices"))
    if any(not choice.strip() or len(choice) > 80 for choice in field.choices):
        faults.append(Fault("/choices", "choices_wrong", "every choice has 1 to 80 letters"))
    return faults


def _define(conn: Connection, batch: list[tuple[Field, datetime]]) -> list[bool | Exception]:
    return [_define_one(conn, field, now) for field, now in batch]


def _define_one(conn: Connection, field: Field, now: datetime) -> bool | Exception:
    known = defined(conn)
    choices = list(field.choices) or None
    old = known.get(field.name)
    if old is None:
        if len(known) >= MOST:
            return Conflict(f"there are {MOST} fields already", hint="take one away that nobody uses")
        values = {"name": field.name, "label": field.label, "kind": field.kind, "choices": choices, "created_at": now}
        conn.execute(insert(customer_field), [values])
        return True
    if old.kind != field.kind:
        return Conflict(
            f"{field.name} is a {old.kind}, and customers have values of that kind",
            hint="define another field, and take this one away",
        )
    same = update(customer_field).where(customer_field.c.name == field.name)
    conn.execute(same.values(label=field.label, choices=choices))
    return False


def _remove(conn: Connection, batch: list[str]) -> list[bool]:
    gone = []
    for name in batch:
        gone.append(bool(conn.execute(delete(customer_field).where(customer_field.c.name == name)).rowcount))
        for column in (customer.c.fields, customer.c.folded):
            some = update(customer).where(column[name].as_string().is_not(None))
            conn.execute(some.values({column: _without(conn, column, name)}))
    return gone


def _without(conn: Connection, column: ColumnElement[Any], name: str) -> ColumnElement[Any]:
    """What a column of JSON objects holds, without one key."""
    if conn.dialect.name == "postgresql":
        return cast(cast(column, JSONB).op("-", return_type=JSONB())(literal(name)), JSON)
    return func.json_remove(column, f'$."{name}"')


class WrongValue(ValueError):
    """A value that a field cannot have; its words say why."""


def read_value(field: Field, written: Any) -> Any:
    """A field's value as it is kept. written: as JSON or a sheet has it. Raises WrongValue."""
    return _READERS[field.kind](field, written)


def _text(field: Field, written: Any) -> str:
    if not isinstance(written, str):
        if isinstance(written, bool) or not isinstance(written, int | float):
            raise WrongValue("must be a text")
        written = f"{written:g}" if isinstance(written, float) else str(written)
    if len(written) > LONGEST_VALUE:
        raise WrongValue(f"has {len(written)} letters; at most {LONGEST_VALUE} are kept")
    return storable(written.strip(), LONGEST_VALUE)


def _number(field: Field, written: Any) -> int | float:
    if isinstance(written, str):
        plain = written.strip().replace("\u00a0", "").replace(" ", "").replace("'", "")
        if re.fullmatch(r"[+-]?\d{1,3}(\.\d{3})+,\d+", plain):
            plain = plain.replace(".", "")
        elif re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+\.\d+", plain):
            plain = plain.replace(",", "")
        plain = plain.replace(",", ".")
        if not re.fullmatch(r"[+-]?\d{1,15}(\.\d{1,9})?", plain):
            raise WrongValue(f"{written[:30]!r} is no number")
        written = float(plain)
    if isinstance(written, bool) or not isinstance(written, int | float) or not abs(written) < 1e15:
        raise WrongValue("must be a number")
    return int(written) if written == int(written) else float(written)


def _date(field: Field, written: Any) -> str:
    if isinstance(written, datetime):
        return written.date().isoformat()
    if isinstance(written, date):
        return written.isoformat()
    if isinstance(written, str):
        for form in _DAYS:
            try:
                return datetime.strptime(written.strip(), form).date().isoformat()
            except ValueError:
                continue
    raise WrongValue(f"{str(written)[:30]!r} is no day: write it as 2026-11-26 or 26.11.2026")


def _yesno(field: Field, written: Any) -> bool:
    if isinstance(written, bool):
        return written
    word = str(written).strip().casefold()
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise WrongValue(f"{str(written)[:30]!r} is neither yes nor no")


def _choice(field: Field, written: Any) -> str:
    wanted = fold(str(written))
    for choice in field.choices:
        if fold(choice) == wanted:
            return choice
    raise WrongValue(f"{str(written)[:30]!r} is none of {', '.join(field.choices)}")


_READERS: Mapping[str, Callable[[Field, Any], Any]] = {
    "text": _text, "number": _number, "date": _date, "yesno": _yesno, "choice": _choice,
}  # fmt: skip


def folded(values: Mapping[str, Any]) -> dict[str, str]:
    """The texts among a customer's fields, folded."""
    return {name: fold(value) for name, value in values.items() if isinstance(value, str)}


def named(fields: Mapping[str, Field], written: str) -> Field | None:
    """The field of this name or label, as people write it."""
    wanted = fold(written)
    by_label: Sequence[Field] = [one for one in fields.values() if fold(one.label) == wanted]
    return fields.get(written) or (by_label[0] if by_label else None)
