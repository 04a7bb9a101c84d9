"""What is decided about several conversations at once; and taking it back.

The page that answers carries what was before, in the form that takes it back: nothing of it is kept here.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from flask import request
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response

from smsgw.errors import BadInput, Fault, SmsgwError
from smsgw.inbound import conversation_desk, snoozing
from smsgw.inbound.conversation_desk import Decision, Standing

from ..auth import current_person, person_required
from ..context import the_gateway
from . import desk, inbox_queues
from .blueprint import pages
from .language import Counted, shop_day_and_time
from .one_by_one import each, nothing_picked

_PICK = re.compile(r"(\S{1,254}) ([0-9A-Z]{26})?")  # a number, and where what was said last stands
_WAS = re.compile(r"(\S{1,254}) (open|snoozed|closed) ([0-9T:.+-]*) (.{0,64})", re.DOTALL)


@pages.post("/inbox", endpoint="several_conversations")
@person_required
def several() -> Response:
    """Decide about the conversations that were picked, or take that back."""
    try:
        did, wrong = (_take_back(), None) if "undo" in request.form else _decide()
    except SmsgwError as error:
        did, wrong = None, error
    return desk.shown(None, None if wrong is None else desk.Trouble("several", wrong), did=did)


def _decide() -> tuple[desk.Did | None, SmsgwError | None]:
    gateway, form, me = the_gateway(), request.form, current_person()
    found = [_PICK.fullmatch(one) for one in form.getlist("pick")]
    picked: dict[str, str | None] = {one[1]: one[2] for one in found if one}
    if not picked:
        raise nothing_picked()
    now, writer = gateway.clock(), gateway.database.writer
    with gateway.database.reading() as conn:
        were = conversation_desk.standings(conn, list(picked), now)
        answering = inbox_queues.those_who_answer(conn)

    def wish(number: str, why: str) -> Decision:
        last = picked[number]
        return Decision(number, me.id, now, why, last and f"in_{last}")

    def did(says: str, undo: str, done: list[str]) -> desk.Did | None:
        return desk.Did(says, undo, _told(done, were)) if done else None

    if (to := form.get("to")) is not None:
        if to and to not in answering:
            says = gettext("There is nobody of this name who answers customers.")
            raise BadInput([Fault("/to", "person_unknown", says)])
        why = f"{me.name} gave it to {to}" if to else f"{me.name} gave it back"
        done, wrong = each(picked, lambda one: conversation_desk.assign(writer, wish(one, why), to or None))
        many = Counted(len(done))
        says = ngettext("%(num)d conversation was given to %(name)s.", "%(num)d conversations were given to %(name)s.",
                        many, name=to) if to else ngettext(
            "%(num)d conversation is nobody's now.", "%(num)d conversations are nobody's now.", many)  # fmt: skip
        return did(says, "to", done), wrong
    if (until := form.get("until")) is not None:
        at = snoozing.read(until.strip(), now, gateway.config.business.business.zone)
        done, wrong = each(picked, lambda one: conversation_desk.snooze(writer, wish(one, f"put off by {me.name}"), at))
        many = Counted(len(done))
        says = ngettext(
            "%(num)d conversation is put off until %(time)s.", "%(num)d conversations are put off until %(time)s.",
            many, time=shop_day_and_time(at),
        )  # fmt: skip
    elif "reopen" in form:
        done, wrong = each(
            picked, lambda one: conversation_desk.reopen(writer, wish(one, f"opened again by {me.name}"))
        )
        many = Counted(len(done))
        says = ngettext("%(num)d conversation is open again.", "%(num)d conversations are open again.", many)
    else:
        why = f"marked as handled by {me.name}"
        done, wrong = each(picked, lambda one: conversation_desk.close(writer, wish(one, why)))
        many = Counted(len(done))
        says = ngettext("%(num)d conversation is done.", "%(num)d conversations are done.", many)
    return did(says, "state", done), wrong


def _told(picked: Sequence[str], were: Mapping[str, Standing]) -> Sequence[str]:
    """How each stood, as the form that takes it back carries it."""
    told = [(number, were.get(number, Standing())) for number in picked]
    return [
        f"{number} {was.status} {'' if was.snoozed_until is None else was.snoozed_until.isoformat()} "
        f"{was.assigned_to or ''}"
        for number, was in told
    ]


def _take_back() -> desk.Did:
    gateway, form, me = the_gateway(), request.form, current_person()
    now, writer, why = gateway.clock(), gateway.database.writer, f"taken back by {me.name}"
    were: list[tuple[Decision, Standing]] = []
    for number, status, until, whose in (
        found.groups() for one in form.getlist("was") if (found := _WAS.fullmatch(one))
    ):
        try:
            at = datetime.fromisoformat(until) if until else None
        except ValueError:
            at = None
        were.append((Decision(number, me.id, now, why), Standing(status, whose or None, at)))
    if form["undo"] != "to":
        conversation_desk.restore(writer, were)
    with gateway.database.reading() as conn:
        answering = inbox_queues.those_who_answer(conn)
    by_owner: dict[str | None, list[Decision]] = defaultdict(list)
    for wish, was in were if form["undo"] == "to" else ():
        by_owner[was.assigned_to if was.assigned_to in answering else None].append(wish)
    for owner, (first, *more) in by_owner.items():
        conversation_desk.assign(writer, first, owner, *more)
    return desk.Did(gettext("It is as it was."))
