"""Who looks at the pages: sessions in a cookie, and proof that a form is our own.

A session lives `session_hours` after the last thing that was done in it; the store says so, not the cookie. A form is
believed when it carries the token of its session (`csrf_token`), and never when the browser says that another site
sent it. No two answers spell that token alike: they are packed, and how small they become must tell nothing of it.
"""

from __future__ import annotations

import secrets
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import wraps
from hashlib import sha256
from hmac import compare_digest
from threading import Lock
from typing import ParamSpec, TypeVar

from flask import current_app, g, redirect, request, url_for
from werkzeug.wrappers import Response

from smsgw.access import accounts, audit, second_factor
from smsgw.access.accounts import Person
from smsgw.errors import Forbidden, SmsgwError, Unauthenticated

from .api.quotas import Quotas
from .context import the_gateway

P = ParamSpec("P")
R = TypeVar("R")
COOKIE = "smsgw_session"
FACTOR_COOKIE = "smsgw_factor"  # the password was right, the code is awaited
FACTOR_WITHIN = timedelta(minutes=10)
COOKIE_LASTS = 400 * 86400  # seconds; the session itself ends much earlier
SAFE = ("GET", "HEAD", "OPTIONS")
FAILURES = 60  # log-ins from an address that fail in a minute and are told in the audit; more of them say no more
TRIES = 10  # wrong passwords for a name from an address
TRIES_WITHIN = 300.0  # seconds
PROLONGED_EVERY = 60.0  # seconds between two writes that make a session live longer
_MANY = 10_000  # names and sessions remembered at a time


class ForeignForm(Forbidden):
    """A form that did not come from a page of ours."""

    code = "forbidden_origin"


class TooManyTries(SmsgwError):
    """Too many wrong passwords: `retry_after` seconds of rest."""

    code = "rate_limited"

    def __init__(self, retry_after: int, what: str = "passwords") -> None:
        super().__init__(f"there were too many wrong {what} for this name", hint="wait, or use a one-time link")
        self.retry_after = retry_after


