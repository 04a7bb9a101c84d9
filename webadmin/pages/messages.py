"""The message log: what was sent, filtered, and the life line of one message with the reasons in words."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from flask import redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from smsgw.access import audit
from smsgw.errors import BadInput, SmsgwError
from smsgw.media import pages as message_pages
from smsgw.money.rates import money
from smsgw.outbound import link_clicks, outbox
from smsgw.outbound.cutting import shown
from smsgw.outbound.recall import possible
from smsgw.outbound.rewording import Replacement
from smsgw.outbound.submit import Asked
from smsgw.store import said_before
from smsgw.store.lifecycle import MESSAGE, WAITING
from smsgw.text.number import read_number

from .. import shown_media
from ..api.carried import contents_of
from ..api.wished import too_late
from ..auth import current_person, person_required
from ..context import the_gateway
from . import fitted, foreseen, media
from .blueprint import pages
from .desk import typed
from .inbox import sends_at
from .recipients import Recipients, recipients_of
from .sent_lists import is_of_list, send_list
from .sheets import sheet, told

LIST = 50  # messages on a page


@pages.get("/messages")
@person_required
def messages() -> Response:
    """Messages, newest first, of one state or to one number if asked; and a place to write one."""
    return _listed()


@pages.get("/messages/send")
@person_required
def written_message() -> Response:
    """The same at the address of its form: a page that answered it asks there what is new."""
    return _listed()


@pages.post("/messages/send")
@person_required
def quick_send() -> Response:
    """Send a text, or pictures and files with it, to a number, to a list of them, or to those whom a name stands for:
    once, however often the form comes. Or look first; a list is never sent unseen."""
    form, key = request.form, request.form.get("client_ref", "")[:64] or secrets.token_hex(8)
    text, to = typed("text"), typed("to").strip()
    draft: dict[str, Any] = {"to": to, "text": text, "sender": form.get("from", ""), "send_at": form.get("send_at", "")}
    try:
        draft["files"] = media.drafted_files()
        content = media.content_of(text, draft["files"])
        asked = Asked(
            to, text if content is None else "", current_person().id, draft["sender"].strip() or None,
            client_ref=key, purpose="service", send_at=sends_at(), allow_duplicate=form.get("again") == "yes",
            content=content,
        )  # fmt: skip
        if late := too_late(asked.send_at):
            raise BadInput(late)
        who = recipients_of(to)
        if who.is_list:
            if form.get("look") == "yes" or form.get("looked") != who.seal:
                return _listed(None, draft | {"look": _look(asked, who, text), "looked": who.seal})
            return send_list(asked, who, key)
        if form.get("look") == "yes":
            return _listed(None, draft | {"look": Markup(fitted.look(to, asked.purpose, content, text))})
        row = the_gateway().door.submit(asked).row
    except SmsgwError as error:
        return _listed(error, draft)
    return redirect(url_for("pages.message", id=row["id"]), 303)


def _look(asked: Asked, who: Recipients, text: str) -> Markup:
    """What will become of a message to many, and how the first of them will see it."""
    first = who.addresses[0] if who.addresses else ""
    if not request.form.get("send_at"):
        asked = replace(asked, send_at=None)  # that it can be taken back for a moment is no reason to tell of
    return Markup(foreseen.piece(asked, who) + fitted.look(first, asked.purpose, asked.content, text))


@pages.post("/messages/look")
@person_required
def look_at_message() -> str:
    """How a telephone shows the files of a message that is being written, made to fit: a piece of a page."""
    try:
        content = media.content_of(typed("text"), media.drafted_files())
    except BadInput as error:
        return render_template("look.html", problem=told(error))
    to = typed("to").strip()
    return fitted.look(to if "\n" not in to else "", "service", content)


def _listed(error: SmsgwError | None = None, draft: Mapping[str, Any] | None = None) -> Response:
    gateway, state, to = the_gateway(), request.args.get("state") or None, request.args.get("to") or None
    wanted = outbox.Wanted(state if state in MESSAGE.states else None, to and _number(to))
    with gateway.database.reading() as conn:
        rows = outbox.listing(conn, wanted, LIST + 1, request.args.get("before") or None)
        attachments = shown_media.of(conn, [row.id for row in rows])
    older = rows[LIST - 1].id if len(rows) > LIST else None
    return sheet(
        "messages.html",
        error,
        draft=draft,
        client_ref=secrets.token_hex(8),
        rows=rows[:LIST],
        older=older,
        state=state,
        to=to or "",
        states=list(MESSAGE.states),
        attachments=attachments,
    )


@pages.get("/messages/<id>")
@person_required
def message(id: str) -> Response:
    """One message: what it says, what happened to it and why, its parts, and what it costs."""
    return _one(id)


@pages.post("/messages/<id>/cancel")
@person_required
def take_back(id: str) -> Response:
    """Take a message back; when it is too late the page says so."""
    gateway = the_gateway()
    wish = outbox.Cancelled(id, current_person().id, gateway.clock())
    return _done(id, lambda: gateway.recall.cancel(wish))


@pages.post("/messages/<id>/replace")
@person_required
def replace_text(id: str) -> Response:
    """Put another text in the place of a message's; when that cannot be the page says why, and keeps what was typed."""
    gateway, text = the_gateway(), typed("text")
    wish = Replacement(id, text, current_person().id, gateway.clock())
    return _done(id, lambda: gateway.replacing.replace(wish), text)


