"""Pages of a listing: a cursor is the last id that was shown, so that new arrivals neither repeat nor hide anything."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

from flask import Response, request

from smsgw.errors import BadInput, Fault
from smsgw.store import keyset
from smsgw.store.keyset import Ahead, Edge
from smsgw.store.tables.types import AnyRow

from .routes import answer
from .shapes import Paging

_ID = re.compile(r"[a-z]+_[0-9A-Z]{26}")
_BACK = "^"  # what a cursor begins with that leads to newer rows


def after(query: Paging) -> Edge:
    """Where the page stands; None for the first page. Raises BadInput (`cursor_invalid`)."""
    if query.cursor is None:
        return None
    told = read(query.cursor)
    id = told.removeprefix(_BACK)
    if not _ID.fullmatch(id):
        says = "this cursor was not given by a listing: take next_cursor as it is, or begin without one"
        raise BadInput([Fault("/cursor", "cursor_invalid", says)])
    return Ahead(id) if told.startswith(_BACK) else id


def after_number(query: Paging) -> Edge:
    """The same where rows are numbered. Raises BadInput (`cursor_invalid`)."""
    if query.cursor is None:
        return None
    told = read(query.cursor)
    digits = told.removeprefix(_BACK)
    if not re.fullmatch(r"[0-9]{1,18}", digits):
        raise BadInput([Fault("/cursor", "cursor_invalid", "this cursor was not given by this listing")])
    return Ahead(int(digits)) if told.startswith(_BACK) else int(digits)


def after_place(query: Paging, is_place: Callable[[str], object]) -> str | Ahead | None:
    """The same where a listing has places of its own, which `is_place` knows. Raises BadInput (`cursor_invalid`)."""
    if query.cursor is None:
        return None
    told = read(query.cursor)
    place = told.removeprefix(_BACK)
    if not is_place(place):
        raise BadInput([Fault("/cursor", "cursor_invalid", "this cursor was not given by a listing of this kind")])
    return Ahead(place) if told.startswith(_BACK) else place


def read(cursor: str) -> str:
    """What a cursor says; empty for one that is none."""
    try:
        return urlsafe_b64decode(cursor.encode()).decode("ascii")
    except ValueError:
        return ""


def page(rows: Sequence[AnyRow], limit: int, shown: Callable[[AnyRow], dict[str, Any]], edge: Edge = None) -> Response:
    """Answer with a page; rows: one more than `limit` if there are more. With `Link` to the next and the last page
    (RFC 8288). edge: where the page stands, for a listing that knows the way back (see store.keyset).
    """
    data, older, newer = keyset.neighbours(rows, limit, edge)
    next, prev = f"{data[-1].id}" if older else None, f"{data[0].id}" if newer else None
    return told([shown(row) for row in data], next, back(prev))


def back(place: str | None) -> str | None:
    """What a cursor says that leads to what is newer than a place."""
    return None if place is None else f"{_BACK}{place}"


def told(data: Sequence[Any], next: str | None = None, prev: str | None = None) -> Response:
    """Answer with a page whose neighbours begin at these places, which must be letters of ASCII."""
    cursors = {
        rel: place and urlsafe_b64encode(place.encode()).decode() for rel, place in (("next", next), ("prev", prev))
    }
    links = [
        f'<{request.path}?{urlencode({**request.args, "cursor": cursor})}>; rel="{rel}"'
        for rel, cursor in cursors.items()
        if cursor is not None
    ]
    headers = {"Link": ", ".join(links)} if links else {}
    names = {f"{rel}_cursor": cursor for rel, cursor in cursors.items()}
    return answer({"data": data, **names}, headers=headers)


def looks_like(id: str, prefix: str) -> bool:
    """Whether this can be an id at all: what cannot is not asked of the store."""
    return id.startswith(prefix + "_") and _ID.fullmatch(id) is not None
