"""A customer's own page: her orders, what was said, what she wants to get, the same again, and a question.

It works without login, session or script, on an old phone, in her language. Looking changes nothing; a form carries a
proof that only this gateway can make of the link. Who guesses links or asks too often is asked to wait.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import wraps
from typing import Any

from babel import Locale, dates
from flask import make_response, redirect, render_template, request, url_for
from sqlalchemy import func, select
from werkzeug.wrappers import Response

from smsgw.customers import own_page
from smsgw.customers.consent.choice import LINK_KEY, signed
from smsgw.customers.consent.suppression import key
from smsgw.errors import NotFound, SmsgwError
from smsgw.inbound.consent.saying import language_for
from smsgw.inbound.orders import listing as orders_listing
from smsgw.inbound.orders import words as order_words
from smsgw.inbound.orders.again import again
from smsgw.link import Alphabet, InboundPiece
from smsgw.outbound.familiar import PAGE
from smsgw.store.ids import first_id
from smsgw.store.tables import inbound
from smsgw.store.tables.types import AnyRow
from smsgw.text import persian
from smsgw.text.alphabet import encode_plain
from smsgw.text.number import mask
from smsgw.text.wording import wording

from ..context import the_gateway
from ..message_page_entry import asked_to_wait, gone, guard, missed, proof, sealed
from .blueprint import pages

log = logging.getLogger(__name__)

ORDERS, LONGEST = 10, 1000  # what is shown of orders; letters of a question
MOST_QUESTIONS, WITHIN = 10, timedelta(hours=1)
STORED_WITHIN = 30.0  # seconds


@dataclass(frozen=True, slots=True)
class Entered:
    """Somebody with a link that is good."""

    written: str
    address: str
    language: str

    def says(self, key: str, **names: object) -> str:
        """A sentence of the page in the customer's language."""
        return wording(key, self.language).format(**names)

    @property
    def proof(self) -> str:
        """What the forms of this page carry."""
        return proof(f"own page {self.written}")


def hers(view: Callable[..., Response]) -> Callable[..., Response]:
    """A view for whoever has the link: `entered` is put in the place of what is written in it."""

    @wraps(view)
    def enter(written: str) -> Response:
        address = guard().address(request)
        wait = guard().wait(address)
        found = None if wait else _find(written, address)
        if found is not None:
            wait = guard().looked(address, hashlib.sha256(written.encode()).hexdigest()[:20])
        if wait:
            return sealed(asked_to_wait(wait))
        return sealed(view(found) if found is not None else gone())

    return enter


def _find(written: str, address: str) -> Entered | None:
    gateway = the_gateway()
    with gateway.database.reading() as conn:
        try:
            number = own_page.whose(conn, written, gateway.clock())
            return Entered(written, number, language_for(conn, number))
        except NotFound:
            pass
    missed(address)
    return None


@pages.get("/own/<written>", endpoint="own_page")
@hers
def look(entered: Entered) -> Response:
    """The page."""
    done = request.args.get("done", "")
    return _drawn(entered, done if done in ("ordered", "asked") else "")


@pages.post("/own/<written>/again")
@hers
def order_again(entered: Entered) -> Response:
    """Ask her, by a text, whether she wants the same as the last time."""
    if not _is_ours(entered):
        return _drawn(entered, problem="page_stale", status=403)
    gateway = the_gateway()
    try:
        again(gateway.database, gateway.orders, entered.address, gateway.clock())
    except SmsgwError as refusal:
        log.info("an order by a page of its own was not taken: %s", refusal)
        return _drawn(entered, problem="own_not_now", status=409)
    return redirect(url_for("pages.own_page", written=entered.written, done="ordered"), 303)


