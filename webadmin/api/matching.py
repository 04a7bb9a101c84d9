"""ETag and If-Match (RFC 9110 section 13.1.1): change only what is still as somebody saw it.

A record's tag is its revision; of one that has none, a digest of what a change may write, as GET shows it: what happens
by itself, such as a count, changes no tag. The tag is compared in the transaction that does the first of the change,
so that of two who saw the same only one changes it. It is also compared before, for what turns out to write nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from typing import Any

from flask import Flask, Response, g, request
from pydantic import BaseModel
from pydantic_core import from_json, to_json
from sqlalchemy import Connection, select
from sqlalchemy.sql import ColumnElement

from smsgw.errors import Conflict, NotFound
from smsgw.store.database import Writer
from smsgw.store.fences import Guard, under

from ..context import the_gateway

Written = Callable[..., Mapping[str, Any]]
"""Reads of a record what a change may write, or its `revision`, in a transaction: given that and what the path names.

Nobody changes it until the transaction ends (`hold`). Raises NotFound.
"""
HEADER = "If-Match"
IF_MATCH = {HEADER: "The ETag that you read: changed only if it is still so, else 412 with the present one."}


def changeable(takes: type[BaseModel] | None, shows: type[BaseModel] | None) -> tuple[str, ...]:
    """The fields of what is shown that a change may write; none where the two have nothing in common."""
    return tuple(sorted(names(takes) & names(shows)))


def names(shape: type[BaseModel] | None) -> set[str]:
    """The fields of a shape, as JSON has them."""
    return set() if shape is None else {field.alias or name for name, field in shape.model_fields.items()} - {"root"}


def tag(response: Response, fields: tuple[str, ...]) -> None:
    """Give an answer that shows a record its ETag, if it has none."""
    if fields and response.status_code == 200 and "ETag" not in response.headers:
        response.headers["ETag"] = _tag_of(from_json(response.get_data()), fields)


def _tag_of(told: Mapping[str, Any], fields: tuple[str, ...]) -> str:
    if "revision" in told:
        return f'"{told["revision"]}"'
    shown = to_json([[name, told.get(name)] for name in fields])
    return f'"{sha256(shown).hexdigest()[:20]}"'


def hold(conn: Connection, column: ColumnElement[Any], value: object) -> None:
    """Have no other node change the row with this value before the transaction ends; SQLite has but one writer."""
    conn.execute(select(column).where(column == value).with_for_update())


class _Expected(Guard):
    """Rides with what a change writes: its first transaction compares the tag."""

    def __init__(self, writer: Writer, wanted: list[str], now: Callable[[Connection], str | None]) -> None:
        super().__init__("the record", 0, float("inf"))
        self._writer, self._wanted, self._now = writer, wanted, now
        self._begun = self._right = False
        self.tag: str | None = None

    def matches(self, conn: Connection) -> bool:
        """Whether the record is as it was seen."""
        self.tag = self._now(conn)
        return self.tag in self._wanted

    def stands(self, conn: Connection) -> bool:
        """The same, until the change was begun: afterwards the record is what that made of it."""
        if not self._begun:
            self._right = self.matches(conn)
            self._writer.when_decided(self._decided)
        return self._begun or self._right

    def _decided(self, committed: bool) -> None:
        self._begun = committed and self._right

    def refusal(self) -> Conflict:
        """Somebody changed it since."""
        says = "this was changed since you read it: it is not what If-Match names any more"
        return Conflict(says, code="precondition_failed", hint="read it again, and repeat what is still wanted")


@contextmanager
def unchanged(written: Written, given: Mapping[str, Any], fields: tuple[str, ...]) -> Iterator[None]:
    """Do the block only while the record is as If-Match says; a refusal tells the present ETag.

    written: of the record. given: what the path names. Raises Conflict (`precondition_failed`).
    """
    wanted = request.headers.get(HEADER, "*").strip()
    if wanted == "*":
        yield
        return
    ids = {name: value for name, value in given.items() if name not in ("body", "query")}

    def now(conn: Connection) -> str | None:
        try:
            return _tag_of(written(conn, **ids), fields)
        except NotFound:  # what is not there has no tag, so none matches
            return None

    database = the_gateway().database
    expected = _Expected(database.writer, [one.strip() for one in wanted.split(",")], now)  # a weak one never matches
    try:
        with database.reading() as conn:
            if not expected.matches(conn):
                raise expected.refusal()
        with under(expected):
            yield
    except Conflict as no:
        if no.code == "precondition_failed":
            g.tag = expected.tag
        raise


def install(app: Flask) -> None:
    """Tell the present tag on a refusal."""

    @app.after_request
    def tell(response: Response) -> Response:
        if response.status_code == 412 and g.get("tag") is not None:
            response.headers["ETag"] = g.tag
        return response
