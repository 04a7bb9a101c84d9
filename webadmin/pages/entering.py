"""Coming in and going out: the link that works one time, name and password, and the way out."""

from __future__ import annotations

from flask import make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from smsgw.access import accounts
from smsgw.errors import SmsgwError, Unauthenticated

from .. import auth
from ..context import the_gateway
from ..problems import problem_of
from . import language
from .blueprint import pages


@pages.get("/enter/<token>")
def enter(token: str) -> Response:
    """Log in with a link that works one time; to look ahead (HEAD, prefetch) does not use it up."""
    if request.method == "HEAD" or _looks_ahead():
        return Response(status=204)
    gateway = the_gateway()
    try:
        person = accounts.use_once(gateway.database.writer, token, gateway.clock())
    except Unauthenticated as error:
        if auth.person() is not None:  # the same browser came back to its own link
            return redirect(url_for("pages.inbox"))
        title = gettext("This link does not work any more")
        return make_response(render_template("problem.html", title=title, says=str(error), hint=error.hint), 410)
    return auth.let_in(person, redirect(url_for("pages.inbox"), 303))


def _looks_ahead() -> bool:
    said = {request.headers.get(name, "") for name in ("Sec-Purpose", "Purpose", "X-Moz", "X-Purpose")}
    return any(word in header for header in said for word in ("prefetch", "preview", "prerender"))


@pages.get("/login")
def login() -> Response:
    """Where people say who they are."""
    return _door()


@pages.post("/login", endpoint="log_in")
def log_in() -> Response:
    """Check name and password."""
    name = request.form.get("name", "")
    try:
        person = auth.log_in(name, request.form.get("password", ""))
    except (Unauthenticated, auth.TooManyTries) as error:
        return _door(error, name)
    return auth.let_in(person, redirect(_next(), 303))


def _door(error: SmsgwError | None = None, name: str = "") -> Response:
    status = 200 if error is None else problem_of(error).entry.status
    problem = None if error is None else {"says": str(error), "hint": error.hint}
    page = render_template("login.html", problem=problem, name=name, next=_next())
    return make_response(page, status)


def _next() -> str:
    """The page of ours that somebody wanted before they had to log in; never one of another site."""
    wanted = request.values.get("next", "")
    return wanted if wanted.startswith("/inbox") else url_for("pages.inbox")


@pages.post("/language")
def speak() -> Response:
    """Speak a language from now on in this browser, and go back to the page."""
    auth.from_our_site()
    wanted, back = request.form.get("language", ""), request.form.get("back", "")
    local = back.startswith("/") and not back.startswith(("//", "/\\"))
    answer = redirect(back if local else url_for("pages.inbox"), 303)
    if wanted in language.offered():
        lasts, secure = language.CHOICE_LASTS, request.is_secure
        answer.set_cookie(language.CHOICE, wanted, max_age=lasts, httponly=True, secure=secure, samesite="Lax")
    return answer


@pages.post("/logout")
@auth.person_required
def logout() -> Response:
    """End the session here and in the store."""
    return auth.let_out(redirect(url_for("pages.login"), 303))
