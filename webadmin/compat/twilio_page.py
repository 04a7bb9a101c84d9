"""Twilio's envelope of a page: relative addresses of its neighbours, and one key for what is listed."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

from flask import request

MOST, USUAL = 1000, 50  # rows on a page


def page_of(
    kind: str,
    shown: list[dict[str, Any]],
    place: str,
    last: str | None,
    size: int = USUAL,
    first_row: str | None = None,
) -> dict[str, Any]:
    """The envelope of a page. No other key may be in it. last, first_row: behind and before which there is more."""
    page = request.args.get("Page", "0")
    number_of = int(page) if re.fullmatch(r"[0-9]{1,6}", page) else 0
    kept = {name: word for name, word in request.args.items() if name not in ("Page", "PageToken", "PageSize")}
    first = f"{place}?{urlencode({**kept, 'PageSize': size, 'Page': 0})}"
    following = {**kept, "PageSize": size, "Page": number_of + 1, "PageToken": f"PA{last}"}
    before = {**kept, "PageSize": size, "Page": max(0, number_of - 1), "PageToken": f"PB{first_row}"}
    return {
        kind: shown, "page": number_of, "page_size": size, "start": number_of * size,
        "end": number_of * size + max(0, len(shown) - 1), "uri": request.full_path.rstrip("?"),
        "first_page_uri": first, "next_page_uri": None if last is None else f"{place}?{urlencode(following)}",
        "previous_page_uri": None if first_row is None else f"{place}?{urlencode(before)}",
    }  # fmt: skip
