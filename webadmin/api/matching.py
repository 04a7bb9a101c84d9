"""ETag and If-Match (RFC 9110 section 13.1.1) for what has no revision of its own.

Its tag is a digest of what a change may write, as GET shows it: what happens by itself, such as a count, changes no
tag. The tag is compared a moment before the change, one change at a time; what has a revision compares that inside the
transaction, and the views see to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from threading import Lock
from typing import Any

from flask import Flask, Response, g, request
from pydantic import BaseModel
from pydantic_core import from_json, to_json

from smsgw.errors import Conflict, NotFound

View = Callable[..., Response]
HEADER = "If-Match"
IF_MATCH = {HEADER: "The ETag that you read: changed only if it is still so, else 412 with the present one."}
_one_at_a_time = Lock()


def changeable(takes: type[BaseModel] | None, shows: type[BaseModel] | None) -> tuple[str, ...]:
    """The fields of what is shown that a change may write; none where the two have nothing in common."""
    if takes is None or shows is None:
        return ()
    return tuple(sorted(_names(takes) & _names(shows)))


def _names(shape: type[BaseModel]) -> set[str]:
    return {field.alias or name for name, field in shape.model_fields.items()} - {"root"}


def tag(response: Response, fields: tuple[str, ...]) -> None:
    """Give an answer that shows a record its ETag, if it has none."""
    if fields and response.status_code == 200 and "ETag" not in response.headers:
        told = from_json(response.get_data())
        shown = to_json([[name, told.get(name)] for name in fields])
        response.headers["ETag"] = f'"{sha256(shown).hexdigest()[:20]}"'


@contextmanager
def unchanged(shown: View, given: Mapping[str, Any], fields: tuple[str, ...], own: bool) -> Iterator[None]:
    """Do the block only while the record is as If-Match says; a refusal tells the present ETag.

    shown: the view that shows it. own: the block compares a revision itself. Raises Conflict (`precondition_failed`).
    """
    wanted = request.headers.get(HEADER, "*").strip()
    ids = {name: value for name, value in given.items() if name not in ("body", "query")}
    if wanted == "*" or own:
        try:
            yield
        except Conflict as no:
            if no.code == "precondition_failed":
                g.tag = _tag_now(shown, ids, fields)
            raise
        return
    with _one_at_a_time:
        now = _tag_now(shown, ids, fields)
        if now not in [one.strip() for one in wanted.split(",")]:  # never a weak one, which compares unequal
            g.tag = now
            says = "this was changed since you read it: it is not what If-Match names any more"
            raise Conflict(says, code="precondition_failed", hint="read it again, and repeat what is still wanted")
        yield


def _tag_now(shown: View, ids: Mapping[str, Any], fields: tuple[str, ...]) -> str | None:
    """The present tag; None while there is no such record, which no tag matches."""
    try:
        response = shown(**ids)
    except NotFound:
        return None
    tag(response, fields)
    return response.headers.get("ETag")


def install(app: Flask) -> None:
    """Tell the present tag on a refusal."""

    @app.after_request
    def tell(response: Response) -> Response:
        if response.status_code == 412 and g.get("tag") is not None:
            response.headers["ETag"] = g.tag
        return response