@pages.post("/messages/<id>/page/revoke")
@person_required
def revoke_page(id: str) -> Response:
    """Take the link to a message's page back."""
    gateway = the_gateway()
    return _done(id, lambda: message_pages.take_back(gateway.database.writer, id, current_person().id, gateway.clock()))


@pages.post("/messages/<id>/page/hold")
@person_required
def hold_page(id: str) -> Response:
    """Keep what a message's page shows behind its end, or no longer."""
    gateway, why = the_gateway(), request.form.get("why", "").strip()[:500] or None
    by, now = current_person().id, gateway.clock()
    return _done(id, lambda: message_pages.hold(gateway.database.writer, id, why, by, now))


def _done(id: str, act: Callable[[], None], draft: str | None = None) -> Response:
    try:
        act()
    except SmsgwError as error:
        return _one(id, error, draft)
    return redirect(url_for("pages.message", id=id), 303)


def _one(id: str, error: SmsgwError | None = None, draft: str | None = None) -> Response:
    with the_gateway().database.reading() as conn:
        row = outbox.get(conn, id)
        events = outbox.events(conn, [id])
        names = audit.names_of(conn, {event.by for event in events})
        parts = outbox.parts_of(conn, id)
        attachment, carried = shown_media.of(conn, [id]).get(id), contents_of(conn, [id]).get(id)
        followed = link_clicks.of_message(conn, id)
        families = {one.id: one.family for one in attachment.media if not one.gone} if attachment else {}
    price = money(row.price, row.currency)
    words = shown(dict(row._mapping))
    return sheet(
        "message.html", error, one=row, words=words, events=events, parts=parts, price=price, ours=row.state in WAITING,
        attachment=attachment, carried=carried, families=families, of_list=is_of_list(row), draft=draft,
        followed=followed,
        recallable=possible(row, parts, the_gateway().network.links),
        replaceable=the_gateway().replacing.possible(row, parts, carried is not None),
        said_before=said_before.before(row.metadata), asked_instead=said_before.asked(row.metadata),
        by_name=lambda why: _by_name(why, names),
    )  # fmt: skip


def _by_name(why: str, names: Mapping[str, str]) -> str:
    """A reason with the names of the people and keys in it, where it says their ids."""
    for id, name in names.items():
        why = why.replace(id, name)
    return why


def _number(written: str) -> str:
    """The one spelling of a number; as it was written when it is none: then nothing is found."""
    try:
        return read_number(written, the_gateway().config.sending.region)
    except BadInput:
        return written
