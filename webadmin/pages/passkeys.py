"""Passkeys of whoever is logged in, and the log-in with one: what browsers are told, and what they answer."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from flask import make_response, redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from smsgw.access import passkeys
from smsgw.access.accounts import Person
from smsgw.access.passkeys import Place, Removed, Shown
from smsgw.errors import SmsgwError, Unauthenticated

from .. import auth
from ..auth import COOKIE, FACTOR_COOKIE, current_person, person_required
from ..context import the_gateway
from ..problems import problem_of
from . import myself
from .blueprint import pages
from .developers import base_address
from .places import home
from .sheets import told


def place() -> Place | None:
    """Where browsers think that we are; None for a bare address, to which no passkey can be bound (section 5.1.2)."""
    base = urlsplit(base_address())
    host = base.hostname or ""
    try:
        ip_address(host)
    except ValueError:
        return Place(host, f"{base.scheme}://{base.netloc}")
    return None


def to_make(conn: Connection) -> dict[str, Any] | None:
    """What this browser is told to make a new one."""
    where = place()
    return None if where is None else passkeys.to_make(conn, str(current_person().id), request.cookies[COOKIE], where)


def to_show(conn: Connection, person: Person) -> dict[str, Any] | None:
    """What this browser is told to show one, after a right password."""
    where = place()
    return None if where is None else passkeys.to_show(conn, str(person.id), request.cookies[FACTOR_COOKIE], where)


@pages.post("/me/passkeys")
@person_required
def add_passkey() -> Response:
    """Keep a passkey that the browser made; shows the recovery codes when it is the first factor."""
    try:
        codes = passkeys.add(the_gateway().database.writer, _shown(current_person(), request.cookies[COOKIE]))
    except SmsgwError as error:
        return myself.shown(error)
    return myself.shown(codes=codes) if codes else redirect(url_for("pages.me"), 303)


@pages.post("/me/passkeys/<id>")
@person_required
def remove_passkey(id: str) -> Response:
    """Take one of one's own passkeys away."""
    gone = Removed(str(current_person().id), id, the_gateway().clock(), request.remote_addr)
    try:
        passkeys.remove(the_gateway().database.writer, gone)
    except SmsgwError as error:
        return myself.shown(error)
    return redirect(url_for("pages.me"), 303)


@pages.post("/login/passkey")
def show_passkey() -> Response:
    """Log in with a passkey, after a right password."""
    auth.from_our_site()
    try:
        person = auth.whose_factor()
    except Unauthenticated:  # it took too long
        return redirect(url_for("pages.login"), 303)
    try:
        auth.check_tries(person)
        passkeys.check(the_gateway().database.writer, _shown(person, request.cookies[FACTOR_COOKIE]))
    except (Unauthenticated, auth.TooManyTries) as error:
        if isinstance(error, Unauthenticated):
            auth.wrong_code(person)
        return code_door(person, error)
    return auth.let_in(person, redirect(auth.local_next() or home(person), 303))


def code_door(person: Person, error: SmsgwError | None = None) -> Response:
    """The page that asks for the second factor: a code, or a passkey where the account has one."""
    with the_gateway().database.reading() as conn:
        options = to_show(conn, person)
    status = 200 if error is None else problem_of(error).entry.status
    page = render_template("login_code.html", problem=told(error), next=auth.local_next(), options=options)
    return make_response(page, status)


def _shown(person: Person, token: str) -> Shown:
    where, form = place(), request.form
    if where is None:
        raise Unauthenticated(
            "a passkey cannot be bound to an address without a name", hint="use the name of this host"
        )
    at, source = the_gateway().clock(), request.remote_addr
    return Shown(str(person.id), form.get("answer", ""), token, where, at, form.get("name", ""), source)
