"""Find customers: by a name without its marks, a piece of a number, a mail address, a reference, or a rule."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, exists, func, or_, select

from ..store import keyset
from ..store.keyset import Edge
from ..store.tables import address, customer
from . import audience
from .fields import fold
from .rule import Rule

_NUMBER = re.compile(r"[+0-9\s()./-]*[0-9][+0-9\s()./-]*")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whom to look for. words: as somebody types them; rule: checked; after: the id that the page begins behind."""

    words: str | None = None
    rule: Rule | None = None
    after: Edge = None


def find(conn: Connection, wanted: Wanted, limit: int, now: datetime) -> list[str]:
    """The ids of those customers of today, newest first."""
    query = select(customer.c.id).where(*_conditions(conn, wanted, now))
    return [row.id for row in keyset.rows(conn, query, customer.c.id, wanted.after, limit)]


def count(conn: Connection, wanted: Wanted, now: datetime) -> int:
    """How many they are."""
    return conn.scalar(select(func.count()).select_from(customer).where(*_conditions(conn, wanted, now))) or 0


def _conditions(conn: Connection, wanted: Wanted, now: datetime) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [customer.c.merged_into.is_(None)]
    if wanted.words and wanted.words.strip():
        found.append(_words(wanted.words.strip()))
    if wanted.rule is not None:
        found.append(audience.condition(wanted.rule, audience.known(conn), now))
    return found


def _words(words: str) -> ColumnElement[bool]:
    owned: Any = address.c.customer_id == customer.c.id
    if "@" in words:
        return exists().where(owned, address.c.address.contains(words.lower(), autoescape=True))
    if _NUMBER.fullmatch(words):
        digits = re.sub(r"\D", "", words).lstrip("0")
        theirs = select(address.c.customer_id).where(
            address.c.kind == "phone", address.c.address.contains(digits, autoescape=True)
        )
        return or_(customer.c.id.in_(theirs), customer.c.reference == words)
    return or_(customer.c.name_key.contains(fold(words), autoescape=True), customer.c.reference == words)
