"""Consent over the API: categories, the ledger of an address, choices, certificates, suppressions."""

from __future__ import annotations

from typing import Any

from flask import Response
from sqlalchemy import Connection

from smsgw.customers.consent import choice as consent_choice
from smsgw.customers.consent import consent
from smsgw.customers.consent import proof as consent_proof
from smsgw.customers.consent import suppression as consent_suppression
from smsgw.customers.consent.categories import Category as Kept
from smsgw.customers.consent.categories import every, keep, retire
from smsgw.customers.consent.certificate import as_pdf
from smsgw.customers.consent.changes import write
from smsgw.customers.consent.telling import Told, read_address, tell, wrong
from smsgw.errors import BadInput, NotFound
from smsgw.inbound.consent import questions as consent_questions
from smsgw.inbound.consent.vocabulary import vocabulary
from smsgw.store.tables import category

from ..context import the_gateway
from ..preference_links import link_for
from .consents_shapes import (
    Category,
    CategoryList,
    Certificate,
    CertificateOf,
    Changed,
    CheckList,
    NewCategory,
    NewCheck,
    NewChoice,
    NewConsent,
    OfAddress,
    PreferencesLink,
    Recorded,
    Standing,
    StatementList,
)
from .matching import hold
from .routes import answer, client, route

PDF = "application/pdf"
READ, MANAGE = "consents:read", "consents:manage"


@route("GET", "/consent/categories", scope=READ, answers={200: CategoryList})
def categories() -> Response:
    """List the categories that people say yes or no to."""
    with the_gateway().database.reading() as conn:
        return answer({"data": [_category(one) for one in every(conn).values()], "next_cursor": None})


@route("PUT", "/consent/categories/<code>", scope=MANAGE, takes=NewCategory, answers={200: Category})
def put_category(code: str, body: NewCategory) -> Response:
    """Add a category, or change it."""
    wanted = Kept(code, body.names, tuple(body.words), body.active)
    by, now = client().id, the_gateway().clock()
    return answer(_category(_write(lambda conn: keep(conn, wanted, by, now))))


def _found(conn: Connection, code: str) -> dict[str, Any]:
    found = every(conn).get(code)
    if found is None:
        raise NotFound(f"there is no category {code[:60]!r}", hint="GET /api/v1/consent/categories lists them")
    return _category(found)


def _written(conn: Connection, code: str) -> dict[str, Any]:
    """What If-Match compares, and nobody changes until the transaction ends."""
    hold(conn, category.c.code, code)
    return _found(conn, code)


@route(
    "GET", "/consent/categories/<code>", scope=READ, answers={200: Category}, errors=("not_found",), written=_written
)
def one_category(code: str) -> Response:
    """Show a category."""
    with the_gateway().database.reading() as conn:
        return answer(_found(conn, code))


@route("DELETE", "/consent/categories/<code>", scope=MANAGE, answers={200: Changed}, errors=("not_found",))
def retire_category(code: str) -> Response:
    """Take a category out of use; what was said about it stays."""
    by, now = client().id, the_gateway().clock()
    _write(lambda conn: retire(conn, code, by, now))
    return answer({"changed": 1})


def _category(one: Kept) -> dict[str, Any]:
    return {"code": one.code, "names": dict(one.names), "words": list(one.words), "active": one.active}


@route("GET", "/consents", scope=READ, query=OfAddress, answers={200: StatementList})
def consents(query: OfAddress) -> Response:
    """Show everything that was said about an address, and what holds now."""
    address = _address(query.address)
    with the_gateway().database.reading() as conn:
        rows = consent.ledger(conn, [address]).get(address, [])
        told = {"data": [statement_json(row) for row in rows], "standing": standing_json(conn, address)}
    return answer({**told, "next_cursor": None})


