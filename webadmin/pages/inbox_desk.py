"""What people decide about a conversation at the page: whose it is, later, done, open after all; and that they left.

Nothing asks whether somebody is sure: each of these is taken back by the one beside it.
"""

from __future__ import annotations

from flask import redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from smsgw.errors import BadInput, Fault, SmsgwError
from smsgw.inbound import conversation_desk, snoozing
from smsgw.inbound.conversation_desk import Decision

from ..auth import current_person, person_required
from ..context import here, the_gateway
from . import desk, inbox_queues
from .blueprint import pages


@pages.post("/inbox/<path:number>/assign", endpoint="assign_conversation")
@person_required
def assign(number: str) -> Response:
    """Give it to somebody, take it, or give it back."""
    gateway, to, me = the_gateway(), request.form.get("to"), current_person().name
    try:
        with gateway.database.reading() as conn:
            if to is None or (to and to not in inbox_queues.those_who_answer(conn)):
                says = gettext("There is nobody of this name who answers customers.")
                raise BadInput([Fault("/to", "person_unknown", says)])
        why = f"{me} took it" if to == me else f"{me} gave it to {to}" if to else f"{me} gave it back"
        conversation_desk.assign(gateway.database.writer, _decision(number, why), to or None)
    except SmsgwError as error:
        return desk.shown(number, desk.Trouble("desk", error))
    return _back(number)


@pages.post("/inbox/<path:number>/snooze", endpoint="snooze_conversation")
@person_required
def snooze(number: str) -> Response:
    """Put it off: by a name of smsgw/inbound/snoozing.py, or until a day and time by the shop's clock."""
    gateway = the_gateway()
    try:
        said = request.form.get("until", "").strip()
        until = snoozing.read(said, gateway.clock(), gateway.config.business.business.zone)
        wish = _decision(number, f"put off by {current_person().name}", request.form.get("seen"))
        conversation_desk.snooze(gateway.database.writer, wish, until)
    except SmsgwError as error:
        return desk.shown(number, desk.Trouble("desk", error))
    return _back(number)


@pages.post("/inbox/<path:number>/handled", endpoint="handled")
@person_required
def done(number: str) -> Response:
    """It is done, as far as the person saw it: what waits is off the pile without an answer."""
    wish = _decision(number, f"marked as handled by {current_person().name}", request.form.get("seen", ""))
    conversation_desk.close(the_gateway().database.writer, wish)
    return _back(number)


@pages.post("/inbox/<path:number>/reopen", endpoint="reopen_conversation")
@person_required
def reopen(number: str) -> Response:
    """It is open after all: neither put off nor done, and what waited waits again."""
    wish = _decision(number, f"opened again by {current_person().name}")
    conversation_desk.reopen(the_gateway().database.writer, wish)
    return _back(number)


@pages.post("/inbox/<path:number>/leave", endpoint="leave_conversation")
@person_required
def leave(number: str) -> Response:
    """This person's page is closed: told by the browser, so that nobody waits for them."""
    here().presence.leaves(number, str(current_person().id))
    return Response(status=204)


def _decision(number: str, why: str, upto: str | None = None) -> Decision:
    return Decision(number, current_person().id, the_gateway().clock(), why, upto)


def _back(number: str) -> Response:
    return redirect(url_for("pages.conversation", number=number, **inbox_queues.kept()), 303)
