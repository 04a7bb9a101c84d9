"""Coming in and going out: name and password, the code after them, links that work one time, and the way out."""

from __future__ import annotations

from flask import make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from smsgw.access import accounts
from smsgw.access import accounts_invites as invites
from smsgw.errors import BadInput, SmsgwError, Unauthenticated

from .. import auth
from ..context import the_gateway
from ..problems import problem_of
from . import language, passkeys
from .blueprint import pages
from .places import home
from .sheets import told


@pages.get("/enter/<token>")
def enter(token: str) -> Response:
    """Log in with a link that works one time; to look ahead (HEAD, prefetch) does not use it up."""
    if request.method == "HEAD" or _looks_ahead():
        return Response(status=204)
    gateway = the_gateway()
    try:
        person = accounts.use_once(gateway.database.writer, token, gateway.clock())
    except Unauthenticated as error:
        if (known := auth.person()) is not None:  # the same browser came back to its own link
            return redirect(auth.local_next() or home(known))
        return _over(error)
    return auth.known(person, auth.local_next() or home(person))


def _over(error: Unauthenticated) -> Response:
    """A link that was used, or is too old."""
    title = gettext("This link does not work any more")
    return make_response(render_template("problem.html", title=title, says=str(error), hint=error.hint), 410)


def _looks_ahead() -> bool:
    said = {request.headers.get(name, "") for name in ("Sec-Purpose", "Purpose", "X-Moz", "X-Purpose")}
    return any(word in header for header in said for word in ("prefetch", "preview", "prerender"))


@pages.get("/login")
def login() -> Response:
    """Where people say who they are."""
    with the_gateway().database.reading() as conn:
        return _door("login.html", is_new=not accounts.listing(conn))


@pages.post("/login", endpoint="log_in")
def log_in() -> Response:
    """Check name and password."""
    name = request.form.get("name", "")
    try:
        person = auth.log_in(name, request.form.get("password", ""))
    except (Unauthenticated, auth.TooManyTries) as error:
        return _door("login.html", error, name=name)
    return auth.known(person, auth.local_next() or home(person))


@pages.get("/login/code")
def login_code() -> Response:
    """Where the code of the authenticator is asked for, after the password."""
    try:
        person = auth.whose_factor()
    except Unauthenticated:
        return redirect(url_for("pages.login"), 303)
    return passkeys.code_door(person)


@pages.post("/login/code", endpoint="give_code")
def give_code() -> Response:
    """Check the code."""
    auth.from_our_site()
    try:
        person = auth.whose_factor()
    except Unauthenticated as error:  # it took too long
        return _door("login.html", error, name="")
    try:
        auth.check_factor(person, request.form.get("code", ""))
    except (Unauthenticated, auth.TooManyTries) as error:
        return passkeys.code_door(person, error)
    return auth.let_in(person, redirect(auth.local_next() or home(person), 303))


@pages.get("/invited/<token>")
def invited(token: str) -> Response:
    """Where somebody who is invited chooses a password."""
    return _invited(token)


def _invited(token: str, error: SmsgwError | None = None) -> Response:
    gateway = the_gateway()
    try:
        with gateway.database.reading() as conn:
            person = invites.invited(conn, token, gateway.clock())
    except Unauthenticated as over:
        return _over(over)
    return _door("choose_password.html", error, name=person.name, token=token, is_first=False)


@pages.post("/invited/<token>", endpoint="accept_invitation")
def accept_invitation(token: str) -> Response:
    """Take the password that was chosen, and let them in."""
    auth.from_our_site()
    gateway = the_gateway()
    try:
        person = invites.redeem(gateway.database.writer, _redeemed(token))
    except BadInput as error:
        return _invited(token, error)
    except Unauthenticated as over:
        return _over(over)
    return auth.known(person, home(person))


@pages.get("/setup/<token>")
def setup(token: str) -> Response:
    """Where the first account of all is made, with the link from the log."""
    return _setup(token)


def _setup(token: str, error: SmsgwError | None = None) -> Response:
    gateway = the_gateway()
    try:
        with gateway.database.reading() as conn:
            invites.require_setup(conn, token, gateway.clock())
    except Unauthenticated as over:
        return _over(over)
    return _door("choose_password.html", error, name=request.form.get("name", ""), token=token, is_first=True)


@pages.post("/setup/<token>", endpoint="finish_setup")
def finish_setup(token: str) -> Response:
    """Make the first account, and let its owner in."""
    auth.from_our_site()
    gateway = the_gateway()
    try:
        person = invites.finish_setup(gateway.database.writer, _redeemed(token))
    except BadInput as error:
        return _setup(token, error)
    except Unauthenticated as over:
        return _over(over)
    return auth.known(person, home(person))


def _redeemed(token: str) -> invites.Redeemed:
    given = request.form
    now, name = the_gateway().clock(), given.get("name", "")
    return invites.Redeemed(token, given.get("password", ""), now, request.remote_addr, name)


def _door(template: str, error: SmsgwError | None = None, **facts: object) -> Response:
    """A page for whoever is outside yet."""
    status = 200 if error is None else problem_of(error).entry.status
    page = render_template(template, problem=told(error), next=auth.local_next(), shortest=accounts.SHORTEST, **facts)
    return make_response(page, status)


@pages.post("/language")
def speak() -> Response:
    """Speak a language from now on in this browser, and go back to the page."""
    auth.from_our_site()
    wanted, back = request.form.get("language", ""), request.form.get("back", "")
    local = back.startswith("/") and not back.startswith(("//", "/\\"))
    answer = redirect(back if local else url_for("pages.start"), 303)
    if wanted in language.offered():
        lasts, secure = language.CHOICE_LASTS, request.is_secure
        answer.set_cookie(language.CHOICE, wanted, max_age=lasts, httponly=True, secure=secure, samesite="Lax")
    return answer


@pages.post("/logout")
@auth.person_required
def logout() -> Response:
    """End the session here and in the store."""
    return auth.let_out(redirect(url_for("pages.login"), 303))
