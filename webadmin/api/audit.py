"""Who did what, over the API: the lines of the audit, newest first."""

from __future__ import annotations

from typing import Any

from flask import Response
from pydantic import Field

from smsgw.access import audit
from smsgw.store.tables.types import AnyRow

from ..context import the_gateway
from . import paging
from .routes import route
from .shapes import Moment, Page, Paging, Shape, Words

NAMES = ("id", "at", "who", "name", "source", "verb", "record", "record_id", "says", "before", "after")


class AuditLine(Shape):
    """Something that somebody did."""

    id: int = Field(description="Its number: lines have no gaps.")
    at: Moment = Field(description="When.")
    who: str = Field(description="Who: a key's or an account's id, cli, nobody, or a part of the gateway.")
    name: str = Field(description="What that was called then.")
    source: str | None = Field(description="From where: a network address; for the command line, who sat there.")
    verb: str = Field(description="What was done.", examples=["key.created", "login.failed"])
    record: str | None = Field(description="What kind of record it was done to.")
    record_id: str | None = Field(description="Which one.")
    says: str = Field(description="What was done, in words.")
    before: str | None = Field(description="How it was.")
    after: str | None = Field(description="How it is.")
    seal: str = Field(description="SHA-256 over the line before and this one: smsgw audit verify checks them.")


class AuditPage(Page):
    """Who did what, newest first."""

    data: list[AuditLine] = Field(description="The lines.")


class AuditFilter(Paging):
    """Which lines to list."""

    who: Words | None = Field(None, max_length=64, description="Only what this key or account did, by its id.")
    verb: Words | None = Field(None, max_length=40, description="Only this; login.* for all of a kind.")
    record_id: Words | None = Field(None, max_length=64, description="Only what was done to this record.")
    since: Moment | None = Field(None, description="Only what was done at this time or later.")
    until: Moment | None = Field(None, description="Only what was done before this time.")


@route("GET", "/audit", scope="audit:read", query=AuditFilter, answers={200: AuditPage})
def audit_lines(query: AuditFilter) -> Response:
    """Tell who did what: log-ins, keys, consents, exports, erasures, rules, money and more, newest first."""
    edge = paging.after_number(query)
    wanted = audit.Wanted(query.who, query.verb, query.record_id, query.since, query.until, edge)
    with the_gateway().database.reading() as conn:
        rows = audit.listing(conn, wanted, query.limit + 1)
    return paging.page(rows, query.limit, _line, edge)


def _line(row: AnyRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in NAMES} | {"seal": row.seal.hex()}
