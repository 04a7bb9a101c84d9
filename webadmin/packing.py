"""Answers made small with gzip, for clients that take it (RFC 9110 section 8.4): the API, styles, scripts, and pages.

A page holds secrets beside words that others chose, and over TLS the size of an answer can be seen: whoever guesses a
secret in a text of theirs sees it become smaller when they are right (BREACH). So a page is packed only if all of this
holds: whoever drew it said so (`page_may_be_packed`); no other site made the browser ask for it; the token of its forms
is masked by chance (`auth.csrf_token`); so are links that open by themselves, and keys (`masked`); and some octets of
chance are put before it, as many as chance says (Heal-the-BREACH). Pages that open by a link alone are never packed,
nor is what answers a form: keys, codes and links that are shown once are shown there. Streams are not held back.
"""

from __future__ import annotations

import gzip
import re
import secrets
from io import BytesIO
from random import SystemRandom

from flask import Flask, Response, g, request

from .context import the_gateway

SMALLEST = 1500  # octets: what fits one packet anyway stays as it is
LEVEL = 4  # what more effort saves is not worth the thread's time
LARGEST = 32 * 1024 * 1024  # above that it would take seconds
CHANCE = 100  # octets at most that are put before a page
_PACKED = ("application/json", "application/problem+json", "text/csv", "application/x-ndjson")
_STATIC = ("text/css", "text/javascript", "application/javascript", "image/svg+xml")
_SECRET = re.compile(rb"(/(?:m|c|own|ics|enter|invited|setup)/|smsgw_(?:live|demo)_|whsec_)([\w+/-]{12,}=*)")
_SPELLINGS = ("&#{};", "&#0{};", "&#00{};", "&#000{};", "&#x{:x};", "&#X{:x};", "&#x0{:x};", "&#X0{:x};")
_chance = SystemRandom()


def install(app: Flask) -> None:
    """Pack answers on their way out."""

    @app.after_request
    def pack(response: Response) -> Response:
        if not _wanted(response):
            return response
        response.direct_passthrough = False  # a file is read, too
        whole = response.get_data()
        page = "page_may_be_packed" in g
        response.set_data(_with_chance(masked(whole)) if page else gzip.compress(whole, LEVEL, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
        response.vary.add("Accept-Encoding")
        return response


def page_may_be_packed() -> None:
    """Said by what draws a page for somebody who is logged in."""
    g.page_may_be_packed = True


def masked(page: bytes) -> bytes:
    """A page in which each letter of a link that opens by itself, or of a key, is a reference that chance spelled.

    A browser reads the same. Nobody else can write a guess so that it becomes what stands here.
    """
    return _SECRET.sub(lambda found: found[1] + b"".join(map(_spelled, found[2])), page)


def _spelled(octet: int) -> bytes:
    return _chance.choice(_SPELLINGS).format(octet).encode()


def _with_chance(page: bytes) -> bytes:
    """A page packed, with a name in its head of a length that chance says (RFC 1952 section 2.3, FNAME)."""
    packed = BytesIO()
    name = "x" + secrets.token_hex(CHANCE // 2)[: _chance.randrange(CHANCE)]
    with gzip.GzipFile(name, "wb", LEVEL, packed, mtime=0) as file:
        file.write(page)
    return packed.getvalue()


def _wanted(response: Response) -> bool:
    """Whether it is worth it. Not for a message that was sent: the front answers most of these, and plainly."""
    if request.endpoint == "pages.static":
        size = response.content_length or 0
        return response.mimetype in _STATIC and size >= SMALLEST and response.status_code == 200 and _takes_it()
    if response.is_streamed or "Content-Encoding" in response.headers or request.method == "HEAD":
        return False
    size = response.content_length or 0
    return SMALLEST <= size <= LARGEST and _takes_it() and (_of_the_api(response) or _packable_page(response))


def _of_the_api(response: Response) -> bool:
    return request.path.startswith("/api/") and request.endpoint != "api.send" and response.mimetype in _PACKED


def _packable_page(response: Response) -> bool:
    is_page = request.method == "GET" and response.status_code == 200 and response.mimetype == "text/html"
    return is_page and "page_may_be_packed" in g and _asked_for_here()


def _asked_for_here() -> bool:
    """Whether the person in front, or a page of ours, asked for it: over HTTPS browsers say so (Fetch Metadata)."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is None:
        return not request.is_secure and not (the_gateway().config.web.public_url or "").startswith("https:")
    return site in ("same-origin", "none")


def _takes_it() -> bool:
    return request.method != "HEAD" and bool(request.accept_encodings["gzip"])
