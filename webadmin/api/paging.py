"""Pages of a listing: a cursor is the last id that was shown, so that new arrivals neither repeat nor hide anything."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

from flask import Response, request

from smsgw.errors import BadInput, Fault
from smsgw.store.tables.types import AnyRow

from .routes import answer
from .shapes import Paging

_ID = re.compile(r"[a-z]+_[0-9A-Z]{26}")


def after(query: Paging) -> str | None:
    """The id that the page begins after; None for the first page. Raises BadInput (`cursor_invalid`)."""
    if query.cursor is None:
        return None
    try:
        id = urlsafe_b64decode(query.cursor.encode()).decode("ascii")
    except ValueError:
        id = ""
    if not _ID.fullmatch(id):
        says = "this cursor was not given by a listing: take next_cursor as it is, or begin without one"
        raise BadInput([Fault("/cursor", "cursor_invalid", says)])
    return id


def page(rows: Sequence[AnyRow], limit: int, shown: Callable[[AnyRow], dict[str, Any]]) -> Response:
    """Answer with a page; rows: one more than `limit` if there are more. With `Link: <…>; rel="next"` (RFC 8288)."""
    data = rows[:limit]
    cursor = urlsafe_b64encode(data[-1].id.encode()).decode() if len(rows) > limit else None
    headers = {}
    if cursor is not None:
        headers["Link"] = f'<{request.path}?{urlencode({**request.args, "cursor": cursor})}>; rel="next"'
    return answer({"data": [shown(row) for row in data], "next_cursor": cursor}, headers=headers)


def looks_like(id: str, prefix: str) -> bool:
    """Whether this can be an id at all: what cannot is not asked of the store."""
    return id.startswith(prefix + "_") and _ID.fullmatch(id) is not None
