"""Pages of a listing by the ids at their edges: what comes or goes meanwhile neither repeats nor hides anything.

Ids sort by time, and listings begin with the newest. A page goes on behind an id (older), or stands ahead of one
(newer): that is the way back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Select

from .tables.types import AnyRow

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Ahead:
    """The page whose rows are newer than this id, the nearest of them."""

    id: str | int


Edge = str | int | Ahead | None
"""Where a page stands: behind an id, ahead of one, or at the beginning."""


def rows(conn: Connection, query: Select[Any], id: ColumnElement[Any], edge: Edge, limit: int) -> list[AnyRow]:
    """At most `limit` rows, newest first; query: not ordered yet. Of a page ahead the oldest rows are the nearest."""
    if isinstance(edge, Ahead):
        near = conn.execute(query.where(id > edge.id).order_by(id.asc()).limit(limit))
        return list(near)[::-1]
    if edge is not None:
        query = query.where(id < edge)
    return list(conn.execute(query.order_by(id.desc()).limit(limit)))


def neighbours(found: Sequence[Row], limit: int, edge: Edge) -> tuple[Sequence[Row], bool, bool]:
    """Of a page, newest first: what it shows, whether there is something older, and whether something newer.

    found: in any way one more than `limit` if there are more.
    """
    ahead, more = isinstance(edge, Ahead), len(found) > limit
    data = found[-limit:] if ahead else found[:limit]
    return (data, bool(data), more) if ahead else (data, more, edge is not None and bool(data))
