"""The consent centre: what holds for a number and why, a no that came by telephone, texts that a person must read."""

from __future__ import annotations

from flask import redirect, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from smsgw.customers.consent import choice as consent_choice
from smsgw.customers.consent import consent
from smsgw.customers.consent import doubts as consent_doubts
from smsgw.customers.consent import proof as consent_proof
from smsgw.customers.consent.categories import Category, every, keep
from smsgw.customers.consent.certificate import as_pdf
from smsgw.customers.consent.changes import write
from smsgw.customers.consent.telling import Told, read_address, tell
from smsgw.errors import SmsgwError
from smsgw.inbound.consent.vocabulary import tried
from smsgw.outbound.gate import rules as gate_rules

from ..auth import current_person, person_required
from ..context import the_gateway
from ..preference_links import link_for
from .blueprint import pages
from .joining import join_address
from .language import locale
from .sheets import sheet

MANY = 50


@pages.get("/consents")
@person_required
def consents() -> Response:
    """Categories, doubts, a number's ledger if one is asked for, and a text to try."""
    return _shown()


@pages.get("/consents/certificate")
@person_required
def certificate() -> Response:
    """Everything that was said about one person, as a PDF for an inspector."""
    gateway = the_gateway()
    address = read_address(request.args.get("address", ""), gateway.config.sending.region)
    with gateway.database.reading() as conn:
        found = consent_proof.certificate(conn, address, gateway.clock(), gateway.config.gate.soft_opt_in)
    response = Response(as_pdf(found), mimetype="application/pdf")
    response.headers["Content-Disposition"] = "inline; filename=consent.pdf"
    return response


@pages.post("/consents/record")
@person_required
def record_consent() -> Response:
    """Write down what somebody said by another way than a text."""
    gateway, person, form = the_gateway(), current_person(), request.form
    number = form.get("address", "")
    try:
        address = read_address(number, gateway.config.sending.region)
        told = Told(
            address,
            form.get("statement") == "granted",
            form.get("words", ""),
            "clerk",
            person.id,
            form.get("scope") or "*",
            note=form.get("note") or None,
        )
        write(gateway.database.writer, lambda conn: tell(conn, told, gateway.clock()))
    except SmsgwError as error:
        return _shown(error, number)
    return redirect(url_for("pages.consents", address=address), 303)


@pages.post("/consents/categories")
@person_required
def add_category() -> Response:
    """Add a category, or give one that is there another name in the language of the page."""
    gateway, person, code = the_gateway(), current_person(), request.form.get("code", "")
    name = {locale().language: request.form.get("name", "")}

    def act(conn: Connection) -> Category:
        before = every(conn).get(code, Category(code, {}))
        return keep(conn, Category(code, {**before.names, **name}, before.words), person.id, gateway.clock())

    try:
        write(gateway.database.writer, act)
    except SmsgwError as error:
        return _shown(error)
    return redirect(url_for("pages.consents"), 303)


@pages.post("/consents/doubts/<id>")
@person_required
def decide_doubt(id: str) -> Response:
    """Say whether a text was a stop."""
    gateway, person = the_gateway(), current_person()
    meant = request.form.get("meant") == "yes"
    try:
        write(
            gateway.database.writer,
            lambda conn: consent_doubts.decide(conn, id, meant, person.id, gateway.clock()),
        )
    except SmsgwError as error:
        return _shown(error)
    return redirect(url_for("pages.consents"), 303)


@pages.post("/consents/link")
@person_required
def make_link() -> Response:
    """Make the link to somebody's own page of choices."""
    number = request.form.get("address", "")
    try:
        return _shown(None, number, link_for(read_address(number, the_gateway().config.sending.region)))
    except SmsgwError as error:
        return _shown(error, number)


def _shown(error: SmsgwError | None = None, number: str | None = None, link: str | None = None) -> Response:
    gateway = the_gateway()
    number = request.args.get("address", "") if number is None else number
    text, rows, standing, refused = request.args.get("text", ""), [], None, []
    address = None
    try:
        address = read_address(number, gateway.config.sending.region) if number else None
    except SmsgwError as wrong:
        error = error or wrong
    with gateway.database.reading() as conn:
        categories = list(every(conn).values())
        doubts = consent_doubts.listing(conn, MANY)
        if address is not None:
            rows = consent.ledger(conn, [address]).get(address, [])
            standing = consent_choice.standing(conn, address, gateway.clock())
            refused = gate_rules.refusals(conn, MANY, address)
        read = tried(conn, text, address or "") if text else None
    return sheet(
        "consents.html",
        error,
        categories=categories,
        doubts=doubts,
        number_asked=number,
        address=address,
        rows=list(reversed(rows)),
        standing=standing,
        refused=refused,
        text=text,
        read=read,
        link=link,
        join_address=join_address(),
    )