@pages.post("/own/<written>/ask")
@hers
def ask_on_page(entered: Entered) -> Response:
    """Take a question in, as a text of hers."""
    text = request.form.get("text", "").replace("\r\n", "\n").replace("\0", "").strip()
    once = request.form.get("once", "")[:40]
    if not _is_ours(entered) or not once:
        return _drawn(entered, problem="page_stale", status=403, text=text)
    answered = redirect(url_for("pages.own_page", written=entered.written, done="asked"), 303)
    if request.form.get("website"):  # no person sees this field
        return answered
    if not text or len(text) > LONGEST:
        wrong = "page_too_long" if text else "own_empty"
        return _drawn(entered, problem=wrong, status=422, text=text, length=len(text), most=LONGEST)
    if _is_too_fast(entered):
        return _drawn(entered, problem="page_too_fast", status=429, text=text)
    _store(entered, text, once)
    return answered


def _is_ours(entered: Entered) -> bool:
    """Whether a form was sent by this page: the browser does not say otherwise, and it carries the page's proof."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        return False
    return hmac.compare_digest(request.form.get("proof", "").encode(), entered.proof.encode())


def _is_too_fast(entered: Entered) -> bool:
    gateway, i = the_gateway(), inbound.c
    since = first_id("in", gateway.clock() - WITHIN)
    by_page = (i.sender == entered.address) & (i.link == PAGE) & (i.id >= since)
    with gateway.database.reading() as conn:
        many = conn.scalar(select(func.count()).select_from(inbound).where(by_page)) or 0
    return many >= MOST_QUESTIONS


def _store(entered: Entered, text: str, once: str) -> None:
    """Into the conversation, as a text would come. Returns when it is on disk."""
    text = text.encode("utf-16", "replace").decode("utf-16")
    septets = encode_plain(text)
    piece = InboundPiece(
        reference=f"own:{hashlib.sha256(entered.written.encode()).hexdigest()[:24]}:{once}",
        sender=entered.address,
        to=the_gateway().config.sending.sender,
        alphabet=Alphabet.UCS2 if septets is None else Alphabet.GSM7,
        user_data=text.encode("utf-16-be") if septets is None else septets,
    )
    the_gateway().arrived(PAGE, piece).result(STORED_WITHIN)


def _drawn(
    entered: Entered, done: str = "", problem: str = "", status: int = 200, text: str = "", **told: Any
) -> Response:
    gateway = the_gateway()
    with gateway.database.reading() as conn:
        rows = orders_listing.listing(conn, orders_listing.Wanted(address=entered.address), ORDERS)
        lines = orders_listing.lines(conn, rows)
        last = orders_listing.usual(conn, entered.address)
        usual = orders_listing.lines(conn, [last])[last.id] if last is not None else []
        said = own_page.said(conn, entered.address)
        choices = key(conn, LINK_KEY)
    company = gateway.config.pages.company
    page = render_template(
        "own_page.html", entered=entered, says=entered.says, spoken=entered.language,
        way=Locale.parse(entered.language).text_direction,
        wishes=signed(choices, entered.address, gateway.clock()) if choices is not None else None,
        title=entered.says("own_of", company=f"\u2068{company}\u2069") if company else entered.says("own_title"),
        number=mask(entered.address), orders=[(row, _summary(row, lines[row.id], entered)) for row in rows],
        usual=order_words.listed(usual, entered.language) if usual else "", said=said, done=done, text=text,
        problem=entered.says(problem, **told) if problem else "", once=secrets.token_hex(8), longest=LONGEST,
        day=lambda at: _day(at.astimezone().date(), entered.language),
    )  # fmt: skip
    return make_response(page, status)


def _summary(row: AnyRow, lines: list[AnyRow], entered: Entered) -> tuple[str, str]:
    """How an order stands, and what it is about."""
    key = f"order_{row.state}" if row.state in ("cancelled", "lapsed") else f"order_is_{row.state}"
    return entered.says(key, number=order_words.number(row)), order_words.listed(lines, entered.language)


def _day(day: Any, language: str) -> str:
    if language == "fa":
        return persian.day_name(day, year=True)
    return str(dates.format_date(day, "medium", locale=language))
