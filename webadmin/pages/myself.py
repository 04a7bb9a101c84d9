"""One's own account: password, second factor with its recovery codes, and where one is logged in."""

from __future__ import annotations

from flask import redirect, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from smsgw.access import accounts, second_factor, sessions
from smsgw.access import passkeys as passkey_store
from smsgw.access.second_factor import Given
from smsgw.errors import BadInput, Fault, SmsgwError, Unauthenticated

from .. import auth
from ..auth import COOKIE, current_person, person_required
from ..context import the_gateway
from . import passkeys
from .blueprint import pages
from .sheets import sheet
from .speaking_of_people import browser_name, role_name


@pages.get("/me")
@person_required
def me() -> Response:
    """The account of whoever looks."""
    return shown()


def shown(error: SmsgwError | None = None, codes: list[str] | None = None, secret: str | None = None) -> Response:
    """The page: `error` of a form, recovery `codes` to be kept, the `secret` for an authenticator."""
    gateway, person = the_gateway(), current_person()
    with gateway.database.reading() as conn:
        [row] = [row for row in accounts.listing(conn) if row.id == person.id]
        mine = sessions.listing(conn, gateway.clock(), str(person.id), request.cookies[COOKIE])
        left = second_factor.recovery_left(conn, str(person.id))
        keys, options = passkey_store.listing(conn, str(person.id)), passkeys.to_make(conn)
    address = None if secret is None else second_factor.address_of(secret, person.name, "smsgw")
    return sheet(
        "me.html", error, row=row, mine=mine, left=left, codes=codes, secret=secret, address=address,
        square=None if address is None else square(address), must=auth.must_enrol(person), role_name=role_name,
        browser_name=browser_name, shortest=accounts.SHORTEST, keys=keys, options=options,
    )  # fmt: skip


def square(said: str, scale: int = 5) -> Markup:
    """A QR code as a drawing in the page, dark on light in both palettes, as cameras want it. scale: of a dot."""
    import segno  # for the few minutes in which somebody sets up a second factor, or prints a poster

    drawn = segno.make(said, micro=False).svg_inline(dark="#000", light="#fff", border=3, scale=scale)
    return Markup(drawn)  # safe: drawn here, of black and white


@pages.post("/me/password")
@person_required
def change_password() -> Response:
    """Take a new password for the old one; other sessions end, this one goes on."""
    gateway, person, given = the_gateway(), current_person(), request.form
    with gateway.database.reading() as conn:
        has_password = any(row.id == person.id and row.has_password for row in accounts.listing(conn))
    try:
        if has_password:
            auth.log_in(person.name, given.get("old", ""))
        accounts.set_password(
            gateway.database.writer, person.name, given.get("password", ""), gateway.clock(), person.id
        )
    except Unauthenticated:
        says = "this is not your present password"
        return shown(BadInput([Fault("/old", "password_wrong", says)], hint="nothing was changed"))
    except (BadInput, auth.TooManyTries) as error:
        return shown(error)
    return auth.let_in(person, redirect(url_for("pages.me"), 303))


@pages.post("/me/factor")
@person_required
def begin_factor() -> Response:
    """Show the square that an authenticator reads, and ask for its first code."""
    try:
        return shown(secret=second_factor.begin(the_gateway().database.writer, str(current_person().id)))
    except SmsgwError as error:
        return shown(error)


def _given() -> Given:
    return Given(str(current_person().id), request.form.get("code", ""), the_gateway().clock(), request.remote_addr)


@pages.post("/me/factor/confirm")
@person_required
def confirm_factor() -> Response:
    """See that the authenticator has the secret; shows the recovery codes this once."""
    writer = the_gateway().database.writer
    try:
        return shown(codes=second_factor.confirm(writer, _given()))
    except BadInput as error:
        return shown(error, secret=second_factor.begin(writer, str(current_person().id)))
    except SmsgwError as error:
        return shown(error)


@pages.post("/me/factor/codes")
@person_required
def renew_codes() -> Response:
    """New recovery codes for a right code; the old ones are void."""
    try:
        auth.check_tries(current_person())
        return shown(codes=second_factor.renew(the_gateway().database.writer, _given()))
    except SmsgwError as error:
        return _wrong(error)


@pages.post("/me/factor/remove")
@person_required
def remove_factor() -> Response:
    """Take one's own second factor away, for a right code."""
    try:
        auth.check_tries(current_person())
        second_factor.remove(the_gateway().database.writer, _given())
    except SmsgwError as error:
        return _wrong(error)
    return redirect(url_for("pages.me"), 303)


def _wrong(error: SmsgwError) -> Response:
    """A wrong code of somebody who is logged in: counted, and told without taking them to the door."""
    if isinstance(error, Unauthenticated):
        auth.wrong_code(current_person())
        return shown(BadInput([Fault("/code", "code_wrong", str(error))], hint=error.hint))
    return shown(error)


@pages.post("/me/sessions/<id>")
@person_required
def end_my_session(id: str) -> Response:
    """End one of one's own sessions; "others": all but this one."""
    gateway, person = the_gateway(), current_person()
    one, keep = (None, request.cookies[COOKIE]) if id == "others" else (id, None)
    try:
        sessions.end(gateway.database.writer, sessions.End(gateway.clock(), person.id, str(person.id), one, keep))
    except SmsgwError as error:
        return shown(error)
    return redirect(url_for("pages.me"), 303)
