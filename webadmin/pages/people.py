"""People: who has an account, what their role is, where they are logged in; invitations and what owners may do."""

from __future__ import annotations

from collections.abc import Callable

from flask import redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from smsgw.access import accounts, sessions
from smsgw.access import accounts_changes as changes
from smsgw.access import accounts_invites as invites
from smsgw.access.roles import ROLES
from smsgw.errors import NotFound, SmsgwError
from smsgw.outbound.submit import Asked
from smsgw.store.database import Writer
from smsgw.text.number import read_number

from ..auth import COOKIE, current_person, person_required
from ..context import the_gateway
from .blueprint import pages
from .developers import base_address
from .sheets import sheet
from .speaking_of_people import browser_name, role_name, role_says

VERBS: dict[str, Callable[[Writer, changes.Act], None]] = {
    "role": changes.set_role,
    "off": changes.disable,
    "on": changes.enable,
    "factor": changes.reset_factor,
}


@pages.get("/people")
@person_required
def people() -> Response:
    """Everybody, and who is logged in where."""
    return _shown()


def _shown(error: SmsgwError | None = None, link: str | None = None, whom: str = "") -> Response:
    gateway, person = the_gateway(), current_person()
    with gateway.database.reading() as conn:
        rows = accounts.listing(conn)
        logged_in = sessions.listing(conn, gateway.clock(), None, request.cookies[COOKIE])
    return sheet(
        "people.html", error, rows=rows, logged_in=logged_in, me=str(person.id), link=link, whom=whom,
        role_name=role_name, role_says=role_says, browser_name=browser_name, typed=request.form,
        roles=list(ROLES), must=gateway.config.web.second_factor, days=invites.LASTS.days,
    )  # fmt: skip


@pages.post("/people", endpoint="invite_person")
@person_required
def invite_person() -> Response:
    """Make an account, and show the link with which its person chooses a password, this once."""
    name = request.form.get("name", "").strip()
    wish = invites.Invitation(name, request.form.get("role", ""), the_gateway().clock(), current_person().id)
    return _linked(wish, request.form.get("number", "").strip())


def _linked(wish: invites.Invitation, number: str = "") -> Response:
    """number: where the link goes to as a text, too."""
    gateway, error = the_gateway(), None
    try:
        if number:
            read_number(number, gateway.config.sending.region)  # before there is an account
        token = invites.invite(gateway.database.writer, wish)
    except SmsgwError as wrong:
        return _shown(wrong)
    link = f"{base_address()}{url_for('pages.invited', token=token)}"
    if number:
        says = gettext("You are invited to answer texts here. Choose your password: %(link)s", link=link)
        try:
            gateway.door.submit(Asked(number, says, current_person().id, purpose="otp"))
        except SmsgwError as wrong:
            error = wrong
    return _shown(error, link=link, whom=wish.name)


@pages.post("/people/<id>/link", endpoint="link_person")
@person_required
def link_person(id: str) -> Response:
    """A new link for somebody who has an account: to choose a password, because it is forgotten or was never chosen."""
    with the_gateway().database.reading() as conn:
        name = next((row.name for row in accounts.listing(conn) if row.id == id), id)
    return _linked(invites.Invitation(name, "", the_gateway().clock(), current_person().id, again=True))


@pages.post("/people/<id>/<verb>", endpoint="change_person")
@person_required
def change_person(id: str, verb: str) -> Response:
    """Give another role, switch off and on, take a second factor away."""
    gateway = the_gateway()
    if verb not in VERBS:
        raise NotFound(f"there is no verb {verb[:40]!r} for people")
    act = changes.Act(id, gateway.clock(), current_person().id, request.form.get("role", ""))
    try:
        VERBS[verb](gateway.database.writer, act)
    except SmsgwError as error:
        return _shown(error)
    return redirect(url_for("pages.people"), 303)


@pages.post("/people/sessions/<id>", endpoint="end_a_session")
@person_required
def end_a_session(id: str) -> Response:
    """End anybody's session; "others": everybody's but this one."""
    gateway = the_gateway()
    one, keep = (None, request.cookies[COOKIE]) if id == "others" else (id, None)
    try:
        sessions.end(gateway.database.writer, sessions.End(gateway.clock(), current_person().id, None, one, keep))
    except SmsgwError as error:
        return _shown(error)
    return redirect(url_for("pages.people"), 303)