@route("POST", "/consents", scope=MANAGE, takes=NewConsent, answers={200: Recorded}, errors=("validation_failed",))
def record_consent(body: NewConsent) -> Response:
    """Write down a yes or a no with its proof, or ask the number itself whether it is so."""
    now = the_gateway().clock()
    told = Told(
        _address(body.address),
        body.statement != "withdrawn",
        body.words,
        body.source,
        client().id,
        body.scope,
        body.at,
        body.wording,
        body.expires_at,
        body.basis == "soft_opt_in",
        body.note,
    )

    def act(conn: Connection) -> None:
        if body.statement == "asked":
            if faults := wrong(conn, told, now):
                raise BadInput(faults)
            wish = consent_questions.Wish(told.address, told.scope, told.source, told.words, told.by)
            consent_questions.ask(conn, wish, vocabulary(conn), now)
        else:
            tell(conn, told, now)

    _write(act)
    with the_gateway().database.reading() as conn:
        return answer({"statement": body.statement, "standing": standing_json(conn, told.address)})


@route("PUT", "/consents/choice", scope=MANAGE, takes=NewChoice, answers={200: Standing})
def choose(body: NewChoice) -> Response:
    """Write down what somebody wants in one go: everything, some categories, only orders, or nothing."""
    now, address = the_gateway().clock(), _address(body.address)
    choice = consent_choice.Choice(body.level, frozenset(body.categories))
    chosen = consent_choice.Chosen(address, choice, body.words, body.source, client().id, now, note=body.note)

    _write(lambda conn: consent_choice.choose(conn, chosen))
    with the_gateway().database.reading() as conn:
        return answer(standing_json(conn, address))


@route("GET", "/consents/certificate", scope=READ, query=CertificateOf, answers={200: Certificate}, files=(PDF,))
def certificate(query: CertificateOf) -> Response:
    """Show everything that was said about one person, for an inspector, as JSON or PDF.

    Give an address, or a customer's id.
    """
    whose = query.address if query.address.startswith("cus_") else _address(query.address)
    gateway = the_gateway()
    with gateway.database.reading() as conn:
        found = consent_proof.certificate(conn, whose, gateway.clock(), gateway.config.gate.soft_opt_in)
    if query.shape == "json":
        return answer(found)
    response = Response(as_pdf(found), mimetype=PDF)
    response.headers["Cache-Control"] = "no-store"
    return response


@route("POST", "/consents/link", scope=MANAGE, takes=OfAddress, answers={200: PreferencesLink})
def preferences_link(body: OfAddress) -> Response:
    """Make a signed link to somebody's own page of choices; it is good for 90 days."""
    return answer({"url": link_for(_address(body.address))})


@route("POST", "/consents/check", scope=READ, takes=NewCheck, answers={200: CheckList})
def check_consents(body: NewCheck) -> Response:
    """Tell whether something may go to each of these addresses, by consent and by the suppression list."""
    gateway = the_gateway()
    addresses = [_address(one) for one in body.addresses]
    now, soft = gateway.clock(), gateway.config.gate.soft_opt_in
    with gateway.database.reading() as conn:
        noes = consent.objections(conn, addresses, body.purpose, body.category, now, soft)
        listed = consent_suppression.suppressed(conn, addresses)
    data = [_checked(one, noes.get(one), listed.get(one), body.purpose) for one in addresses]
    return answer({"data": data, "next_cursor": None})


def _checked(
    address: str,
    no: consent.Objection | None,
    listed: consent_suppression.Suppressed | None,
    purpose: str,
) -> dict[str, Any]:
    told: dict[str, Any] = {"address": address, "allowed": False}
    if listed is not None and (listed.reach == "everything" or purpose == "marketing"):
        return told | {"code": "suppressed", "says": listed.why}
    if no is not None:
        return told | {"code": no.code, "says": no.says}
    return told | {"allowed": True, "code": None, "says": None}


def _address(written: str) -> str:
    return read_address(written, the_gateway().config.sending.region)


def _write(act: Any) -> Any:
    return write(the_gateway().database.writer, act)


def standing_json(conn: Connection, address: str) -> dict[str, Any]:
    """What holds for an address now."""
    found = consent_choice.standing(conn, address, the_gateway().clock())
    return {"address": address, "level": found.level, "categories": sorted(found.categories)}


def statement_json(row: dict[str, Any]) -> dict[str, Any]:
    """A row of the ledger as the API shows it."""
    names = ("id", "address", "statement", "words", "source", "basis", "by", "at", "recorded_at", "expires_at")
    told = {name: row[name] for name in (*names, "inbound_id", "wording_id", "note")}
    return {**told, "scope": row["purpose"], "double_opt_in": row["opt_in_id"] is not None}
