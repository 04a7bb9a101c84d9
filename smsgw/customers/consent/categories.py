"""The categories that customers say yes or no to: a code for programs, names by language, words for "STOP school".

A category is never taken away, for the ledger speaks of it; one that is not active takes no consent and sends nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from ...errors import BadInput, Fault, NotFound
from ...store.tables import category
from .changes import changed
from .consent import RESERVED

_CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,22}[a-z0-9]")
_LANGUAGE = re.compile(r"[a-z]{2,3}")
LONGEST_NAME, MOST_WORDS = 60, 40


@dataclass(frozen=True, slots=True)
class Category:
    """What people agree to. names: by language. words: what else people call it when they write to us."""

    code: str
    names: Mapping[str, str]
    words: Sequence[str] = field(default=())
    active: bool = True

    def name(self, language: str) -> str:
        """Its name in a language, else in English, else in any, else its code."""
        return self.names.get(language) or self.names.get("en") or next(iter(self.names.values()), self.code)


def every(conn: Connection) -> dict[str, Category]:
    """All categories by code, in the order of their codes."""
    rows = conn.execute(select(category).order_by(category.c.code))
    return {row.code: Category(row.code, row.names, tuple(row.words), row.active) for row in rows}


def known(conn: Connection, code: str, pointer: str = "/category") -> Category:
    """The active category with this code. Raises BadInput (category_unknown), which names those that there are."""
    found = every(conn)
    if code in found and found[code].active:
        return found[code]
    there = ", ".join(one.code for one in found.values() if one.active) or "none yet: add one first"
    why = "is not in use any more" if code in found else "is no category"
    raise BadInput([Fault(pointer, "category_unknown", f"{code!r} {why}; there are: {there}")])


def keep(conn: Connection, wanted: Category, by: str, now: datetime) -> Category:
    """Add a category, or change the one with its code. Raises BadInput with every fault."""
    faults = wrong(wanted)
    if faults:
        raise BadInput(faults)
    values = {"names": dict(wanted.names), "words": list(wanted.words), "active": wanted.active}
    is_there = conn.execute(select(category.c.code).where(category.c.code == wanted.code)).first()
    if is_there:
        conn.execute(update(category).where(category.c.code == wanted.code).values(**values))
    else:
        conn.execute(insert(category).values(code=wanted.code, created_at=now, by=by, **values))
    state = "" if wanted.active else " and is not in use"
    changed(conn, f"category {wanted.code} {'changed' if is_there else 'added'}{state}", by, now)
    return wanted


def retire(conn: Connection, code: str, by: str, now: datetime) -> None:
    """Take a category out of use. Raises NotFound."""
    found = every(conn).get(code)
    if found is None:
        raise NotFound(f"there is no category {code!r}")
    keep(conn, Category(code, found.names, found.words, active=False), by, now)


def wrong(wanted: Category) -> list[Fault]:
    """What is wrong with a category that somebody wants to keep."""
    faults: list[Fault] = []
    if wanted.code in RESERVED or not _CODE.fullmatch(wanted.code):
        says = (
            f"{wanted.code!r} is no code: 2 to 24 of a-z, 0-9 and -, such as school-supplies; not marketing or orders"
        )
        faults.append(Fault("/code", "category_code_invalid", says))
    if not wanted.names:
        faults.append(Fault("/names", "value_missing", 'say what it is called: {"sl": "šolske potrebščine"}'))
    for language, name in wanted.names.items():
        if not _LANGUAGE.fullmatch(language):
            faults.append(Fault(f"/names/{language}", "wrong_form", f"{language!r} is no language, such as sl or en"))
        if not 1 <= len(name.strip()) <= LONGEST_NAME:
            says = f"a name has 1 to {LONGEST_NAME} letters, this one {len(name.strip())}"
            faults.append(Fault(f"/names/{language}", "wrong_length", says))
    if len(wanted.words) > MOST_WORDS or any(not 1 <= len(one.strip()) <= LONGEST_NAME for one in wanted.words):
        says = f"at most {MOST_WORDS} words, each of 1 to {LONGEST_NAME} letters"
        faults.append(Fault("/words", "wrong_length", says))
    return faults
