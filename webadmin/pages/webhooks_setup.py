"""Set up webhooks at the pages: add one, try it, give it a new secret, switch it off and on, take it away."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from smsgw.access import audit
from smsgw.errors import NotFound, SmsgwError
from smsgw.webhooks import hooks, trial
from smsgw.webhooks.addresses import Allowed
from smsgw.webhooks.terms import allowed_of, terms_of

from ..auth import current_person, person_required
from ..context import the_gateway
from . import developers
from .blueprint import pages

OVERLAP = timedelta(days=1)  # in which the secret before signs beside a new one


def _own_ports() -> set[int]:
    config = the_gateway().config
    return {config.web.port, *config.doors.ports, int(request.environ.get("SERVER_PORT") or 0)}


def _allowed() -> Allowed:
    return allowed_of(the_gateway().config.webhooks, _own_ports)


@pages.post("/developers/webhooks")
@person_required
def add_webhook() -> Response:
    """Set a webhook up, and show its secret this once."""
    gateway, given = the_gateway(), request.form
    events = given.get("events", "").replace(",", " ").split()
    wish = hooks.NewHook(given.get("url", "").strip(), events, current_person().id, gateway.clock())
    try:
        id, secret = hooks.create(gateway.database.writer, wish, _allowed())
    except SmsgwError as error:
        return developers.shown(error)
    return developers.told(id, secret=secret)


@pages.post("/developers/webhooks/<id>/test")
@person_required
def test_webhook(id: str) -> Response:
    """Send it an event for a test, and tell how that was answered."""
    gateway = the_gateway()
    try:
        terms = terms_of(gateway.config.webhooks, _own_ports, gateway.clock)
        _, tried = trial.try_out(gateway.database, id, current_person().id, terms)
    except SmsgwError as error:
        return developers.told(id, error)
    return developers.told(id, tried=tried)


@pages.post("/developers/webhooks/<id>/secret")
@person_required
def rotate_webhook(id: str) -> Response:
    """Give it a new secret, shown this once; the one before signs beside it for a day."""
    gateway, now = the_gateway(), the_gateway().clock()
    try:
        secret = hooks.rotate(gateway.database.writer, id, now, OVERLAP)
    except SmsgwError as error:
        return developers.told(id, error)
    _tell("webhook.rotated", "a webhook has a new secret", id)
    return developers.told(id, secret=secret)


@pages.post("/developers/webhooks/<id>/switch")
@person_required
def switch_webhook(id: str) -> Response:
    """Switch it off, or on again."""
    gateway, on = the_gateway(), request.form.get("on") == "yes"
    wish = hooks.Change(id, current_person().id, gateway.clock(), None, None, on)
    return _done(id, lambda: hooks.change(gateway.database.writer, wish, _allowed()))


@pages.post("/developers/webhooks/<id>/remove")
@person_required
def remove_webhook(id: str) -> Response:
    """Take it away, with its log and what waits for it."""
    try:
        hooks.remove(the_gateway().database.writer, id)
    except SmsgwError as error:
        return developers.shown(error) if isinstance(error, NotFound) else developers.told(id, error)
    _tell("webhook.removed", "a webhook was taken away", id)
    return redirect(url_for("pages.developers"), 303)


def _done(id: str, act: Callable[[], object]) -> Response:
    try:
        act()
    except SmsgwError as error:
        return developers.told(id, error)
    return redirect(url_for("pages.webhook", id=id), 303)


def _tell(verb: str, says: str, id: str) -> None:
    gateway = the_gateway()
    line = audit.Line(current_person().id, verb, says, gateway.clock(), "webhook", id)
    audit.write(gateway.database.writer, line)
