"""The page that shows a message where a phone cannot: by a link with a token, without login and without scripts.

Looking changes nothing that matters: carriers, scanners and previews look too. Only a form of the page itself opens the
message, for the first time; from then on the link shows it at once. Wrong links and ended ones get the same answer.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import current_app, redirect, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from smsgw.media import mail_threads, page_visits, screens, store
from smsgw.media import pages as message_pages
from smsgw.media.bare import DRAWN_ANEW, bare
from smsgw.media.page_content import Item, content_of, name_of
from smsgw.media.page_visits import Visit
from smsgw.media.store import Medium

from ..context import the_gateway
from ..message_page_drawing import drawn, written
from ..message_page_entry import COOKIE, Entered, came, gone, is_counted, is_ours, proof, public
from .blueprint import pages


@pages.get("/m/<token>")
@public
def message_page(entered: Entered) -> Response:
    """The envelope, or the message once somebody has opened it."""
    if is_counted():
        came(entered, "fetched")
    return drawn(entered)


@pages.get("/m/<token>/sent")
@public
def message_page_answered(entered: Entered) -> Response:
    """The message again, and that the answer has arrived."""
    return drawn(entered, note="sent")


@pages.post("/m/<token>")
@public
def open_message_page(entered: Entered) -> Response:
    """Show the message: a tap on the button, with the code where one is asked."""
    if not is_ours(entered, "show"):
        return drawn(entered, status=403, problem=entered.says("stale"))
    response = redirect(url_for("pages.message_page", token=entered.token), 303)
    gateway = the_gateway()
    if entered.locked:
        if entered.row.pin_tries >= message_pages.TRIES:
            return drawn(entered, status=403)
        by_reference = gateway.config.pages.pin == "reference"
        with gateway.database.reading() as conn:
            good = message_pages.is_pin(conn, entered.row, request.form.get("pin", ""), by_reference)
        if not good:
            return _wrong_pin(entered)
        path = url_for("pages.message_page", token=entered.token)
        value = proof(f"pin {entered.row.id}")
        response.set_cookie(COOKIE, value, path=path, httponly=True, samesite="Lax", secure=request.is_secure)
    visit = Visit(entered.row.id, "opened", gateway.clock(), entered.address)
    gateway.database.writer.do(page_visits.write_down, visit)
    mail = gateway.config.mail
    if mail.domain is not None:
        gateway.database.writer.do(_give_mail_address, (entered.row.recipient, mail.domain, mail.answer_days, visit.at))
    return response


def _give_mail_address(conn: Connection, batch: list[tuple[str, str, int, datetime]]) -> list[None]:
    """The customer may write into this conversation by mail, too."""
    for number, domain, days, now in batch:
        mail_threads.for_customer(conn, number, now, timedelta(days=days), domain)
    return [None] * len(batch)


def _wrong_pin(entered: Entered) -> Response:
    gateway = the_gateway()
    visit = Visit(entered.row.id, "pin", gateway.clock(), entered.address)
    left = gateway.database.writer.do(page_visits.wrong_pin, visit)
    problem = entered.says("pin_wrong", left=written(left, entered)) if left else entered.says("locked")
    return drawn(entered, status=403, problem=problem, left=left)


@pages.get("/m/<token>/<int:number>")
@public
def message_page_medium(entered: Entered, number: int) -> Response:
    """A medium as the screen takes it."""
    item = _item(entered, number)
    if item is None:
        return gone()
    found = None
    if item.family == "picture":
        found = _on_screen(item.screen if item.is_fitted else item.original)
        if found is None:
            return gone()
    return _octets(entered, item, found, attached=False)


@pages.get("/m/<token>/<int:number>/original")
@public
def message_page_original(entered: Entered, number: int) -> Response:
    """A medium as it was given to us, to be saved; without what its camera wrote beside it."""
    item = _item(entered, number)
    if item is None:
        return gone()
    found = None
    if item.original.media_type in DRAWN_ANEW:
        found = _on_screen(item.original)
        if found is None:
            return gone()
    return _octets(entered, item, found, attached=True)


def _on_screen(picture: Medium) -> tuple[bytes, str] | None:
    gateway = the_gateway()
    return screens.on_screen(gateway.database, gateway.fitting, picture, screens.PHONE, gateway.clock())


def _item(entered: Entered, number: int) -> Item | None:
    """One medium of the message; None before it was opened."""
    if entered.locked or entered.row.opened_at is None:
        return None
    with the_gateway().database.reading() as conn:
        return content_of(conn, entered.row.message_id).items.get(number)


def _octets(entered: Entered, item: Item, found: tuple[bytes, str] | None, *, attached: bool) -> Response:
    """The octets, whole or the piece that is asked for (RFC 9110 section 14: phones play films in pieces)."""
    if found is None:
        medium = item.original if attached else item.screen
        with the_gateway().database.reading() as conn:
            octets = store.octets_of(conn, [medium.sha256]).get(medium.sha256)
        if octets is None:
            return gone()
        found = bare(octets, medium.media_type), medium.media_type
    octets, kind = found
    if is_counted():
        came(entered, "loaded", item.name)
    inline = not attached and kind.partition("/")[0] in ("image", "audio", "video")
    response = current_app.response_class(octets, mimetype=kind if kind.isascii() else store.OCTETS)
    place = "inline" if inline else "attachment"
    response.headers["Content-Disposition"] = f'{place}; filename="{name_of(kind, item.number)}"'
    response.make_conditional(request, accept_ranges=True, complete_length=len(octets))
    return response
