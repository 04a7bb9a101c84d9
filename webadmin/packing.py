"""Answers of the API, styles and scripts made small with gzip, for clients that take it (RFC 9110 section 8.4).

Pages are not: they hold tokens beside words that others chose, and how small such a page becomes tells of the token.
"""

from __future__ import annotations

import gzip

from flask import Flask, Response, request

SMALLEST = 1500  # octets: what fits one packet anyway stays as it is
LEVEL = 4  # what more effort saves is not worth the thread's time
LARGEST = 32 * 1024 * 1024  # above that it would take seconds
_PACKED = ("application/json", "application/problem+json", "text/csv", "application/x-ndjson")
_STATIC = ("text/css", "text/javascript", "application/javascript", "image/svg+xml")


def install(app: Flask) -> None:
    """Pack answers on their way out."""

    @app.after_request
    def pack(response: Response) -> Response:
        if not _wanted(response):
            return response
        response.direct_passthrough = False  # a file is read, too
        packed = gzip.compress(response.get_data(), LEVEL, mtime=0)
        response.set_data(packed)
        response.headers["Content-Encoding"] = "gzip"
        response.vary.add("Accept-Encoding")
        return response


def _wanted(response: Response) -> bool:
    """Whether it is worth it. Not for a message that was sent: the front answers most of these, and plainly."""
    if request.endpoint == "pages.static":
        size = response.content_length or 0
        return response.mimetype in _STATIC and size >= SMALLEST and response.status_code == 200 and _takes_it()
    if not request.path.startswith("/api/") or request.endpoint == "api.send" or request.method == "HEAD":
        return False
    if response.is_streamed or "Content-Encoding" in response.headers or response.mimetype not in _PACKED:
        return False
    size = response.content_length or 0
    return SMALLEST <= size <= LARGEST and _takes_it()


def _takes_it() -> bool:
    return request.method != "HEAD" and bool(request.accept_encodings["gzip"])
