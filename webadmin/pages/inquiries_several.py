"""What is decided about several inquiries at once, closed or given to somebody; and taking it back."""

from __future__ import annotations

from flask import request
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response

from smsgw.errors import BadInput, Fault, SmsgwError
from smsgw.inbound.inquiries import inquiries as verbs
from smsgw.inbound.inquiries.inquiries import Assignment, Closing
from smsgw.inbound.inquiries.reopening import Reopening, reopen_step

from ..auth import current_person, person_required
from ..context import the_gateway
from . import inquiries
from .blueprint import pages
from .desk import Did
from .language import Counted


@pages.post("/inquiries", endpoint="several_inquiries")
@person_required
def several() -> Response:
    """Close those that were picked, or give them to somebody; or take that back."""
    try:
        return inquiries.listed(did=_take_back() if "undo" in request.form else _decide())
    except SmsgwError as error:
        return inquiries.listed(error)


def _decide() -> Did:
    gateway, form, me = the_gateway(), request.form, current_person()
    ids, now = list(dict.fromkeys(form.getlist("pick")))[: inquiries.LIST], gateway.clock()
    if not ids:
        says = gettext("Nothing is picked: tick the boxes of those that you mean.")
        raise BadInput([Fault("/pick", "nothing_picked", says)])
    many = Counted(len(ids))
    if "to" not in form:
        for id in ids:
            verbs.close(gateway.database.writer, Closing(id, form.get("reason", ""), me.id, "", now))
        return Did(ngettext("%(num)d inquiry is closed.", "%(num)d inquiries are closed.", many), "close", ids)
    with gateway.database.reading() as conn:
        were = [f"{id} {verbs.require(conn, id).assigned_to or ''}" for id in ids]
    to = form.get("to", "")
    for id in ids:
        verbs.assign(gateway.database.writer, gateway.promise, Assignment(id, me.id, "", now, to))
    if to:
        says = ngettext("%(num)d inquiry was given to %(name)s.", "%(num)d inquiries were given to %(name)s.", many,
                        name=to)  # fmt: skip
    else:
        says = ngettext("%(num)d inquiry is nobody's now.", "%(num)d inquiries are nobody's now.", many)
    return Did(says, "give", were)


def _take_back() -> Did:
    gateway, form, me = the_gateway(), request.form, current_person()
    were, now = form.getlist("was")[: inquiries.LIST], gateway.clock()
    if form["undo"] == "give":
        for one in were:
            id, _, owner = one.partition(" ")
            verbs.assign(gateway.database.writer, gateway.promise, Assignment(id, me.id, "", now, owner))
    else:
        for told in gateway.database.writer.do_all(reopen_step, [Reopening(id, me.id, now) for id in were]):
            if isinstance(told, Exception):
                raise told
    return Did(gettext("It is as it was."))
