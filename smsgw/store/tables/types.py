"""The column types that are ours, and the MetaData with its naming rules.

Times are stored without a zone and are always UTC: SQLite has no zoned type, and one rule for both engines is easier
to trust than two. Reading gives aware datetimes back.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TypeAlias

from pydantic_core import PydanticSerializationError, to_json
from sqlalchemy import JSON, BigInteger, CheckConstraint, DateTime, Integer, MetaData, Row
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

AnyRow: TypeAlias = "Row[*tuple[Any, ...]]"  # a row whose columns the types do not follow

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Moment(TypeDecorator[datetime]):
    """A point in time: aware outside, naive UTC inside. Refuses naive values, which could mean anything."""

    impl = DateTime
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], Any]:
        """The whole way of a value at once: each message has a dozen, and SQLAlchemy's own way takes three steps."""
        return _moment if dialect.name == "sqlite" else _naive

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


def _naive(value: datetime | None) -> datetime | None:
    if value is None:
        return None
    if value.tzinfo is not UTC:
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone")
        value = value.astimezone(UTC)
    return value.replace(tzinfo=None)


@lru_cache(maxsize=512)  # the rows of a batch have the same times
def moment(value: datetime) -> str:
    """A time as SQLite keeps it in a column of type `Moment`, and as PostgreSQL reads it too. Raises ValueError."""
    if value.tzinfo is UTC:
        return value.isoformat(" ", "microseconds")[: -len("+00:00")]
    naive = _naive(value)
    assert naive is not None
    return naive.isoformat(" ", "microseconds")


def _moment(value: datetime | None) -> str | None:
    return None if value is None else moment(value)


Json = JSON(none_as_null=True)


def written_json(value: Any) -> str:
    """A value as JSON for a column of this type. A tenth of what json takes: each message has some."""
    try:
        return to_json(value, inf_nan_mode="constants").decode()
    except PydanticSerializationError:  # half a character, which json writes as its number
        return json.dumps(value)


Counting: Any = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts by itself only in INTEGER PRIMARY KEY


def one_of(column: str, values: Iterable[str]) -> CheckConstraint:
    """A constraint that `column` holds one of `values`."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


_LISTED = re.compile(r"(\w+) (NOT )?IN \(((?:'[^'(),]*'|\d+)(?:, (?:'[^'(),]*'|\d+))*)\)")


def spelled_out(sql: str) -> str:
    """SQL in which every `column IN (words or numbers)` is comparisons in brackets, and NOT IN likewise.

    SQLite is told its constraints and indexes so: it makes a temporary tree of an IN's list, again for each row that is
    changed, and comparisons take a tenth of that. PostgreSQL makes a constant of the list.
    """
    return _LISTED.sub(_compared, sql)


def _compared(found: re.Match[str]) -> str:
    column, negated, values = found.groups()
    each, joint = ("<>", " AND ") if negated else ("=", " OR ")
    return f"({joint.join(f'{column} {each} {value}' for value in values.split(', '))})"
