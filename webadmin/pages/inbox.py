"""The inbox: who wrote, what was said, and the answer. Every form works without scripts, too."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from flask import redirect, render_template, request, url_for
from flask_babel import gettext
from markupsafe import Markup
from werkzeug.wrappers import Response

from smsgw.access import accounts, keys
from smsgw.errors import BadInput, Conflict, Fault, SmsgwError
from smsgw.inbound import conversation_queues, conversations
from smsgw.inbound.orders.asking import Answered, summary_again
from smsgw.link import Abilities
from smsgw.outbound import outbox
from smsgw.outbound.submit import Asked
from smsgw.text.preview import Preview, preview

from ..auth import current_person, person, person_required
from ..context import here, the_gateway
from . import desk, fitted, inbox_queues, media
from .blueprint import pages
from .places import home
from .sheets import told

NAMED = 5  # letters that are named when they make a text dearer


@pages.get("/")
def start() -> Response:
    """The way in: to the first place that this person may see."""
    known = person()
    return redirect(url_for("pages.login") if known is None else home(known))


@pages.get("/inbox")
@person_required
def inbox() -> Response:
    """The conversations, the one with the newest text first."""
    return desk.shown(None)


@pages.get("/inbox/<path:number>")
@person_required
def conversation(number: str) -> Response:
    """What we and one number said to each other, and a place to answer."""
    return desk.shown(number)


@pages.post("/inbox/<path:number>")
@person_required
def answer(number: str) -> Response:
    """Send an answer: once, however often the form comes; what it answers is handled with it.

    Or show it first, or put a template into it: what scripts do where there are some.
    """
    gateway, person = the_gateway(), current_person()
    seen = request.form.get("seen") or None
    text = desk.typed("text")
    asked = Asked(
        number,
        text,
        person.id,
        client_ref=request.form.get("client_ref", "")[:64] or None,
        purpose="conversational",
        reply_to=seen,
    )
    files: list[str] = []
    try:
        asked = replace(asked, send_at=sends_at())
        files = media.drafted_files()
        if "look" in request.form:
            content = media.content_of(text, files)
            piece = fitted.look(number, "conversational", content, text)
            return desk.shown(number, draft=desk.Draft(text, files, Markup(piece)))
        if words := desk.typed("insert"):
            return desk.shown(number, draft=desk.Draft(f"{text}{words}", files))
        if others := _meanwhile(number):
            return desk.shown(number, desk.Trouble("answer", _answered(others), text, files, others))
        content = media.content_of(text, files)
        message = gateway.door.submit(asked if content is None else replace(asked, text="", content=content)).row
    except SmsgwError as error:
        return desk.shown(number, desk.Trouble("answer", error, text, files))
    here().presence.writes(number, str(person.id), person.name, gateway.clock(), still=False)
    if seen and _handle(number, seen, f"answered by {person.name}"):
        answered = Answered(message["recipient"], message["id"], gateway.clock())
        gateway.database.writer.do(summary_again, (gateway.door, answered))
    return redirect(url_for("pages.conversation", number=number, **inbox_queues.kept()), 303)


def _meanwhile(number: str) -> list[desk.Meanwhile]:
    """What others answered since this form was drawn."""
    known = request.form.get("known")
    if known is None:
        return []
    with the_gateway().database.reading() as conn:
        rows = conversation_queues.answers_since(conn, number, known, str(current_person().id))
        names = {row.id: row.name for row in (*accounts.listing(conn), *keys.listing(conn))} if rows else {}
    return [desk.Meanwhile(names.get(row.client, row.client), row.text, row.created_at) for row in rows]


def _answered(others: list[desk.Meanwhile]) -> Conflict:
    says = gettext("%(name)s answered while you were writing.", name=others[-1].name)
    return Conflict(
        says, hint=gettext("Nothing of yours is lost, and nothing was sent: send it again if it still fits.")
    )


def sends_at() -> datetime | None:
    """When what somebody wrote is to go: as they say, else after the time to take it back. Raises BadInput."""
    gateway, said = the_gateway(), request.form.get("send_at", "").strip()
    if not said:
        undo = gateway.config.web.undo_seconds
        return gateway.clock() + timedelta(seconds=undo) if undo else None
    try:
        at = datetime.fromisoformat(said)
    except ValueError:
        raise BadInput([Fault("/send_at", "moment_invalid", f"{said[:30]!r} is no day and time")]) from None
    return at.astimezone(UTC)  # without a zone it is the clock on the wall here


@pages.post("/inbox/<path:number>/undo/<id>")
@person_required
def undo_answer(number: str, id: str) -> Response:
    """Take an answer back that waits; its words are the draft again."""
    gateway = the_gateway()
    try:
        with gateway.database.reading() as conn:
            text = outbox.get(conn, id).text
        outbox.cancel(gateway.database.writer, outbox.Cancelled(id, current_person().id, gateway.clock()))
    except SmsgwError as error:
        return desk.shown(number, desk.Trouble("answer", error))
    return desk.shown(number, draft=desk.Draft(text))


@pages.post("/inbox/<path:number>/look")
@person_required
def look_at_answer(number: str) -> str:
    """How a telephone shows the files of a draft, made to fit: a piece of a page."""
    try:
        content = media.content_of(desk.typed("text"), media.drafted_files())
    except BadInput as error:
        return render_template("look.html", problem=told(error))
    return fitted.look(number, "conversational", content)


def _handle(number: str, upto: str, why: str) -> int:
    gateway = the_gateway()
    return conversations.handle(
        gateway.database.writer, conversations.Seen(number, upto, current_person().id, why, gateway.clock())
    )


@pages.post("/inbox/<path:number>/cost")
@person_required
def cost(number: str) -> str:
    """What the draft takes on the link that would carry it, and which letters make it dear: a piece of a page."""
    gateway, text = the_gateway(), desk.typed("text")
    person = current_person()
    here().presence.writes(number, str(person.id), person.name, gateway.clock(), still=bool(text))
    choice = gateway.network.choose(number, now=gateway.clock())
    try:
        counted = text and "@" not in number  # a mail has no parts, and costs nothing
        takes = preview(text, Abilities() if choice is None else choice.link.abilities) if counted else None
    except BadInput as error:
        return render_template("cost.html", too_long=str(error))
    return render_template("cost.html", cost=takes, most=gateway.door.terms.max_parts, **_dear(takes))


def _dear(takes: Preview | None) -> dict[str, str]:
    """The letters that cost, and what to write instead of them."""
    if takes is None or not (takes.encoding == "ucs2" or takes.parts_after_swap < takes.parts):
        return {}
    more = " …" if len(takes.forced_by) > NAMED else ""
    plainer = [plain for _, plain in takes.swaps[:NAMED] if plain.strip()]
    return {"dear": " ".join(takes.forced_by[:NAMED]) + more, "plainer": " ".join(dict.fromkeys(plainer))}