class Memory:
    """What a process remembers about people: wrong tries, and sessions used lately. Safe from any thread."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = Lock()
        self._wrong: dict[tuple[str, str], list[float]] = {}
        self._prolonged: dict[str, float] = {}
        self.failures = Quotas(FAILURES, monotonic)

    def may_try(self, name: str, address: str, what: str = "passwords") -> None:
        """Raise TooManyTries if this name was tried too often from this address. what: was wrong, in the plural."""
        now = self._monotonic()
        with self._lock:
            tries = [at for at in self._wrong.get((name, address), []) if at > now - TRIES_WITHIN]
        if len(tries) >= TRIES:
            raise TooManyTries(int(tries[-TRIES] + TRIES_WITHIN - now) + 1, what)

    def was_wrong(self, name: str, address: str) -> None:
        """Count a wrong password."""
        with self._lock:
            if len(self._wrong) >= _MANY:
                self._wrong.clear()
            self._wrong[(name, address)] = [*self._wrong.get((name, address), [])[-TRIES:], self._monotonic()]

    def is_due(self, token: str) -> bool:
        """Whether it is time to write down that this session is in use."""
        now = self._monotonic()
        with self._lock:
            if now < self._prolonged.get(token, 0.0):
                return False
            if len(self._prolonged) >= _MANY:
                self._prolonged.clear()
            self._prolonged[token] = now + PROLONGED_EVERY
            return True


def _memory() -> Memory:
    memory: Memory = current_app.extensions["people"]
    return memory


def _lasts() -> timedelta:
    return timedelta(hours=the_gateway().config.web.session_hours)


def log_in(name: str, password: str) -> Person:
    """Who has this name and password. Raises Unauthenticated, TooManyTries, ForeignForm."""
    from_our_site()
    address = request.remote_addr or ""
    _memory().may_try(name, address)
    try:
        with the_gateway().database.reading() as conn:
            return accounts.check_password(conn, name, password)
    except Unauthenticated:
        _memory().was_wrong(name, address)
        if _memory().failures.count(address)[0] <= FAILURES:
            gateway = the_gateway()
            says = "a name and a password were given that do not fit"
            line = audit.Line("nobody", "login.failed", says, gateway.clock(), "account", name, source=address)
            audit.put(gateway.database.writer, line)
        raise


def known(person: Person, wanted: str) -> Response:
    """Somebody gave a right password or link: on to `wanted`, or to where the second factor is asked for."""
    if not person.has_factor:
        return let_in(person, redirect(wanted, 303))
    gateway = the_gateway()
    token = accounts.open_session(
        gateway.database.writer, person.id, gateway.clock(), FACTOR_WITHIN, "factor", request.remote_addr
    )
    response = redirect(url_for("pages.login_code", next=wanted), 303)
    _give(response, FACTOR_COOKIE, token, int(FACTOR_WITHIN.total_seconds()))
    return response


def whose_factor() -> Person:
    """Who gave a right password in this browser, and must still give a second factor. Raises Unauthenticated."""
    gateway = the_gateway()
    with gateway.database.reading() as conn:
        return accounts.whose(conn, request.cookies.get(FACTOR_COOKIE, ""), gateway.clock(), "factor")


def check_factor(person: Person, code: str) -> None:
    """See that a code is right. Raises Unauthenticated, TooManyTries."""
    gateway = the_gateway()
    check_tries(person)
    try:
        given = second_factor.Given(str(person.id), code, gateway.clock(), request.remote_addr)
        second_factor.check(gateway.database.writer, given)
    except Unauthenticated:
        wrong_code(person)
        raise


def check_tries(person: Person) -> None:
    """Raise TooManyTries when there were too many wrong codes: counted for the account, from wherever they come, for
    whoever tries them has the password."""
    _memory().may_try(f"code {person.id}", "", "codes")


def wrong_code(person: Person) -> None:
    """Count a wrong code, and tell the audit."""
    gateway, address = the_gateway(), request.remote_addr
    _memory().was_wrong(f"code {person.id}", "")
    says = "a wrong code was given after a right password"
    line = audit.Line(person.id, "login.failed", says, gateway.clock(), "account", person.id, source=address)
    audit.put(gateway.database.writer, line)


def local_next() -> str:
    """The page of ours that somebody wanted before they had to log in; never one of another site, "" for none."""
    wanted = request.values.get("next", "")
    local = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and wanted.isprintable()
    return wanted if local and wanted != "/" else ""


def must_enrol(person: Person) -> bool:
    """Whether their role needs a second factor, and they have none yet."""
    return not person.has_factor and person.role in the_gateway().config.web.second_factor


def let_in(person: Person, response: Response) -> Response:
    """Start a session for somebody who proved who they are: `response` with its cookie."""
    gateway = the_gateway()
    for name in (COOKIE, FACTOR_COOKIE):  # a new session for a new person: the old one ends
        if name in request.cookies:
            _end_session(request.cookies[name])
    source, browser = request.remote_addr, request.headers.get("User-Agent")
    token = accounts.open_session(
        gateway.database.writer, person.id, gateway.clock(), _lasts(), source=source, browser=browser
    )
    _give(response, COOKIE, token, COOKIE_LASTS)
    if FACTOR_COOKIE in request.cookies:
        response.delete_cookie(FACTOR_COOKIE, httponly=True, samesite="Lax")
    return response


def _give(response: Response, name: str, token: str, lasts: int) -> None:
    secure = request.is_secure or (the_gateway().config.web.public_url or "").startswith("https:")
    response.set_cookie(name, token, max_age=lasts, httponly=True, secure=secure, samesite="Lax")


def let_out(response: Response) -> Response:
    """End the session: `response` without its cookie."""
    if COOKIE in request.cookies:
        _end_session(request.cookies[COOKIE])
    response.delete_cookie(COOKIE, httponly=True, samesite="Lax")
    return response


def _end_session(token: str) -> None:
    gateway = the_gateway()
    accounts.end_session(gateway.database.writer, token, gateway.clock(), request.remote_addr)


def person() -> Person | None:
    """Who sent this request, or None for nobody we know."""
    if "person" not in g:
        g.person = _whose(request.cookies.get(COOKIE))
    found: Person | None = g.person
    return found


def _whose(token: str | None) -> Person | None:
    if not token:
        return None
    gateway = the_gateway()
    now = gateway.clock()
    try:
        with gateway.database.reading() as conn:
            found = accounts.whose(conn, token, now)
    except Unauthenticated:
        return None
    found = replace(found, id=audit.Who(found.id, request.remote_addr))
    if _memory().is_due(token):
        accounts.prolong(gateway.database.writer, token, now + _lasts(), now, request.remote_addr)
    return found


def current_person() -> Person:
    """Who sent this request. Raises Unauthenticated."""
    found = person()
    if found is None:
        raise Unauthenticated("nobody is logged in, or the session is over: log in")
    return found


def person_required(view: Callable[P, R]) -> Callable[P, R]:
    """A view for people who are logged in; forms must be our own. Raises Unauthenticated, ForeignForm."""

    @wraps(view)
    def enter(*args: P.args, **kwargs: P.kwargs) -> R:
        current_person()
        if request.method not in SAFE:
            check_form()
        return view(*args, **kwargs)

    return enter


def csrf_token() -> str:
    """What every form of this answer carries, as the field csrf_token or the header X-CSRF-Token: the session's proof
    under a mask of chance, which stands before it."""
    if "csrf_token" not in g:
        mask = secrets.token_bytes(len(_proof()))
        g.csrf_token = urlsafe_b64encode(mask + _xor(mask, _proof())).decode()
    spelled: str = g.csrf_token
    return spelled


def _proof() -> bytes:
    """What only this session's pages know; it is never written anywhere as it is."""
    return sha256(b"csrf " + request.cookies.get(COOKIE, "").encode()).digest()


def _unmasked(given: str) -> bytes:
    """The proof in a token that somebody sent; nothing in what is none."""
    try:
        octets = urlsafe_b64decode(given.encode("ascii"))
    except ValueError:
        return b""
    half = len(octets) // 2
    return _xor(octets[:half], octets[half:])


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=False))


def check_form() -> None:
    """Raise ForeignForm unless the request carries the session's token and comes from our own site."""
    from_our_site()
    given = request.headers.get("X-CSRF-Token") or request.form.get("csrf_token", "")
    if not compare_digest(_unmasked(given), _proof()):
        raise ForeignForm("this form does not belong to your session", hint="load the page again and repeat it")


def from_our_site() -> None:
    """Browsers say from where a form was sent (Fetch Metadata); programs do not, and cannot be tricked into one."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise ForeignForm("another site sent this form", hint="open the page here and do it there")
