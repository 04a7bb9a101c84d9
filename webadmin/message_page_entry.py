"""Who has come to the page of a message: with a good link or a wrong one, too often, without the code, with a form.

Wrong links and those that have ended are not to be told apart: one question to the store, one answer.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from babel import Locale
from flask import current_app, g, make_response, render_template, request
from sqlalchemy import Connection, select
from werkzeug.wrappers import Response

from smsgw.customers.consent.suppression import key, make_key
from smsgw.inbound.consent.saying import language_for
from smsgw.media import page_visits
from smsgw.media import pages as message_pages
from smsgw.media.page_content import content_of
from smsgw.media.page_visits import Visit
from smsgw.store.tables import address as addresses
from smsgw.store.tables import customer
from smsgw.store.tables.types import AnyRow
from smsgw.text.wording import LANGUAGES, wording

from .context import the_gateway
from .page_guard import PageGuard, raise_alarm

COOKIE = "smsgw_page"
KEY = "message page"  # of the gateway's own keys
HEADERS = {
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Content-Security-Policy": "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Strict-Transport-Security": "max-age=31536000",
}


@dataclass(frozen=True, slots=True)
class Entered:
    """Somebody with a link that is good. locked: a code is to be given first."""

    token: str
    row: AnyRow
    address: str
    language: str
    locked: bool

    def says(self, key: str, **names: object) -> str:
        """A sentence of the page in the customer's language."""
        return wording(f"page_{key}", self.language).format(**names)


def guard() -> PageGuard:
    """The one of this app."""
    found: PageGuard = current_app.extensions["page_guard"]
    return found


def public(view: Callable[..., Response]) -> Callable[..., Response]:
    """A view for whoever has the link: `entered` is put in the place of its token. Says what headers must say."""

    @wraps(view)
    def enter(token: str, **rest: Any) -> Response:
        media, address = "number" in rest, guard().address(request)
        wait = guard().wait(address)
        found = None if wait else _find(token, address)
        if found is not None:
            wait = guard().looked(address, found.row.id, media=media)
        if wait:
            return sealed(asked_to_wait(wait))
        return sealed(view(found, **rest) if found is not None else gone())

    return enter


def _find(token: str, address: str) -> Entered | None:
    gateway = the_gateway()
    with gateway.database.reading() as conn:
        row = message_pages.find(conn, token, gateway.clock())
        if row is not None:
            language = _own_language(conn, row.recipient) or content_of(conn, row.message_id).language
            by_reference = gateway.config.pages.pin == "reference"
            locked = message_pages.pin_of(conn, row, by_reference) and not _has_pin(token, row)
            return Entered(token, row, address, language or language_for(conn, row.recipient), locked)
    missed(address)
    return None


def missed(address: str) -> None:
    """A link from this address led nowhere; the owner is told when that happens too often."""
    if guard().missed(address):
        raise_alarm(the_gateway(), the_gateway().config.pages.alarm)


def _own_language(conn: Connection, number: str) -> str | None:
    """The language that stands on the customer's card."""
    owned = select(customer.c.language).join_from(addresses, customer, addresses.c.customer_id == customer.c.id)
    return conn.scalar(owned.where(addresses.c.address == number))


def sealed(response: Response) -> Response:
    """The answer with what headers must say of a page for whoever has its link."""
    for name, value in HEADERS.items():
        response.headers[name] = value
    base = the_gateway().page_terms.base
    if base.startswith("http://"):  # without TLS the header must not be sent (RFC 6797 section 7.2)
        del response.headers["Strict-Transport-Security"]
    return response


def gone() -> Response:
    """The answer to links that are wrong, have ended or were taken back."""
    return _alone(404, "gone", "gone_note")


def asked_to_wait(wait: float) -> Response:
    """The answer to whoever asks too often. wait: seconds."""
    response = _alone(429, "wait", "wait_note")
    response.headers["Retry-After"] = str(max(1, round(wait)))
    return response


def _alone(status: int, title: str, note: str) -> Response:
    """A page of two sentences, in the browser's language, for nobody knows whose it is."""
    language = request.accept_languages.best_match(LANGUAGES, "en") or "en"
    way = Locale.parse(language).text_direction
    says = {"title": wording(f"page_{title}", language), "note": wording(f"page_{note}", language)}
    return make_response(render_template("message_page_gone.html", spoken=language, way=way, says=says), status)


def is_counted() -> bool:
    """Whether this request can be a person's look: no HEAD, and not fetched ahead of one (Sec-Purpose)."""
    purposes = [request.headers.get(name, "").lower() for name in ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")]
    return request.method != "HEAD" and not any("prefetch" in one or "preview" in one for one in purposes)


def came(entered: Entered, level: str, what: str | None = None) -> None:
    """Write a visit down, soon: nobody waits for it."""
    gateway = the_gateway()
    visit = Visit(entered.row.id, level, gateway.clock(), entered.address, what)
    gateway.database.writer.put(page_visits.write_down, visit)


# What proves that a form is this page's own


def proof(what: str) -> str:
    """What only this gateway can say of something: forms and cookies carry it."""
    return hmac.new(_secret(), what.encode(), hashlib.sha256).hexdigest()[:32]


def _secret() -> bytes:
    if "page_secret" not in g:
        gateway = the_gateway()
        with gateway.database.reading() as conn:
            found = key(conn, KEY)
        g.page_secret = found or gateway.database.writer.do(_make_secret, None)
    return bytes(g.page_secret)


def _make_secret(conn: Connection, batch: list[None]) -> list[bytes]:
    return [make_key(conn, KEY) for _ in batch]


def is_ours(entered: Entered, purpose: str, *more: str) -> bool:
    """Whether a form was sent by this page: the browser does not say otherwise, and it carries the page's proof."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        return False
    wanted = proof(" ".join((purpose, entered.row.id, *more)))
    return hmac.compare_digest(request.form.get("proof", "").encode(), wanted.encode())


def _has_pin(token: str, row: AnyRow) -> bool:
    given = request.cookies.get(COOKIE, "")
    return hmac.compare_digest(given.encode(), proof(f"pin {row.id}").encode())
