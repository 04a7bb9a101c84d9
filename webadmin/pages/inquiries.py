"""Inquiries: what waits for an answer, whose it is and by when; one with its texts, to be answered and closed."""

from __future__ import annotations

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from smsgw.errors import SmsgwError
from smsgw.inbound.catalogue import catalogue
from smsgw.inbound.inquiries import inquiries as verbs
from smsgw.inbound.inquiries import replying
from smsgw.inbound.inquiries.inquiries import REASONS, Assignment, Closing, Wanted
from smsgw.inbound.inquiries.replying import Reply
from smsgw.inbound.learning import learning
from smsgw.inbound.learning.learning import Wrong
from smsgw.inbound.reading.terms import TOPICS
from smsgw.store.lifecycle import INQUIRY
from smsgw.store.tables.inquiries import PRIORITIES

from ..api.inquiries import whole
from ..auth import current_person, person_required
from ..context import the_gateway
from . import desk, inbox_queues
from .blueprint import pages
from .sheets import sheet

LIST = 50  # inquiries on a page


@pages.get("/inquiries")
@person_required
def inquiries() -> Response:
    """What is open, the most urgent first; or those of another state, newest first."""
    return listed()


def listed(error: SmsgwError | None = None, did: desk.Did | None = None) -> Response:
    """The list, with what went wrong, or was done to several."""
    gateway, state, whose = the_gateway(), request.args.get("state") or "open", request.args.get("whose") or None
    state = state if state in INQUIRY.states else "open"
    late = gateway.clock() if request.args.get("late") else None
    wanted = Wanted(state, assigned_to=whose, overdue=late, before=request.args.get("before") or None)
    with gateway.database.reading() as conn:
        found = verbs.queue if state == "open" else verbs.listing
        rows = found(conn, wanted, LIST + 1)
        people = inbox_queues.those_who_answer(conn)
    older = rows[LIST - 1].id if state != "open" and len(rows) > LIST else None
    return sheet(
        "inquiries.html", error, did=did, people=people, reasons=REASONS, rows=rows[:LIST], older=older, state=state,
        whose=whose or "", now=gateway.clock(), states=list(INQUIRY.states), priorities=PRIORITIES,
    )  # fmt: skip


@pages.get("/inquiries/<id>")
@person_required
def inquiry(id: str) -> Response:
    """One inquiry: what was said, what would be answered, and the forms that do something about it."""
    return _one(id)


@pages.post("/inquiries/<id>/answer")
@person_required
def answer_inquiry(id: str) -> Response:
    """Answer, with own words or with what is proposed; perhaps close it with that."""
    gateway, use = the_gateway(), request.form.get("use") or None
    text = None if use else desk.typed("text")
    wish = Reply(
        id, current_person().id, gateway.clock(), text, use,
        client_ref=request.form.get("client_ref", "")[:64] or None, closing=request.form.get("closing") or None,
    )  # fmt: skip
    try:
        replying.answer(gateway.database, gateway.door, gateway.promise.business, wish)
    except SmsgwError as error:
        return _one(id, error, text or "")
    return redirect(url_for("pages.inquiry", id=id), 303)


@pages.post("/inquiries/<id>/assign")
@person_required
def assign_inquiry(id: str) -> Response:
    """Give it to somebody, or say how urgent it is or what it is about."""
    gateway, form = the_gateway(), request.form
    wish = Assignment(
        id, current_person().id, form.get("why", "")[:300], gateway.clock(), form.get("to", ""),
        form.get("priority") or None, form.get("topic") or None,
    )  # fmt: skip
    try:
        verbs.assign(gateway.database.writer, gateway.promise, wish)
    except SmsgwError as error:
        return _one(id, error)
    return redirect(url_for("pages.inquiry", id=id), 303)


@pages.post("/inquiries/<id>/close")
@person_required
def close_inquiry(id: str) -> Response:
    """Close it with a reason."""
    gateway, form = the_gateway(), request.form
    wish = Closing(id, form.get("reason", ""), current_person().id, form.get("why", "")[:300], gateway.clock())
    try:
        verbs.close(gateway.database.writer, wish)
    except SmsgwError as error:
        return _one(id, error)
    return redirect(url_for("pages.inquiry", id=id), 303)


@pages.post("/inquiries/<id>/correct")
@person_required
def correct_inquiry(id: str) -> Response:
    """Say what its newest text meant, or which words of it mean a product: somebody approves it."""
    gateway, form = the_gateway(), request.form
    meant = form.get("meant") or None
    kind = None if meant is None else "order" if meant == "order" else "inquiry" if meant in TOPICS else "other"
    wrong = Wrong(
        current_person().id, gateway.clock(), f"seen in {id}", form.get("text") or None,
        words=form.get("words", "").strip() or None, sku=form.get("sku", "").strip() or None,
        meant=kind, topic=None if kind in (None, "order") else meant,
    )  # fmt: skip
    try:
        learning.propose(gateway.database.writer, wrong)
    except SmsgwError as error:
        return _one(id, error)
    return redirect(url_for("pages.corrections"), 303)


def _one(id: str, error: SmsgwError | None = None, draft: str = "") -> Response:
    gateway = the_gateway()
    with gateway.database.reading() as conn:
        told = whole(conn, id, gateway.clock())
        products = catalogue.listing(conn, 1000)
    last = next((text["id"] for text in reversed(told["texts"]) if not text["mine"]), None)
    topics = TOPICS if told["topic"] in TOPICS else (told["topic"], *TOPICS)
    return sheet(
        "inquiry.html", error, one=told, draft=draft, client_ref=desk.START + told["id"] + str(len(told["texts"])),
        topics=topics, priorities=PRIORITIES, reasons=REASONS, products=products, last=last,
    )  # fmt: skip
