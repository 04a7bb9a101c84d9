"""The page on which a customer says what we may send: by a signed link, without login, in the customer's language.

It works without scripts and on an old phone. Looking at it changes nothing; the form carries a token of its own, made
of the link, so that no other page can send it.
"""

from __future__ import annotations

import hashlib
import hmac

from flask import make_response, render_template, request
from flask_babel import Locale
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from smsgw.customers.consent import choice as consent_choice
from smsgw.customers.consent import suppression as consent_suppression
from smsgw.customers.consent.categories import Category, every
from smsgw.customers.consent.changes import write
from smsgw.customers.consent.choice import LINK_KEY, Choice, Chosen
from smsgw.customers.consent.consent import MARKETING, Statement
from smsgw.customers.consent.proof import wording_id
from smsgw.customers.consent.stop import withdraw
from smsgw.errors import NotFound
from smsgw.inbound.consent.saying import language_for
from smsgw.text.number import mask
from smsgw.text.wording import wording

from ..auth import ForeignForm
from ..context import the_gateway
from .blueprint import pages

_TEXTS = ("title", "everything", "some", "orders", "nothing", "save", "saved", "pick", "note")
BY = "preference page"


@pages.get("/c/<written>")
def preferences(written: str) -> Response:
    """What somebody gets now, and a form to change it; nothing happens by looking."""
    secret, address = _whose(written)
    return _page(written, secret, address)


@pages.post("/c/<written>")
def prefer(written: str) -> Response:
    """Write down what somebody wants."""
    secret, address = _whose(written)
    if request.form.get("List-Unsubscribe") == "One-Click":
        return _end_at_once(address)
    if not hmac.compare_digest(request.form.get("token", "").encode(), _token(secret, written).encode()):
        raise ForeignForm("this form does not belong to this link", hint="open the link again and repeat it")
    level, codes = request.form.get("level", ""), frozenset(request.form.getlist("category"))
    if level not in consent_choice.LEVELS or (level == "some" and not codes):
        return _page(written, secret, address, note="pick")
    gateway = the_gateway()
    now = gateway.clock()
    with gateway.database.reading() as conn:
        language = language_for(conn, address)
    asked = "\n".join(wording(f"choice_{name}", language) for name in ("title", *consent_choice.LEVELS))
    answer = wording(f"choice_{level}", language) + (f" {', '.join(sorted(codes))}" if level == "some" else "")
    choice = Choice(level, codes if level == "some" else frozenset())

    def act(conn: Connection) -> None:
        id = wording_id(conn, f"preference page.{language}", asked, now)
        consent_choice.choose(conn, Chosen(address, choice, answer, "page", BY, now, id))

    write(gateway.database.writer, act)
    return _page(written, secret, address, note="saved")


def _end_at_once(address: str) -> Response:
    """The button of a mail program (RFC 8058): no form was looked at, so no token of one; the link is the proof."""
    gateway = the_gateway()
    now = gateway.clock()
    words = "List-Unsubscribe=One-Click"
    said = Statement(address, False, words, now, "page", "mail program", scope=MARKETING)
    write(gateway.database.writer, lambda conn: withdraw(conn, [said], now))
    return make_response("", 200)


def _whose(written: str) -> tuple[bytes, str]:
    gateway = the_gateway()
    with gateway.database.reading() as conn:
        secret = consent_suppression.key(conn, LINK_KEY)
    if secret is None:
        raise NotFound("this link is not one of ours")
    return secret, consent_choice.read_token(secret, written, gateway.clock())


def _token(secret: bytes, written: str) -> str:
    return hmac.new(secret, b"form " + written.encode(), hashlib.sha256).hexdigest()[:32]


def _page(written: str, secret: bytes, address: str, note: str | None = None) -> Response:
    gateway = the_gateway()
    with gateway.database.reading() as conn:
        language = language_for(conn, address)
        standing = consent_choice.standing(conn, address, gateway.clock())
        categories: list[Category] = [one for one in every(conn).values() if one.active]
    page = render_template(
        "preferences.html",
        spoken=language,
        way=Locale.parse(language).text_direction,
        says={name: wording(f"choice_{name}", language) for name in _TEXTS},
        whose=wording("choice_for", language).format(number=f"\u2066{mask(address)}\u2069"),
        written=written,
        token=_token(secret, written),
        standing=standing,
        categories=[(one.code, one.name(language)) for one in categories],
        note=note,
    )
    response = make_response(page, 422 if note == "pick" else 200)
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
